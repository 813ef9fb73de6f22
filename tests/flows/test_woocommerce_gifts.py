"""Gifts and levels in a WooCommerce cart as its orders tell them: from the webhook to the book.

The shapes are those that WooCommerce 10.9.2 sent of orders placed with our plugin.
"""

import copy
from datetime import timedelta

import pytest
from sqlalchemy import select

from connector.core import clock
from connector.orders.models import order_code
from connector.rooms.giving import service as giving
from tests.fakes import WooStore
from tests.flows.service import make_service
from tests.flows.test_bad_webhooks import points, woocommerce

GIFT = {
    "id": 304,
    "name": "Gift to Riverbank",
    "tax_class": "0",
    "tax_status": "taxable",
    "amount": "0.15",
    "total": "0.15",
    "total_tax": "0.00",
    "taxes": [],
    "meta_data": [
        {
            "id": 2145,
            "key": "_perennial_donation",
            "value": "riverbank",
            "display_key": "_perennial_donation",
            "display_value": "riverbank",
        }
    ],
}
LEVEL = {
    "id": 307,
    "code": "perennial-level-tier-2-category",
    "discount": "5.04",
    "discount_tax": "0.96",
    "discount_type": "percent",
    "nominal_amount": 25,
    "free_shipping": False,
    "meta_data": [
        {
            "id": 2159,
            "key": "coupon_info",
            "value": '[0,"perennial-level-tier-2-category","percent",25]',
        }
    ],
}
TEA = {
    "id": 302,
    "name": "Smoked Tea 100 g",
    "product_id": 15,
    "quantity": 3,
    "subtotal": "25.08",
    "subtotal_tax": "4.77",
    "total": "25.08",
    "total_tax": "4.77",
}
MUG = {
    "id": 303,
    "name": "Harbour Mug",
    "product_id": 11,
    "quantity": 2,
    "subtotal": "20.17",
    "subtotal_tax": "3.83",
    "total": "15.13",
    "total_tax": "2.87",
}
REFUND = {
    "id": 289,
    "date_created_gmt": "2026-11-22T15:39:57",
    "amount": "0.15",
    "line_items": [],
    "shipping_lines": [],
    "fee_lines": [
        {
            "id": 312,
            "name": "Gift to Riverbank",
            "total": "-0.15",
            "total_tax": "0.00",
            "meta_data": [{"id": 2194, "key": "_refunded_item_id", "value": "304"}],
        }
    ],
}


@pytest.fixture
def store(serve):
    made = WooStore()
    serve(made)
    return made


@pytest.fixture
def service(database, store):
    return make_service(database, private=[store.origin])


@pytest.fixture
def shop(service, store):
    found = service.install("woocommerce", store.origin)
    with service.database.write() as db:
        giving.add_cause(db, found.id, "Riverbank", "", clock.now())
    return found


def order(**changes):
    at = clock.now().strftime("%Y-%m-%dT%H:%M:%S")
    told = {
        "id": 287,
        "number": "287",
        "status": "processing",
        "currency": "USD",
        "prices_include_tax": True,
        "date_created_gmt": at,
        "date_modified_gmt": at,
        "date_paid_gmt": at,
        "total": "48.00",
        "total_tax": "7.64",
        "shipping_total": "0.00",
        "customer_id": 58,
        "billing": {"email": "noor@example.com", "first_name": "Noor"},
        "line_items": [TEA, MUG],
        "fee_lines": [GIFT],
        "coupon_lines": [LEVEL],
        "shipping_lines": [{"method_id": "perennial_level", "total": "0.00", "total_tax": "0.00"}],
        "refunds": [],
    }
    return copy.deepcopy({**told, **changes})


def donations(service, shop):
    with service.database.read() as db:
        return [
            (one.given_minor, one.pledged_minor, one.due_minor)
            for one in giving.log(db, shop.id, 10)
        ]


def test_a_gift_of_the_cart_is_a_donation_and_earns_nothing(service, store, shop):
    told = order()
    store.orders["287"] = told
    assert woocommerce(service, shop, told).status_code == 200
    with_gift = points(service, shop)
    assert donations(service, shop) == [(15, 0, 15)]
    without = order(id=288, number="288", fee_lines=[], total="47.85")
    store.orders["288"] = without
    assert woocommerce(service, shop, without, delivery="2").status_code == 200
    assert points(service, shop) == tuple(2 * one for one in with_gift)
    assert sum(with_gift) > 0


def test_a_gift_before_the_money_came_is_pledged(service, store, shop):
    told = order(status="on-hold", date_paid_gmt=None)
    store.orders["287"] = told
    woocommerce(service, shop, told)
    assert points(service, shop) == (0, 0)
    assert donations(service, shop) == [(15, 15, 0)]


def test_a_refunded_gift_is_none_and_takes_no_points(service, store, shop):
    told = order()
    store.orders["287"] = told
    woocommerce(service, shop, told)
    earned = points(service, shop)
    later = order(refunds=[{"id": 289, "reason": "", "total": "-0.15"}])
    store.orders["287"], store.refunds["287"] = later, [REFUND]
    woocommerce(service, shop, later, delivery="2")
    assert points(service, shop) == earned
    assert donations(service, shop) == [(15, 0, 0)]


def test_a_level_earns_on_what_was_paid_and_its_code_says_what_it_took(service, store, shop):
    told = order()
    store.orders["287"] = told
    woocommerce(service, shop, told)
    earned = sum(points(service, shop))
    with service.database.read() as db:
        rows = db.execute(select(order_code.c.code, order_code.c.amount_minor)).all()
    assert [tuple(row) for row in rows] == [("perennial-level-tier-2-category", 600)]
    full = order(id=288, coupon_lines=[], line_items=[TEA, {**MUG, "total": "20.17"}])
    store.orders["288"] = full
    woocommerce(service, shop, full, delivery="2")
    assert sum(points(service, shop)) - earned > earned


def test_an_order_out_of_the_trash_gives_and_earns_as_before(service, store, shop):
    told = order()
    store.orders["287"] = told
    woocommerce(service, shop, told)
    earned = points(service, shop)
    store.orders["287"] = order(status="trash", date_modified_gmt=later(1))
    woocommerce(service, shop, {"id": 287}, topic="order.deleted", delivery="2")
    assert (points(service, shop), donations(service, shop)) == ((0, 0), [(15, 0, 0)])
    store.orders["287"] = order(date_modified_gmt=later(2))
    woocommerce(service, shop, store.orders["287"], topic="order.restored", delivery="3")
    assert (points(service, shop), donations(service, shop)) == (earned, [(15, 0, 15)])


def test_an_order_deleted_for_good_gives_and_earns_nothing(service, store, shop):
    told = order()
    store.orders["287"] = told
    woocommerce(service, shop, told)
    assert sum(points(service, shop)) > 0
    del store.orders["287"]
    for number, gone in enumerate((287, 999)):
        body = {"action": "woocommerce_delete_order", "arg": gone}
        topic = "action.woocommerce_delete_order"
        woocommerce(service, shop, body, topic=topic, delivery=f"gone {number}")
    assert (points(service, shop), donations(service, shop)) == ((0, 0), [(15, 0, 0)])
    assert [row.state for row in service.orders(shop)] == ["deleted"]
    assert {row.state for row in service.inbox(shop)} == {"done"}


def later(seconds):
    return (clock.now() + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
