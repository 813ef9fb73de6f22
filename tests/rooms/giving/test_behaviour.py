"""How shoppers answered is counted at once, and kept for a while where there is much to count."""

from datetime import timedelta

from connector.rooms.giving.accounts import behaviour
from connector.rooms.giving.rules import AddOn
from tests.rooms.giving.offers import papered, publish
from tests.world import NOW, acme, donation, goods, order


def told(world, now=NOW):
    found = behaviour.told(world.database, world.shop.id, "USD", now)
    assert found.placed == found.asked
    return found.asked, found.given, found.gifts.minor, found.taken_at


def test_few_orders_are_counted_each_time(database):
    world = acme(database)
    publish(world, AddOn((250,)), papered(world))
    later = NOW + timedelta(hours=1)
    world.tell(order("1", goods("a", 1000), donation("d", 250)))
    assert told(world) == (1, 1, 250, NOW)
    world.tell(order("2", goods("a", 1000)))
    assert told(world, later) == (2, 1, 250, later)


def test_of_many_what_was_counted_is_kept_until_it_is_old(database, monkeypatch):
    monkeypatch.setattr(behaviour, "MANY", 1)
    world = acme(database)
    publish(world, AddOn((250,)), papered(world))
    world.tell(*(order(n, goods("a", 1000), donation("d", 250)) for n in "12"))
    assert told(world) == (2, 2, 500, NOW)
    world.tell(order("3", goods("a", 1000)))
    almost, then = NOW + behaviour.AGE - timedelta(seconds=1), NOW + behaviour.AGE
    for now in (almost, then):
        with world.database.read() as db:
            due = behaviour.shops_due(db, now)
        behaviour.renew(world.database, world.shop.id, now)
        is_old = now == then
        assert due == ([world.shop.id] if is_old else [])
        assert told(world, now) == ((3, 2, 500, then) if is_old else (2, 2, 500, NOW))
