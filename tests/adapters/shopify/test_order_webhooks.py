"""What an order in a webhook means."""

import json
from datetime import UTC, datetime

import pytest

from connector.core.commerce import LineKind, OrderState, Person
from connector.core.errors import UnreadablePayload
from tests.adapters.shopify import world
from tests.adapters.shopify.world import gift, line, money, order, refund


def told(**changes):
    (found,) = world.tell("orders/updated", order(**changes))
    return found


def unreadable(**changes):
    with pytest.raises(UnreadablePayload) as caught:
        told(**changes)
    return caught.value.code


def amounts(found):
    return [(one.subtotal_minor, one.total_minor, one.tax_minor) for one in found.lines]


def test_an_order_in_the_shops_money_and_utc():
    found = told()
    assert (found.key, found.number, found.currency) == ("450789469", "1001", "EUR")
    assert found.state is OrderState.PAID
    assert found.placed_at == found.paid_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert found.modified_at == datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
    assert found.customer_key == "115310627314723954"  # the exact one, not the rounded number
    assert found.person == Person("mia@example.com", "Mia Berg", "en")
    assert found.total_minor == 10_000
    assert amounts(found) == [(10_000, 10_000, 0)]
    assert found.lines[0].product_key == "701"


def test_a_guest_has_an_email_and_no_key():
    found = told(customer=None)
    assert found.customer_key is None
    assert found.person == Person("mia@example.com", None, "en")
    assert told(customer=None, email=None, contact_email="m@x.com").person.email == "m@x.com"
    assert told(customer=None, email=None).person.email is None


def test_protected_fields_may_be_missing():
    found = told(customer={"id": 7}, email=None, customer_locale=None)
    assert found.customer_key == "7"
    assert found.person == Person()


@pytest.mark.parametrize(
    ("status", "changes", "state"),
    [
        ("paid", {}, OrderState.PAID),
        ("partially_refunded", {}, OrderState.PAID),
        ("paid", {"fulfillment_status": "partial"}, OrderState.PAID),
        ("paid", {"fulfillment_status": "fulfilled"}, OrderState.COMPLETED),
        ("partially_refunded", {"fulfillment_status": "fulfilled"}, OrderState.COMPLETED),
        ("paid", {"closed_at": "2026-11-21T10:00:00Z"}, OrderState.COMPLETED),
        ("refunded", {}, OrderState.REFUNDED),
        ("voided", {}, OrderState.CANCELLED),
        ("paid", {"cancelled_at": "2026-11-21T10:00:00Z"}, OrderState.CANCELLED),
        ("refunded", {"cancelled_at": "2026-11-21T10:00:00Z"}, OrderState.CANCELLED),
        ("pending", {"fulfillment_status": "fulfilled"}, OrderState.OPEN),
        ("authorized", {}, OrderState.OPEN),
        ("partially_paid", {}, OrderState.OPEN),
        ("expired", {}, OrderState.OPEN),
    ],
)
def test_states(status, changes, state):
    found = told(financial_status=status, **changes)
    assert found.state is state
    paid = state in (OrderState.PAID, OrderState.COMPLETED, OrderState.REFUNDED)
    assert (found.paid_at is not None) == paid
    assert (found.completed_at is not None) == (state is OrderState.COMPLETED)


@pytest.mark.parametrize("status", ["hacked", "", None, "PAID"])
def test_a_payment_state_we_do_not_know_is_not_guessed(status):
    assert unreadable(financial_status=status) == "unknown_status"
    cancelled = {"cancelled_at": "2026-11-21T10:00:00Z"}
    assert unreadable(financial_status=status, **cancelled) == "unknown_status"


def test_completed_is_when_the_last_parcel_left():
    found = told(
        fulfillment_status="fulfilled",
        closed_at="2026-11-25T10:00:00Z",
        fulfillments=[
            {"status": "success", "created_at": "2026-11-23T10:00:00Z"},
            {"status": "success", "created_at": "2026-11-24T10:00:00Z"},
            {"status": "cancelled", "created_at": "2026-11-26T10:00:00Z"},
        ],
    )
    assert found.completed_at == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_discounts_and_tax_beside_the_price():
    found = told(line_items=[line(1, "20.00", 3, discount="6.00", tax="10.26")])
    assert amounts(found) == [(6_000, 5_400, 1_026)]


def test_tax_inside_the_price_is_taken_out():
    found = told(
        taxes_included=True,
        line_items=[
            line(1, "20.00", 3, discount="6.00", tax="8.62"),
            line(2, "11.90", tax="1.90"),
        ],
        shipping_lines=[
            {
                "discounted_price_set": money("4.90"),
                "tax_lines": [{"price_set": money("0.78")}],
            },
            {"discounted_price_set": money("9.90"), "is_removed": True},
        ],
    )
    assert amounts(found) == [(5_042, 4_538, 862), (1_000, 1_000, 190)]
    assert found.shipping_minor == 412
    assert told(shipping_lines=[{"discounted_price_set": money("4.90")}]).shipping_minor == 490


@pytest.mark.parametrize(
    ("currency", "price", "minor"), [("JPY", "2405", 2_405), ("KWD", "6.450", 6_450)]
)
def test_currencies_without_and_with_three_decimals(currency, price, minor):
    found = told(currency=currency, line_items=[line(1, price, currency=currency)])
    assert found.lines[0].total_minor == minor


def test_money_of_another_currency_than_the_shops_is_not_read():
    assert unreadable(line_items=[line(1, "20.00", currency="USD")]) == "mixed_currencies"
    assert unreadable(currency="XXX") == "unknown_currency"


@pytest.mark.parametrize("amount", [89.99, None, "1e3", "٣", "1,5", ""])
def test_only_decimal_text_is_money(amount):
    broken = money("1.00")
    broken["shop_money"]["amount"] = amount
    assert unreadable(total_price_set=broken) in {"unreadable_payload", "amount_format"}


@pytest.mark.parametrize("name", ["_donation", "_perennial_donation", "round_up_donation"])
@pytest.mark.parametrize(
    ("value", "cause"),
    [("riverbank", "riverbank"), ("", None), ("1", None), ("true", None), (True, None), (1, None)],
)
def test_a_property_marks_a_donation_and_names_its_cause(name, value, cause):
    marks = [{"name": "a", "value": "b"}, {"name": name, "value": value}]
    found = told(line_items=[line(1, "97.50"), gift(2, "2.50", properties=marks)])
    assert [one.kind for one in found.lines] == [LineKind.GOODS, LineKind.DONATION]
    assert found.lines[1].cause == cause
    assert found.lines[1].cause_by_shopper


@pytest.mark.parametrize("fact", ["gift_card", "requires_shipping", "taxable"])
def test_a_shopper_cannot_make_a_donation_of_what_is_none(fact):
    (found,) = told(line_items=[gift(1, "89.00", **{fact: True})]).lines
    assert found.kind is (LineKind.GIFT_CARD if fact == "gift_card" else LineKind.GOODS)
    assert (found.cause, found.total_minor) == (None, 8_900)
    untold = gift(1, "89.00")
    del untold["taxable"]
    assert told(line_items=[untold]).lines[0].kind is LineKind.GOODS


def test_other_properties_are_no_donation():
    for properties in (None, [], {"colour": "blue"}, [{"name": "donation_note", "value": "hi"}]):
        assert told(line_items=[line(1, "1.00", properties=properties)]).lines[0].kind == "goods"
    nameless = gift(1, "1.00", properties={"_donation": None})
    assert told(line_items=[nameless]).lines[0].kind is LineKind.DONATION


def test_gift_cards_are_not_goods():
    assert told(line_items=[line(1, "50.00", gift_card=True)]).lines[0].kind is LineKind.GIFT_CARD


def test_a_tip_is_a_line_once():
    loose = told(total_tip_received="5.00")
    assert [(one.key, one.kind, one.total_minor) for one in loose.lines][1:] == [
        ("tip", LineKind.TIP, 500)
    ]
    unmarked = {"product_id": None, "sku": None, "taxable": False, "requires_shipping": False}
    for mark in ({"tip_payment_gateway": "shopify_payments"}, {}):
        tip = line(9, "5.00") | unmarked | mark
        found = told(total_tip_received="5.00", line_items=[line(1, "95.00"), tip])
        assert [(one.key, one.kind) for one in found.lines] == [("1", "goods"), ("9", "tip")]
    assert len(told(total_tip_received=None).lines) == 1


def test_a_donation_is_not_taken_for_the_tip():
    found = told(
        total_tip_received="5.00", line_items=[gift(9, "5.00", product_id=None, sku=None)]
    )
    assert [one.kind for one in found.lines] == [LineKind.DONATION, LineKind.TIP]


def test_test_orders_are_marked():
    assert told(test=True).is_test


def test_a_refund_by_line():
    found = told(
        line_items=[line(1, "20.00", 3, current_quantity=2, tax="11.40")],
        refunds=[refund((1, 1, "20.00", "3.80"), paid="23.80")],
    )
    (one,) = found.refunds
    assert (one.key, one.amount_minor, one.other_minor) == ("509562969", 2_380, 0)
    assert one.refunded_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert [(p.line_key, p.quantity, p.total_minor, p.tax_minor) for p in one.lines] == [
        ("1", 1, 2_000, 380)
    ]
    assert found.lines[0].quantity == 3  # as ordered: the refund tells what came back


def test_a_refund_in_a_shop_with_tax_inside_prices():
    found = told(
        taxes_included=True,
        line_items=[line(1, "23.80", 2, current_quantity=1, tax="7.60")],
        refunds=[refund((1, 1, "23.80", "3.80"), paid="23.80")],
    )
    (one,) = found.refunds
    assert (one.lines[0].total_minor, one.lines[0].tax_minor, one.other_minor) == (2_000, 380, 0)


def test_money_back_without_a_piece_is_money_off():
    adjustments = [{"amount_set": money("-22.99"), "kind": "refund_discrepancy"}]
    found = told(refunds=[refund(paid="22.99", order_adjustments=adjustments)])
    assert (found.refunds[0].amount_minor, found.refunds[0].other_minor) == (2_299, 2_299)


def test_shipping_and_duties_given_back_are_not_money_off_the_goods():
    shipping = [{"subtotal_amount_set": money("4.00"), "tax_amount_set": money("0.76")}]
    duties = [{"amount_set": money("1.24")}]
    found = told(refunds=[refund(paid="6.00", refund_shipping_lines=shipping, duties=duties)])
    assert (found.refunds[0].amount_minor, found.refunds[0].other_minor) == (600, 0)
    old = [
        {"amount_set": money("-8.00"), "tax_amount_set": money("-1.52"), "kind": "shipping_refund"}
    ]
    found = told(refunds=[refund(paid="10.00", order_adjustments=old)])
    assert (found.refunds[0].amount_minor, found.refunds[0].other_minor) == (1_000, 48)


def test_a_restocking_fee_is_not_negative_money_off():
    adjustments = [{"amount_set": money("5.00"), "kind": "refund_discrepancy"}]
    found = told(
        refunds=[refund((1, 1, "20.00", "0.00"), paid="15.00", order_adjustments=adjustments)]
    )
    assert (found.refunds[0].amount_minor, found.refunds[0].other_minor) == (1_500, 0)


def test_money_that_did_not_go_back_does_not_count():
    failed = [
        {"kind": "refund", "status": "failure", "amount": "10.00", "currency": "EUR"},
        {"kind": "void", "status": "success", "amount": "10.00", "currency": "EUR"},
        {"kind": "refund", "status": "success", "amount": "1.00", "currency": None},
        {"kind": "refund", "status": "pending", "amount": "2.00", "currency": "EUR"},
    ]
    assert told(refunds=[refund(transactions=failed)]).refunds[0].amount_minor == 300


def test_a_refund_in_the_buyers_currency_is_told_in_the_shops():
    foreign = [{"kind": "refund", "status": "success", "amount": "33.00", "currency": "USD"}]
    adjustments = [{"amount_set": money("-10.00"), "kind": "refund_discrepancy"}]
    found = told(
        refunds=[
            refund((1, 1, "20.00", "3.80"), transactions=foreign, order_adjustments=adjustments)
        ]
    )
    assert (found.refunds[0].amount_minor, found.refunds[0].other_minor) == (3_380, 1_000)


def test_an_edit_before_payment_takes_pieces_off_without_a_refund():
    found = told(line_items=[line(1, "20.00", 3, current_quantity=2, discount="6.00", tax="9.00")])
    assert (found.lines[0].quantity, amounts(found)) == (2, [(4_000, 3_600, 600)])
    gone = told(line_items=[line(1, "20.00", 1, current_quantity=0)])
    assert (gone.lines[0].quantity, amounts(gone)) == (0, [(0, 0, 0)])


def test_a_discount_never_makes_a_line_negative():
    assert amounts(told(line_items=[line(1, "5.00", discount="6.00")])) == [(500, 0, 0)]


@world.needed
def test_the_reference_order_of_shopify_is_read_to_the_cent():
    body = (world.FOLDER / "rest-order-2026-07.json").read_bytes()
    (found,) = world.tell("orders/updated", body)
    assert found.state is OrderState.CANCELLED
    assert sum(one.total_minor for one in found.lines) == 58_700
    assert sum(one.tax_minor for one in found.lines) == found.tax_minor == 1_194
    assert found.total_minor == 58_700 + 1_194 + found.shipping_minor
    (returned,) = found.refunds
    assert sum(piece.total_minor for piece in returned.lines) == 58_700
    assert (returned.amount_minor, returned.other_minor) == (1_000, 0)
    assert found.person.name == "Bob Norman"


@world.needed
def test_the_sample_orders_lines_have_their_exact_ids():
    (found,) = world.tell("orders/paid", world.sample("orders/paid"))
    assert [one.key for one in found.lines][:2] == ["487817672276298554", "789012345678901234"]
    assert found.is_test
    assert found.lines[1].product_key is None


@world.needed
def test_the_sample_refund_inside_its_order_names_the_orders_lines():
    body = json.loads(world.sample("orders/updated"))
    body["refunds"] = [json.loads(world.sample("refunds/create"))]
    (found,) = world.tell("orders/updated", body)
    known = {one.key for one in found.lines}
    (returned,) = found.refunds
    assert {piece.line_key for piece in returned.lines} == known
    assert (returned.amount_minor, returned.other_minor) == (8_500, 0)
