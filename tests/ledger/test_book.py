"""The book in the database: what purses decide is what is stored, and nothing else can be."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from connector import ledger
from connector.core.db import Database
from connector.core.errors import InsufficientPoints
from connector.ledger import Book, Voucher
from connector.ledger.models import ledger_account, ledger_entry, ledger_lot

SHOP, MIA, NOOR = 1, 42, 43
NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


def why(stem, *, origin=None, number=0, **values):
    return Voucher(stem, "test", NOW, number=number, origin=origin or stem, **values)


def balances(db, unit="PTS"):
    rows = db.execute(
        select(ledger_account.c.name, ledger_account.c.balance).where(
            ledger_account.c.shop_id == SHOP, ledger_account.c.unit == unit
        )
    )
    return {row.name: row.balance for row in rows if row.balance}


def booked(database, *verbs, members=(MIA, NOOR)):
    with database.write() as db:
        book = Book(db, SHOP, "PTS", "Europe/Berlin", members)
        for verb, *arguments in verbs:
            getattr(book, verb)(*arguments)
        book.close()
    with database.read() as db:
        assert list(ledger.differences(db, SHOP)) == []
        return balances(db)


def test_what_waits_becomes_available(database):
    booked(database, ("hold_back", MIA, 50, why("order:1")))
    assert booked(database, ("release", MIA, 50, why("order:1", number=1))) == {"member:42": 50}


def test_a_movement_is_dated_in_the_zone_of_the_shop(database):
    booked(database, ("award", MIA, 50, why("order:1")))
    with database.read() as db:
        row = db.execute(select(ledger_entry)).one()
    assert (row.occurred_at, row.local_date) == (NOW, "2026-11-23")


def test_debt_is_repaid_by_what_arrives(database):
    booked(database, ("award", MIA, 50, why("order:1")))
    booked(database, ("spend", MIA, 50, "redeemed", why("gift:1")))
    assert booked(database, ("take_back", MIA, 50, 0, why("order:1", number=1))) == {
        "debt:42": -50
    }
    assert booked(database, ("award", MIA, 80, why("order:2"))) == {"member:42": 30}


def test_opened_and_spent_in_one_book(database):
    verbs = (
        ("award", MIA, 50, why("order:1")),
        ("spend", MIA, 20, "redeemed", why("gift:1")),
        ("take_back", MIA, 45, 0, why("order:1", number=1)),
    )
    assert booked(database, *verbs) == {"debt:42": -15}


def test_lots_opened_before_and_now_are_spent_together(database):
    booked(database, ("award", MIA, 50, why("order:1")))
    verbs = (
        ("award", MIA, 30, why("order:2", expires_at=NOW + timedelta(days=1))),
        ("spend", MIA, 60, "redeemed", why("gift:1")),
    )
    assert booked(database, *verbs) == {"member:42": 20}
    with database.read() as db:
        left = db.execute(select(ledger_lot.c.origin, ledger_lot.c.remaining)).all()
    assert sorted(left) == [("order:1", 20), ("order:2", 0)]


def test_points_taken_back_after_a_forfeiture_charge_nobody(database):
    booked(database, ("award", MIA, 50, why("order:1")))
    assert booked(database, ("forfeit", MIA, why("erasure:42"))) == {}
    assert booked(database, ("take_back", MIA, 30, 0, why("order:1", number=1))) == {}
    assert booked(database, ("take_back", MIA, 30, 0, why("order:1", number=2))) == {
        "debt:42": -10
    }


def test_a_merge_adds_balances_and_keeps_dates(database):
    soon = NOW + timedelta(days=3)
    booked(
        database,
        ("award", MIA, 50, why("order:1", expires_at=soon)),
        ("hold_back", MIA, 9, why("order:2")),
        ("award", NOOR, 5, why("order:3")),
    )
    assert booked(database, ("hand_over", MIA, NOOR, why("merge:42"))) == {
        "member:43": 55,
        "pending:43": 9,
    }
    with database.read() as db:
        open_lots = db.execute(select(ledger_lot).where(ledger_lot.c.remaining == 50)).all()
    assert [(one.account, one.origin, one.expires_at) for one in open_lots] == [
        ("member:43", "order:1", soon)
    ]
    assert booked(database, ("take_back", NOOR, 50, 0, why("order:1", number=1)))["member:43"] == 5


def test_debt_is_merged_too(database):
    booked(database, ("take_back", MIA, 30, 0, why("order:1")))
    booked(database, ("award", NOOR, 20, why("order:2")))
    assert booked(database, ("hand_over", MIA, NOOR, why("merge:42"))) == {"debt:43": -10}


def test_a_source_is_booked_once(database):
    booked(database, ("award", MIA, 50, why("order:1")))
    with pytest.raises(IntegrityError):
        booked(database, ("award", MIA, 50, why("order:1")))
    with database.read() as db:
        assert balances(db) == {"member:42": 50}


def test_nobody_spends_more_than_there_is_however_many_try(database):
    booked(database, ("award", MIA, 50, why("order:1")))

    def spend(number):
        try:
            with database.write() as db:
                book = Book(db, SHOP, "PTS", "UTC", [MIA])
                book.spend(MIA, 20, "redeemed", why(f"gift:{number}"))
                book.close()
        except InsufficientPoints:
            return 0
        return 20

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(spend, range(6))) == 40
    with database.read() as db:
        assert balances(db) == {"member:42": 10}
        assert list(ledger.differences(db, SHOP)) == []


@pytest.mark.parametrize("name", ["member:42", "pending:42", "held:42"])
def test_the_database_refuses_a_balance_below_zero(database, name):
    row = {"shop_id": SHOP, "unit": "PTS", "name": name, "balance": -1, "version": 1}
    with pytest.raises(IntegrityError), database.write() as db:
        db.execute(ledger_account.insert(), row)


def test_the_database_refuses_credit_on_debt(database):
    booked(database, ("take_back", MIA, 5, 0, why("order:1")))
    with pytest.raises(IntegrityError), database.write() as db:
        db.execute(
            update(ledger_account).where(ledger_account.c.name == "debt:42").values(balance=1)
        )


@pytest.mark.parametrize(
    ("amount", "from_account", "to_account"),
    [(0, "program", "member:1"), (-5, "program", "member:1"), (5, "program", "program")],
)
def test_the_database_refuses_movements_that_move_nothing(
    database, amount, from_account, to_account
):
    statement = text(
        "INSERT INTO ledger_entry (shop_id, id, unit, amount, from_account, to_account, source,"
        " kind, occurred_at, local_date) VALUES (1, 1, 'PTS', :amount, :from_, :to, 's', 'k',"
        " '2026-01-01 00:00:00', '2026-01-01')"
    )
    with pytest.raises(IntegrityError), database.write() as db:
        db.execute(statement, {"amount": amount, "from_": from_account, "to": to_account})


def test_the_order_of_locks_leaves_no_deadlock(postgres_url):
    database = Database(postgres_url)
    booked(database, ("award", MIA, 500, why("a")), ("award", NOOR, 500, why("b")))

    def swap(number):
        people = (MIA, NOOR) if number % 2 else (NOOR, MIA)
        with database.write() as db:
            book = Book(db, SHOP, "PTS", "UTC", people)
            for person in people:
                book.spend(person, 1, "redeemed", why(f"gift:{number}:{person}"))
            book.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(swap, range(40)))
    with database.read() as db:
        assert balances(db) == {"member:42": 460, "member:43": 460}
    database.dispose()


def test_what_one_member_needs_is_planned_once(postgres_url):
    database = Database(postgres_url, pool_size=1)
    booked(database, ("award", MIA, 500, why("a")))
    for number in range(20):
        with database.write() as db:
            book = Book(db, SHOP, "PTS", "UTC", [MIA])
            book.spend(MIA, 1, "redeemed", why(f"gift:{number}"))
            book.close()
    with database.read() as db:
        plans = db.execute(
            text(
                "SELECT custom_plans, generic_plans FROM pg_prepared_statements"
                " WHERE statement LIKE '%ledger_%'"
            )
        ).all()
    assert len(plans) == 3  # accounts, lots and the page
    assert all(custom <= 5 < generic for custom, generic in plans), plans
    database.dispose()
