"""The service's own adapter gives, and the shop sells with it: codes, credit, standing discounts.

Nothing here is a double: the adapter asks over HTTP, a shopper checks out, and both doors of the
shop tell the same of the order.
"""

import json
from datetime import timedelta
from typing import Any

import pytest

from connector.core.commerce import CodeUse, NeedsFetch
from connector.core.discounts import Discount, DiscountKind, Standing
from connector.core.errors import Conflict
from connector.core.money import Money
from devstore.model import Buyer, Customer, Product, Terms
from devstore.people import NOOR
from devstore.refusals import CodeRefused, NotPossible
from tests.devstore.shopify.conftest import World
from tests.devstore.shopify.test_agreement import heard, only, pieces, served, story

__all__ = ["served"]


def gift(kind: DiscountKind = DiscountKind.AMOUNT, **more: Any) -> Discount:
    told: dict[str, Any] = {"code": "PER-7Q2X", "title": "500 points", "currency": "USD", **more}
    if kind is DiscountKind.AMOUNT:
        told.setdefault("value_minor", 500)
    return Discount(kind=kind, **told)


def product_key(world, sku: str) -> str:
    return str(world.shop.shelf.get(Product, sku).id)


def buyer(world, email: str) -> Buyer:
    one = world.shop.shelf.get(Customer, email)
    return Buyer(one.email, one.first_name, one.last_name, one.id)


def told_twice(world, client, order_id: int):
    """The order as fetched, which is the order as heard."""
    asked = only(client.fetch(NeedsFetch("order", str(order_id))))
    assert story(asked) == story(heard(world, order_id))
    assert pieces(asked) == pieces(heard(world, order_id))
    return asked


def test_a_code_is_made_found_in_any_case_used_once_and_told(served):
    world, client = served
    key = client.make_code(gift(customer_key=str(world.mia().id), minimum_minor=2000))
    assert client.find_code("per-7q2x") == key
    assert client.find_code("PER-OTHER") is None
    with pytest.raises(Conflict):
        client.make_code(gift())
    sold = world.sell({"CP-EVE": 3, "TE-SEN": 1}, terms=Terms(("per-7Q2X",)))
    order = told_twice(world, client, sold.id)
    assert order.codes == (CodeUse("PER-7Q2X", 500),)
    assert [(line.subtotal_minor, line.total_minor) for line in order.lines] == [
        (5400, 5012),
        (1560, 1448),
    ]
    assert sold.total_minor == 5400 + 1560 + 500 - 500
    with pytest.raises(CodeRefused) as refused:
        world.sell({"CP-EVE": 2}, terms=Terms(("PER-7Q2X",)))
    assert refused.value.reason == "code_used"
    world.shop.cancel(sold.id)
    with pytest.raises(CodeRefused):
        world.sell({"CP-EVE": 2}, terms=Terms(("PER-7Q2X",)))


@pytest.mark.parametrize(
    ("wanted", "items", "reason"),
    [
        ({"customer_key": "1"}, {"CP-EVE": 2}, "code_not_yours"),
        ({"minimum_minor": 9000}, {"CP-EVE": 2}, "code_minimum"),
    ],
)
def test_a_code_is_refused_with_its_reason(served, wanted, items, reason):
    world, client = served
    client.make_code(gift(**wanted))
    with pytest.raises(CodeRefused) as refused:
        world.sell(items, terms=Terms(("PER-7Q2X",)))
    assert refused.value.reason == reason


def test_a_code_ends_by_time_and_by_hand(served):
    world, client = served
    client.make_code(gift(ends_at=world.clock() + timedelta(days=1)))
    key = client.make_code(gift(code="PER-2"))
    client.remove_code(key)
    client.remove_code(key)
    client.remove_code("12345")
    world.clock.pass_by(days=2)
    for code in ("PER-7Q2X", "PER-2"):
        with pytest.raises(CodeRefused) as refused:
            world.sell({"CP-EVE": 1}, terms=Terms((code,)))
        assert refused.value.reason == "code_expired"


def test_percent_off_one_product_free_shipping_and_a_free_piece_go_together(served):
    world, client = served
    sencha, cup = product_key(world, "TE-SEN"), product_key(world, "CP-EVE")
    client.make_code(gift(DiscountKind.PERCENT, code="TEN", percent=10, product_key=sencha))
    client.make_code(gift(DiscountKind.SHIPPING, code="SHIP"))
    client.make_code(gift(DiscountKind.PRODUCT, code="CUP", product_key=cup))
    with pytest.raises(CodeRefused) as refused:
        world.sell({"CP-EVE": 1}, terms=Terms(("CUP",)))
    assert refused.value.reason == "code_minimum", "something else must be bought"
    sold = world.sell({"TE-SEN": 1, "CP-EVE": 2}, terms=Terms(("TEN", "SHIP", "CUP")))
    order = told_twice(world, client, sold.id)
    assert {one.code: one.amount_minor for one in order.codes} == {
        "TEN": 156,
        "SHIP": 500,
        "CUP": 1800,
    }
    assert order.total_minor == 1560 - 156 + 1800
    assert order.shipping_minor == 0


def test_store_credit_is_given_listed_spent_and_given_back(served):
    world, client = served
    mia = str(world.mia().id)
    first = client.give_credit(mia, Money(1000, "USD"), world.clock() + timedelta(days=30))
    world.clock.pass_by(minutes=1)
    second = client.give_credit(mia, Money(2000, "USD"), None)
    listed = client.credits(mia, "USD")
    assert [(one.key, one.money.minor) for one in listed] == [(second, 2000), (first, 1000)]
    assert client.credits(mia, "EUR") == []
    sold = world.sell({"CP-EVE": 1}, terms=Terms(with_credit=True))
    assert (sold.total_minor, sold.credit_minor) == (2300, 2300)
    assert world.shop.wallet.balance_minor(world.mia().id, "USD") == 700
    again = world.sell({"CP-EVE": 1}, terms=Terms(with_credit=True))
    order = told_twice(world, client, again.id)
    assert order.total_minor == 2300
    body = json.loads(last_body(world, again.id))
    assert body["payment_gateway_names"] == ["shopify_store_credit", "shopify_payments"]
    refund = world.shop.refund(again.id, amount_minor=1000)
    assert refund.credit_minor == 700
    assert world.shop.wallet.balance_minor(world.mia().id, "USD") == 700
    assert [one.money.minor for one in client.credits(mia, "USD")] == [700, 2000, 1000]
    told_twice(world, client, again.id)
    for payment, who in (("cod", world.mia().email), ("card", NOOR.email)):
        with pytest.raises(NotPossible):
            world.shop.place_order(
                buyer(world, who), {"CP-EVE": 1}, payment=payment, terms=Terms(with_credit=True)
            )


def last_body(world: World, order_id: int) -> bytes:
    return next(
        one.body
        for one in reversed(world.face.webhooks.waiting())
        if one.topic == "orders/updated" and str(order_id).encode() in one.body
    )


def test_credit_runs_out(served):
    world, client = served
    mia = str(world.mia().id)
    client.give_credit(mia, Money(1000, "USD"), world.clock() + timedelta(days=1))
    world.clock.pass_by(days=2)
    assert world.shop.wallet.balance_minor(world.mia().id, "USD") == 0


def test_a_tag_opens_a_standing_discount_and_closes_it(served):
    world, client = served
    mia = str(world.mia().id)
    tenth = Standing("Gold: 10 %", "perennial-gold", DiscountKind.PERCENT, 10)
    client.put_standing(tenth)
    client.put_standing(tenth)
    client.put_standing(Standing("Gold: shipping", "perennial-gold", DiscountKind.SHIPPING))
    assert len(world.shop.promotions.standing()) == 2
    assert world.sell({"TP-CEL": 1}).taken == ()
    client.tag(mia, ["Perennial-Gold", "friend"], [])
    client.tag(mia, [], ["FRIEND"])
    assert world.mia().tags == ("Perennial-Gold",)
    sold = world.sell({"TP-CEL": 1})
    order = told_twice(world, client, sold.id)
    assert (order.total_minor, order.shipping_minor, order.codes) == (4320, 0, ())
    applications = json.loads(last_body(world, sold.id))["discount_applications"]
    assert [(one["type"], one["title"]) for one in applications] == [
        ("automatic", "Gold: 10 %"),
        ("automatic", "Gold: shipping"),
    ]
    guest = Buyer("gil@customers.example", "Gil", "Guest")
    assert world.shop.place_order(guest, {"TP-CEL": 1}).taken == ()
    client.put_standing(
        Standing("Gold: 10 %", "perennial-gold", DiscountKind.PERCENT, 20, "Tea table")
    )
    assert world.sell({"TP-CEL": 1, "TE-SEN": 1}).discount_minor == 960 + 500
    client.remove_standing("Gold: shipping")
    client.remove_standing("Gold: shipping")
    client.tag(mia, [], ["perennial-gold"])
    assert world.sell({"TP-CEL": 1}).taken == ()
    client.put_standing(Standing("Gold: shipping", "vip", DiscountKind.SHIPPING))
    client.tag(mia, ["vip"], [])
    assert world.sell({"TP-CEL": 1}).shipping_minor == 0


def test_orders_and_customers_tell_their_tags_and_who_sent_them(served):
    world, client = served
    client.tag(str(world.mia().id), ["vip"], [])
    sold = world.sell(
        {"CP-EVE": 1}, via="pos", terms=Terms(attributes=(("_perennial_ref", "MIA-1"),))
    )
    world.shop.tag_order(sold.id, ["wholesale"], [])
    order = told_twice(world, client, sold.id)
    assert set(order.tags) >= {"wholesale", "from:pos"}
    body = json.loads(last_body(world, sold.id))
    assert body["note_attributes"] == [{"name": "_perennial_ref", "value": "MIA-1"}]
    delivery = client.fetch(NeedsFetch("customer", str(world.mia().id)))
    assert b'"vip"' in delivery.body


REFUSALS = """mutation($id: ID!, $credit: StoreCreditAccountCreditInput!) {
  storeCreditAccountCredit(id: $id, creditInput: $credit) {
    storeCreditAccountTransaction { id } userErrors { code field message }
  }
}"""


@pytest.mark.parametrize(
    ("amount", "until", "owner", "code"),
    [
        ("5.00", None, "gid://shopify/Customer/1", "OWNER_NOT_FOUND"),
        ("-5.00", None, None, "NEGATIVE_OR_ZERO_AMOUNT"),
        ("5.00", "2020-01-01T00:00:00Z", None, "EXPIRES_AT_IN_PAST"),
    ],
)
def test_credit_is_refused_as_shopify_refuses(installed, amount, until, owner, code):
    body = installed.graphql(
        REFUSALS,
        id=owner or f"gid://shopify/Customer/{installed.mia().id}",
        credit={
            "creditAmount": {"amount": amount, "currencyCode": "USD"},
            "expiresAt": until,
        },
    )
    payload = body["data"]["storeCreditAccountCredit"]
    assert payload["storeCreditAccountTransaction"] is None
    assert [one["code"] for one in payload["userErrors"]] == [code]


CODE = """mutation($discount: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $discount) {
    codeDiscountNode { id } userErrors { code field message }
  }
}"""
WHOLE = {
    "title": "Ten",
    "code": "TEN",
    "startsAt": "2026-01-01T00:00:00Z",
    "context": {"all": "ALL"},
    "customerGets": {"value": {"percentage": 0.1}, "items": {"all": True}},
}


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"code": None}, "BLANK", "code"),
        ({"title": ""}, "BLANK", "title"),
        ({"context": None}, "BLANK", "context"),
        (
            {"customerGets": {"value": {"percentage": 10}, "items": {"all": True}}},
            "VALUE_OUTSIDE_RANGE",
            "percentage",
        ),
        ({"endsAt": "2025-01-01T00:00:00Z"}, "END_DATE_BEFORE_START_DATE", "endsAt"),
    ],
)
def test_a_code_is_refused_as_shopify_refuses(installed, wrong, code, field):
    body = installed.graphql(CODE, discount={**WHOLE, **wrong})
    payload = body["data"]["discountCodeBasicCreate"]
    assert payload["codeDiscountNode"] is None
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"][0], error["field"][-1]) == (
        code,
        "basicCodeDiscount",
        field,
    )


def test_a_twin_code_is_taken_in_any_case_and_without_the_scope_nothing_is_made(installed):
    installed.graphql(CODE, discount=WHOLE)
    body = installed.graphql(CODE, discount={**WHOLE, "code": "ten"})
    assert body["data"]["discountCodeBasicCreate"]["userErrors"][0]["code"] == "TAKEN"
    installed.http.put("/_devstore/shopify/scopes", json={"scopes": "read_orders,read_customers"})
    body = installed.graphql(CODE, discount={**WHOLE, "code": "other"})
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert installed.shop.promotions.by_code("other") is None
