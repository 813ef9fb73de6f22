"""What rows leave out, and what the merchant puts in."""

from datetime import timedelta

import pytest
from msgspec import structs
from sqlalchemy import delete

from connector.core.commerce import LineKind, Refund, RefundLine
from connector.core.errors import BadInput
from connector.orders.models import product
from connector.rooms.recommend import showing
from connector.rooms.recommend.showing.ladders import is_habit, is_one_off
from connector.rooms.recommend.showing.store import drop_members
from tests.rooms.recommend.acme import NOW, line


@pytest.fixture
def busy(acme):
    """Five others buy a, b, c and d together on two days each; Mia bought a."""
    acme.sells("a", "b", collections=("Left",))
    acme.sells("c", "d", collections=("Right",))
    for number in range(5):
        for days_ago in (number + 1, number + 20):
            acme.order("a", "b", "c", "d", days_ago=days_ago, customer_key=f"other{number}")
    acme.build()
    return acme


def test_nobody_is_shown_what_they_gave_back(busy):
    busy.order("b", days_ago=3, customer_key="mia")
    assert "b" in shown(busy, "product", "a", customer_key="mia")
    give_back(busy, "b")
    assert "b" not in shown(busy, "product", "a", customer_key="mia")
    for surface in showing.SURFACES:
        assert "b" not in shown(busy, surface, "a", customer_key="mia")


def test_what_somebody_gave_back_is_no_reason_for_anything(busy):
    """Whether their lists are stored, or are counted when they ask."""
    give_back(busy, "b")
    busy.order("a", days_ago=4, customer_key="mia")
    busy.build()
    for _ in range(2):
        told = ladder(busy, "home", customer_key="mia")["for_you"]
        assert {one.beside for one in told} == {"A"}
        with busy.database.write() as db:
            drop_members(db, busy.id, [busy.member("mia")])


def test_who_gave_back_all_is_somebody_new(busy):
    give_back(busy, "b")
    busy.build()
    assert set(ladder(busy, "home", customer_key="mia")) == {"trending"}


@pytest.mark.parametrize(
    ("pieces", "money", "is_shown"),
    [
        ([1], [1990], True),
        ([1, 1], [1990, 1990], True),
        ([0], [1000], True),
        ([1, 2], [500, 500], False),
        ([0, 0], [1990, 3980], False),
    ],
)
def test_who_kept_some_of_it_did_not_give_it_back(busy, pieces, money, is_shown):
    at = NOW - timedelta(hours=1)
    busy.order("b", days_ago=3, customer_key="mia")
    refunds = [
        Refund(f"r{n}", at, minor, 0, lines=(RefundLine("goods-5", quantity, minor, 0),))
        for n, (quantity, minor) in enumerate(zip(pieces, money, strict=True))
    ]
    three = structs.replace(line("b", 5, quantity=3), subtotal_minor=5970, total_minor=5970)
    busy.order(extra=[three], days_ago=2, customer_key="mia", refunds=refunds)
    told = row(busy, "account", customer_key="mia").shown
    assert [one.times for one in told if one.item.key == "b"] == ([2] if is_shown else [])
    assert ("b" in shown(busy, "product", "a", customer_key="mia")) is is_shown


def test_what_was_given_back_once_is_shown_to_who_bought_it_again(busy):
    give_back(busy, "b")
    busy.order("b", days_ago=1, customer_key="mia")
    told = row(busy, "account", customer_key="mia").shown
    assert [(one.item.key, one.times) for one in told] == [("b", 1)]


def test_nobody_is_shown_again_what_people_buy_once(busy):
    for number in range(6):
        busy.order("a", "vase", days_ago=number + 1, customer_key=f"vase{number}")
    busy.sells("vase")
    busy.build()
    assert "vase" in shown(busy, "product", "a")
    assert "vase" not in shown(busy, "product", "a", customer_key="vase1")
    assert "vase" not in shown(busy, "account", customer_key="vase1")


@pytest.mark.parametrize(
    "differences",
    [
        {"in_stock": False},
        {"published": False},
        {"url": None},
        {"price_minor": 0},
        {"is_gift_card": True},
    ],
)
def test_what_nobody_could_buy_is_not_shown(busy, differences):
    busy.sells("b", **differences)
    for surface in showing.SURFACES:
        assert "b" not in shown(busy, surface, "a")


@pytest.mark.parametrize("kind", [LineKind.GIFT_CARD, LineKind.DONATION])
def test_gift_cards_and_gifts_are_never_recommended(busy, kind):
    busy.order("a", extra=[line("b", 9, kind)])
    busy.build()
    for surface in showing.SURFACES:
        assert "b" not in shown(busy, surface, "a", viewed=("b",))


def test_a_row_shows_one_of_each_family_first(acme):
    mugs = [f"mug{n}" for n in range(6)]
    acme.sells("tea", "pot", "tray")
    for number, key in enumerate(mugs):
        acme.sells(key, title=f"Stoneware mug {number} cm")
        acme.order("tea", key, times=10, days_ago=1)
    acme.order("tea", "pot", "tray", times=5, days_ago=1)
    acme.build()
    assert set(shown(acme, "product", "tea")[:3]) >= {"pot", "tray"}


def test_pins_come_first_but_never_what_nobody_could_buy(busy):
    busy.sells("gone")
    with busy.database.write() as db:
        showing.pin(db, busy.id, "product:a", ["d", "gone", "b"])
        showing.pin(db, busy.id, "surface:home", ["c"])
    busy.sells("gone", published=False)
    busy.sells("b", in_stock=False)
    assert shown(busy, "product", "a") == ["d", "c"]
    assert shown(busy, "home")[0] == "c"
    assert shown(busy, "product", "b")[0] != "d"


def test_what_a_shopper_hid_makes_room_for_the_next(acme):
    """Six are shown; who hid these finds the next six, and of few none twice."""
    others = [f"{letter}-thing" for letter in "bcdefghijkl"]
    acme.sells("a", *others)
    for number, key in enumerate(others):
        acme.order("a", key, times=20 - number, days_ago=1)
    acme.build()
    with acme.database.write() as db:
        showing.pin(db, acme.id, "product:a", [others[-1]])
    first = shown(acme, "product", "a")
    assert first[0] == others[-1]
    second = shown(acme, "product", "a", hidden=first)
    assert sorted([*first, *second]) == others, "all eleven, none twice"
    for surface in showing.SURFACES:
        assert shown(acme, surface, "a", hidden=["a", *others]) == []


def test_a_row_of_which_all_that_orders_say_is_hidden_is_not_filled_by_titles(acme):
    acme.sells("a", title="Celadon pot")
    acme.sells("b", title="Walnut tray")
    acme.sells("c", title="Celadon cup")
    acme.order("a", "b", times=4, days_ago=1)
    acme.order("c", times=4, days_ago=1)
    acme.build()
    with acme.database.read() as db:
        asked = showing.Question(surface="product", products=["a"], hidden=["b"])
        told = showing.row(db, acme.shop(db), asked)
    assert (told.kind, [one.item.key for one in told.shown]) == ("similar", ["c"])


def test_what_the_shop_has_not_is_neither_pinned_nor_excluded(busy):
    def refusal(place, *products):
        with busy.database.write() as db, pytest.raises(BadInput) as refused:
            showing.pin(db, busy.id, place, products)
        return refused.value.code

    assert refusal("surface:home", "a", "nothing") == "product_unknown"
    assert refusal("product:a", "b", "a") == "pin_beside_itself"
    with busy.database.write() as db:
        with pytest.raises(BadInput, match="'nothing'"):
            showing.exclude(db, busy.id, ["b", "nothing"], [])
        assert showing.wishes(db, busy.id) == showing.Wishes()
        showing.exclude(db, busy.id, ["b"], [])
        db.execute(delete(product).where(product.c.key == "b"))
        assert showing.exclude(db, busy.id, ["b", "c"], []).products_out == ("b", "c")


def test_a_row_says_of_a_pin_what_is_true_of_it(busy):
    """Who bought what is pinned hears it under the row's own words."""
    busy.order("a", "c", days_ago=3, customer_key="mia")
    busy.build()
    with busy.database.write() as db:
        showing.pin(db, busy.id, "surface:home", ["c"])
    told = row(busy, "home", customer_key="mia")
    assert (told.kind, told.heading) == ("again", "again")
    assert [(one.item.key, one.reason) for one in told.shown] == [
        ("c", "returned_for"),
        ("a", "returned_for"),
    ]


@pytest.mark.parametrize("customer_key", [None, "mia"])
def test_a_pin_that_a_rows_words_are_untrue_of_stands_under_words_of_its_own(busy, customer_key):
    busy.sells("unsold")
    busy.order("a", days_ago=3, customer_key="mia")
    busy.build()
    with busy.database.write() as db:
        showing.pin(db, busy.id, "surface:home", ["unsold"])
    told = row(busy, "home", customer_key=customer_key)
    assert (told.kind, told.heading) == ("again" if customer_key else "trending", "pinned")
    assert (told.shown[0].item.key, told.shown[0].reason) == ("unsold", "chosen")


def test_no_second_of_a_family_is_pinned_before_the_first_of_another(busy):
    busy.sells("small", title="Celadon teapot, 300 ml")
    busy.sells("large", title="Celadon teapot, 600 ml")
    with busy.database.write() as db:
        showing.pin(db, busy.id, "surface:home", ["small", "large"])
    told = shown(busy, "home")
    assert (told[0], told[-1]) == ("small", "large")
    assert len(told) > 2


def test_what_is_unlike_is_not_called_similar(busy):
    """A rule may leave a product nothing but what the same people bought."""
    busy.sells("pot", title="Celadon teapot", collections=("Teaware",), categories=("Pots",))
    busy.sells("jar", title="Celadon jar", collections=("Tea",))
    busy.sells("leaf", title="Hojicha", collections=("Tea",))
    for number in range(4):
        busy.order("pot", days_ago=40 + number, customer_key=f"buyer{number}")
        busy.order("leaf", days_ago=60 + number, customer_key=f"buyer{number}")
    with busy.database.write() as db:
        showing.beside(db, busy.id, "Teaware", ["Tea"])
    busy.build()
    told = {one.kind: one for one in rows(busy, "product", "pot")}["similar"]
    assert {one.item.key for one in told.shown} == {"jar", "leaf"}
    assert told.heading == "pinned"
    busy.sells("leaf", in_stock=False)
    told = {one.kind: one for one in rows(busy, "product", "pot")}["similar"]
    assert ([one.item.key for one in told.shown], told.heading) == (["jar"], "similar")


def test_pins_make_a_row_where_there_is_nothing_else(busy):
    busy.sells("lone")
    with busy.database.write() as db:
        showing.pin(db, busy.id, "product:lone", ["d"])
    told = row(busy, "product", "lone")
    assert (told.kind, [one.reason for one in told.shown]) == ("pinned", ["chosen"])


def test_what_is_excluded_is_shown_nowhere(busy):
    with busy.database.write() as db:
        showing.exclude(db, busy.id, ["b"], ["Right"])
        showing.pin(db, busy.id, "product:a", ["b", "c"])
    for surface in showing.SURFACES:
        assert set(shown(busy, surface, "a", viewed=("b", "c"))) <= {"a"}


def test_beside_a_collection_only_what_belongs_there(busy):
    with busy.database.write() as db:
        showing.beside(db, busy.id, "Left", ["Right"])
    assert set(shown(busy, "product", "a")) == {"c", "d"}
    assert set(shown(busy, "product", "c")) == {"a", "b", "d"}


def test_a_surface_that_is_off_has_no_row(busy):
    with busy.database.write() as db:
        showing.switch(db, busy.id, "cart", on=False)
    assert shown(busy, "cart", "a") == []
    assert shown(busy, "product", "a") != []


def test_few_buyers_make_neither_a_habit_nor_a_thing_for_once():
    assert not is_one_off(buyers=4, returners=0)
    assert is_one_off(buyers=5, returners=0)
    assert not is_one_off(buyers=100, returners=7)
    assert is_one_off(buyers=100, returners=6)
    assert is_habit(buyers=25, returners=5)
    assert not is_habit(buyers=4, returners=4)
    assert not is_habit(buyers=26, returners=5)


# ------------------------------------------------------------------------------------------------


def row(acme, surface, *products, customer_key=None, viewed=(), hidden=()):
    member_id = acme.member(customer_key) if customer_key else None
    question = showing.Question(
        surface=surface, products=products, member_id=member_id, viewed=viewed, hidden=hidden
    )
    with acme.database.read() as db:
        return showing.row(db, acme.shop(db), question)


def rows(acme, surface, *products, customer_key=None):
    member_id = acme.member(customer_key) if customer_key else None
    question = showing.Question(surface=surface, products=products, member_id=member_id)
    with acme.database.read() as db:
        return showing.ladder(db, acme.shop(db), question)


def ladder(acme, surface, *, customer_key):
    return {one.kind: one.shown for one in rows(acme, surface, customer_key=customer_key)}


def shown(acme, surface, *products, **asked):
    told = row(acme, surface, *products, **asked)
    return [one.item.key for one in told.shown]


def give_back(acme, product_key):
    """Mia buys it again and sends it back."""
    at = NOW - timedelta(hours=1)
    acme.order(
        product_key,
        days_ago=2,
        customer_key="mia",
        refunds=(Refund("r1", at, 500, 0, lines=(RefundLine("goods-0", 1, 500, 0),)),),
    )


def test_a_variant_of_the_pages_product_leads_no_row(acme):
    acme.sells("blue", title="Blue mug")
    acme.sells("red", title="Red mug")
    acme.sells("bowl", title="Bowl")
    acme.order("blue", "red", times=9)
    acme.order("blue", "bowl", times=3)
    acme.build()
    for surface in ("product", "cart", "thank_you"):
        assert shown(acme, surface, "blue") == ["bowl", "red"], surface
    acme.sells("bowl", in_stock=False)
    assert shown(acme, "cart", "blue") == []


def test_of_similar_products_one_variant_may_lead(acme):
    acme.sells("large", title="Celadon teapot, 600 ml")
    acme.sells("small", title="Celadon teapot, 350 ml")
    acme.sells("tiny", title="Celadon teapot, 90 ml")
    acme.sells("other", title="Tenmoku teapot, 500 ml")
    acme.build()
    (similar,) = rows(acme, "product", "large")
    keys = [one.item.key for one in similar.shown]
    assert similar.kind == "similar"
    assert keys[0] in {"small", "tiny"}
    assert keys[1] == "other"
    assert len(keys) == 3


def test_what_sells_lately_is_told_of_each_family_once(acme):
    for design in ("oak leaf", "sea shell", "old tower", "wild rose"):
        acme.sells(design, title=f"Hand warmer {design}")
        acme.order(design, times=9)
    acme.sells("lamp", "tray", "vase")
    for other in ("lamp", "tray", "vase"):
        acme.order(other, times=3)
    acme.build()
    told = shown(acme, "home")
    assert len(told) == 4
    assert set(told) > {"lamp", "tray", "vase"}
