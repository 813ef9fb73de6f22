"""A merge that is undone leaves each with what is theirs, whenever it is undone."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from connector.core.facts import MemberJoined, publish
from connector.ledger.models import ledger_entry
from connector.members import merging
from connector.members import store as member_store
from connector.program.rules import Caps, Rule, Terms
from connector.rooms.rewards import catalogue
from connector.rooms.tiers import perks
from connector.rooms.tiers import programs as tiers
from tests.rooms.actions.test_actions import do, hear, person, promise
from tests.rooms.rewards.counter import COFFEE
from tests.rooms.tiers.club import SPENDING
from tests.world import HEARD, MIA, NOOR, NOW, acme, goods, order

DAY = timedelta(days=1)
HELLO = Rule(id="hello", kind="joined", points=100, qualifies=True)


def two(world, *rules, terms=None):
    """(Mia, Noor), who both joined."""
    promise(world, *(rules or (HELLO,)), terms=terms)
    both = person(world), person(world, NOOR)
    for one in both:
        hear(world, MemberJoined(world.shop.id, one))
    return both


def merge(world, kept, gone, at=NOW, *, heard=True):
    with world.database.write() as db:
        facts = merging.by_hand(db, world.shop.id, kept, gone, at, "staff:1")
        if heard:
            publish(db, HEARD, facts, at)
    return facts


def undo(world, gone, at=NOW, before=()):
    with world.database.write() as db:
        facts = world.members.unmerge(db, world.shop.id, gone, at, "staff:1")
        publish(db, HEARD, [*before, *facts], at)


def part(world, kept, gone, at=NOW, *, at_once):
    """Both become one, and are two again: before anybody heard of the first, or after."""
    told = merge(world, kept, gone, at, heard=not at_once)
    undo(world, gone, at + DAY, told if at_once else ())


def usable(world, *members):
    return [world.balance_of(one).available for one in members]


def counted(world, member_id):
    """What the book counts for a level, of this member's own accounts."""
    entry = ledger_entry.c
    with world.database.read() as db:
        total = 0
        for side, sign in ((entry.to_account, 1), (entry.from_account, -1)):
            mine = side.in_([f"{one}:{member_id}" for one in ("member", "pending", "debt")])
            chosen = select(func.coalesce(func.sum(entry.qualifying), 0))
            total += sign * db.scalar(chosen.where(entry.shop_id == world.shop.id, mine))
        return int(total)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_bonus_taken_as_a_double_is_given_again(database, at_once):
    world = acme(database)
    mia, noor = two(world)
    for at in (NOW, NOW + 2 * DAY):
        part(world, noor, mia, at, at_once=at_once)
        assert usable(world, mia, noor) == [100, 100]
        assert (counted(world, mia), counted(world, noor)) == (100, 100)
    undo(world, mia)
    assert usable(world, mia, noor) == [100, 100], "once"
    assert world.audit() == []


@pytest.mark.parametrize("at_once", [True, False])
def test_who_paid_for_a_bonus_that_was_spent_has_it_back(database, at_once):
    world = acme(database)
    mia, noor = two(world)
    world.adjust(mia, -100)
    for at in (NOW, NOW + 2 * DAY):
        part(world, noor, mia, at, at_once=at_once)
        assert usable(world, mia, noor) == [0, 100]
        assert (counted(world, mia), counted(world, noor)) == (100, 100)
    assert world.audit() == []


@pytest.mark.parametrize("forgiven", [0, 200])
def test_a_debt_of_the_merge_ends_with_it_and_what_was_forgiven_is_not_given(database, forgiven):
    world = acme(database)
    mia, noor = two(world, terms=Terms(forgive_points=forgiven))
    world.adjust(mia, -100)
    world.adjust(noor, -100)
    merge(world, noor, mia)
    assert usable(world, noor) == [0 if forgiven else -100]
    undo(world, mia)
    assert usable(world, mia, noor) == [0, 0]
    assert world.audit() == []


def test_points_that_pay_for_a_double_come_back_to_whose_they_were(database):
    world = acme(database)
    mia, noor = two(world)
    world.adjust(mia, 40)
    world.adjust(mia, -100)  # what she had first
    world.adjust(noor, -100)
    merge(world, noor, mia)
    assert usable(world, noor) == [-60]
    undo(world, mia)
    assert usable(world, mia, noor) == [40, 0]
    assert world.audit() == []


@pytest.mark.parametrize("at_once", [True, False])
def test_what_still_waits_waits_again(database, at_once):
    world = acme(database)
    mia, noor = two(world, Rule(id="hello", kind="joined", points=100, hold_days=14))
    part(world, noor, mia, at_once=at_once)
    for one in (mia, noor):
        assert world.balance_of(one).pending == 100
    world.release(NOW + 15 * DAY)
    assert usable(world, mia, noor) == [100, 100]
    assert world.audit() == []


def test_what_waited_for_less_than_the_merge_took_is_usable(database):
    world = acme(database)
    mia, noor = two(world, Rule(id="hello", kind="joined", points=100, hold_days=3))
    merge(world, noor, mia)
    undo(world, mia, NOW + 5 * DAY)
    world.release(NOW + 5 * DAY)
    assert usable(world, mia, noor) == [100, 100]
    assert world.audit() == []


def test_a_blocked_one_has_what_was_theirs(database):
    world = acme(database)
    mia, noor = two(world)
    merge(world, noor, mia)
    with database.write() as db:
        member_store.change(db, world.shop.id, mia, blocked_at=NOW)
    undo(world, mia)
    assert usable(world, mia, noor) == [100, 100]


def test_what_was_over_a_cap_of_one_is_within_the_caps_of_two(database):
    world = acme(database)
    shares = Rule(id="s", kind="shares", points=5, caps=Caps(per_member=12, per_rule=100))
    mia, noor = two(world, shares)
    for one in (mia, noor):
        for number in range(2):
            do(world, one, "shares", f"{one}-{number}")
    merge(world, noor, mia)
    assert usable(world, noor) == [10]
    promise(world, Rule(id="s", kind="shares", points=5, caps=Caps(per_member=6, per_rule=100)))
    undo(world, mia)
    assert usable(world, mia, noor) == [10, 10]
    assert world.audit() == []


def test_in_a_chain_everybody_has_what_nobody_with_them_has(database):
    world = acme(database)
    mia, noor = two(world)
    zoe = person(world, "3")
    hear(world, MemberJoined(world.shop.id, zoe))
    merge(world, noor, mia)
    merge(world, zoe, noor)
    assert usable(world, zoe) == [100]
    undo(world, noor, NOW + DAY)
    assert usable(world, zoe, noor, mia) == [100, 100, 0], "Mia is part of Noor"
    undo(world, mia, NOW + DAY)
    assert usable(world, zoe, noor, mia) == [100, 100, 100]
    assert world.audit() == []


def test_one_of_a_chain_leaves_with_what_is_theirs(database):
    world = acme(database)
    mia, noor = two(world)
    zoe = person(world, "3")
    hear(world, MemberJoined(world.shop.id, zoe))
    merge(world, noor, mia)
    merge(world, zoe, noor)
    undo(world, mia, NOW + DAY)
    assert usable(world, zoe, mia) == [100, 100]
    assert world.audit() == []


def test_what_the_one_who_left_had_in_their_place_the_others_have_again(database):
    world = acme(database)
    promise(world, Rule(id="v", kind="visit", target="/story", points=5))
    mia, noor, zoe = person(world), person(world, NOOR), person(world, "3")
    for one in (mia, noor):
        do(world, one, "visit", target="/story")
    merge(world, zoe, mia)
    merge(world, zoe, noor)
    assert usable(world, zoe) == [5]
    undo(world, mia, NOW + DAY)
    assert usable(world, zoe, mia) == [5, 5]
    assert do(world, zoe, "visit", target="/story") == []
    undo(world, noor, NOW + DAY)
    assert usable(world, zoe, mia, noor) == [0, 5, 5]
    assert world.audit() == []


@pytest.mark.parametrize("at_once", [True, False])
def test_a_reward_that_went_is_given_anew(database, at_once):
    world = acme(database)
    with database.write() as db:
        reward = catalogue.publish(db, world.shop.id, COFFEE, NOW)
    mia, noor = two(world, Rule(id="hello", kind="joined", reward_id=reward.id))
    part(world, noor, mia, at_once=at_once)
    with database.read() as db:
        for one in (mia, noor):
            waiting = catalogue.open_of(db, world.shop.id, one)
            assert [told.state.value for told in waiting if not told.ending] == ["reserved"]
    assert world.audit() == []


@pytest.mark.parametrize("at_once", [True, False])
def test_days_on_a_level_go_on_where_they_were_cut(database, at_once):
    world = acme(database)
    with database.write() as db:
        tiers.save_draft(db, world.shop.id, SPENDING, "staff:1", NOW - DAY)
        tiers.publish(db, world.shop.id, NOW - DAY, has_standing=True)
    mia, noor = two(world, Rule(id="hello", kind="joined", tier_days=10))
    told = merge(world, noor, mia, NOW + 4 * DAY, heard=not at_once)
    undo(world, mia, NOW + 6 * DAY, told if at_once else ())
    for one, until in ((mia, NOW + (10 if at_once else 12) * DAY), (noor, NOW + 10 * DAY)):
        with database.read() as db:
            (vip,) = perks.days(db, world.shop.id, [one])
        assert (vip.ends_at, vip.is_over) == (until, False)
    assert world.audit() == []


def test_orders_beside_it_stay_whose_they_are(database):
    world = acme(database)
    mia, noor = two(world)
    world.tell(order("1", goods("a", 6000)), order("2", goods("b", 500), customer_key=NOOR))
    world.release(NOW + 15 * DAY)
    before = usable(world, mia, noor)
    merge(world, noor, mia)
    undo(world, mia)
    assert usable(world, mia, noor) == before == [160, 105]
    assert world.audit() == []
    assert world.member(MIA) == mia
