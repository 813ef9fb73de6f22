"""After an order at a WooCommerce store: what the shop gives for it, on that order's own page."""

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from msgspec import structs

from connector.core import clock
from connector.rooms.giving import programmes
from connector.rooms.giving import service as giving
from connector.rooms.giving.rules import PerUnit, Share
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce
from tests.rooms.giving.offers import WORDS, papered, programme
from tests.web.shoppers import acme
from tests.web.test_api import refusal
from tests.web.test_club import plain
from tests.world import World

__all__ = ["acme"]
MEAL = PerUnit(100, {"en": "a meal", "ar": "وجبة", "zh-Hant": "一份餐"})
LINE = {"id": 1, "product_id": 5, "name": "Mug", "quantity": 2}
GOODS = {"line_items": [{**LINE, "subtotal": "20.00", "total": "20.00"}]}
GIFT = {"id": 9, "name": "Gift to Riverbank", "total": "3.00"}
MARK = {"meta_data": [{"key": "_perennial_donation", "value": "riverbank"}]}


@pytest.fixture
def giver(acme):
    """Acme gives a meal for each piece and a hundredth of each order to Riverbank."""
    since = clock.now() - timedelta(days=1)
    with acme.service.database.write() as db:
        cause = giving.add_cause(db, acme.shop.id, "Riverbank", "", clock.now())
    world = SimpleNamespace(database=acme.service.database, shop=acme.shop, riverbank=cause)
    for terms in (MEAL, Share(percent_bps=100)):
        told = programme(terms, papered(cast("World", world)), starts_at=since, currency="EUR")
        told = structs.replace(told, ends_at=clock.now() + timedelta(days=10))
        with acme.service.database.write() as db:
            made = programmes.draft(db, acme.shop.id, told, since)
            programmes.publish(db, acme.shop.id, made.id, WORDS, since)
    return acme


def buy(acme, **changes):
    at = clock.now().strftime("%Y-%m-%dT%H:%M:%S")
    dates = {f"date_{one}_gmt": at for one in ("created", "modified", "paid")}
    told = {**WOO_ORDER, **GOODS, **dates, "id": 77, "currency": "EUR", **changes}
    woocommerce(acme.service, acme.shop, told)
    acme.service.work(["drain"])


def told(acme, key="77", **query):
    answer = acme.ask("order", acme.token(sub=key, aud="order"), **query)
    assert answer.headers["Cache-Control"] == "private, no-store"
    return plain(answer.get_json())


def test_a_page_says_what_the_shop_gives_for_its_order(giver):
    buy(giver, fee_lines=[{**GIFT, **MARK}])
    assert told(giver) == {
        "said": [
            "For this order Acme gives €2 to Riverbank: a meal, 2 times.",
            "For this order Acme gives €0.20 to Riverbank.",
        ],
        "again_ms": 0,
    }


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Once this order is paid, Acme gives €2 to Riverbank: a meal, 2 times."),
        ("ar", "بعد دفع هذا الطلب يتبرع Acme بمبلغ 2\u00a0€ لصالح Riverbank: وجبة، مرتان."),
        ("zh-TW", "這筆訂單付款後，Acme 會捐出 €2 給 Riverbank：一份餐，2 次。"),
    ],
)
def test_what_nobody_paid_yet_is_told_as_to_come(giver, language, words):
    buy(giver, status="on-hold", date_paid_gmt=None)
    assert told(giver, lang=language)["said"][0] == words


def test_an_order_on_its_way_is_asked_for_again(giver):
    assert told(giver) == {"said": [], "again_ms": 2000}


def test_an_order_that_was_undone_is_told_nothing(giver):
    buy(giver, status="cancelled")
    assert told(giver) == {"said": [], "again_ms": 0}


def test_only_the_page_of_an_order_is_told_of_it(giver):
    buy(giver)
    for token in (None, giver.token(sub="77"), giver.token(b"x" * 32, sub="77", aud="order")):
        assert refusal(giver.ask("order", token)) == (401, "invalid_token")
    assert refusal(giver.ask("me", giver.token(aud="order"))) == (401, "invalid_token")


def test_a_stores_page_may_send_its_token(acme):
    answer = acme.ask("order", method="OPTIONS")
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization"
    assert answer.headers["Access-Control-Allow-Origin"] == acme.shop.key
