"""What no recorded delivery shows: odd shapes, odd people, refunds to the last minor unit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.woocommerce.normalise import CURRENCY_HEADER, ORDER_HEADER, normalise
from adapters.woocommerce.packing import PLUGIN
from connector.core.commerce import (
    ConnectionLost,
    Customer,
    Delivery,
    LineKind,
    NeedsFetch,
    Order,
    OrderState,
    Person,
    Product,
    Refund,
    RefundLine,
    RefundsOfOrder,
)
from connector.core.errors import UnreadablePayload

T1, T2, T3 = "2026-11-20T10:00:00", "2026-11-20T11:00:00", "2026-11-20T12:00:00"


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(topic: str, body: Any, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(normalise(Delivery(topic, "key", headers, raw)))


def order(**values: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "status": "processing",
        "currency": "USD",
        "date_created_gmt": T1,
        "date_modified_gmt": T2,
        "date_paid_gmt": T1,
        "total": "12.00",
        "refunds": [],
        **values,
    }


def order_of(**values: Any) -> Order:
    (found, *_) = read("order.updated", order(**values))
    assert isinstance(found, Order)
    return found


def line(**values: Any) -> dict[str, Any]:
    return {"id": 1, "name": "Mug", "product_id": 11, "quantity": 1, "total": "12.00", **values}


@pytest.mark.parametrize(
    ("status", "paid", "completed", "state", "paid_at"),
    [
        ("processing", T1, None, OrderState.PAID, T1),
        ("processing", None, None, OrderState.OPEN, None),  # cash on delivery
        ("completed", T1, T2, OrderState.COMPLETED, T1),
        ("completed", None, T2, OrderState.COMPLETED, T2),
        ("pending", None, None, OrderState.OPEN, None),
        ("pending", T1, T2, OrderState.OPEN, T1),  # went backwards: date_paid stays
        ("on-hold", None, None, OrderState.OPEN, None),
        ("cancelled", T1, None, OrderState.CANCELLED, T1),
        ("failed", None, None, OrderState.CANCELLED, None),
        ("refunded", T1, T2, OrderState.REFUNDED, T1),
        ("trash", T1, None, OrderState.DELETED, T1),
    ],
)
def test_a_status_and_its_dates_become_a_state(status, paid, completed, state, paid_at):
    found = order_of(status=status, date_paid_gmt=paid, date_completed_gmt=completed)
    assert found.state is state
    assert found.paid_at == (moment(paid_at) if paid_at else None)
    assert not found.partial


@pytest.mark.parametrize("status", ["checkout-draft", "auto-draft"])
def test_a_draft_is_no_order_yet(status):
    assert read("order.updated", order(status=status)) == []


@pytest.mark.parametrize(
    "topic", ["order.created", "order.updated", "order.restored", "fetch/order"]
)
def test_created_updated_restored_and_fetched_orders_read_alike(topic):
    assert read(topic, order()) == [order_of()]


def test_23_ids_written_as_strings_are_the_same_ids():
    text = order_of(id="007", customer_id="5", line_items=[line(id="1", product_id="11")])
    number = order_of(id=7, customer_id=5, line_items=[line()])
    assert text == number
    assert (text.key, text.customer_key, text.lines[0].product_key) == ("7", "5", "11")


@pytest.mark.parametrize("bad", [0, -1, "0", "7x", "٧", "", "7\n", 10**19, True, 7.5, None, []])
def test_what_is_not_an_id_is_quarantined(bad):
    with pytest.raises(UnreadablePayload):
        read("order.updated", order(id=bad))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "unreadable_payload"),
        (b"[]", "unreadable_payload"),
        (b"{", "unreadable_payload"),
        (b"\xff\xfe{}", "unreadable_payload"),
        (b"[" * 100_000, "unreadable_payload"),
        (b"<html>", "unreadable_payload"),
        (order(currency="XXX"), "unknown_currency"),
        (order(currency=None), "unreadable_payload"),
        (order(total="NaN"), "amount_format"),
        (order(total="1e400"), "amount_format"),
        (order(total="9" * 18), "amount_range"),
        (order(total=12.5), "unreadable_payload"),
        (order(date_modified_gmt=None, date_created_gmt=None), "unreadable_payload"),
        (order(date_modified_gmt="yesterday"), "unreadable_payload"),
        (order(line_items=[line(quantity="1e999999999")]), "bad_quantity"),
        (order(line_items=[line(quantity="NaN")]), "bad_quantity"),
        (order(line_items={"1": line()}), "unreadable_payload"),
        ({"code": "rest_oops", "message": "", "data": {"status": 500}}, "error_body"),
    ],
)
def test_what_cannot_be_read_is_quarantined_with_a_reason(body, code):
    with pytest.raises(UnreadablePayload) as unread:
        read("order.updated", body)
    assert unread.value.code == code
    assert len(str(unread.value)) < 400


@pytest.mark.parametrize(
    ("status", "found"),
    [(401, [ConnectionLost("c")]), (403, [ConnectionLost("c")]), (404, []), (410, [])],
)
@pytest.mark.parametrize("topic", ["order.updated", "customer.created", "product.updated"])
def test_a_rest_error_in_place_of_the_thing(topic, status, found):
    assert read(topic, {"code": "c", "message": "m", "data": {"status": status}}) == found


@pytest.mark.parametrize(
    "topic", ["coupon.updated", "action.something_else", "", "order.exploded"]
)
def test_a_topic_nobody_asked_for_says_nothing(topic):
    assert read(topic, b"not even json") == []


def test_amounts_printed_with_the_shops_decimals_are_the_currencys():
    assert order_of(currency="JPY", total="2405.00").total_minor == 2405
    assert order_of(currency="KWD", total="6.45").total_minor == 6450
    assert order_of(total="0.00", date_paid_gmt=T1).total_minor == 0
    assert order_of(shipping_total="").shipping_minor == 0


def test_a_line_keeps_net_and_tax_apart_and_half_a_kilo_is_one_piece():
    found = order_of(
        line_items=[
            line(quantity=0.5, subtotal="20.00", total="18.25", total_tax="3.65", sku="TEA"),
            line(id=2, product_id=0, quantity="3", name="A &amp; B\u202e\x00"),
        ]
    )
    tea, gone = found.lines
    assert (tea.quantity, tea.subtotal_minor, tea.total_minor, tea.tax_minor) == (
        1,
        2000,
        1825,
        365,
    )
    assert (tea.kind, tea.sku) == (LineKind.GOODS, "TEA")
    assert (gone.quantity, gone.product_key, gone.title, gone.sku) == (3, None, "A & B", None)


@pytest.mark.parametrize(
    ("meta", "kind", "cause"),
    [
        ([{"key": "_perennial_donation", "value": "riverbank"}], LineKind.DONATION, "riverbank"),
        ([{"key": "_perennial_donation", "value": "1"}], LineKind.DONATION, None),
        ([{"key": "_perennial_donation", "value": ""}], LineKind.DONATION, None),
        ([{"key": "_perennial_donation", "value": "True"}], LineKind.DONATION, None),
        ([{"key": "_perennial_donation", "value": True}], LineKind.DONATION, None),
        ({"3": {"key": "_demo_donation", "value": "trees"}}, LineKind.DONATION, "trees"),
        ([{"key": "_donation_note", "value": "trees"}], LineKind.FEE, None),
        ([{"key": 5, "value": ["_donation"]}], LineKind.FEE, None),
        ([], LineKind.FEE, None),
    ],
)
def test_a_fee_is_a_donation_by_its_meta(meta, kind, cause):
    fee = {"id": 9, "name": "Fee", "total": "2.00", "total_tax": "0.00", "meta_data": meta}
    (found,) = order_of(fee_lines=[fee]).lines
    assert (found.kind, found.cause, found.total_minor, found.quantity) == (kind, cause, 200, 1)


@pytest.mark.parametrize("template", ["Gift to %s", "تبرع إلى %s", "捐給 %s"])
def test_a_gift_is_called_after_its_cause_alone(template):
    meta = [{"key": "_perennial_donation", "value": "library"}]
    fee = {"id": 9, "name": template % "Noor’s library", "total": "2.00", "meta_data": meta}
    languages = (PLUGIN / "languages").glob("*.php")
    words = "".join(path.read_text(encoding="utf-8") for path in languages)
    assert f"'{template}'" in words, "it is what the plugin writes"
    assert order_of(fee_lines=[fee]).lines[0].title == "Noor’s library"
    assert order_of(fee_lines=[{**fee, "meta_data": []}]).lines[0].title == fee["name"]


@pytest.mark.parametrize(
    ("billing", "person"),
    [
        ({"email": "mia@example.com", "first_name": "Mia", "last_name": "B"},
         Person("mia@example.com", "Mia B")),
        ({"email": "  ", "first_name": "", "last_name": ""}, Person()),
        ({"email": "deleted@site.invalid", "first_name": "[deleted]"}, Person()),
        (None, Person()),
    ],
)  # fmt: skip
def test_a_buyer_is_known_by_e_mail_unless_anonymised(billing, person):
    assert order_of(billing=billing).person == person


def test_an_order_that_does_not_list_refunds_leaves_them_as_they_were():
    assert not order_of(refunds=None).refunds_known
    assert order_of(refunds=[]).refunds_known
    assert order_of(refunds=[{"id": 3, "total": "0.00"}]).refunds == ()


def test_a_trashed_order_is_read_again_because_one_restored_by_its_status_tells_nothing():
    gone, asked = read("order.deleted", {"id": 51})
    assert (gone.key, gone.state, gone.partial) == ("51", OrderState.DELETED, True)
    assert gone.modified_at.year == 1970
    assert asked == NeedsFetch("order", "51")


def test_an_order_deleted_for_good_is_gone_and_nothing_is_left_to_ask():
    (gone,) = read("action.woocommerce_delete_order", {"action": "x", "arg": 51})
    assert (gone.key, gone.state, gone.partial) == ("51", OrderState.DELETED, True)
    assert gone.modified_at.year == 1970, "a draft that never was an order stays unknown"


def refunds(*raw: dict[str, Any], currency: str = "USD") -> tuple[Refund, ...]:
    headers = {ORDER_HEADER: "7", CURRENCY_HEADER: currency}
    (found,) = read("fetch/order_refunds", list(raw), **headers)
    assert isinstance(found, RefundsOfOrder)
    assert found.order_key == "7"
    return found.refunds


def refund(**values: Any) -> dict[str, Any]:
    return {"id": 3, "amount": "10.00", "date_created_gmt": T3, **values}


def back(original: Any, total: str, tax: str = "0", **values: Any) -> dict[str, Any]:
    meta = [{"key": "_refunded_item_id", "value": original}]
    return {"id": 90, "total": total, "total_tax": tax, "meta_data": meta, **values}


def test_a_refund_tells_lines_fees_shipping_and_the_rest():
    (found,) = refunds(
        refund(
            amount="20.00",
            line_items=[back("1", "-9.12", "-1.82", quantity=-1)],
            fee_lines=[back(2, "-2.00")],
            shipping_lines=[back("3", "-5.00", "-1.00")],
        )
    )
    assert found == Refund(
        key="3",
        refunded_at=moment(T3),
        amount_minor=2000,
        other_minor=106,
        lines=(RefundLine("1", 1, 912, 182), RefundLine("2", 0, 200, 0)),
    )


@pytest.mark.parametrize(
    ("amount", "other"),
    [("10.95", 0), ("10.94", 0), ("10.96", 0), ("10.97", 2), ("10.00", 0)],
)
def test_a_minor_unit_of_rounding_is_no_money(amount, other):
    (found,) = refunds(refund(amount=amount, line_items=[back("1", "-10.95", quantity=-1)]))
    assert found.other_minor == other


def test_a_single_cent_given_back_without_lines_is_a_cent():
    assert refunds(refund(amount="0.01"))[0].other_minor == 1


def test_lines_that_name_no_original_or_took_nothing_explain_nothing():
    (found,) = refunds(
        refund(line_items=[{"id": 90, "total": "-10.00"}, back("5", "0.00", quantity=0)])
    )
    assert (found.lines, found.other_minor) == ((), 1000)


def test_a_discount_that_was_a_fee_is_taken_back_with_its_sign():
    (found,) = refunds(
        refund(
            amount="7.00",
            line_items=[back("1", "-12.00", quantity=-1)],
            fee_lines=[back("2", "5.00")],
        )
    )
    assert found.other_minor == 0
    assert found.lines[1] == RefundLine("2", 0, -500, 0)


def test_refunds_without_money_or_without_any_refund_at_all():
    assert refunds() == ()
    assert refunds(refund(amount="0.00", line_items=[back("1", "0.00", quantity=-1)])) == ()
    assert refunds(refund(amount="500"), currency="JPY")[0].amount_minor == 500


def test_refunds_that_name_no_order_are_quarantined():
    with pytest.raises(UnreadablePayload, match="X-Perennial-Order"):
        read("fetch/order_refunds", [])


def test_a_customers_own_name_comes_before_the_billing_name():
    body = {"id": 5, "email": "noor@example.com", "date_modified_gmt": T1}
    (billed,) = read(
        "customer.updated", {**body, "billing": {"first_name": "N.", "last_name": "A."}}
    )
    assert billed == Customer("5", Person("noor@example.com", "N. A."), moment(T1))
    (named,) = read(
        "fetch/customer", {**body, "first_name": "Noor", "billing": {"first_name": "N"}}
    )
    assert named.person.name == "Noor"
    assert read("customer.deleted", {"id": 5}) == [Customer("5", deleted=True)]


def product(**values: Any) -> dict[str, Any]:
    return {"id": 11, "name": "Tea &amp; cake", "price": "4.50", "permalink": "https://s/p",
            "date_modified_gmt": T1, **values}  # fmt: skip


def test_a_product_is_read_once_its_currency_is_known():
    assert read("product.updated", product()) == [NeedsFetch("product", "11")]
    body = product(
        categories=[{"name": "Tea &amp; co"}], images=[{"src": ""}, {"src": "https://i"}]
    )
    (found,) = read("product.updated", body, **{CURRENCY_HEADER: "USD"})
    assert found == Product(
        key="11",
        title="Tea & cake",
        price_minor=450,
        url="https://s/p",
        image_url="https://i",
        categories=("Tea & co",),
        modified_at=moment(T1),
    )


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"price": ""}, {"price_minor": None}),
        ({"stock_status": "outofstock"}, {"in_stock": False}),
        ({"stock_status": "onbackorder"}, {"in_stock": True}),
        ({"status": "draft"}, {"published": False}),
        ({"catalog_visibility": "hidden"}, {"published": False}),
        ({"type": "gift-card"}, {"is_gift_card": True}),
        ({"type": "pw-gift-card"}, {"is_gift_card": True}),
        ({"type": "wgm_gift_card"}, {"is_gift_card": True}),
        ({"meta_data": [{"key": "_gift_card", "value": "yes"}]}, {"is_gift_card": True}),
        ({"meta_data": [{"key": "_gift_card", "value": {"a": []}}]}, {"is_gift_card": False}),
    ],
)
def test_what_a_shopper_cannot_buy_is_told(values, told):
    (found,) = read("fetch/product", product(**values), **{CURRENCY_HEADER: "USD"})
    assert {name: getattr(found, name) for name in told} == told


def test_a_trashed_product_is_believed_only_from_the_product_itself():
    assert read("product.deleted", {"id": 11}) == [NeedsFetch("product", "11")]
    (found,) = read("fetch/product", product(status="trash"), **{CURRENCY_HEADER: "USD"})
    assert (found.key, found.deleted) == ("11", True)


def test_a_variation_is_a_reason_to_read_its_parent():
    body = product(id=42, type="variation", parent_id=11)
    assert read("product.updated", body) == [NeedsFetch("product", "11")]
