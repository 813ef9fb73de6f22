"""The bodies of our webhooks have the fields and types of the documented ones."""

import json
from pathlib import Path

import pytest

from devstore.model import Product
from devstore.shopify import catalogue, orders, payloads, refunds
from devstore.shopify.graph.bulk_query import Line
from devstore.shopify.orders import Desk
from devstore.shopify.registration import TOML, TOPICS, from_environment

SAMPLES = Path(__file__).parents[4] / "shared/samples/shopify/webhooks"
recorded = pytest.mark.skipif(
    not SAMPLES.exists(), reason="the documented payloads lie beside the repository"
)
DOMAIN = "acme.myshopify.com"


def sample(topic: str) -> Line:
    body: Line = json.loads((SAMPLES / f"{topic.replace('/', '__')}.json").read_text("utf-8"))
    return body


def shape_problems(ours: object, documented: object, place: str = "") -> list[str]:
    """Where two bodies differ in keys or types; null on either side says nothing."""
    if ours is None or documented is None:
        return []
    if isinstance(ours, dict) and isinstance(documented, dict):
        missing = [f"{place}.{key} missing" for key in documented.keys() - ours.keys()]
        extra = [f"{place}.{key} unknown" for key in ours.keys() - documented.keys()]
        inside = [
            problem
            for key in ours.keys() & documented.keys()
            for problem in shape_problems(ours[key], documented[key], f"{place}.{key}".lstrip("."))
        ]
        return missing + extra + inside
    if isinstance(ours, list) and isinstance(documented, list):
        return (
            [p for item in ours[:1] for p in shape_problems(item, documented[0], f"{place}[]")]
            if documented
            else []
        )
    numbers = (int, float)
    both = isinstance(ours, numbers) and isinstance(documented, numbers)
    same = type(ours) is type(documented) or (both and not isinstance(ours, bool))
    return [] if same else [f"{place}: {type(ours).__name__} for {type(documented).__name__}"]


@pytest.fixture
def order(installed):
    sold = installed.sell({"CP-EVE": 2, "TP-CEL": 1}, donation=(250, "riverbank"))
    installed.shop.refund(
        sold.id, {sold.lines[0].id: 1}, amount_minor=2000, shipping_minor=100, reason="Chipped"
    )
    return installed.shop.order(sold.id)


@pytest.fixture
def desk(installed):
    return Desk(installed.shop.settings, DOMAIN, installed.mia())


@recorded
@pytest.mark.parametrize("topic", ["create", "paid", "updated", "cancelled"])
def test_order_bodies(order, desk, topic):
    assert shape_problems(orders.order(order, desk), sample(f"orders/{topic}")) == []


@recorded
def test_refund_bodies(order, desk):
    body = refunds.refund(order.refunds[0], order, desk.settings)
    assert shape_problems(body, sample("refunds/create")) == []


@recorded
def test_edit_bodies(order, desk):
    body = orders.edit(order, 1, {order.lines[0].id: 1}, desk.settings)
    assert shape_problems(body, sample("orders/edited")) == []


@recorded
def test_customer_bodies(installed, desk):
    mia, settings = installed.mia(), desk.settings
    assert shape_problems(payloads.customer(mia, settings), sample("customers/create")) == []
    assert shape_problems(payloads.customer(mia, settings), sample("customers/update")) == []
    assert shape_problems(payloads.customer_gone(mia.id), sample("customers/delete")) == []


@recorded
def test_bodies_of_tags_and_consent(installed, desk):
    index, mia = json.loads((SAMPLES / "_index.json").read_text("utf-8")), installed.mia()
    tagged, consent = payloads.tagged(mia, ["vip"]), payloads.consent(mia, desk.settings)
    for topic in ("customer.tags_added", "customer.tags_removed"):
        assert sorted(tagged) == index[topic]["top_level_keys"]
    topic = "customers_email_marketing_consent/update"
    assert sorted(consent) == index[topic]["top_level_keys"]


@recorded
@pytest.mark.parametrize("topic", ["products/create", "products/update"])
def test_product_bodies(installed, desk, topic):
    product = installed.shop.shelf.get(Product, "CP-EVE")
    body = catalogue.product(product, desk.settings, "http://127.0.0.1:8402")
    assert shape_problems(body, sample(topic)) == []


@recorded
def test_shop_bodies(installed, desk):
    body = payloads.shop(desk.settings, DOMAIN, installed.clock())
    assert shape_problems(body, sample("app/uninstalled")) == []


def test_the_amounts_of_an_order_and_its_refund_add_up(order, desk):
    body = orders.order(order, desk)
    assert body["subtotal_price"] == "86.50"
    assert body["total_price"] == "91.50"
    assert body["current_subtotal_price"] == "68.50"
    assert body["current_total_price"] == "71.50"
    assert body["financial_status"] == "partially_refunded"
    assert [line["current_quantity"] for line in body["line_items"]] == [1, 1, 1]
    gift = body["line_items"][2]
    assert gift["properties"] == [{"name": "_perennial_donation", "value": "riverbank"}]
    assert (gift["taxable"], gift["requires_shipping"], gift["price"]) == (False, False, "2.50")
    (refund,) = body["refunds"]
    assert refund["refund_line_items"][0]["subtotal"] == 18.0
    assert refund["refund_line_items"][0]["subtotal_set"]["shop_money"]["amount"] == "18.00"
    assert refund["refund_shipping_lines"][0]["subtotal_amount_set"]["shop_money"] == {
        "amount": "1.00",
        "currency_code": "USD",
    }
    (adjustment,) = refund["order_adjustments"]
    assert (adjustment["kind"], adjustment["amount"]) == ("refund_discrepancy", "-1.00")
    assert refund["transactions"][0]["amount"] == "20.00"


def test_the_shop_can_send_all_that_the_app_declares():
    app = from_environment("http://127.0.0.1:8400", TOML)
    assert app.topics <= set(TOPICS)
    assert "read_orders" in app.scopes.split(",")


@recorded
def test_every_topic_of_the_shop_is_documented_or_known_to_be_real():
    assert set(TOPICS) <= set(json.loads((SAMPLES / "_index.json").read_text("utf-8")))
