"""One store called: facts, single things, and pages of a window while things leave it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from adapters.woocommerce import CURRENCY_HEADER, WooCommerce
from adapters.woocommerce.client import PER_PAGE, zone_of
from adapters.woocommerce.normalise import ORDER_HEADER
from connector.core.commerce import Credentials, NeedsFetch, Platform, ShopClient, ShopFacts
from connector.core.errors import BadInput, PlatformBusy, PlatformMissing
from connector.core.http import Http

SHOP = "https://shop.example"
REST = f"{SHOP}/wp-json/wc/v3"
SINCE, UNTIL = datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 20, 11, tzinfo=UTC)


@pytest.fixture
def store():
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client() -> ShopClient:
    platform: Platform = WooCommerce(Http())
    return platform.client(Credentials(SHOP, f"ck_{'a' * 40}:cs_{'b' * 40}"))


def asked(call):
    return {name: values[0] for name, values in parse_qs(urlsplit(call.request.url).query).items()}


def test_the_shops_facts_come_from_its_status_and_its_index(store, client):
    status = {"environment": {"version": "11.0.1"}, "settings": {"currency": "EUR"}}
    store.get(f"{REST}/system_status", json=status)
    store.get(
        f"{SHOP}/wp-json/",
        json={"name": "Acme", "timezone_string": "Europe/Oslo", "gmt_offset": 1},
    )
    assert client.shop_facts() == ShopFacts("Acme", "EUR", "Europe/Oslo", "11.0.1")


def test_a_store_that_hides_its_index_still_has_facts(store, client):
    status = {"environment": {"version": "9.0"}, "settings": {"currency": "EUR"}}
    store.get(f"{REST}/system_status", json=status)
    store.get(f"{SHOP}/wp-json/", status=401, body="<html>")
    assert client.shop_facts() == ShopFacts("shop.example", "EUR", "UTC", "9.0")


@pytest.mark.parametrize(
    ("name", "offset", "zone"),
    [
        ("Asia/Tokyo", 9, "Asia/Tokyo"),
        ("", 0, "UTC"),
        ("", "2", "Etc/GMT-2"),
        ("", -5, "Etc/GMT+5"),
        ("", 5.5, "Asia/Kolkata"),
        ("../../etc/passwd", 0, "UTC"),
        ("Mars/Base", 99, "UTC"),
    ],
)
def test_a_wordpress_time_zone_becomes_a_real_one(name, offset, zone):
    assert zone_of(name, offset) == zone


def test_a_fetched_order_is_kept_as_sent_and_each_fetch_is_its_own(store, client):
    sent = b'{"id": 7,\n "status":"caf\\u00e9"}'
    store.get(f"{REST}/orders/7", body=sent)
    first, second = (client.fetch(NeedsFetch("order", "7")) for _ in range(2))
    assert (first.topic, first.body) == ("fetch/order", sent)
    assert first.dedupe_key != second.dedupe_key
    fields = asked(store.calls[0])["_fields"].split(",")
    assert {"billing.email", "billing.postcode", "shipping.phone", "coupon_lines"} <= set(fields)
    assert not {"billing", "shipping", "order_key", "payment_url"} & set(fields)


def test_a_fetched_product_names_the_shops_currency_asked_for_once(store, client):
    store.get(f"{REST}/products/11", json={"id": 11, "price": "5"})
    store.get(f"{REST}/data/currencies/current", json={"code": "KWD"})
    for _ in range(2):
        found = client.fetch(NeedsFetch("product", "11"))
        assert found.headers == {CURRENCY_HEADER: "KWD"}
    assert len(store.calls) == 3


def test_refunds_are_one_list_whatever_its_pages_and_name_order_and_currency(store, client):
    first = [{"id": number} for number in range(1, PER_PAGE + 1)]
    store.get(f"{REST}/orders/46", json={"currency": "JPY"})
    store.get(f"{REST}/orders/46/refunds", json=first)
    store.get(f"{REST}/orders/46/refunds", json=[{"id": 999}])
    found = client.fetch(NeedsFetch("order_refunds", "46"))
    assert (found.topic, found.headers) == (
        "fetch/order_refunds",
        {ORDER_HEADER: "46", CURRENCY_HEADER: "JPY"},
    )
    assert json.loads(found.body) == [*first, {"id": 999}]


def test_refunds_of_an_order_without_any_are_an_empty_list(store, client):
    store.get(f"{REST}/orders/46", json={"currency": "USD"})
    store.get(f"{REST}/orders/46/refunds", json=[])
    assert client.fetch(NeedsFetch("order_refunds", "46")).body == b"[]"


@pytest.mark.parametrize("key", ["", "0", "7/../8", "7?x", "٧", "x", "9" * 20])
def test_a_key_that_is_no_id_is_never_put_into_an_address(client, key):
    with pytest.raises(BadInput, match="invalid_key"):
        client.fetch(NeedsFetch("order", key))


def test_what_is_gone_is_missing(store, client):
    gone = {"code": "woocommerce_rest_product_invalid_id", "message": "", "data": {"status": 404}}
    store.get(f"{REST}/products/9", status=404, json=gone)
    with pytest.raises(PlatformMissing):
        client.fetch(NeedsFetch("product", "9"))


def test_history_walks_a_frozen_window_by_id(store, client):
    page = [{"id": number} for number in range(1, PER_PAGE + 1)]
    store.get(f"{REST}/orders", json=page, headers={"X-WP-Total": "101"})
    store.get(f"{REST}/orders", json=[{"id": 101}], headers={"X-WP-Total": "101"})
    first = client.history("orders", UNTIL, None)
    second = client.history("orders", UNTIL, first.cursor)
    assert [json.loads(one.body)["id"] for one in first.deliveries] == list(range(1, 101))
    assert {one.topic for one in first.deliveries} == {"fetch/order"}
    assert (first.total, second.total, second.cursor) == (101, 101, None)
    query = asked(store.calls[1])
    assert (query["before"], query["dates_are_gmt"]) == ("2026-11-20T11:00:00", "true")
    assert (query["orderby"], query["order"], query["per_page"]) == ("id", "asc", "100")
    assert (asked(store.calls[0])["page"], query["page"]) == ("1", "2")


def test_changed_asks_for_a_window_that_holds_its_first_second_and_the_trash(store, client):
    store.get(f"{REST}/orders", json=[], headers={"X-WP-Total": "0"})
    page = client.changed("orders", SINCE, UNTIL, None)
    assert (page.deliveries, page.cursor, page.total) == ((), None, 0)
    query = asked(store.calls[0])
    assert query["modified_after"] == "2026-11-20T09:59:59"  # the bound itself is left out
    assert query["modified_before"] == "2026-11-20T11:00:00"
    assert query["orderby"] == "modified"
    assert {"processing", "refunded", "trash"} <= set(query["status"].split(","))


def test_things_of_a_page_are_cut_as_sent_and_known_again_when_unchanged(store, client):
    body = b'[{"id":1,"total":"5.00"} , {"id":2, "total":"6.00"}]'
    store.get(f"{REST}/orders", body=body, headers={"X-WP-Total": "2"})
    first, again = (client.changed("orders", SINCE, UNTIL, None) for _ in range(2))
    assert [one.body for one in first.deliveries] == [
        b'{"id":1,"total":"5.00"}',
        b'{"id":2, "total":"6.00"}',
    ]
    assert [one.dedupe_key for one in first.deliveries] == [
        one.dedupe_key for one in again.deliveries
    ]


def test_products_of_a_page_name_the_currency(store, client):
    store.get(f"{REST}/products", json=[{"id": 1}], headers={"X-WP-Total": "1"})
    store.get(f"{REST}/data/currencies/current", json={"code": "USD"})
    (product,) = client.history("products", UNTIL, None).deliveries
    assert (product.topic, product.headers) == ("fetch/product", {CURRENCY_HEADER: "USD"})


@pytest.mark.parametrize("gone", [1, 99, 150])
def test_what_leaves_the_window_while_it_is_walked_hides_nothing(store, client, gone):
    left = list(range(1, 501))

    def answer(request):
        start = (int(parse_qs(urlsplit(request.url).query)["page"][0]) - 1) * PER_PAGE
        page = [{"id": number} for number in left[start : start + PER_PAGE]]
        return 200, {"X-WP-Total": str(len(left))}, json.dumps(page)

    store.add_callback("GET", f"{REST}/orders", answer)
    met: set[int] = set()
    cursor, pages = None, 0
    while True:
        page = client.history("orders", UNTIL, cursor)
        met |= {json.loads(one.body)["id"] for one in page.deliveries}
        cursor, pages = page.cursor, pages + 1
        if pages == 3:
            del left[:gone]  # an order trashed, say
        if cursor is None:
            break
    assert set(left) <= met
    assert pages < 12


def test_without_a_total_pages_end_with_an_empty_one(store, client):
    store.get(f"{REST}/orders", json=[{"id": 1}])
    store.get(f"{REST}/orders", json=[])
    first = client.history("orders", UNTIL, None)
    assert (first.total, first.cursor) == (None, "2:")
    assert client.history("orders", UNTIL, first.cursor).cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "0:5", "-1:5", "1", "1:5\n", "٢:5"])
def test_a_cursor_that_is_not_ours_is_refused(client, cursor):
    with pytest.raises(BadInput, match="invalid_cursor"):
        client.history("orders", UNTIL, cursor)


@pytest.mark.parametrize("body", ["<html>", '<br />Warning: x{"id":1}', "{}", "", "[" * 100_000])
def test_a_page_that_is_no_list_is_tried_again_later(store, client, body):
    store.get(f"{REST}/orders", body=body)
    with pytest.raises(PlatformBusy, match="platform_unreadable"):
        client.history("orders", UNTIL, None)
