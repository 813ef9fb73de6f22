"""What orders and people tell besides money: codes, channels, roles, telephones and addresses."""

from __future__ import annotations

import json

import pytest

from adapters.woocommerce.normalise import CURRENCY_HEADER, normalise
from connector.core.commerce import CodeUse, Customer, Delivery, Order, Person
from tests.adapters.woocommerce import samples

HOME = {"address_1": " 12  Kiln Road", "address_2": "Flat\t2", "postcode": "AB1 2CD",
        "country": "GB", "phone": " 020 1 "}  # fmt: skip
QUAY = {"address_1": "7 Quay", "country": "NO", "phone": "020 2"}
LINE = "12 kiln road, flat 2, ab1 2cd, gb"


def read(topic, body, **headers):
    (found,) = normalise(Delivery(topic, "k", headers, json.dumps(body).encode()))
    return found


def order(**values):
    told = {
        "id": 7,
        "status": "pending",
        "currency": "USD",
        "date_modified_gmt": "2026-11-22T10:00:00",
    }
    return read("order.updated", {**told, **values})


def coupon(code, discount, tax="0"):
    return {"id": 1, "code": code, "discount": discount, "discount_tax": tax}


@pytest.mark.parametrize(
    ("value", "code"),
    [(" Mia7Q ", "Mia7Q"), ("", None), (None, None), ("x" * 65, None), ({"a": 1}, None)],
)
def test_the_storefronts_note_says_who_sent_the_buyer(value, code):
    note = {"id": 1, "key": "_perennial_ref", "value": value}
    assert order(meta_data=[{"id": 2, "key": "_other", "value": "x"}, note]).referral == code
    assert order(meta_data={"1": note}).referral == code
    assert order().referral is order().row_note is None
    note["key"] = "_perennial_row"  # and what pages say of recommendations
    assert order(meta_data=[note]).row_note == code


def test_a_coupon_tells_what_it_took_with_its_tax():
    lines = [
        coupon("pr-2", "4.17", "0.83"),
        coupon("pr-1", "5"),
        coupon("", "1"),
        coupon(None, "1"),
    ]
    assert order(coupon_lines=lines).codes == (CodeUse("pr-1", 500), CodeUse("pr-2", 500))
    assert order().codes == ()


def test_an_order_tells_where_it_came_from():
    assert order(created_via="store-api").tags == ("from:store-api",)
    assert order(created_via="").tags == order().tags == ()


@pytest.mark.parametrize(
    ("places", "phone", "address"),
    [
        ({"billing": HOME, "shipping": QUAY}, "020 1", LINE),
        ({"billing": {"country": "GB", "phone": ""}, "shipping": QUAY}, "020 2", "7 quay, no"),
        ({"billing": {"postcode": "AB1 2CD", "country": "GB"}}, None, None),
        ({}, None, None),
    ],
)
def test_an_order_tells_one_address_and_one_telephone(places, phone, address):
    assert order(**places).person == Person(phone=phone, address=address)


def test_an_anonymised_person_lives_nowhere():
    gone = {**HOME, "email": "deleted@site.invalid", "address_1": "[deleted]"}
    assert order(billing=gone, shipping=gone).person == Person()


def test_a_customer_tells_role_address_and_telephone():
    body = {"id": 5, "email": "noor@example.com", "role": "wholesale", "shipping": HOME}
    assert read("customer.updated", body) == Customer(
        "5", Person("noor@example.com", phone="020 1", address=LINE), tags=("role:wholesale",)
    )
    found = read("fetch/customer", {"id": 5})
    assert (found.tags, found.email_verified, found.accepts_marketing) == (None, None, None)


def test_a_product_tells_its_tags_and_no_collections():
    body = {"id": 11, "price": "4.50", "tags": [{"name": "Tea &amp; cake"}, {"name": "Gift"}]}
    found = read("fetch/product", body, **{CURRENCY_HEADER: "USD"})
    assert (found.tags, found.collections) == (("Gift", "Tea & cake"), None)
    untold = read("fetch/product", {"id": 11, "price": "4.50"}, **{CURRENCY_HEADER: "USD"})
    assert untold.tags is None


@samples.needed
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("order-created-with-coupon", (CodeUse("loyal-7qx2", 500),)),
        ("order-created-unicode-coupon-tax-inclusive", (CodeUse("incl5", 500),)),
        ("order-created-guest-cod", ()),
    ],
)
def test_recorded_orders(name, codes):
    body = json.dumps(samples.body(name)).encode()
    found = normalise(Delivery("order.updated", "k", {}, body))[0]
    assert isinstance(found, Order)
    assert found.codes == codes
    assert found.tags == ("from:store-api",)
    assert found.person.phone == "5550199"
    assert found.person.address == "22 madeup road, 90210, us"


@samples.needed
def test_a_recorded_customer():
    found = read("customer.created", samples.body("customer-created-at-checkout"))
    assert isinstance(found, Customer)
    assert found.tags == ("role:customer",)
    assert (found.person.phone, found.person.address) == ("5550199", "22 madeup road, 90210, us")
