"""Every recorded delivery read, against values taken from its JSON by a few lines of their own."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest

from adapters.woocommerce.normalise import (
    CURRENCY_HEADER,
    IGNORED,
    ORDER_HEADER,
    READERS,
    normalise,
)
from adapters.woocommerce.verify import read_delivery
from connector.core.commerce import (
    ConnectionLost,
    Customer,
    Delivery,
    LineKind,
    NeedsFetch,
    Order,
    OrderState,
    Product,
    RefundsOfOrder,
)
from tests.adapters.woocommerce import samples

pytestmark = samples.needed
DIGITS = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
# name: (state, cause lines, refunds)
EXPECTED_STATES = {
    "order-created-classic-donation": OrderState.OPEN,  # cash on delivery
    "order-created-donation-roundup": OrderState.OPEN,
    "order-created-guest-bacs-onhold": OrderState.OPEN,
    "order-created-guest-cod": OrderState.OPEN,
    "order-created-jpy": OrderState.OPEN,
    "order-created-kwd-3dp": OrderState.OPEN,
    "order-created-registered": OrderState.OPEN,
    "order-created-rest-eur-paid": OrderState.PAID,
    "order-created-tax-exclusive": OrderState.OPEN,
    "order-created-tax-inclusive": OrderState.OPEN,
    "order-created-unicode-coupon-tax-inclusive": OrderState.OPEN,
    "order-created-with-coupon": OrderState.OPEN,
    "order-created-with-new-account": OrderState.OPEN,
    "order-updated-cancelled": OrderState.CANCELLED,
    "order-updated-completed": OrderState.COMPLETED,
    "order-updated-donation-fee-refunded": OrderState.OPEN,
    "order-updated-failed": OrderState.CANCELLED,
    "order-updated-full-refund-after-partials": OrderState.REFUNDED,
    "order-updated-guest-cod-placed": OrderState.OPEN,
    "order-updated-jpy-partial-refund": OrderState.OPEN,
    "order-updated-partial-refund-amount": OrderState.COMPLETED,
    "order-updated-partial-refund-line": OrderState.COMPLETED,
    "order-updated-pending": OrderState.OPEN,
    "order-updated-processing": OrderState.PAID,
    "order-updated-registered-completed": OrderState.COMPLETED,
    "order-updated-status-refunded": OrderState.REFUNDED,
    "order-updated-tax-inclusive-partial-refund": OrderState.OPEN,
}
NO_ORDER = {
    "action-order-refunded": [NeedsFetch("order", "46")],
    "action-order-status-changed": [NeedsFetch("order", "44")],
    "action-payment-complete": [NeedsFetch("order", "57")],
    "action-refund-created": [],
    "coupon-created": [],
    "coupon-created-but-already-gone": [],
    "customer-deleted": [Customer("6", deleted=True)],
    "order-created-permission-error-body": [ConnectionLost("woocommerce_rest_cannot_view")],
    "ping-webhook-created": [],
    "product-created": [NeedsFetch("product", "53")],
    "product-updated": [NeedsFetch("product", "53")],
    "product-deleted": [NeedsFetch("product", "53")],
}


def read(name):
    return normalise(
        read_delivery(samples.told(name)["headers"], samples.raw(name), [samples.SECRET])
    )


def cents(text, currency):
    return int((Decimal(text) * 10 ** DIGITS[currency]).to_integral_value())


def at(text):
    return None if text is None else datetime.fromisoformat(text + "+00:00")


@pytest.mark.parametrize("name", samples.ORDERS)
def test_a_recorded_order_is_read_to_the_last_amount(name):
    body, order = samples.body(name), read(name)[0]
    currency = body["currency"]
    assert isinstance(order, Order)
    assert (order.key, order.number) == (str(body["id"]), body["number"])
    assert order.state is EXPECTED_STATES[name]
    assert order.total_minor == cents(body["total"], currency)
    assert order.tax_minor == cents(body["total_tax"], currency)
    assert order.shipping_minor == cents(body["shipping_total"], currency)
    assert order.taxes_included is body["prices_include_tax"]
    assert order.customer_key == (str(body["customer_id"]) if body["customer_id"] else None)
    assert order.person.email == body["billing"]["email"]
    assert order.placed_at == at(body["date_created_gmt"])
    assert order.modified_at == at(body["date_modified_gmt"])
    assert order.paid_at == at(body["date_paid_gmt"])
    assert order.completed_at == at(body["date_completed_gmt"])
    assert [(line.key, line.title, line.quantity, line.product_key) for line in order.lines] == [
        (str(one["id"]), one["name"], one["quantity"], str(one["product_id"]))
        for one in body["line_items"]
    ] + [(str(one["id"]), one["name"], 1, None) for one in body["fee_lines"]]
    parts = sum(line.total_minor for line in order.lines) + order.shipping_minor + order.tax_minor
    assert parts == order.total_minor


@pytest.mark.parametrize("name", samples.ORDERS)
def test_the_refunds_a_recorded_order_mentions_are_asked_for(name):
    body, (order, *asked) = samples.body(name), read(name)
    assert [(refund.key, refund.amount_minor, refund.lines_known) for refund in order.refunds] == [
        (str(one["id"]), -cents(one["total"], body["currency"]), False) for one in body["refunds"]
    ]
    assert asked == ([NeedsFetch("order_refunds", order.key)] if body["refunds"] else [])


@pytest.mark.parametrize("name", samples.ORDERS)
def test_a_recorded_donation_is_a_donation_to_the_default_cause(name):
    donated = [
        cents(fee["total"], samples.body(name)["currency"])
        for fee in samples.body(name)["fee_lines"]
    ]
    lines = [line for line in read(name)[0].lines if line.kind is LineKind.DONATION]
    assert [(line.total_minor, line.cause) for line in lines] == [(one, None) for one in donated]


@pytest.mark.parametrize("name", sorted(NO_ORDER))
def test_a_recorded_delivery_without_an_order_in_it(name):
    assert list(read(name)) == NO_ORDER[name]


@pytest.mark.parametrize(
    "name", [one for one in samples.DELIVERIES if one.startswith(("customer-c", "customer-u"))]
)
def test_a_recorded_customer(name):
    body, (customer,) = samples.body(name), read(name)
    named = f"{body['first_name']} {body['last_name']}".strip()
    billed = f"{body['billing']['first_name']} {body['billing']['last_name']}".strip()
    assert (customer.key, customer.person.email) == (str(body["id"]), body["email"])
    assert customer.person.name == (named or billed or None)
    assert customer.modified_at == at(body["date_modified_gmt"])


def test_a_recorded_trashed_order_is_deleted_until_the_store_says_otherwise():
    order, asked = read("order-deleted-trash")
    assert (order.key, order.state, order.partial) == ("51", OrderState.DELETED, True)
    assert order.modified_at < datetime.fromisoformat("2000-01-01T00:00:00+00:00")
    assert asked == NeedsFetch("order", "51")


def test_every_recorded_topic_is_read_or_ignored_for_a_stated_reason():
    topics = {
        read_delivery(samples.told(name)["headers"], samples.raw(name), [samples.SECRET]).topic
        for name in samples.DELIVERIES
    }
    assert topics <= set(READERS) | set(IGNORED)
    assert not set(READERS) & set(IGNORED)
    assert all(IGNORED.values())


def test_every_recorded_delivery_is_in_one_of_the_tables_above():
    covered = {*EXPECTED_STATES, *NO_ORDER, "order-deleted-trash"}
    rest = [name for name in samples.DELIVERIES if name not in covered]
    assert all(name.startswith("customer-") for name in rest)


def test_the_recorded_refunds_of_an_order():
    body = json.dumps(samples.body("rest-order-refunds-list")).encode()
    headers = {ORDER_HEADER: "46", CURRENCY_HEADER: "USD"}
    (found,) = normalise(Delivery("fetch/order_refunds", "k", headers, body))
    assert isinstance(found, RefundsOfOrder)
    goodwill, damaged = found.refunds
    assert (goodwill.key, goodwill.amount_minor, goodwill.other_minor) == ("48", 250, 250)
    assert (damaged.key, damaged.amount_minor, damaged.other_minor) == ("47", 1095, 0)
    (line,) = damaged.lines
    assert (line.line_key, line.quantity, line.total_minor, line.tax_minor) == ("6", 1, 1095, 0)


def test_the_recorded_products_with_the_shops_currency():
    for body in samples.body("rest-products-page"):
        sent = Delivery("fetch/product", "k", {CURRENCY_HEADER: "USD"}, json.dumps(body).encode())
        (product,) = normalise(sent)
        assert isinstance(product, Product)
        assert (product.key, product.title) == (str(body["id"]), body["name"])
        assert product.price_minor == cents(body["price"], "USD")
        assert product.url == body["permalink"]
        assert product.published
