"""A merge that is undone leaves each with levels, first orders and entry gifts of their own."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from connector.core.commerce import OrderState
from connector.core.facts import publish
from connector.core.points import UNIT
from connector.ledger import Book, Voucher
from connector.ledger.models import ledger_moved
from connector.program.rules import Caps, Rule
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.models import redemption
from connector.rooms.tiers import programs, service
from connector.rooms.tiers.rules import Level, Program
from tests.rooms.actions.test_undone import merge, undo
from tests.rooms.points.test_orders import promise
from tests.rooms.rewards.counter import COFFEE
from tests.world import MIA, NOOR, NOW, acme, goods, order

DAY = timedelta(days=1)
LEVELS = Program(levels=(Level(0, {"en": "Sprout"}, 200), Level(0, {"en": "Bloom"}, 10_000)))
FIRST = Rule(id="first", kind="first_order", points=1000)


@pytest.fixture
def world(database):
    """Ten points for a dollar, at once."""
    made = acme(database)
    promise(made, rates={"USD": (10, 100)}, hold_days=0)
    climb(made, LEVELS)
    return made


def climb(world, program):
    shop_id = world.shop.id
    with world.database.write() as db:
        programs.save_draft(db, shop_id, program, "staff:1", NOW)
        programs.publish(db, shop_id, NOW, has_standing=False)
        facts, _ = service.review(db, shop_id, NOW, 100)
        publish(db, {}, facts, NOW)


def buy(world, key, minor, who=MIA, at=NOW, **values):
    times = {"placed_at": at, "paid_at": at, "modified_at": at}
    world.tell(order(key, goods("a", minor), customer_key=who, **(times | values)), at=at)


def undone(world, key, minor, who=MIA, *, placed_at=NOW, at=NOW):
    """The same order, wholly refunded at ``at``."""
    told = {"placed_at": placed_at, "paid_at": placed_at, "modified_at": at}
    buy(world, key, minor, who, at, state=OrderState.REFUNDED, **told)


def stands(world, *member_ids):
    with world.database.read() as db:
        found = [service.progress(db, world.shop.id, one, NOW) for one in member_ids]
    return [one for one in found if one is not None]


def amounts(world, *member_ids):
    return [one.standing.amount for one in stands(world, *member_ids)]


def usable(world, *member_ids):
    return [world.balance_of(one).available for one in member_ids]


def both(world):
    return world.member(MIA), world.member(NOOR)


def test_what_was_earned_while_two_were_one_counts_for_whose_it_is(world):
    mia, noor = both(world)
    buy(world, "1", 2160)
    buy(world, "2", 890, NOOR)
    merge(world, mia, noor)
    buy(world, "3", 3240, NOOR, NOW + DAY)
    assert amounts(world, mia) == [629]
    for days in (2, 4):
        undo(world, noor, NOW + days * DAY)
        assert amounts(world, mia, noor) == usable(world, mia, noor) == [216, 413]
        assert world.audit() == []
        merge(world, mia, noor, NOW + (days + 1) * DAY)
        assert amounts(world, mia) == [629]
        assert world.audit() == []
    undo(world, noor, NOW + 6 * DAY)
    undone(world, "3", 3240, NOOR, placed_at=NOW + DAY, at=NOW + 7 * DAY)
    assert amounts(world, mia, noor) == usable(world, mia, noor) == [216, 89]
    assert world.audit() == []


def test_what_was_refunded_while_two_were_one_counts_less_for_whose_it_was(world):
    mia, noor = both(world)
    buy(world, "1", 2160)
    buy(world, "2", 890, NOOR)
    merge(world, mia, noor)
    undone(world, "2", 890, NOOR, at=NOW + DAY)
    undo(world, noor, NOW + 2 * DAY)
    assert amounts(world, mia, noor) == usable(world, mia, noor) == [216, 0]
    assert stands(world, mia)[0].level == 1
    assert world.audit() == []


def test_in_a_chain_what_counts_goes_with_each(world):
    mia, noor = both(world)
    zoe = world.member("3")
    buy(world, "1", 1000)
    buy(world, "2", 2000, NOOR)
    buy(world, "3", 3000, "3")
    merge(world, mia, noor)
    buy(world, "4", 400, NOOR, NOW + DAY)
    merge(world, zoe, mia, NOW + 2 * DAY)
    buy(world, "5", 500, NOOR, NOW + 3 * DAY)
    buy(world, "6", 600, MIA, NOW + 3 * DAY)
    assert amounts(world, zoe) == [750]
    undo(world, mia, NOW + 4 * DAY)
    assert amounts(world, zoe, mia) == [300, 450]
    assert world.audit() == []
    undo(world, noor, NOW + 5 * DAY)
    assert amounts(world, zoe, mia, noor) == usable(world, zoe, mia, noor) == [300, 160, 290]
    assert world.audit() == []


def test_points_that_lapsed_and_were_taken_back_meanwhile_are_nobody_elses(world):
    mia, noor = both(world)
    buy(world, "1", 2160)
    merge(world, mia, noor)
    buy(world, "2", 890, NOOR, NOW + DAY)
    with world.database.write() as db:
        book = Book(db, world.shop.id, UNIT, world.shop.timezone, [mia])
        book.lapse(mia, Voucher("test:lapse", "expired", NOW + 2 * DAY))
        book.close()
    undone(world, "2", 890, NOOR, placed_at=NOW + DAY, at=NOW + 3 * DAY)
    undo(world, noor, NOW + 4 * DAY)
    assert amounts(world, mia, noor) == [216, 0]
    assert world.audit() == []


def test_verify_names_what_counts_for_somebody_else(world):
    mia, noor = both(world)
    merge(world, mia, noor)
    buy(world, "1", 890, NOOR)
    undo(world, noor, NOW + DAY)
    assert world.audit() == []
    with world.database.write() as db:
        db.execute(delete(ledger_moved).where(ledger_moved.c.member_id == mia))
    found = world.audit()
    assert [one.split()[0] for one in found] == ["points_counted", "points_moved", "tier_points"]
    assert f"member {mia} on 2026-11-22" in found[0]


def test_the_undo_gives_each_a_first_order_again(world):
    promise(world, FIRST)
    mia, noor = both(world)
    buy(world, "1", 2160)
    buy(world, "2", 890, NOOR, NOW + DAY)
    assert amounts(world, mia, noor) == [1216, 1089]
    for days in (2, 4):
        merge(world, noor, mia, NOW + days * DAY)
        assert amounts(world, noor) == usable(world, noor) == [1305]
        undo(world, mia, NOW + (days + 1) * DAY)
        assert amounts(world, mia, noor) == usable(world, mia, noor) == [1216, 1089]
        assert world.audit() == []


@pytest.mark.parametrize("who", [MIA, NOOR])
def test_an_order_while_two_were_one_is_a_first_one_after_that(world, who):
    promise(world, FIRST)
    mia, noor = both(world)
    buy(world, "1", 1000, {MIA: NOOR, NOOR: MIA}[who])
    merge(world, mia, noor, NOW + DAY)
    buy(world, "2", 1000, who, NOW + 2 * DAY)
    assert usable(world, mia) == [1200]
    undo(world, noor, NOW + 3 * DAY)
    assert amounts(world, mia, noor) == usable(world, mia, noor) == [1100, 1100]
    assert world.audit() == []


def test_what_a_cap_of_one_left_out_two_have_again(world):
    rule = Rule(id="o", kind="order", points=50, caps=Caps(per_member=60))
    promise(world, rule)
    mia, noor = both(world)
    buy(world, "1", 1000)
    buy(world, "2", 1000, NOOR)
    merge(world, mia, noor)
    assert usable(world, mia) == [260]
    undo(world, noor, NOW + DAY)
    assert amounts(world, mia, noor) == usable(world, mia, noor) == [150, 150]
    assert world.audit() == []


def test_what_was_spent_is_spent_and_all_of_it_ties_in_total(world):
    promise(world, FIRST)
    mia, noor = both(world)
    buy(world, "1", 1000)
    buy(world, "2", 1000, NOOR, NOW + DAY)
    merge(world, mia, noor, NOW + 2 * DAY)
    world.adjust(mia, -1200)
    undo(world, noor, NOW + 3 * DAY)
    assert usable(world, mia, noor) == [0, 1000], "the first order's points are given again"
    assert amounts(world, mia, noor) == [1100, 1100], "what is spent counts on"
    assert world.audit() == []


def gifted(points=50, reward_id=None, settle_days=14):
    sprout = Level(0, {"en": "Sprout"}, 100, gift_points=points, gift_reward_id=reward_id)
    return Program(levels=(sprout,), settle_days=settle_days)


def has(world, *member_ids):
    """(usable, pending) of each."""
    found = [world.balance_of(one) for one in member_ids]
    return [(one.available, one.pending) for one in found]


@pytest.mark.parametrize("gone", [MIA, NOOR])
def test_who_is_one_has_one_entry_gift_and_two_have_one_each(world, gone):
    climb(world, gifted())
    mia, noor = both(world)
    kept_id, gone_id = (noor, mia) if gone == MIA else (mia, noor)
    buy(world, "1", 2000)
    buy(world, "2", 1000, NOOR, NOW + DAY)
    assert has(world, mia, noor) == [(200, 50), (100, 50)]
    for days in (2, 4):
        merge(world, kept_id, gone_id, NOW + days * DAY)
        assert has(world, kept_id) == [(300, 50)]
        undo(world, gone_id, NOW + (days + 1) * DAY)
        assert has(world, mia, noor) == [(200, 50), (100, 50)]
        assert world.audit() == []
    world.release(NOW + 14 * DAY)
    assert has(world, mia, noor) == [(250, 0), (100, 50)], "each when it was to be"


def test_an_entry_gift_that_is_used_by_then_stays_and_is_no_debt(world):
    climb(world, gifted(settle_days=0))
    mia, noor = both(world)
    buy(world, "1", 2000)
    buy(world, "2", 1000, NOOR, NOW + DAY)
    world.adjust(noor, -130)
    assert has(world, mia, noor) == [(250, 0), (20, 0)]
    merge(world, mia, noor, NOW + 2 * DAY)
    assert has(world, mia) == [(250, 0)], "twenty of it were left"
    assert world.audit() == []
    undo(world, noor, NOW + 3 * DAY)
    assert has(world, mia, noor) == [(250, 0), (20, 0)]
    assert world.audit() == []
    world.adjust(noor, -20)
    merge(world, mia, noor, NOW + 4 * DAY)
    assert has(world, mia) == [(250, 0)]
    undo(world, noor, NOW + 5 * DAY)
    assert has(world, mia, noor) == [(250, 0), (0, 0)]
    assert world.audit() == []


def test_a_level_reached_again_after_the_undo_gives_again(world):
    climb(world, gifted())
    mia, noor = both(world)
    buy(world, "1", 1000)
    buy(world, "2", 1000, NOOR)
    merge(world, mia, noor)
    undone(world, "1", 1000)
    undone(world, "2", 1000, NOOR)
    for number, parted in enumerate((False, True)):
        if parted:
            undo(world, noor, NOW + DAY)
        buy(world, f"{number}-more", 1000, at=NOW + DAY)
        assert has(world, mia) == [(100, 50)]
        undone(world, f"{number}-more", 1000, placed_at=NOW + DAY, at=NOW + DAY)
        assert has(world, mia) == [(0, 0)]
    assert world.audit() == []


def test_in_a_chain_the_first_entry_gift_stays_with_whoever_is_left(world):
    climb(world, gifted())
    mia, noor = both(world)
    zoe = world.member("3")
    for number, key in enumerate((MIA, NOOR, "3")):
        buy(world, key, 1000, key, NOW + number * DAY)
    merge(world, zoe, noor, NOW + 3 * DAY)
    merge(world, zoe, mia, NOW + 4 * DAY)
    assert has(world, zoe) == [(300, 50)]
    undo(world, mia, NOW + 5 * DAY)
    assert has(world, zoe, mia) == [(200, 50), (100, 50)]
    undo(world, noor, NOW + 6 * DAY)
    assert has(world, zoe, mia, noor) == [(100, 50)] * 3
    assert world.audit() == []


def test_the_level_that_a_refund_undoes_takes_the_one_gift_there_is(world):
    climb(world, gifted())
    mia, noor = both(world)
    buy(world, "1", 1000)
    buy(world, "2", 1000, NOOR, NOW + DAY)
    merge(world, mia, noor, NOW + 2 * DAY)
    undone(world, "1", 1000, at=NOW + 3 * DAY)
    assert has(world, mia) == [(100, 50)]
    undone(world, "2", 1000, NOOR, placed_at=NOW + DAY, at=NOW + 3 * DAY)
    assert has(world, mia) == [(0, 0)]
    undo(world, noor, NOW + 4 * DAY)
    assert has(world, mia, noor) == [(0, 0), (0, 0)], "nobody is on a level"
    assert world.audit() == []


@pytest.mark.parametrize("is_used", [True, False])
def test_an_entry_reward_is_had_once_unless_it_is_used(world, is_used):
    with world.database.write() as db:
        reward = catalogue.publish(db, world.shop.id, COFFEE, NOW)
    climb(world, gifted(0, reward.id))
    mia, noor = both(world)
    buy(world, "1", 2000)
    buy(world, "2", 1000, NOOR, NOW + DAY)
    if is_used:
        with world.database.write() as db:
            mine = redemption.c.shop_id == world.shop.id, redemption.c.member_id == noor
            db.execute(update(redemption).where(*mine).values(state="used", ended_at=NOW))
    merge(world, mia, noor, NOW + 2 * DAY)
    assert waiting(world, mia) == 1
    undo(world, noor, NOW + 3 * DAY)
    assert (waiting(world, mia), waiting(world, noor)) == (1, 0 if is_used else 1)


def waiting(world, member_id):
    """How many rewards can be used."""
    with world.database.read() as db:
        found = catalogue.open_of(db, world.shop.id, member_id)
    return sum(not one.ending for one in found)
