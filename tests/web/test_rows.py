"""The row of a page as browsers get it: anybody's, and a member's own."""

from datetime import timedelta

import pytest
from msgspec import structs

from connector import orders
from connector.core import clock
from connector.core.commerce import LineKind, Order, OrderLine, OrderState, Product
from connector.rooms import recommend
from connector.rooms.recommend import showing
from connector.rooms.recommend.learning import service as learning
from tests.web.shoppers import acme, proxy

__all__ = ["acme", "proxy"]


@pytest.fixture
def busy(service, acme):
    """Everybody buys cups with pots; Mia (7) returns for tea."""
    shop, now = acme.shop, clock.now()
    goods = [product("pot"), product("cup"), product("tea"), product("Ω")]
    context = orders.Context(shop.id, "UTC", "hook", trusted=True)
    told = [bought(f"a{n}", n + 1, f"c{n}", "pot", "cup") for n in range(4)]
    told += [bought(f"m{n}", n + 1, "7", "tea") for n in range(2)]
    with service.database.write() as db:
        orders.record_products(db, shop.id, goods, now)
        orders.record(db, context, service.runtime.members, told, now)
        recommend.mark(db, shop.id, now, at_once=True)
        learning.set_settings(db, shop.id, holdout_percent=0, rows_limit=4, now=now)
    assert recommend.build(service.database, shop.id, now)
    return acme


def test_a_row_says_which_it_is_and_why(busy):
    told = busy.ask("recommendations", surface="product", product="pot").get_json()
    (item,) = told.pop("items")
    learnt = {"surface": "product", "method": "standard", "bucket": None}
    said = {"row": "together", "heading": "Goes well with it", "pages_a_day": 8}
    assert told == said | learnt
    assert item == {
        "key": "cup",
        "title": "Cup",
        "url": "https://acme.example/cup",
        "image_url": None,
        "price": {"minor": 900, "currency": "USD"},
        "price_said": "\u2066$9.00\u2069",
        "together": 4,
        "reason": "Bought with it 4 times",
    }


def test_beside_many_products_a_reason_says_which(busy):
    told = busy.ask("recommendations", surface="cart", product="tea,pot").get_json()
    assert [one["reason"] for one in told["items"]] == ["Bought 4 times with \u2068Pot\u2069"]


@pytest.mark.parametrize(
    ("lang", "heading", "reason"),
    [
        ("ar", "اشترِ مرة أخرى", "اشتريته مرتين"),
        ("zh-TW", "再次購買", "您買過 2 次"),
    ],
)
def test_a_row_speaks_the_shoppers_language(busy, lang, heading, reason):
    told = busy.ask("for_me", busy.token(), surface="account", lang=lang).get_json()
    assert (told["heading"], told["items"][0]["reason"]) == (heading, reason)


@pytest.mark.parametrize(
    ("lang", "pot", "cup"), [("en", "Pot", "Cup"), ("ar", "إبريق", "Cup"), ("zh-TW", "壺", "杯")]
)
def test_products_are_called_as_on_the_page_where_the_catalogue_knows(
    service, busy, lang, pot, cup
):
    named = [
        structs.replace(product("pot"), titles={"ar": "إبريق", "zh-Hant": "壺"}),
        structs.replace(product("cup"), titles={"zh-Hant": "杯"}),
    ]
    with service.database.write() as db:
        orders.record_products(db, busy.shop.id, named, clock.now())
        # Who does not tell titles takes none away.
        orders.record_products(db, busy.shop.id, [product("pot")], clock.now())
    told = busy.ask("recommendations", surface="cart", product="pot,tea", lang=lang).get_json()
    (item,) = told["items"]
    assert item["title"] == cup
    assert f"\u2068{pot}\u2069" in item["reason"]


def test_a_member_gets_her_own_and_nobody_keeps_it(busy):
    hers = busy.ask("for_me", busy.token(), surface="home")
    assert (hers.get_json()["row"], keys(hers)) == ("again", ["tea"])
    assert hers.headers["Cache-Control"] == "private, no-store"
    anybodys = busy.ask("recommendations", busy.token(), surface="home")
    assert (anybodys.get_json()["row"], keys(anybodys)) == ("trending", ["cup", "pot"])
    assert keys(busy.ask("for_me", surface="home")) == ["cup", "pot"]
    assert busy.ask("for_me", "forged", surface="home").status_code == 401


def test_what_a_browser_saw_is_kept_by_nobody(busy):
    for seen in (["cup"], ["pot", "tea"]):
        told = busy.ask("recommendations", surface="home", viewed=",".join(seen))
        assert (told.get_json()["row"], keys(told)) == ("viewed", seen)
    told = busy.ask("recommendations", surface="home", viewed="cup")
    assert told.headers["Cache-Control"] == "private, no-store"


def test_what_a_shopper_hid_is_left_out_and_kept_by_nobody(busy):
    cart = {"surface": "cart", "product": "tea,pot"}
    assert keys(busy.ask("recommendations", **cart)) == ["cup"]
    for view, token in (("recommendations", None), ("for_me", busy.token())):
        told = busy.ask(view, token, **cart, hidden="cup,vase")
        assert (told.status_code, keys(told)) == (200, [])
        assert told.headers["Cache-Control"] == "private, no-store"
    assert keys(busy.ask("recommendations", **cart)) == ["cup"]
    assert keys(busy.ask("recommendations", surface="home", hidden="cup")) == ["pot"]


def test_a_merchants_wish_shows_at_once_where_nothing_is_remembered(service, busy):
    with service.database.write() as db:
        showing.rest_after(db, busy.shop.id, 3)
        showing.switch(db, busy.shop.id, "home", on=False)
        showing.pin(db, busy.shop.id, "surface:cart", ["tea"])
    assert busy.ask("for_me", surface="home").get_json()["items"] == []
    told = busy.ask("for_me", surface="cart", product="cup").get_json()
    assert [(one["key"], one["reason"]) for one in told["items"]] == [
        ("tea", "Chosen by the shop"),
        ("pot", "Bought with it 4 times"),
    ]
    assert told["pages_a_day"] == 3


def test_behind_shopifys_proxy_surfaces_are_told_apart(proxy):
    for surface in ("home", "account"):
        query = proxy.query(proxy.pairs(("surface", surface)))
        assert proxy.ask(query, "recommendations").status_code == 200
        assert proxy.ask(query, "for_me").get_json()["row"] is None
    wrong = proxy.query(proxy.pairs(("surface", "moon")))
    assert proxy.ask(wrong, "recommendations").status_code == 422


# ------------------------------------------------------------------------------------------------


def keys(answer):
    return [one["key"] for one in answer.get_json()["items"]]


def product(key):
    return Product(key, key.title(), 900, f"https://acme.example/{key}")


def bought(number, days_ago, customer_key, *products):
    at = clock.now() - timedelta(days=days_ago)
    lines = [
        OrderLine(
            key=f"l{n}",
            kind=LineKind.GOODS,
            title="",
            quantity=1,
            subtotal_minor=900,
            total_minor=900,
            tax_minor=0,
            product_key=key,
        )
        for n, key in enumerate(products)
    ]
    return Order(
        key=number,
        state=OrderState.PAID,
        currency="USD",
        modified_at=at,
        placed_at=at,
        lines=tuple(lines),
        customer_key=customer_key,
    )


def test_a_cart_of_a_hundred_is_told_whole_and_its_newest_speak(busy):
    full = [f"jar{n}" for n in range(100)]
    for surface in ("cart", "thank_you"):
        speaks = busy.ask("recommendations", surface=surface, product=",".join(["pot", *full[1:]]))
        assert keys(speaks) == ["cup"]
        for last in ("cup", "pot"):  # in the cart, or added so long ago that others speak
            products = ",".join([*["pot"] * (last == "cup"), *full[:98], last])
            told = busy.ask("recommendations", surface=surface, product=products)
            assert (told.status_code, keys(told)) == (200, [])
    more = busy.ask("recommendations", surface="cart", product=",".join([*full, "pot"]))
    assert (more.status_code, more.get_json()["code"]) == (422, "product_required")
