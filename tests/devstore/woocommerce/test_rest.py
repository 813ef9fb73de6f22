"""REST v3 and its quirks, asked with signatures of the woocommerce package."""

import base64

import pytest
from woocommerce.oauth import OAuth

from devstore.woocommerce.keys import make_key

ORIGIN = "http://shop.example"


def code(answer):
    return answer.status_code, answer.get_json()["code"]


def test_the_index_is_public_and_names_the_shop(store):
    told = store.http.get("/wp-json/").get_json()
    assert (told["name"], told["home"]) == ("Aldwater Pottery", ORIGIN)
    assert "wc/v3" in told["namespaces"]
    assert told["timezone_string"] == "America/Los_Angeles"


def test_without_a_key_nothing_is_shown_and_basic_over_http_is_no_key(store):
    refused = (401, "woocommerce_rest_cannot_view")
    assert code(store.http.get("/wp-json/wc/v3/orders")) == refused
    pair = f"{store.key.consumer_key}:{store.key.consumer_secret}"
    basic = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    assert code(store.http.get("/wp-json/wc/v3/orders", headers=basic)) == refused
    https = store.http.get("/wp-json/wc/v3/orders", headers=basic, base_url="https://shop.example")
    assert https.status_code == 200


def test_a_signature_covers_method_path_and_parameters_and_its_nonce_works_once(store):
    signer = OAuth(
        f"{ORIGIN}/wp-json/wc/v3/orders?search=a+b%40c.example&per_page=2",
        store.key.consumer_key,
        store.key.consumer_secret,
        version="wc/v3",
        method="GET",
        oauth_timestamp=int(store.clock().timestamp()),
    )
    url = signer.get_oauth_url().removeprefix(ORIGIN)
    assert store.http.get(url).status_code == 200
    again = store.http.get(url)
    assert code(again) == (401, "woocommerce_rest_authentication_error")
    assert "nonce" in again.get_json()["message"]
    fresh = signer.get_oauth_url().removeprefix(ORIGIN)
    for wrong in (fresh.replace("per_page=2", "per_page=3"), fresh.replace("orders", "products")):
        assert "signature" in store.http.get(wrong).get_json()["message"]
    assert "signature" in store.http.post(fresh).get_json()["message"]


def test_a_parameter_sent_twice_counts_once_as_php_reads_it(store):
    signer = OAuth(
        f"{ORIGIN}/wp-json/wc/v3/orders?per_page=2",
        store.key.consumer_key,
        store.key.consumer_secret,
        version="wc/v3",
        method="GET",
        oauth_timestamp=int(store.clock().timestamp()),
    )
    assert (
        store.http.get(signer.get_oauth_url().removeprefix(ORIGIN) + "&per_page=2").status_code
        == 200
    )


def test_an_old_timestamp_is_refused(store):
    signer = OAuth(
        f"{ORIGIN}/wp-json/wc/v3/orders",
        store.key.consumer_key,
        store.key.consumer_secret,
        version="wc/v3",
        method="GET",
        oauth_timestamp=int(store.clock().timestamp()) - 901,
    )
    answer = store.http.get(signer.get_oauth_url().removeprefix(ORIGIN))
    assert answer.get_json()["message"] == "Invalid timestamp."


def test_keys_do_only_what_they_were_granted(store):
    reader = make_key(store.shop, "reader", "read")
    writer = make_key(store.shop, "writer", "write")
    refused = (401, "woocommerce_rest_authentication_error")
    assert store.rest("GET", "orders", key=reader).status_code == 200
    assert code(store.rest("POST", "customers", {"email": "x@y.example"}, key=reader)) == refused
    assert code(store.rest("GET", "orders", key=writer)) == refused


def test_system_status_answers_only_the_fields_asked_for(store):
    path = (
        "system_status?_fields=environment.version,settings.currency,settings.number_of_decimals"
    )
    assert store.get(path) == {
        "environment": {"version": "11.0.1"},
        "settings": {"currency": "USD", "number_of_decimals": 2},
    }
    assert store.get("settings/general/woocommerce_currency")["value"] == "USD"
    assert store.get("data/currencies/current")["code"] == "USD"


def test_a_list_is_paged_with_totals_and_ends_in_an_empty_page(store):
    for _ in range(5):
        store.sell()
    answer = store.rest("GET", "orders?per_page=2&page=2")
    assert answer.headers["X-WP-Total"] == "5"
    assert answer.headers["X-WP-TotalPages"] == "3"
    assert 'rel="prev"' in answer.headers["Link"]
    assert len(answer.get_json()) == 2
    assert store.get("orders?per_page=2&page=9") == []


@pytest.mark.parametrize(
    "path",
    ["orders?per_page=101", "orders?per_page=0", "orders?page=0", "orders?per_page=x",
     "orders?orderby=total", "orders?order=up", "orders?status=lost", "orders?include=a",
     "orders?modified_after=yesterday"],
)  # fmt: skip
def test_a_wrong_parameter_is_named(store, path):
    answer = store.rest("GET", path)
    assert code(answer) == (400, "rest_invalid_param")
    (name,) = answer.get_json()["data"]["params"]
    assert name in path


def test_modified_after_is_exclusive_and_in_the_shops_zone_unless_gmt(store):
    first = store.sell()
    store.clock.pass_by(seconds=1)
    second = store.sell()
    at = f"{first.modified_at:%Y-%m-%dT%H:%M:%S}"
    page = "orders?orderby=modified&order=asc&dates_are_gmt=true"
    assert [one["id"] for one in store.get(f"{page}&modified_after={at}")] == [second.id]
    local = "2026-11-22T04:00:00"  # the same second, eight hours behind
    assert [one["id"] for one in store.get(f"orders?modified_after={local}")] == [second.id]
    assert store.get(f"orders?modified_after={at}Z") == [], "an offset does not make it GMT"
    before = f"{second.modified_at:%Y-%m-%dT%H:%M:%S}"
    assert [one["id"] for one in store.get(f"{page}&modified_before={before}")] == [first.id]


def test_any_leaves_out_the_trash_and_lists_of_statuses_work(store):
    kept, trashed, waiting = store.sell(), store.sell(), store.sell(payment="bank")
    store.shop.trash(trashed.id)
    assert {one["id"] for one in store.get("orders?status=any")} == {kept.id, waiting.id}
    assert [one["id"] for one in store.get("orders?status=trash")] == [trashed.id]
    both = store.get("orders?status=on-hold,processing,checkout-draft")
    assert {one["id"] for one in both} == {kept.id, waiting.id}


def test_orders_are_found_by_customer_mail_and_id_and_unknown_filters_are_ignored(store):
    mine, guests = store.sell(member=True), store.sell()
    mia = mine.buyer.customer_id
    assert [one["id"] for one in store.get(f"orders?customer={mia}")] == [mine.id]
    found = store.get("orders?search=gina%40customers.example")
    assert [one["id"] for one in found] == [guests.id]
    assert [one["id"] for one in store.get(f"orders?include={mine.id}")] == [mine.id]
    assert len(store.get("orders?billing_email=nobody%40nowhere.example")) == 2


def test_amounts_are_text_with_the_shops_decimals_and_times_are_local_and_gmt(store):
    order = store.sell({"TE-SEN": 3}, donation=(80, "riverbank"))
    told = store.get(f"orders/{order.id}")
    assert (told["total"], told["shipping_total"], told["total_tax"]) == ("52.60", "5.00", "0.00")
    assert told["line_items"][0]["price"] == pytest.approx(15.6)
    assert told["line_items"][0]["total"] == "46.80"
    assert told["date_created_gmt"] == "2026-11-22T12:00:00"
    assert told["date_created"] == "2026-11-22T04:00:00"
    (fee,) = told["fee_lines"]
    assert (fee["amount"], fee["total"], fee["tax_class"]) == ("0.8", "0.80", "0")
    assert [(row["key"], row["value"]) for row in fee["meta_data"]] == [
        ("_perennial_donation", "riverbank")
    ]
    store.control("PUT", "settings", {"decimals": 3})
    assert store.get(f"orders/{order.id}")["total"] == "52.600"


def test_cash_on_delivery_is_paid_only_when_completed(store):
    order = store.sell(payment="cod")
    told = store.get(f"orders/{order.id}")
    assert (told["status"], told["date_paid"]) == ("processing", None)
    store.rest("PUT", f"orders/{order.id}", {"status": "completed"})
    assert store.get(f"orders/{order.id}")["date_paid_gmt"] == "2026-11-22T12:00:00"
    store.rest("PUT", f"orders/{order.id}", {"status": "pending"})
    assert store.get(f"orders/{order.id}")["date_paid"], "going back does not unpay"


def test_any_write_moves_the_modified_time_even_an_empty_one(store, sink):
    order = store.sell()
    store.hook(sink, "order.updated")
    store.clock.pass_by(seconds=5)
    store.rest("PUT", f"orders/{order.id}", {})
    assert store.get(f"orders/{order.id}")["date_modified_gmt"] == "2026-11-22T12:00:05"
    store.tick()
    assert sink.topics() == ["order.updated"]


def test_a_line_refund_is_negative_names_its_line_and_leaves_the_total(store):
    order = store.sell({"CP-EVE": 3}, donation=(200, "riverbank"))
    line, gift = order.lines[0].id, order.donation.line_id
    body = {"line_items": [{"id": line, "quantity": 1, "refund_total": 18.0}], "reason": "chipped"}
    made = store.rest("POST", f"orders/{order.id}/refunds", body)
    assert made.status_code == 201
    fee = {"line_items": [{"id": gift, "quantity": 0, "refund_total": "2.00"}]}
    store.rest("POST", f"orders/{order.id}/refunds", fee)
    newest, first = store.get(f"orders/{order.id}/refunds")
    assert (first["amount"], first["line_items"][0]["quantity"]) == ("18.00", -1)
    assert first["line_items"][0]["total"] == "-18.00"
    assert first["line_items"][0]["meta_data"][0]["value"] == str(line)
    assert newest["fee_lines"][0]["total"] == "-2.00"
    assert newest["fee_lines"][0]["meta_data"][0]["value"] == str(gift)
    told = store.get(f"orders/{order.id}")
    assert (told["status"], told["total"]) == ("processing", "61.00")
    assert [one["total"] for one in told["refunds"]] == ["-2.00", "-18.00"]
    assert [one["parent_id"] for one in store.get("refunds")] == [order.id, order.id]


def test_money_refunded_has_no_lines_and_the_last_of_it_makes_the_order_refunded(store):
    order = store.sell()
    store.rest("POST", f"orders/{order.id}/refunds", {"amount": "3.00"})
    assert store.get(f"orders/{order.id}/refunds")[0]["line_items"] == []
    too_much = store.rest("POST", f"orders/{order.id}/refunds", {"amount": "50.01"})
    assert code(too_much) == (500, "woocommerce_rest_cannot_create_order_refund")
    store.rest("PUT", f"orders/{order.id}", {"status": "refunded"})
    told = store.get(f"orders/{order.id}")
    assert told["status"] == "refunded"
    assert told["refunds"][0] | {"id": 0} == {
        "id": 0, "reason": "Order fully refunded.", "total": "-50.00", "total_tax": "0.00",
    }  # fmt: skip


def test_deleting_a_refund_says_nothing_and_changes_no_status(store, sink):
    order = store.sell()
    refund = store.shop.refund(order.id, amount_minor=order.total_minor)
    store.hook(sink, "order.updated")
    store.rest("DELETE", f"orders/{order.id}/refunds/{refund.id}?force=true")
    assert store.tick() == 0
    told = store.get(f"orders/{order.id}")
    assert (told["status"], told["refunds"]) == ("refunded", [])


def test_customers_ignore_modified_after(store):
    assert len(store.get("customers?modified_after=2030-01-01T00:00:00")) == 2
    mia = store.get("customers?email=mia%40customers.example")[0]
    assert (mia["first_name"], mia["role"], mia["username"]) == ("Mia", "customer", "mia")
    taken = store.rest("POST", "customers", {"email": "MIA@customers.example"})
    assert code(taken) == (400, "registration-error-email-exists")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("orders/999999", "woocommerce_rest_shop_order_invalid_id"),
        ("orders/999999/refunds", "woocommerce_rest_shop_order_invalid_id"),
        ("products/999999", "woocommerce_rest_product_invalid_id"),
        ("customers/999999", "woocommerce_rest_invalid_id"),
        ("webhooks/999999", "woocommerce_rest_shop_webhook_invalid_id"),
        ("coupons/999999", "woocommerce_rest_shop_coupon_invalid_id"),
        ("stamps", "rest_no_route"),
    ],
)
def test_what_is_not_there_is_a_404_with_its_own_code(store, path, error):
    assert code(store.rest("GET", path)) == (404, error)


def test_products_tell_price_category_picture_and_stock(store):
    told = store.get("products?per_page=100&orderby=id")
    assert len(told) == 25
    pot = told[0]
    assert (pot["name"], pot["price"], pot["sku"]) == ("Celadon teapot, 350 ml", "48.00", "TP-CEL")
    assert pot["permalink"] == f"{ORIGIN}/product/celadon-teapot/"
    assert pot["categories"][0]["slug"] == "teaware"
    assert store.get(f"products/{pot['id']}/variations") == []
    store.control("PATCH", f"products/{pot['id']}", {"in_stock": False})
    assert store.get(f"products/{pot['id']}")["stock_status"] == "outofstock"


def test_the_switches_make_rest_fail(store):
    store.control("PUT", "faults", {"fail": 1.0})
    answer = store.rest("GET", "orders")
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert store.http.get("/").status_code == 200, "pages are not the API"
