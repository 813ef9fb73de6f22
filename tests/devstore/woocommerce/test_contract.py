"""What the practice shop sends has the keys and types of what a real WooCommerce 11 sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from devstore.model import Status
from devstore.woocommerce import orders, things, wire

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "woocommerce"
recorded = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="recorded samples are not beside the repository"
)
ORIGIN = "http://shop.example"

# The recorded shop had no pictures, and an account's plugins left what ours do not.
UNLIKE = {"images[]", "meta_data[]"}


def told(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def problems(ours: Any, real: Any, where: str = "") -> list[str]:
    """Where two bodies differ in keys, order of keys or types; null says nothing about a type."""
    if ours is None or real is None:
        return []
    if isinstance(real, dict) and isinstance(ours, dict):
        differ = [f"{where}.{key} missing" for key in real.keys() - ours.keys()]
        differ += [f"{where}.{key} unknown" for key in ours.keys() - real.keys()]
        both = ours.keys() & real.keys()
        return differ + [
            one for key in both for one in problems(ours[key], real[key], f"{where}.{key}")
        ]
    if isinstance(real, list) and isinstance(ours, list):
        if where.rpartition(".")[2] + "[]" in UNLIKE or not real:
            return []
        return [one for item in ours for one in problems(item, real[0], f"{where}[]")]
    numbers = (int, float)
    alike = type(ours) is type(real) or (
        isinstance(ours, numbers) and isinstance(real, numbers) and where.endswith(".price")
    )
    return [] if alike else [f"{where}: {type(ours).__name__}, really {type(real).__name__}"]


@pytest.fixture
def order(store):
    sold = store.sell({"CP-EVE": 3, "TE-SEN": 1}, member=True, donation=(200, "riverbank"))
    store.shop.set_status(sold.id, Status.COMPLETED)
    store.shop.refund(sold.id, {sold.lines[0].id: 1}, reason="one item damaged")
    return store.shop.order(sold.id)


def shown(store, order):
    return orders.order(order, store.shop.settings, ORIGIN)


@recorded
@pytest.mark.parametrize(
    "sample",
    ["order-created-registered", "order-updated-partial-refund-line",
     "order-updated-registered-completed"],
)  # fmt: skip
def test_a_members_order(store, order, sample):
    assert problems(shown(store, order), told(sample)["body"]) == []


@recorded
@pytest.mark.parametrize("sample", ["order-created-donation-roundup", "rest-order-guest"])
def test_a_guests_order_with_a_gift(store, sample):
    sold = store.sell(donation=(10, "riverbank"))
    assert problems(shown(store, sold), told(sample)["body"]) == []


@recorded
def test_the_keys_of_an_order_come_in_the_recorded_order(store, order):
    real = told("order-created-registered")["body"]
    assert list(shown(store, order)) == list(real)


@recorded
@pytest.mark.parametrize("kind", ["order", "customer", "product"])
def test_a_body_is_printed_as_php_prints_it(store, order, kind):
    name = {"order": "order-created-registered"}.get(kind, f"{kind}-created")
    raw = (SAMPLES / f"{name}.raw").read_bytes()
    assert wire.encoded(json.loads(raw)) == raw


@recorded
def test_a_refund_by_line_and_one_by_amount(store, order):
    store.shop.refund(order.id, amount_minor=250, reason="goodwill")
    latest = store.shop.order(order.id)
    by_line, by_amount = (
        orders.refund(one, latest, store.shop.settings, ORIGIN) for one in latest.refunds
    )
    assert problems(by_line, told("rest-refund-partial-line")["body"]) == []
    assert problems(by_amount, told("rest-refund-amount-only")["body"]) == []
    listed = told("rest-order-refunds-list")["body"]
    assert problems([by_amount, by_line], listed) == []


@recorded
def test_a_refunded_gift_and_the_collection(store):
    sold = store.sell(donation=(10, "riverbank"))
    store.shop.refund(sold.id, {sold.donation.line_id: 0})
    real = told("rest-refunds-collection")["body"]
    assert problems(store.get("refunds"), [real[0]]) == []


@recorded
@pytest.mark.parametrize(
    "sample", ["customer-created", "customer-updated", "rest-customer-create"]
)
def test_a_customer(store, sample):
    ours = store.get("customers?email=mia%40customers.example")[0]
    assert problems(ours, told(sample)["body"]) == []


@recorded
@pytest.mark.parametrize("sample", ["product-created", "product-updated", "rest-product"])
def test_a_product(store, sample):
    ours = things.product(store.shop.products()[0], store.shop.settings, ORIGIN)
    assert problems(ours, told(sample)["body"]) == []


@recorded
def test_a_webhook(store, sink):
    body = {"name": "Loyalty", "topic": "order.created", "delivery_url": sink.url, "secret": "s"}
    made = store.rest("POST", "webhooks", body)
    real = told("rest-webhook-create")
    assert problems(made.get_json(), real["body"]) == []
    assert made.get_json()["hooks"] == real["body"]["hooks"]
    assert made.status_code == real["status"]


@recorded
def test_a_delivery_has_the_recorded_headers(store, sink):
    store.hook(sink, "order.created")
    store.sell()
    store.tick()
    real = {name.lower() for name in told("order-created-registered")["headers"]}
    assert real <= {name.lower() for name in sink.deliveries()[0].headers}
    assert sink.deliveries()[0].headers["User-Agent"].startswith("WooCommerce/11.0.1 Hookshot")


@recorded
@pytest.mark.parametrize(
    ("sample", "path"),
    [("rest-error-404", "orders/999999"), ("rest-error-401-no-auth", "")],
)
def test_an_error(store, sample, path):
    real = told(sample)
    ours = store.rest("GET", path) if path else store.http.get("/wp-json/wc/v3/orders")
    assert (ours.status_code, ours.get_json()) == (real["status"], real["body"])


@recorded
@pytest.mark.parametrize("sample", ["rest-settings-general"])
def test_the_currency_setting(store, sample):
    ours = store.get("settings/general/woocommerce_currency")
    real = told(sample)["body"]
    assert ours.keys() == real.keys() - {"_links"}
    assert (ours["id"], ours["type"]) == (real["id"], real["type"])
