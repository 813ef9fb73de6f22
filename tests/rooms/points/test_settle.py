"""What is posted follows what an order should have earned: awards, holds, reversals, repairs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs
from sqlalchemy import select

from connector import orders
from connector.core import outbox
from connector.core.commerce import OrderState, RefundsOfOrder
from connector.core.errors import BadInput, Conflict, InsufficientPoints
from connector.ledger.models import ledger_entry
from connector.rooms.points import service as points
from connector.rooms.points.models import points_order
from tests.world import MIA, NOW, acme, donation, goods, order, refund, states, took

DAY = timedelta(days=1)
AFTER = NOW + 15 * DAY
CUP = goods("a", 6000, 3)


PLACED = NOW - timedelta(hours=1)


def publish(world, at=NOW - DAY, **changes):
    with world.database.write() as db:
        now_rule = points.program(db, world.shop.id)
        return points.publish_program(db, world.shop.id, replace(now_rule, **changes), at)


def settle(world, key="1", at=NOW):
    with world.database.write() as db:
        row = orders.store.by_keys(db, world.shop.id, [key])[key]
        points.settle(db, world.shop.id, [row.id], at)


def diagnosis(world, key="1"):
    with world.database.read() as db:
        row = orders.store.by_keys(db, world.shop.id, [key])[key]
        return points.diagnose(db, world.shop.id, row.id)


def shown(world, key=MIA):
    one = world.balance(key)
    return one.available, one.pending, one.debt


def entries(world):
    with world.database.read() as db:
        rows = db.execute(select(ledger_entry).order_by(ledger_entry.c.id))
        return [(row.kind, row.amount, row.from_account.split(":")[0]) for row in rows]


def test_a_paid_order_earns_pending_points_that_become_available(database):
    world = acme(database)
    world.tell(order("1", CUP))
    assert shown(world) == (0, 60, 0)
    world.release(NOW + 13 * DAY)
    assert shown(world) == (0, 60, 0)
    world.release(AFTER)
    assert shown(world) == (60, 0, 0)
    assert world.audit() == []


def test_settling_again_posts_nothing(database):
    world = acme(database)
    world.tell(order("1", CUP))
    for _ in range(3):
        settle(world)
    assert entries(world) == [("earned", 60, "program")]


def test_an_unpaid_order_waits(database):
    world = acme(database)
    world.tell(order("1", CUP, state=OrderState.OPEN, paid_at=None))
    assert shown(world) == (0, 0, 0)
    world.tell(order("1", CUP, minute=1))
    assert shown(world) == (0, 60, 0)


@pytest.mark.parametrize(
    "undone", [OrderState.CANCELLED, OrderState.REFUNDED, OrderState.DELETED, OrderState.OPEN]
)
@pytest.mark.parametrize("released", [False, True])
def test_an_undone_order_has_earned_nothing_and_may_come_back(database, undone, released):
    world = acme(database)
    world.tell(order("1", CUP))
    if released:
        world.release(AFTER)
    world.tell(order("1", CUP, minute=1, state=undone), at=AFTER)
    assert shown(world) == (0, 0, 0)
    world.tell(order("1", CUP, minute=2), at=AFTER)
    assert shown(world) == (60, 0, 0)
    assert world.audit() == []


def test_an_edit_changes_what_was_earned_both_ways(database):
    world = acme(database)
    world.tell(order("1", CUP))
    world.tell(order("1", CUP, goods("b", 1000), minute=1))
    assert shown(world) == (0, 70, 0)
    world.release(AFTER)
    world.tell(order("1", CUP, goods("b", 2000), minute=2), at=AFTER)
    assert shown(world) == (80, 0, 0)
    world.tell(order("1", goods("b", 2000), minute=3), at=AFTER)
    assert shown(world) == (20, 0, 0)
    assert world.audit() == []


def test_a_refund_of_spent_points_leaves_debt_that_the_next_order_repays(database):
    world = acme(database)
    world.tell(order("1", CUP))
    world.release(AFTER)
    world.adjust(world.member(), -50, AFTER)
    world.tell(order("1", CUP, minute=1, state=OrderState.REFUNDED), at=AFTER)
    assert shown(world) == (-50, 0, 50)
    with pytest.raises(InsufficientPoints):
        world.adjust(world.member(), -1, AFTER)
    world.tell(order("2", goods("b", 8000), paid_at=NOW), at=AFTER)
    assert shown(world) == (30, 0, 0)
    assert world.audit() == []


def test_a_refund_takes_the_orders_own_pending_first(database):
    world = acme(database)
    world.tell(order("1", CUP), order("2", goods("b", 5000)))
    world.tell(order("1", CUP, minute=1, refunds=(refund("r", took(CUP, 2)),)))
    assert states(world, ["1", "2"]) == {"1": (20, 20), "2": (50, 50)}
    assert shown(world) == (0, 70, 0)


def test_an_order_nobody_of_us_has_seen_stays_pending(database):
    world = acme(database)
    world.tell(order("1", CUP), source="hook")
    world.release(AFTER)
    assert shown(world) == (0, 60, 0)
    world.tell(order("1", CUP), source="poll", at=AFTER)
    assert shown(world) == (60, 0, 0)


def test_without_a_hold_points_are_usable_at_once_and_unseen_orders_are_asked_for(database):
    world = acme(database)
    publish(world, hold_days=0)
    world.tell(order("1", CUP))
    assert shown(world) == (60, 0, 0)
    world.tell(order("2", CUP), source="hook")
    assert shown(world) == (60, 60, 0)
    with database.read() as db:
        assert db.scalar(select(outbox.outbox.c.key)) == "fetch:order:2"


def test_an_order_is_judged_by_the_rule_in_force_when_it_was_placed(database):
    world = acme(database)
    second = timedelta(seconds=1)
    publish(world, PLACED + second / 2, rates={"USD": (5, 100), "EUR": (1, 100)})
    publish(world, PLACED + 2 * second, rates={"USD": (7, 100)})
    publish(world, NOW, rates={"USD": (9, 100)}, hold_days=1)
    placed = [PLACED - second, PLACED, PLACED + second, PLACED + 2 * second, NOW]
    late = NOW + DAY  # every delivery came after the last rule
    told = [order(str(n), CUP, placed_at=at, paid_at=at) for n, at in enumerate(placed)]
    world.tell(*reversed(told), at=late)
    versions = [diagnosis(world, one.key).basis.version for one in told]
    assert versions == [0, 1, 1, 2, 3]
    assert [states(world, [one.key])[one.key][0] for one in told] == [60, 300, 300, 420, 540]
    publish(world, late, rates={"USD": (0, 100)})
    world.tell(order("0", CUP, goods("b", 1000), minute=1, placed_at=placed[0]), at=late)
    assert states(world, ["0"])["0"][0] == 70, "an edit is judged by the order's own rule"
    assert world.audit() == []


def test_an_order_in_flight_at_the_install_is_judged_by_the_rule_it_is_first_seen_under(database):
    world = acme(database)
    installed_at = world.shop.installed_at or NOW
    before_install = installed_at - DAY
    publish(world, installed_at + DAY, rates={"USD": (5, 100)})
    told = order("1", CUP, placed_at=before_install, paid_at=before_install)
    world.tell(told)
    publish(world, NOW, rates={"USD": (9, 100)})
    world.tell(structs.replace(told, modified_at=NOW))
    assert states(world, ["1"])["1"][0] == 300


def test_a_program_that_gives_nothing_says_so(database):
    world = acme(database)
    publish(world, rates={"USD": (0, 100)})
    world.tell(order("1", CUP))
    found = diagnosis(world)
    assert (found.posted, found.trace.reason) == (0, "zero_rate")


def test_an_order_that_changes_its_currency_is_counted_anew_by_the_same_rule(database):
    world = acme(database)
    publish(world, rates={"USD": (1, 100), "JPY": (3, 100)})
    cup, back = goods("a", 5000, 2), refund("r", took(goods("a", 5000, 2), 1))
    world.tell(order("1", cup, refunds=(back,)))
    assert states(world, ["1"]) == {"1": (25, 25)}
    publish(world, NOW, rates={"USD": (9, 100), "JPY": (9, 100)})
    world.tell(order("1", cup, minute=1, currency="JPY", refunds_known=False))
    assert states(world, ["1"]) == {"1": (150, 150)}, "no dollar is taken for a yen"
    world.tell(RefundsOfOrder("1", "USD", (back,)))
    assert states(world, ["1"]) == {"1": (150, 150)}
    world.tell(RefundsOfOrder("1", "JPY", (structs.replace(back, refunded_at=NOW),)))
    assert states(world, ["1"]) == {"1": (75, 75)}
    world.release(AFTER)
    world.tell(order("1", cup, minute=3, currency="EUR"), at=AFTER)
    assert (shown(world), diagnosis(world).trace.reason) == ((0, 0, 0), "no_rate")
    world.tell(order("1", cup, minute=4), at=AFTER)
    assert shown(world) == (50, 0, 0)
    assert diagnosis(world).basis.version == 1
    assert world.audit() == []


def test_a_currency_without_a_rate_earns_nothing_and_says_so(database):
    world = acme(database)
    world.tell(order("1", CUP, currency="EUR"))
    assert shown(world) == (0, 0, 0)
    assert diagnosis(world).trace.reason == "no_rate"


@pytest.mark.parametrize(
    ("currency", "total_minor", "earned"), [("JPY", 2405, 2405), ("KWD", 6450, 6), ("USD", 199, 1)]
)
def test_a_new_shop_gives_a_point_for_each_whole_unit(database, currency, total_minor, earned):
    world = acme(database, currency=currency)
    world.tell(order("1", goods("a", total_minor), currency=currency))
    assert shown(world) == (0, earned, 0)
    with database.read() as db:
        assert points.preview(db, world.shop.id, total_minor, NOW) == earned


def test_award_on_completed_waits_for_the_hand_over(database):
    world = acme(database)
    publish(world, award_on="completed")
    world.tell(order("1", CUP))
    assert (shown(world), diagnosis(world).trace.reason) == ((0, 0, 0), "not_completed")
    world.tell(order("1", CUP, minute=1, state=OrderState.COMPLETED, completed_at=NOW))
    assert shown(world) == (0, 60, 0)
    world.release(NOW + 14 * DAY)
    assert shown(world) == (60, 0, 0)


def test_orders_from_before_the_install_earn_only_if_the_merchant_says_so(database):
    world = acme(database)
    world.tell(order("1", CUP), order("2", CUP), source="import")
    assert shown(world) == (0, 0, 0)
    assert diagnosis(world).trace.reason == "before_program"
    publish(world, counts_history=True)
    with database.write() as db:
        last = points.settle_history(db, world.shop.id, 0, 1, AFTER)
        assert points.settle_history(db, world.shop.id, last, 1, AFTER) > last
        assert points.settle_history(db, world.shop.id, 2**62, 1, AFTER) == 0
    assert shown(world) == (120, 0, 0)
    assert world.audit() == []


@pytest.mark.parametrize("source", ["hook", "poll", "fetch"])
def test_an_order_long_before_the_install_earns_no_more_than_an_imported_one(database, source):
    world = acme(database)
    installed_at = NOW - 30 * DAY
    old, in_flight = installed_at - 30 * DAY - timedelta(seconds=1), installed_at - 30 * DAY
    world.tell(
        order("1", CUP, placed_at=old, paid_at=NOW),
        order("2", goods("b", 700), placed_at=in_flight, paid_at=NOW),
        source=source,
    )
    world.tell(order("1", CUP, goods("c", 900), minute=1, placed_at=old), source=source)
    assert states(world, ["1", "2"]) == {"1": (0, 0), "2": (7, 7)}
    assert diagnosis(world, "1").trace.reason == "before_program"
    publish(world, counts_history=True)
    with database.write() as db:
        points.settle_history(db, world.shop.id, 0, 10, NOW)
    assert states(world, ["1", "2"]) == {"1": (69, 69), "2": (7, 7)}
    with database.read() as db:
        retro = select(points_order.c.retro).order_by(points_order.c.posted)
        assert list(db.scalars(retro.where(points_order.c.shop_id == world.shop.id))) == [
            False,
            True,
        ]
    assert world.audit() == []


def test_many_orders_of_one_batch_are_posted_together(database):
    world = acme(database)
    told = [order(str(n), goods("a", 100 * n), donation("d", 50)) for n in range(1, 40)]
    world.tell(*told, *told[:10])
    assert shown(world) == (0, sum(range(1, 40)), 0)
    world.release(AFTER)
    assert shown(world) == (sum(range(1, 40)), 0, 0)
    assert world.audit() == []


def test_what_comes_next_is_told(database):
    world = acme(database)
    first, second = (NOW - n * DAY for n in (3, 1))
    world.tell(
        order("1", goods("a", 500), paid_at=second), order("2", goods("a", 700), paid_at=first)
    )
    with database.read() as db:
        found = points.next_pending(db, world.shop.id, world.member())
    assert found == (first + 14 * DAY, 7)


def test_giving_and_taking_by_hand_needs_a_reason_and_a_balance(database):
    world = acme(database)
    mia = world.member()
    world.adjust(mia, 30)
    world.adjust(mia, -10)
    assert shown(world) == (20, 0, 0)
    with pytest.raises(Conflict):
        world.adjust(mia, -21)
    for amount, reason in ((0, "why"), (10**16, "why"), (5, "  "), (5, "x" * 201)):
        with pytest.raises(BadInput), database.write() as db:
            points.adjust(
                db, world.shop.id, mia, amount, reason=reason, made_by="staff:1", now=NOW
            )
    assert shown(world) == (20, 0, 0)
    assert world.audit() == []


def test_a_diagnosis_tells_lines_rule_and_state(database):
    world = acme(database)
    world.tell(
        order("1", CUP, donation("d", 300), refunds=(refund("r", took(CUP, 1)),)),
        order("2", CUP, customer_key=None),
    )
    found = diagnosis(world)
    assert (found.posted, found.pending, found.trace.points) == (40, 40, 40)
    assert [(line.earned, line.kept) for line in found.trace.lines] == [(60, 40), (0, 0)]
    assert diagnosis(world, "2").trace.reason == "no_identity"
