"""Members of all customers, and points outstanding beside the sum of the book."""

from datetime import date

from sqlalchemy import select

from connector.core.commerce import CustomerMerge, Person
from connector.core.points import UNIT
from connector.ledger import Book, Voucher
from connector.ledger.models import ledger_entry
from connector.rooms import insight
from connector.rooms.insight import Period, Share
from tests.rooms.insight.acme import NOW, ZONE, Acme, Sale, day


def test_members_are_told_from_guests(acme):
    people = ["mia", "noor", "ada", "guest@acme.example", "guest@acme.example", None]
    acme.sold(*[Sale(day(11, 1), who) for who in people])
    assert acme.figures().enrolment == Share(part=3, whole=4, customers=4)


def test_who_was_merged_or_erased_is_not_counted(acme):
    acme.sold(*[Sale(day(11, 1), who) for who in ("mia", "mia2", "noor", "ada")])
    with acme.database.write() as db:
        acme.members.merge(db, acme.id, [CustomerMerge("mia", "mia2")], NOW)
        (noor,) = ids_of(acme, db, "noor")
        acme.members.erase(db, acme.id, noor, NOW)
    assert acme.figures().enrolment == Share(2, 2, 2)


def test_points_outstanding_are_the_sum_of_the_book(acme):
    acme.sold(*[Sale(day(11, 1), who) for who in ("mia", "noor", "ada")])
    with acme.database.write() as db:
        mia, noor, ada = ids_of(acme, db, "mia", "noor", "ada")
        book = Book(db, acme.id, UNIT, ZONE, [mia, noor, ada])
        book.award(mia, 500, why("1"))
        book.spend(mia, 120, "redeemed", why("2"))
        book.hold_back(noor, 70, why("3"))
        book.award(ada, 40, why("4"))
        book.spend(ada, 40, "redeemed", why("5"))
        book.take_back(ada, 25, 0, why("6"))
        book.close()
    points = acme.figures().points
    assert (points.available, points.held, points.debt, points.pending) == (380, 0, 25, 70)
    assert points.outstanding == 355 == booked(acme, ("member:", "held:", "debt:"))
    assert points.pending == booked(acme, ("pending:",))


def test_points_are_the_shops_own_and_no_money(acme):
    acme.sold(Sale(day(11, 1), "mia"))
    with acme.database.write() as db:
        (mia,) = ids_of(acme, db, "mia")
        book = Book(db, acme.id, "JPY", ZONE, [mia])
        book.award(mia, 500, why("1"))
        book.close()
    assert acme.figures().points.outstanding == 0
    assert Acme(acme.database).figures().points.outstanding == 0


def test_the_last_days_are_the_shops(acme):
    """At noon of UTC it is evening in Tokyo; at three in the afternoon it is tomorrow there."""
    with acme.database.read() as db:
        assert insight.last_days(db, acme.id, 7, NOW) == Period(
            date(2026, 11, 16), date(2026, 11, 23)
        )
        later = NOW.replace(hour=15)
        assert insight.last_days(db, acme.id, 1, later) == Period(
            date(2026, 11, 23), date(2026, 11, 24)
        )


# ------------------------------------------------------------------------------------------------


def ids_of(acme, db, *names):
    return acme.members.resolve(db, acme.id, [(name, Person()) for name in names], NOW)


def why(stem):
    return Voucher(stem=stem, kind="earned", occurred_at=NOW, origin=f"order:{stem}")


def booked(acme, states):
    """The sum of all entries into accounts of these states, less that out of them."""
    with acme.database.read() as db:
        entries = db.execute(select(ledger_entry).where(ledger_entry.c.shop_id == acme.id)).all()
    return sum(
        entry.amount
        * (entry.to_account.startswith(states) - entry.from_account.startswith(states))
        for entry in entries
    )
