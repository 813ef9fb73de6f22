"""What the practice shop promises is what a merchant goes on with."""

from connector.cli import demo_offers
from connector.rooms.tiers import programs
from connector.rooms.tiers.rules import MOST_LEVELS
from tests.world import NOW, acme


def test_its_levels_are_no_mere_places_so_that_a_change_keeps_who_stands_on_them(database):
    world = acme(database)
    with world.database.write() as db:
        demo_offers.promise(db, world.shop, world.riverbank, NOW)
        published = programs.current(db, world.shop.id)
    assert published
    levels = published.program.levels
    assert all(one.id > MOST_LEVELS for one in levels)
    assert published.program.trial
    assert published.program.trial.level_id == levels[2].id
