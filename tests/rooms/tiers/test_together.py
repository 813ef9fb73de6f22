"""With the other rooms: points lift, levels multiply, entry gifts wait and are taken back."""

import pytest

from connector.core.commerce import OrderState
from connector.core.facts import publish
from connector.rooms.tiers import programs, service
from connector.rooms.tiers.rules import Level, Program
from tests.world import HEARD, MIA, NOW, acme, goods, order

PROGRAM = Program(
    levels=(
        Level(0, {"en": "Seed"}, 0),
        Level(0, {"en": "Sprout"}, 100, 200, gift_points=50),
    )
)


@pytest.fixture
def world(database):
    made = acme(database)
    with database.write() as db:
        programs.save_draft(db, made.shop.id, PROGRAM, "staff:1", NOW)
        programs.publish(db, made.shop.id, NOW, has_standing=False)
        facts, _ = service.review(db, made.shop.id, NOW, 100)
        publish(db, HEARD, facts, NOW)
    return made


def level(world):
    mia = world.member()
    with world.database.read() as db:
        found = service.progress(db, world.shop.id, mia, NOW)
    assert found is not None
    return found.level


def bought(key, minor, **values):
    times = {"placed_at": NOW, "paid_at": NOW, "modified_at": NOW}
    return order(key, goods(f"{key}-a", minor), **(times | values))


def test_points_lift_and_the_level_multiplies_what_comes_next(world):
    world.tell(bought("1", 12_000))
    assert level(world) == 2
    assert world.balance(MIA).pending == 120 + 50, "its own order is plain; the gift waits"
    world.tell(bought("2", 1_000))
    assert world.balance(MIA).pending == 120 + 50 + 20
    assert world.audit() == []


def test_a_refund_takes_level_and_gift_and_what_it_multiplied_stays(world):
    world.tell(bought("1", 12_000))
    world.tell(bought("2", 1_000))
    world.tell(bought("1", 12_000, state=OrderState.REFUNDED))
    assert level(world) == 1
    assert world.balance(MIA).pending == 20, "an order keeps what it was judged by"
    world.tell(bought("3", 1_000))
    assert world.balance(MIA).pending == 30
    assert world.audit() == []


def test_gifts_and_adjustments_do_not_lift(world):
    world.adjust(world.member(), 5_000)
    world.tell(bought("1", 1_000))
    assert level(world) == 1
    assert world.audit() == []
