"""Gifts of points, forgiveness, and a merge that is undone."""

from datetime import timedelta

import pytest

from connector.core.commerce import CustomerMerge, OrderState
from connector.core.errors import BadInput
from connector.core.facts import GiftGiven, GiftWithdrawn, publish
from connector.program.rules import Terms
from connector.rooms.points import service as points
from tests.rooms.points.test_orders import block, promise
from tests.world import HEARD, MIA, NOOR, NOW, acme, goods, order

DAY = timedelta(days=1)
AFTER = NOW + 15 * DAY
CUP = goods("a", 6000, 3)


def tell(world, *facts, at=NOW):
    with world.database.write() as db:
        publish(db, HEARD, facts, at)


def gift(world, source="merchant:1", key=MIA, **values):
    return GiftGiven(world.shop.id, world.member(key), source, **{"points": 50, **values})


def test_a_gift_is_heard_once_and_can_be_taken_back(database):
    world = acme(database)
    tell(world, gift(world), gift(world))
    tell(world, gift(world))
    assert world.balance().available == 50
    tell(world, GiftWithdrawn(world.shop.id, world.member(), "merchant:1"))
    tell(world, GiftWithdrawn(world.shop.id, world.member(), "merchant:1"), gift(world))
    assert world.balance().available == 0
    assert world.audit() == []


def test_a_gift_may_wait(database):
    world = acme(database)
    tell(world, gift(world, waits_until=AFTER, qualifies=True))
    assert (world.balance().available, world.balance().pending) == (0, 50)
    world.release(AFTER - DAY)
    assert world.balance().available == 0
    world.release(AFTER)
    assert (world.balance().available, world.balance().pending) == (50, 0)
    assert world.audit() == []


def test_a_spent_gift_that_is_withdrawn_is_owed(database):
    world = acme(database)
    tell(world, gift(world))
    world.adjust(world.member(), -30)
    tell(world, GiftWithdrawn(world.shop.id, world.member(), "merchant:1"))
    assert world.balance().debt == 30
    assert world.audit() == []


def test_who_is_gone_or_blocked_gets_no_gift(database):
    world = acme(database)
    mia = gift(world)
    world.erase(world.member())
    tell(world, mia, gift(world, key=NOOR, source="2"))
    block(world, world.member(NOOR))
    tell(world, gift(world, key=NOOR, source="3"))
    assert world.balance(NOOR).available == 50


def test_a_debt_is_forgiven_with_a_reason_or_by_the_terms(database):
    world = acme(database)
    tell(world, gift(world))
    world.adjust(world.member(), -30)
    tell(world, GiftWithdrawn(world.shop.id, world.member(), "merchant:1"))
    mia = world.member()
    with database.write() as db:
        for amount, reason in ((31, "too much"), (0, "none"), (5, " ")):
            with pytest.raises(BadInput):
                forgive(db, world, mia, amount, reason)
        forgive(db, world, mia, 10, "kind")
    assert world.balance().debt == 20
    promise(world, terms=Terms(forgive_points=25))
    tell(world, gift(world, source="2", points=21))
    world.adjust(world.member(), -1)
    tell(world, GiftWithdrawn(world.shop.id, world.member(), "2"))
    assert (world.balance().available, world.balance().debt) == (0, 0)
    assert world.audit() == []


def forgive(db, world, member_id, amount, reason):
    points.forgive(db, world.shop.id, member_id, amount, reason=reason, made_by="staff:1", now=NOW)


@pytest.mark.parametrize("released", [False, True])
def test_a_merge_that_is_undone_gives_back_what_is_there(database, released):
    world = acme(database)
    world.tell(order("1", CUP), order("2", goods("b", 500), customer_key=NOOR))
    tell(world, gift(world))
    mia = world.member(MIA)
    world.tell(CustomerMerge(kept_key=NOOR, gone_key=MIA))
    noor = world.member(NOOR)
    if released:
        world.release(AFTER)
    with database.write() as db:
        facts = world.members.unmerge(db, world.shop.id, mia, NOW, "staff:1")
        publish(db, HEARD, facts, NOW)
    kept, back = world.balance_of(noor), world.balance_of(mia)
    assert (back.available, back.pending) == ((110, 0) if released else (50, 60))
    assert (kept.available, kept.pending) == ((5, 0) if released else (0, 5))
    world.tell(order("1", CUP, minute=3, state=OrderState.CANCELLED), at=AFTER)
    assert world.balance_of(mia).available == 50
    assert world.audit() == []


def test_what_was_spent_after_a_merge_does_not_come_back(database):
    world = acme(database)
    tell(world, gift(world))
    mia = world.member(MIA)
    world.tell(CustomerMerge(kept_key=NOOR, gone_key=MIA))
    noor = world.member(NOOR)
    world.adjust(noor, -30)
    with database.write() as db:
        publish(db, HEARD, world.members.unmerge(db, world.shop.id, mia, NOW, "staff:1"), NOW)
    assert (world.balance_of(mia).available, world.balance_of(noor).available) == (20, 0)
    world.tell(CustomerMerge(kept_key=NOOR, gone_key=MIA), at=AFTER)
    assert world.audit() == []
