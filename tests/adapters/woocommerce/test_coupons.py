"""Discount codes as a store is asked for them, and what it answers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from adapters.woocommerce import WooCommerce
from connector.core.commerce import Credentials, ShopClient
from connector.core.discounts import Discount, DiscountKind
from connector.core.errors import (
    BadInput,
    Conflict,
    PlatformBusy,
    PlatformError,
    PlatformMissing,
    PlatformRefused,
)
from connector.core.http import Http
from connector.core.money import Money
from tests.adapters.woocommerce import samples

SHOP = "https://shop.example"
COUPONS = f"{SHOP}/wp-json/wc/v3/coupons"
ACCOUNT = f"{SHOP}/wp-json/wc/v3/customers/7"
INDEX = f"{SHOP}/wp-json/"
FIVE_OFF = Discount(
    code="PR-7QX2",
    title="500 points",
    kind=DiscountKind.AMOUNT,
    currency="USD",
    value_minor=500,
    minimum_minor=1_500,
    customer_key=None,
    email="mia@example.com",
)
TAKEN = {
    "code": "woocommerce_rest_coupon_code_already_exists",
    "message": "The coupon code already exists",
    "data": {"status": 400},
}
GONE = {"code": "woocommerce_rest_shop_coupon_invalid_id", "message": "", "data": {"status": 404}}


@pytest.fixture
def store():
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client() -> ShopClient:
    return WooCommerce(Http()).client(Credentials(SHOP, f"ck_{'a' * 40}:cs_{'b' * 40}"))


def made(store, client, **changes):
    """The body a discount becomes."""
    store.post(COUPONS, status=201, json={"id": 54, "code": "pr-7qx2"})
    assert client.make_code(replace(FIVE_OFF, **changes)) == "54"
    return json.loads(store.calls[-1].request.body)


def query(call):
    return {name: one for name, (one,) in parse_qs(urlsplit(call.request.url).query).items()}


def test_an_amount_is_taken_once_off_one_customers_cart(store, client):
    assert made(store, client) == {
        "code": "PR-7QX2",
        "description": "500 points",
        "discount_type": "fixed_cart",
        "amount": "5.00",
        "individual_use": False,
        "usage_limit": 1,
        "usage_limit_per_user": 1,
        "email_restrictions": ["mia@example.com"],
        "minimum_amount": "15.00",
        "meta_data": [{"key": "_perennial", "value": "discount"}],
    }


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"kind": DiscountKind.AMOUNT, "product_key": "11"},
            {"discount_type": "fixed_product", "amount": "5.00", "product_ids": [11],
             "limit_usage_to_x_items": 1},
        ),
        (
            {"kind": DiscountKind.AMOUNT, "currency": "JPY"},
            {"discount_type": "fixed_cart", "amount": "500", "minimum_amount": "1500"},
        ),
        (
            {"kind": DiscountKind.PERCENT, "percent": 15},
            {"discount_type": "percent", "amount": "15", "product_ids": []},
        ),
        (
            {"kind": DiscountKind.PERCENT, "percent": 15, "product_key": "11"},
            {"discount_type": "percent", "amount": "15", "product_ids": [11]},
        ),
        (
            {"kind": DiscountKind.SHIPPING},
            {"discount_type": "fixed_cart", "amount": "0", "free_shipping": True},
        ),
        (
            {"kind": DiscountKind.PRODUCT, "product_key": "11"},
            {"discount_type": "percent", "amount": "100", "product_ids": [11],
             "limit_usage_to_x_items": 1},
        ),
        ({"email": None}, {"email_restrictions": []}),
    ],
)  # fmt: skip
def test_each_kind_of_discount_is_a_coupon(store, client, changes, told):
    body = made(store, client, **changes)
    assert {name: body.get(name) for name in told} == told
    assert (body["usage_limit"], body["individual_use"]) == (1, False)


@pytest.mark.parametrize(
    ("told", "restricted_to"),
    [
        ({"status": 200, "json": {"email": "noor@example.com"}}, "noor@example.com"),
        ({"status": 200, "json": {"email": ""}}, "mia@example.com"),
        ({"status": 404, "json": GONE}, "mia@example.com"),
    ],
)
def test_a_members_code_is_for_the_e_mail_of_the_account(store, client, told, restricted_to):
    """What we know may be of a bill: accounts of past orders have told nothing themselves."""
    store.get(ACCOUNT, **told)
    assert made(store, client, customer_key="7")["email_restrictions"] == [restricted_to]


def test_without_a_minimum_none_is_asked(store, client):
    assert "minimum_amount" not in made(store, client, minimum_minor=0)


@pytest.mark.parametrize(
    ("index", "local"),
    [
        ({"timezone_string": "Europe/Oslo", "gmt_offset": 1}, "2027-07-01T14:00:00"),
        ({"timezone_string": "", "gmt_offset": -5}, "2027-07-01T07:00:00"),
        ({"timezone_string": "", "gmt_offset": 0}, "2027-07-01T12:00:00"),
    ],
)
def test_the_end_is_told_in_the_stores_own_time(store, client, index, local):
    store.get(INDEX, json=index)
    ends_at = datetime(2027, 7, 1, 12, tzinfo=UTC)
    for _ in range(2):
        assert made(store, client, ends_at=ends_at)["date_expires"] == local
    assert [call.request.method for call in store.calls] == ["GET", "POST", "POST"]


@pytest.mark.parametrize(("status", "body"), [(401, '{"code":"no"}'), (503, ""), (200, "<html>")])
def test_without_the_zone_no_code_is_made_that_ends_at_the_wrong_hour(store, client, status, body):
    store.get(INDEX, status=status, body=body)
    with pytest.raises(PlatformBusy):
        client.make_code(replace(FIVE_OFF, ends_at=datetime(2027, 7, 1, tzinfo=UTC)))


def test_a_code_somebody_has_is_taken(store, client):
    store.post(COUPONS, status=400, json=TAKEN)
    with pytest.raises(Conflict, match="code_taken"):
        client.make_code(FIVE_OFF)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "rest_invalid_param", PlatformError),
        (403, "woocommerce_rest_cannot_create", PlatformRefused),
        (429, "too_many", PlatformBusy),
        (500, "internal_server_error", PlatformBusy),
    ],
)
def test_what_does_not_work_says_why_and_is_asked_once(store, client, status, code, kind):
    store.post(COUPONS, status=status, json={"code": code, "data": {"status": status}})
    with pytest.raises(kind) as caught:
        client.make_code(FIVE_OFF)
    assert type(caught.value) is kind
    assert len(store.calls) == 1


def test_a_lost_reply_is_found_by_the_code(store, client):
    store.post(COUPONS, body=requests.ConnectionError("cut"))
    store.get(COUPONS, json=[{"id": 54, "code": "pr-7qx2"}])
    with pytest.raises(PlatformBusy):
        client.make_code(FIVE_OFF)
    assert client.find_code("PR-7QX2") == "54"
    assert query(store.calls[-1])["code"] == "PR-7QX2"


@pytest.mark.parametrize("told", [[], [{"id": 9, "code": "another"}]])
def test_a_free_code_is_nobodys_even_where_the_filter_is_ignored(store, client, told):
    store.get(COUPONS, json=told)
    assert client.find_code("PR-7QX2") is None


@pytest.mark.parametrize(("used", "uses"), [(0, 1), (1, 2), (3, 4), (None, 1)])
def test_what_is_left_of_a_balance_is_one_use_more(store, client, used, uses):
    store.get(f"{COUPONS}/54", json={"id": 54, "usage_count": used})
    store.put(f"{COUPONS}/54", json={"id": 54})
    for _ in range(2):  # asked again after a lost reply, it is the same
        client.change_code("54", replace(FIVE_OFF, value_minor=120))
        assert json.loads(store.calls[-1].request.body) == {
            "amount": "1.20",
            "usage_limit": uses,
            "usage_limit_per_user": uses,
        }


def test_a_balance_that_is_gone_is_missing(store, client):
    store.get(f"{COUPONS}/54", status=404, json=GONE)
    with pytest.raises(PlatformMissing):
        client.change_code("54", FIVE_OFF)


def test_a_code_is_removed_for_good_and_removed_again(store, client):
    store.delete(f"{COUPONS}/54", json={"id": 54})
    store.delete(f"{COUPONS}/54", status=404, json=GONE)
    client.remove_code("54")
    client.remove_code("54")
    assert [query(call)["force"] for call in store.calls] == ["true", "true"]


def test_a_removal_that_fails_is_told(store, client):
    store.delete(f"{COUPONS}/54", status=503, body="down")
    with pytest.raises(PlatformBusy):
        client.remove_code("54")


@pytest.mark.parametrize("key", ["", "0", "5/../4", "x"])
def test_a_key_that_is_no_id_is_never_put_into_an_address(client, key):
    with pytest.raises(BadInput, match="invalid_key"):
        client.remove_code(key)


def test_what_woocommerce_lacks_is_said_without_asking(client):
    asked = [
        lambda: client.credits("7", "USD"),
        lambda: client.give_credit("7", Money(500, "USD"), None),
    ]
    for ask in asked:
        with pytest.raises(PlatformError) as caught:
            ask()
        assert (type(caught.value), caught.value.code) == (PlatformError, "not_supported")


@samples.needed
def test_the_recorded_answers_are_read(store, client):
    store.post(COUPONS, status=201, json=samples.body("rest-coupon-create"))
    store.get(COUPONS, json=samples.body("rest-coupon-by-code"))
    assert client.make_code(FIVE_OFF) == client.find_code("LOYAL-7QX2") == "54"


@samples.needed
def test_the_recorded_refusal_of_a_twin_is_understood(store, client):
    refusal = samples.body("rest-coupons-batch")["create"][-1]["error"]
    store.post(COUPONS, status=400, json=refusal)
    with pytest.raises(Conflict, match="code_taken"):
        client.make_code(FIVE_OFF)
