"""What a page shows of a list, and why."""

from fractions import Fraction

import pytest

from connector.core.money import Money
from connector.rooms import recommend
from connector.rooms.recommend import Pair, showing
from connector.rooms.recommend.showing import Item


@pytest.fixture
def set_of_five(acme):
    acme.sells("mug", "bowl", "plate", "cup", "jug")
    for number, other in enumerate(["jug", "cup", "plate", "bowl"]):
        acme.order("mug", other, times=3 + number)
    acme.build()
    return acme


def test_an_item_has_what_a_card_needs(set_of_five):
    first = beside(set_of_five, "mug")[0]
    assert first.item == Item(
        key="bowl",
        title="Bowl",
        url="https://acme.example/bowl",
        image_url="https://acme.example/p.jpg",
        price=Money(1990, "USD"),
    )
    assert (first.reason, first.times, first.beside) == ("orders", 6, "Mug")


def test_best_first_and_no_more_than_a_row_holds(set_of_five):
    assert set_of_five.shown("mug") == [("bowl", 6), ("plate", 5), ("cup", 4), ("jug", 3)]
    more = ["oak", "elm", "ash", "yew"]
    set_of_five.sells(*more)
    set_of_five.order("mug", *more, times=3)
    set_of_five.build()
    assert len(set_of_five.shown("mug")) == showing.SHOWN


def test_nothing_known_nothing_shown(set_of_five):
    assert set_of_five.shown("teapot") == []
    assert set_of_five.shown() == []


@pytest.mark.parametrize(
    ("difference", "reason"),
    [
        ({"published": False}, "unpublished"),
        ({"in_stock": False}, "sold_out"),
        ({"url": None}, "no_link"),
        ({"price_minor": 0}, "free"),
        ({"is_gift_card": True}, "gift_card"),
    ],
)
def test_what_cannot_be_bought_is_not_shown_and_the_merchant_is_told_why(
    set_of_five, difference, reason
):
    set_of_five.sells("bowl", **difference)
    assert set_of_five.shown("mug")[:2] == [("plate", 5), ("cup", 4)]
    with set_of_five.database.read() as db:
        pairs = recommend.why(db, set_of_five.id, "mug")
    assert pairs[0] == Pair("bowl", "Bowl", together=6, score=1000, hidden=reason)
    assert [pair.hidden for pair in pairs[1:]] == [None, None, None]


def test_a_product_that_left_the_catalogue_is_not_shown(acme):
    acme.sells("mug")
    acme.order("mug", "ghost", times=3)
    acme.build()
    assert acme.shown("mug") == []
    with acme.database.read() as db:
        assert recommend.why(db, acme.id, "mug") == [
            Pair("ghost", None, together=3, score=1000, hidden="not_in_catalogue")
        ]
        assert recommend.why(db, acme.id, "teapot") == []


def test_a_price_nobody_told_is_left_out(set_of_five):
    set_of_five.sells("bowl", price_minor=None)
    assert beside(set_of_five, "mug")[0].item.price is None


def test_a_cart_is_not_offered_what_it_holds(set_of_five):
    assert set_of_five.shown("mug", "bowl", "mug") == [("plate", 5), ("cup", 4), ("jug", 3)]


def test_a_new_shop_has_no_build(acme):
    with acme.database.read() as db:
        assert recommend.newest_build(db, acme.id) == recommend.Build(None, None, 0, 0)


# ------------------------------------------------------------------------------------------------


def beside(acme, *products):
    with acme.database.read() as db:
        question = showing.Question(surface="cart", products=products)
        return showing.row(db, acme.shop(db), question).shown


def test_a_pair_is_told_against_chance(acme):
    acme.sells("tea", "pot", "mug", "oak")
    acme.order("tea", "pot", times=6)
    acme.order("tea", times=2)
    acme.order("mug", times=12)
    acme.build()
    with acme.database.read() as db:
        odds = recommend.odds(db, acme.id, "tea", {"pot": 6, "mug": 2, "oak": 3})
    # Of 20 orders 8 hold tea and 6 the pot: by chance 2.4 would hold both.
    assert odds == {"pot": recommend.Odds(6, 8, Fraction(5, 2))}
