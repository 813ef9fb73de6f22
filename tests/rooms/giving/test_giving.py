"""Donations stand as the order stands, to the cent, and reach the cause they name."""

from collections import Counter
from dataclasses import replace as changed

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, select

from connector import orders
from connector.core.commerce import CustomerMerge, OrderState
from connector.core.errors import BadInput
from connector.ledger.models import ledger_entry
from connector.rooms.giving import service as giving
from connector.rooms.giving.models import giving_cause
from tests.world import MIA, NOOR, NOW, acme, donation, goods, order, refund, took

GIFT = donation("d", 250)


def rows(world, key="1"):
    with world.database.read() as db:
        found = orders.store.by_keys(db, world.shop.id, [key])[key]
        return giving.of_order(db, world.shop.id, found.id)


def standing(world, key="1"):
    (row,) = rows(world, key)
    return row.given_minor, row.pledged_minor, row.due_minor


def moves(world):
    with world.database.read() as db:
        told = db.execute(
            select(ledger_entry)
            .where(ledger_entry.c.shop_id == world.shop.id, ledger_entry.c.unit != "PTS")
            .order_by(ledger_entry.c.id)
        )
        return [
            (row.from_account.split(":")[0], row.to_account.split(":")[0], row.amount)
            for row in told
        ]


def balances(world):
    """What is on shop-wide accounts, by currency and kind of account."""
    with world.database.read() as db:
        chosen = select(ledger_entry).where(ledger_entry.c.shop_id == world.shop.id)
        found: Counter[tuple[str, str]] = Counter()
        for row in db.execute(chosen.where(ledger_entry.c.unit != "PTS")):
            found[row.unit, row.to_account.split(":")[0]] += row.amount
            found[row.unit, row.from_account.split(":")[0]] -= row.amount
    return {account: amount for account, amount in found.items() if amount}


def test_a_gift_is_pledged_until_the_order_is_paid(database):
    world = acme(database)
    world.tell(order("1", GIFT, state=OrderState.OPEN, paid_at=None))
    assert standing(world) == (250, 250, 0)
    world.tell(order("1", GIFT, minute=1))
    assert standing(world) == (250, 0, 250)
    assert moves(world) == [("donors", "pledged", 250), ("pledged", "cause", 250)]
    assert world.audit() == []


def test_a_gift_of_an_order_nobody_of_us_has_seen_stays_pledged(database):
    world = acme(database)
    world.tell(order("1", GIFT), source="hook")
    assert standing(world) == (250, 250, 0)
    world.tell(order("1", GIFT), source="poll")
    assert standing(world) == (250, 0, 250)


@pytest.mark.parametrize("undone", [OrderState.CANCELLED, OrderState.REFUNDED, OrderState.DELETED])
@pytest.mark.parametrize("before", [OrderState.OPEN, OrderState.PAID])
def test_an_undone_order_gives_nothing(database, before, undone):
    world = acme(database)
    world.tell(order("1", GIFT, state=before))
    world.tell(order("1", GIFT, minute=1, state=undone))
    assert standing(world) == (250, 0, 0)
    world.tell(order("1", GIFT, minute=2))
    assert standing(world) == (250, 0, 250)
    assert world.audit() == []


def test_an_order_that_is_open_again_only_pledges(database):
    world = acme(database)
    world.tell(order("1", GIFT))
    world.tell(order("1", GIFT, minute=1, state=OrderState.OPEN))
    assert standing(world) == (250, 250, 0)
    assert world.audit() == []


def test_what_is_refunded_of_the_gift_is_taken_back_and_of_goods_is_not(database):
    world = acme(database)
    cup = goods("a", 1000)
    back = refund("r", took(GIFT, total_minor=100), took(cup, 1))
    world.tell(order("1", cup, GIFT))
    world.tell(order("1", cup, GIFT, minute=1, refunds=(back,)))
    assert standing(world) == (250, 0, 150)
    more = refund("s", took(GIFT, total_minor=200))
    world.tell(order("1", cup, GIFT, minute=2, refunds=(back, more)))
    assert standing(world) == (250, 0, 0)
    assert world.audit() == []


def test_an_edit_changes_or_removes_a_gift(database):
    world = acme(database)
    world.tell(order("1", GIFT))
    world.tell(order("1", replace(GIFT, total_minor=400), minute=1))
    assert standing(world) == (400, 0, 400)
    world.tell(order("1", goods("a", 100), minute=2))
    assert standing(world) == (0, 0, 0)
    world.tell(order("1", GIFT, minute=3))
    assert standing(world) == (250, 0, 250)
    assert world.audit() == []


def test_a_gift_counts_with_its_tax_and_a_test_order_not_at_all(database):
    world = acme(database)
    world.tell(order("1", replace(GIFT, tax_minor=50)), order("2", GIFT, is_test=True), order("3"))
    assert standing(world, "1") == (300, 0, 300)
    assert standing(world, "2") == (250, 0, 0)
    assert rows(world, "3") == []


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_gifts_are_kept_in_their_own_currency(database, currency):
    world = acme(database)
    world.tell(order("1", GIFT, currency=currency), order("2", donation("e", 99)))
    expected = {"USD": (0, 99)}
    expected[currency] = (0, expected.get(currency, (0, 0))[1] + 250)
    assert world.donations() == expected
    assert world.audit() == []


def test_a_gift_reaches_the_cause_it_names(database):
    world = acme(database)
    told = [None, "riverbank", "otters", "otters", "x" * 500, "x" * 500]
    world.tell(
        *(order(str(n), donation(f"d{n}", 10 + n, cause)) for n, cause in enumerate(told)),
    )
    with database.read() as db:
        found = {
            cause.key[:9]: row.due_minor
            for cause in giving.causes(db, world.shop.id)
            for row in giving.totals(db, world.shop.id)
            if row.id == cause.id
        }
    assert found == {"riverbank": 21, "otters": 25, "x" * 9: 29}
    assert world.audit() == []


def test_a_gift_always_has_a_cause(database):
    world = acme(database)
    with database.write() as db:
        db.exec_driver_sql("DELETE FROM giving_cause")
    world.tell(order("1", GIFT))
    with database.read() as db:
        (cause,) = giving.causes(db, world.shop.id)
    assert (cause.name, cause.is_default, cause.is_offered) == ("Donation", False, False)


def test_a_cause_that_an_order_made_is_offered_to_nobody_and_never_the_default(database):
    world = acme(database)
    with database.write() as db:
        db.exec_driver_sql("DELETE FROM giving_cause")
    world.tell(order("1", GIFT), order("2", donation("d", 100, "library")))
    with database.write() as db:
        assert giving.offered(db, world.shop.id) == []
        own = giving.add_cause(db, world.shop.id, "Reeds", "", NOW)
        assert own.is_default
        assert giving.causes(db, world.shop.id)[0] == own
        assert giving.offered(db, world.shop.id) == [own]
    world.tell(order("3", donation("e", 50)), order("4", donation("f", 60, "otters")))
    assert rows(world, "3")[0].cause_id == own.id
    with database.read() as db:
        assert giving.offered(db, world.shop.id) == [own]


def test_a_shopper_chooses_among_causes_and_makes_none(database):
    world = acme(database)
    wish = replace(donation("a", 100, "their-own"), cause_by_shopper=True, title="Plant a tree")
    with database.write() as db:
        reeds = giving.add_cause(db, world.shop.id, "Reeds", "", NOW)
    named = replace(donation("b", 200, reeds.key), cause_by_shopper=True)
    world.tell(order("1", wish, named))
    assert [row.cause_id for row in rows(world)] == [world.riverbank.id, reeds.id]
    causeless = acme(database)
    with database.write() as db:
        db.execute(delete(giving_cause).where(giving_cause.c.shop_id == causeless.shop.id))
    causeless.tell(order("1", wish))
    with database.read() as db:
        (cause,) = giving.causes(db, causeless.shop.id)
    assert (cause.key, cause.name) == ("plant-a-tree", "Plant a tree")


@pytest.mark.parametrize("before", [OrderState.OPEN, OrderState.PAID])
def test_an_order_that_changes_its_currency_gives_back_in_the_old_one(database, before):
    world = acme(database)
    world.tell(order("1", GIFT, donation("e", 50), state=before))
    world.tell(order("1", donation("d", 300), minute=1, currency="JPY"))
    assert world.donations() == {"JPY": (0, 300)}
    assert balances(world) == {("JPY", "cause"): 300, ("JPY", "donors"): -300}
    assert world.audit() == []
    world.tell(order("1", GIFT, minute=2))
    assert rows(world)[0].due_minor == 250
    assert balances(world) == {("USD", "cause"): 250, ("USD", "donors"): -250}
    assert world.audit() == []


def test_causes_have_names_of_their_own(database):
    world = acme(database)
    with database.write() as db:
        twin = giving.add_cause(db, world.shop.id, "Riverbank!", "", NOW)
        arabic = giving.add_cause(db, world.shop.id, "ضفة النهر", "", NOW)
        assert (twin.key, twin.is_default, arabic.key) == ("riverbank-2", False, "cause")
        for name, story in (("", ""), (" RIVERBANK ", ""), ("x" * 81, ""), ("ok", "x" * 501)):
            with pytest.raises(BadInput):
                giving.add_cause(db, world.shop.id, name, story, NOW)


def test_gifts_follow_a_merged_member_and_stay_after_an_erasure(database):
    world = acme(database)
    world.tell(order("1", GIFT), order("2", donation("e", 70), customer_key=NOOR))
    world.tell(CustomerMerge(kept_key=NOOR, gone_key=MIA))
    assert rows(world)[0].member_id == world.member(NOOR)
    world.tell(order("1", GIFT, minute=1, number="#1"))
    assert rows(world)[0].member_id == world.member(NOOR)
    world.erase(world.member(NOOR))
    assert world.donations() == {"USD": (0, 320)}
    world.tell(order("1", GIFT, minute=2, state=OrderState.CANCELLED))
    assert world.donations() == {"USD": (0, 70)}
    assert world.audit() == []


def test_the_log_is_newest_first_and_names_order_and_cause(database):
    world = acme(database)
    world.tell(*(order(str(n), donation(f"d{n}", n + 1)) for n in range(3)))
    with database.read() as db:
        log = giving.log(db, world.shop.id, 2)
        assert [(row.number, row.cause_name) for row in log] == [
            ("2", "Riverbank"),
            ("1", "Riverbank"),
        ]
        assert [row.number for row in giving.log(db, world.shop.id, 2, 2)] == ["0"]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        *(("country", one, "country_format") for one in ("XX", "ZZ", "EU")),
        ("agreed_on", "2026-11-24", "date_future"),
    ],
)
def test_a_country_that_is_none_and_a_contract_to_come_are_refused(
    sqlite_world, field, value, code
):
    world, cause = sqlite_world
    with world.database.write() as db, pytest.raises(BadInput) as refused:
        giving.change_cause(db, world.shop.id, changed(cause, **{field: value}), NOW)
    assert (refused.value.code, refused.value.field) == (code, field)
