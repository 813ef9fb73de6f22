"""Gifts whose orders are undone: given again once, and gone when the order is paid after all."""

from dataclasses import replace

import pytest

from connector.core.commerce import OrderState
from connector.core.facts import GiftGiven
from connector.rooms.rewards import catalogue, service
from tests.rooms.rewards.counter import COFFEE, counter
from tests.rooms.rewards.test_orders import UNDONE, A, B
from tests.world import refund, took


def lives(shelf):
    """Every life of Mia's gift, oldest first, as it stands."""
    with shelf.world.database.read() as db:
        found = catalogue.redemptions(db, shelf.world.shop.id, None, 10)
    return sorted(found, key=lambda one: one.id)


def states(shelf):
    return [str(one.ending or one.state) for one in lives(shelf)]


def gifted(database):
    shelf = counter(database, points=0)
    coffee = shelf.offer()
    gift = GiftGiven(shelf.world.shop.id, shelf.mia, "tiers:entry:1", 0, coffee.id, note="Thanks")
    shelf.do(lambda db, shop_id, now: service.give(db, shop_id, [gift], now))
    shelf.run()
    return shelf, coffee, lives(shelf)[0]


@pytest.mark.parametrize("undone", UNDONE)
@pytest.mark.parametrize("was", [OrderState.OPEN, OrderState.PAID])
def test_a_gift_of_an_undone_order_is_given_again_once(database, was, undone):
    shelf, coffee, one = gifted(database)
    shelf.order(one, state=was)
    with database.write() as db:
        worth = replace(COFFEE, value_minor=300)
        catalogue.change(db, shelf.world.shop.id, coffee.id, worth, shelf.now)
    for minute in (1, 2):
        shelf.order(one, minute=minute, state=undone)
        shelf.run()
    first, anew = lives(shelf)
    assert (anew.source, anew.note, anew.state) == ("tiers:entry:1:again:1", "Thanks", "issued")
    assert (anew.value_minor, anew.points) == (first.value_minor, 0) == (500, 0)
    assert list(shelf.store.codes) == [anew.code] != [first.code]
    shelf.order(anew, "2")
    assert states(shelf)[1:] == ["used"]
    shelf.sound()


def test_a_gift_whose_order_is_refunded_piece_by_piece_comes_back_with_the_last_one(database):
    shelf, _, one = gifted(database)
    shelf.order(one)
    shelf.order(one, minute=1, refunds=(refund("r1", took(A, 1)),))
    assert states(shelf) == ["used"]
    whole = (refund("r1", took(A, 1)), refund("r2", took(B, 1)))
    for minute, state in ((2, OrderState.PAID), (3, OrderState.PAID), (4, OrderState.REFUNDED)):
        shelf.order(one, minute=minute, refunds=whole, state=state)
        shelf.run()
        assert states(shelf) == ["used", "issued"]
    shelf.sound()


def test_a_gift_given_again_goes_when_its_order_is_paid_after_all(database):
    shelf, coffee, one = gifted(database)
    shelf.order(one)
    for minute in (1, 3):
        shelf.order(one, minute=minute, state=OrderState.CANCELLED)
        shelf.run()
        assert states(shelf)[-1] == "issued"
        shelf.order(one, minute=minute + 1)
        shelf.run()
        assert (states(shelf)[-1], len(shelf.store.codes)) == ("cancelled", 0)
    assert (states(shelf), shelf.reward(coffee).taken) == (["used", "cancelled", "cancelled"], 1)
    shelf.sound()


def test_a_gift_given_again_and_used_is_given_again_only_while_no_other_life_of_it_stands(
    database,
):
    shelf, coffee, one = gifted(database)
    shelf.order(one)
    shelf.order(one, minute=1, state=OrderState.CANCELLED)
    shelf.run()
    anew = lives(shelf)[1]
    shelf.order(anew, "2")
    shelf.order(anew, "2", minute=1, state=OrderState.CANCELLED)
    shelf.run()
    assert states(shelf) == ["used", "used", "issued"]
    assert lives(shelf)[2].source == "tiers:entry:1:again:2"
    shelf.do(lambda db, shop_id, now: service.withdraw(db, shop_id, ["tiers:entry:1"], now))
    shelf.run()
    assert (states(shelf)[2], shelf.reward(coffee).taken) == ("cancelled", 2)
    shelf.order(one, minute=2)
    shelf.order(anew, "2", minute=2)
    shelf.order(anew, "2", minute=3, state=OrderState.CANCELLED)
    assert len(lives(shelf)) == 3
    shelf.sound()
