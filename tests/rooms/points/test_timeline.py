"""Entries as people read them: one line for one act, and what it is about."""

from datetime import timedelta

from connector.core.facts import GiftGiven, publish
from connector.rooms.points import timeline
from tests.rooms.rewards.counter import COFFEE, counter
from tests.world import HEARD, MIA, NOW, acme


def entries(world, member_id, before=None, limit=50):
    with world.database.read() as db:
        return timeline.entries(db, world.shop.id, member_id, before, limit)


def shown(found):
    return [(one.kind, one.points) for one in found]


def returned(database):
    """A reward paid out of three lots came back."""
    shelf = counter(database, points=0)
    for points in (14, 52, 34):
        shelf.world.adjust(shelf.mia, points)
    one = shelf.redeem(shelf.offer(COFFEE))
    shelf.run()
    shelf.cancel(one)
    shelf.run()
    return shelf, one


def test_a_reward_that_comes_back_is_one_line_whatever_it_was_paid_of(database):
    shelf, one = returned(database)
    found = entries(shelf.world, shelf.mia)
    about = {(line.kind, line.points): line.redemption_id for line in found}
    assert about[("returned", 100)] == about[("reserved", -100)] == one.id
    assert sum(line.available for line in found) == 100
    assert len(found) == 5


def test_pages_cut_between_lines_and_tell_each_once(database):
    shelf, _ = returned(database)
    whole = entries(shelf.world, shelf.mia)
    for limit in (1, 2, 3):
        told, before = [], None
        while page := entries(shelf.world, shelf.mia, before, limit):
            told += page
            before = page[-1].id
        assert told == whole


def test_a_gift_that_waits_is_pending_until_it_does_not(database):
    world = acme(database)
    after = NOW + timedelta(days=15)
    mia = world.member(MIA)
    with database.write() as db:
        gift = GiftGiven(world.shop.id, mia, "actions:r:1", points=50, waits_until=after)
        publish(db, HEARD, [gift], NOW)
    assert [one.state for one in entries(world, mia)] == ["pending"]
    world.release(after)
    assert [one.state for one in entries(world, mia)] == ["available"] * 2
