"""Coupons by REST, in orders and on the pages, as the recorded store had them."""

import re

import pytest

from devstore.model import Customer, Order, Status, Terms
from devstore.people import MIA, NOOR
from devstore.refusals import CodeRefused
from devstore.shelf import Query
from devstore.woocommerce import orders
from tests.devstore.woocommerce.test_contract import ORIGIN, problems, recorded, told

GIFT = {
    "code": "LOYAL-7QX2",
    "discount_type": "fixed_cart",
    "amount": "5.00",
    "individual_use": True,
    "usage_limit": 1,
    "usage_limit_per_user": 1,
    "minimum_amount": "15.00",
    "description": "500 points",
    "meta_data": [{"key": "_loyalty_redemption_id", "value": "rd_0001"}],
}


def make(store, **more):
    answer = store.rest("POST", "coupons", {**GIFT, **more})
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def sell(store, *codes, items=None, **more):
    return store.sell(items or {"CP-EVE": 3, "TE-SEN": 1}, terms=Terms(codes), **more)


def shown(store, order):
    return orders.order(order, store.shop.settings, ORIGIN)


@recorded
@pytest.mark.parametrize("sample", ["rest-coupon-create", "coupon-created"])
def test_a_coupon_looks_as_recorded(store, sample):
    ours, real = make(store, email_restrictions=["alice@customers.example"]), told(sample)["body"]
    assert problems(ours, real) == []
    same = real.keys() - {"id", "meta_data", "_links"} - {key for key in real if "date_" in key}
    assert {key: ours[key] for key in same} == {key: real[key] for key in same}
    assert list(ours) == list(real)


@recorded
def test_an_order_with_a_coupon_looks_as_recorded(store):
    make(store)
    order = shown(store, sell(store, "Loyal-7qx2", member=True))
    real = told("order-created-with-coupon")["body"]
    assert problems(order, real) == []
    ours, theirs = order["coupon_lines"][0], real["coupon_lines"][0]
    same = theirs.keys() - {"id", "meta_data"}
    assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}
    assert re.fullmatch(r'\[\d+,"loyal-7qx2",null,5\]', ours["meta_data"][0]["value"])


def test_an_amount_is_spread_over_pieces_and_lines_tell_before_and_after(store):
    make(store)
    order = shown(store, sell(store, "LOYAL-7QX2"))
    assert [(line["subtotal"], line["total"]) for line in order["line_items"]] == [
        ("54.00", "50.25"),
        ("15.60", "14.35"),
    ]
    assert (order["discount_total"], order["total"]) == ("5.00", "69.60")


def test_codes_are_lower_case_unique_and_found_in_any_case(store):
    made = make(store)
    again = store.rest("POST", "coupons", {**GIFT, "code": "Loyal-7qx2"})
    assert (again.status_code, again.get_json()["code"]) == (
        400,
        "woocommerce_rest_coupon_code_already_exists",
    )
    assert [one["id"] for one in store.get("coupons?code=LOYAL-7QX2")] == [made["id"]]
    assert store.get("coupons?code=loyal") == []
    assert store.rest("POST", "coupons", {"amount": "1"}).status_code == 400


def test_an_expiry_is_local_and_the_gmt_one_is_ignored(store):
    never = make(store, date_expires_gmt="2027-01-31T23:59:59")
    assert (never["date_expires"], never["date_expires_gmt"]) == (None, None)
    once = make(store, code="SOON", date_expires="2026-11-23T12:00:00")
    assert once["date_expires_gmt"] == "2026-11-23T20:00:00"
    store.clock.pass_by(days=2)
    with pytest.raises(CodeRefused) as refused:
        sell(store, "soon")
    assert refused.value.reason == "code_expired"


def test_use_is_counted_at_placing_and_given_back_when_cancelled_but_not_when_refunded(store):
    made = make(store)
    order = sell(store, "LOYAL-7QX2", member=True)
    used = store.get(f"coupons/{made['id']}")
    assert (used["usage_count"], used["used_by"]) == (1, [str(order.buyer.customer_id)])
    with pytest.raises(CodeRefused):
        sell(store, "LOYAL-7QX2")
    store.shop.set_status(order.id, Status.CANCELLED)
    assert store.get(f"coupons/{made['id']}")["usage_count"] == 0
    store.shop.set_status(order.id, Status.PROCESSING)
    assert store.get(f"coupons/{made['id']}")["usage_count"] == 1
    store.shop.refund(order.id, amount_minor=order.total_minor)
    assert store.get(f"coupons/{made['id']}")["usage_count"] == 1


def test_what_is_left_of_a_balance_is_one_use_more(store):
    made = make(store, individual_use=False)
    sell(store, "LOYAL-7QX2", member=True)
    change = {"amount": "2.50", "usage_limit": 2, "usage_limit_per_user": 2}
    changed = store.rest("PUT", f"coupons/{made['id']}", change).get_json()
    assert (changed["amount"], changed["usage_count"], changed["code"]) == (
        "2.50",
        1,
        "loyal-7qx2",
    )
    assert sell(store, "LOYAL-7QX2", member=True).discount_minor == 250


@pytest.mark.parametrize(
    ("coupon", "items", "off", "shipping"),
    [
        ({"discount_type": "percent", "amount": "12.5"}, {"CP-EVE": 1}, 225, 500),
        ({"amount": "500.00"}, {"CP-EVE": 1}, 1800, 500),
        ({"amount": "0", "free_shipping": True}, {"CP-EVE": 1}, 0, 0),
        ({"amount": "3.00", "free_shipping": True}, {"CP-EVE": 1}, 300, 0),
        (
            {"discount_type": "percent", "amount": "100", "limit_usage_to_x_items": 1},
            {"CP-EVE": 3},
            1800,
            500,
        ),
        ({"discount_type": "fixed_product", "amount": "2.00"}, {"CP-EVE": 3}, 600, 500),
        ({"discount_type": "percent", "amount": "10", "product_categories": [17]}, {}, 156, 500),
    ],
)
def test_kinds_of_coupons(store, coupon, items, off, shipping):
    made = make(store, **coupon)
    back = store.get(f"coupons/{made['id']}")
    assert back["free_shipping"] is coupon.get("free_shipping", False)
    order = sell(store, "LOYAL-7QX2", items=items or {"TE-SEN": 1, "CP-EVE": 1})
    assert (sum(one.goods_minor for one in order.taken), order.shipping_minor) == (off, shipping)
    assert order.total_minor == sum(line.total_minor for line in order.lines) + shipping
    body = shown(store, order)
    assert body["coupon_lines"][0]["free_shipping"] is back["free_shipping"]
    assert body["shipping_lines"][0]["method_id"] == ("flat_rate" if shipping else "free_shipping")


def test_a_coupon_is_bound_to_whoever_types_its_address(store):
    make(store, email_restrictions=[MIA.email.upper()])
    with pytest.raises(CodeRefused) as refused:
        sell(store, "LOYAL-7QX2")
    assert refused.value.reason == "code_not_yours"
    assert sell(store, "LOYAL-7QX2", member=True).discount_minor == 500


def test_one_for_itself_does_not_go_with_another(store):
    make(store)
    make(store, code="OTHER", individual_use=False)
    with pytest.raises(CodeRefused) as refused:
        sell(store, "LOYAL-7QX2", "OTHER")
    assert (refused.value.code, refused.value.reason) == ("OTHER", "code_alone")


def test_webhooks_tell_of_making_and_trashing_but_not_of_use_or_deleting_for_good(store, sink):
    topics = ("coupon.created", "coupon.updated", "coupon.deleted", "product.deleted")
    store.hook(sink, *topics)
    first, second = make(store), make(store, code="SECOND")
    sell(store, "LOYAL-7QX2")
    store.tick()
    assert sink.topics() == ["coupon.created", "coupon.created"]
    assert sink.deliveries()[0].body["code"] == "loyal-7qx2"
    store.rest("DELETE", f"coupons/{first['id']}?force=true")
    store.rest("DELETE", f"coupons/{second['id']}")
    store.tick()
    assert sink.topics()[2:] == ["coupon.deleted", "product.deleted"]
    assert store.rest("GET", f"coupons/{first['id']}").status_code == 404
    assert store.get(f"coupons/{second['id']}")["status"] == "trash"
    assert make(store, code="second")["id"] != second["id"], "its code is free again"


def test_a_reply_may_be_lost_after_the_coupon_was_made(store):
    store.control("PUT", "faults", {"lose_replies": 1})
    assert store.rest("POST", "coupons", GIFT).status_code == 504
    assert len(store.get("coupons?code=loyal-7qx2")) == 1
    assert store.rest("POST", "coupons", {**GIFT, "code": "next"}).status_code == 201


def test_an_order_by_rest_may_name_coupons(store):
    make(store)
    cup = store.shop.products()[4]
    body = {
        "set_paid": True,
        "billing": {"email": "gil@customers.example"},
        "line_items": [{"product_id": cup.id, "quantity": 2}],
        "coupon_lines": [{"code": "loyal-7qx2"}],
    }
    made = store.rest("POST", "orders", body)
    assert (made.get_json()["discount_total"], made.get_json()["created_via"]) == (
        "5.00",
        "rest-api",
    )
    again = store.rest("POST", "orders", body)
    assert (again.status_code, again.get_json()["code"]) == (
        400,
        "woocommerce_rest_invalid_coupon",
    )


def test_products_have_tags_and_customers_roles(store):
    pot = store.get("products?sku=TP-CEL")[0]
    assert [(tag["name"], tag["slug"]) for tag in pot["tags"]] == [("Bestseller", "bestseller")]
    noor = store.shop.shelf.get(Customer, NOOR.email)
    store.control("PATCH", f"customers/{noor.id}", {"role": "wholesale", "tags": ["vip"]})
    assert [one["email"] for one in store.get("customers")] == [MIA.email]
    assert len(store.get("customers?role=all")) == 2
    assert [one["role"] for one in store.get("customers?role=wholesale")] == ["wholesale"]


def latest(store):
    (order,), _ = store.shop.shelf.find(Order, Query(descending=True, sort="id", limit=1))
    return order


GUEST = {"email": "gil@customers.example", "first_name": "Gil", "last_name": "Guest"}


def test_a_code_in_the_cart_shows_what_it_takes_and_is_in_the_order(store):
    make(store)
    store.http.post("/cart/add", data={"sku": "CP-EVE", "quantity": 2})
    assert store.http.post("/cart/code", data={"code": "loyal-7QX2"}).location == "/cart/"
    page = store.http.get("/cart/").text
    assert "−$5.00" in page
    assert "$36.00" in page
    assert store.http.post("/cart/gift", json={"roundUp": True}).get_json()["total_minor"] == 3600
    store.http.post("/cart/gift", data={"gift": "200"})
    placed = store.http.post("/checkout/", data=GUEST)
    order = latest(store)
    assert (order.discount_minor, order.total_minor) == (500, 3800)
    thanks = store.http.get(placed.location).text
    assert "−$5.00" in thanks
    store.http.post("/cart/add", data={"sku": "CP-EVE"})
    assert "−$5.00" not in store.http.get("/cart/").text, "the next cart starts empty"


@pytest.mark.parametrize(
    ("coupon", "lang", "reason"),
    [
        ({"code": "OTHER"}, "en", "There is no discount code"),
        ({"minimum_amount": "90.00"}, "en", "It needs"),
        ({"minimum_amount": "90.00"}, "ar", "سلتك أقل من المطلوب"),
        ({"minimum_amount": "90.00"}, "zh-Hant", "購物車金額不足"),
        ({"date_expires": "2026-11-01"}, "en", "has expired"),
        ({"product_ids": [1]}, "en", "Nothing in your cart is part of"),
        ({"email_restrictions": [MIA.email]}, "en", 'type="email" name="email"'),
    ],
)
@pytest.mark.parametrize("back", ["cart", "checkout"])
def test_a_code_is_refused_with_a_plain_reason(store, coupon, lang, reason, back):
    make(store, **coupon)
    store.http.post("/cart/add", data={"sku": "CP-EVE"})
    store.http.get(f"/?lang={lang}")
    answer = store.http.post("/cart/code", data={"code": "LOYAL-7QX2", "back": back})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert reason in answer.text
    assert "−$5.00" not in store.http.get("/cart/").text


def test_a_guest_who_tells_the_address_has_the_code_until_checking_out_as_another(store):
    make(store, email_restrictions=[GUEST["email"]])
    store.http.post("/cart/add", data={"sku": "CP-EVE"})
    told = {"code": "LOYAL-7QX2", "email": GUEST["email"]}
    assert store.http.post("/cart/code", data=told).status_code == 302
    answer = store.http.post("/checkout/", data={**GUEST, "email": "other@customers.example"})
    assert answer.status_code == 409
    assert "belongs to another customer" in answer.text
    assert "−$5.00" not in store.http.get("/checkout/").text
    store.http.post("/cart/code", data=told)
    assert store.http.post("/checkout/", data=GUEST).status_code == 302
    assert latest(store).discount_minor == 500


def test_a_code_leaves_by_its_button_and_waits_while_the_cart_is_too_small(store):
    make(store)
    store.http.post("/cart/add", data={"sku": "CP-EVE", "quantity": 1})
    store.http.post("/cart/code", data={"code": "LOYAL-7QX2"})
    store.http.post("/cart/update", data={"sku": "CP-EVE", "quantity": 0})
    store.http.post("/cart/add", data={"sku": "TE-HOJ"})
    small = store.http.get("/cart/").text
    assert "too small" in small
    store.http.post("/cart/add", data={"sku": "TE-HOJ"})
    assert "−$5.00" in store.http.get("/cart/").text
    store.http.post("/cart/code/remove", data={"code": "loyal-7qx2"})
    assert "−$5.00" not in store.http.get("/cart/").text


def test_whoever_sent_a_shopper_is_on_the_order(store):
    store.http.get("/product/sencha/?ref=MIA-7Q")
    store.http.post("/cart/add", data={"sku": "TE-SEN"})
    store.http.post("/checkout/", data=GUEST)
    body = shown(store, latest(store))
    assert {"key": "_perennial_ref", "value": "MIA-7Q"} in [
        {"key": row["key"], "value": row["value"]} for row in body["meta_data"]
    ]
    store.http.post("/cart/add", data={"sku": "TE-SEN"})
    store.http.post("/checkout/", data=GUEST)
    assert latest(store).attributes == (), "one order, one introduction"


def test_the_club_is_a_page_for_widgets(store):
    assert "perennial-club" not in store.http.get("/club/").text
    pairing = {"secret": "s", "public_id": "pub1", "service": "http://service.example"}
    store.control("PUT", "pairing", pairing)
    page = store.http.get("/club/").text
    assert "<perennial-club " in page
    assert "<perennial-panel" not in page
    assert 'data-base="http://service.example/storefront/woocommerce/pub1"' in page
