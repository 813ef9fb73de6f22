"""What shoppers are asked: by the newest programme of each kind, by the house, or not at all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.core.errors import NotFound
from connector.rooms.giving import asking, programmes, service
from connector.rooms.giving.asking import Amounts
from connector.rooms.giving.rules import AddOn, RoundUp, Share
from tests.rooms.giving.offers import papered, publish
from tests.world import NOW, acme

DAY = timedelta(days=1)
HOUSE = Amounts((100, 200, 500), 100)


def asked(world, now=NOW):
    """(amounts, ways by cause key), or None."""
    with world.database.read() as db:
        found = asking.asked(db, world.shop.id, now)
    return found and (found.amounts, {one.key: found.ways(one) for one in found.causes})


def test_a_shop_that_never_published_asks_for_all_causes_with_the_houses_amounts(sqlite_world):
    world, cause = sqlite_world
    papered(world, "Reeds")
    publish(world, Share(percent_bps=500), cause)  # asks nobody
    ways = {key: {"add_on": key, "round_up": key} for key in ("riverbank", "reeds")}
    assert asked(world) == (HOUSE, ways)


def test_a_shop_without_causes_asks_nothing(sqlite_world):
    world, _ = sqlite_world
    with world.database.write() as db:
        db.exec_driver_sql("UPDATE giving_cause SET is_offered = false")
    assert asked(world) is None


def test_the_newest_live_programme_of_each_kind_asks_for_its_own_causes(database):
    world = acme(database)
    cause, reeds = papered(world), papered(world, "Reeds")
    publish(world, RoundUp(500), reeds)
    rounding = publish(world, RoundUp(100), cause)
    adding = publish(world, AddOn((300,), 50, 2000), cause, reeds)
    publish(world, RoundUp(200), reeds, currency="JPY")
    publish(world, RoundUp(1000), reeds, starts_at=NOW + DAY)
    assert asked(world) == (
        Amounts((300,), 100, 50, 2000),
        {
            "riverbank": {
                "add_on": f"riverbank@{adding.id}",
                "round_up": f"riverbank@{rounding.id}",
            },
            "reeds": {"add_on": f"reeds@{adding.id}"},
        },
    )
    found = asked(world, NOW + DAY)
    assert found
    assert (found[0].round_up_to_minor, set(found[1]["riverbank"])) == (1000, {"add_on"})


def test_least_is_told_only_with_most(sqlite_world):
    world, cause = sqlite_world
    publish(world, AddOn((300,), 50), cause)
    found = asked(world)
    assert found
    assert found[0] == Amounts((300,))


def test_a_shop_whose_programmes_are_over_asks_nothing(sqlite_world):
    world, cause = sqlite_world
    one = publish(world, RoundUp(100), cause)
    assert asked(world)
    assert asked(world, NOW + 10 * DAY) is None
    with world.database.write() as db:
        programmes.end(db, world.shop.id, one.id, NOW)
    assert asked(world) is None
    with world.database.read() as db:
        assert asking.remembered(db, world.shop.id, world.member(), NOW) is None
        with pytest.raises(NotFound, match="cause_not_found"):
            asking.remember(db, world.shop.id, world.member(), cause.id, NOW)


def test_a_programme_asks_for_causes_that_are_not_offered_otherwise(sqlite_world):
    world, _ = sqlite_world
    reeds = papered(world, "Reeds")
    with world.database.write() as db:
        service.change_cause(db, world.shop.id, replace(reeds, is_offered=False), NOW)
        assert [one.key for one in service.offered(db, world.shop.id)] == ["riverbank"]
    publish(world, RoundUp(100), reeds)
    found = asked(world)
    assert found
    assert list(found[1]) == ["reeds"]
