"""Discount codes as Shopify is asked for them, and what it answers."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests

from connector.core.discounts import Discount, DiscountKind
from connector.core.errors import (
    Conflict,
    PlatformBusy,
    PlatformError,
    PlatformMissing,
    PlatformRefused,
)
from tests.adapters.shopify.graph import failed, throttled

FIVE_OFF = Discount(
    code="PR-7QX2",
    title="5 EUR off",
    kind=DiscountKind.AMOUNT,
    currency="EUR",
    value_minor=500,
    minimum_minor=2_000,
    customer_key="42",
    email="mia@example.com",
    ends_at=datetime(2027, 2, 1, tzinfo=UTC),
)
MADE = {"changed": {"made": {"id": "gid://shopify/DiscountCodeNode/77"}, "userErrors": []}}
FOUND = {"found": {"id": "gid://shopify/DiscountCodeNode/77"}}


def refused(code, *, field=("basicCodeDiscount", "code"), message="no"):
    problem = {"code": code, "field": list(field), "message": message}
    return {"changed": {"made": None, "userErrors": [problem]}}


def made(shop, **changes):
    """The operation and the input a discount becomes."""
    shop.answers(MADE)
    assert shop.client.make_code(replace(FIVE_OFF, **changes)) == "77"
    name, variables = shop.asked[-1]
    return name, variables["discount"]


def test_an_amount_is_taken_once_off_one_customers_order(shop):
    assert made(shop) == (
        "CodeBasic",
        {
            "title": "5 EUR off",
            "code": "PR-7QX2",
            "startsAt": "2026-11-22T12:00:00Z",
            "endsAt": "2027-02-01T00:00:00Z",
            "usageLimit": 1,
            "appliesOncePerCustomer": True,
            "context": {"customers": {"add": ["gid://shopify/Customer/42"]}},
            "customerGets": {
                "value": {"discountAmount": {"amount": "5.00", "appliesOnEachItem": False}},
                "items": {"all": True},
            },
            "combinesWith": {
                "orderDiscounts": True,
                "productDiscounts": True,
                "shippingDiscounts": True,
            },
            "minimumRequirement": {"subtotal": {"greaterThanOrEqualToSubtotal": "20.00"}},
        },
    )


def test_a_percentage_off_one_product_for_anybody(shop):
    _, told = made(
        shop,
        kind=DiscountKind.PERCENT,
        percent=15,
        product_key="701",
        minimum_minor=0,
        customer_key=None,
        ends_at=None,
        starts_at=datetime(2026, 12, 1, tzinfo=UTC),
    )
    assert told["customerGets"] == {
        "value": {"percentage": 0.15},
        "items": {"products": {"productsToAdd": ["gid://shopify/Product/701"]}},
    }
    assert told["context"] == {"all": "ALL"}
    assert (told["startsAt"], told["endsAt"]) == ("2026-12-01T00:00:00Z", None)
    assert "minimumRequirement" not in told


def test_free_shipping_goes_anywhere_and_not_with_other_free_shipping(shop):
    name, told = made(shop, kind=DiscountKind.SHIPPING)
    assert name == "CodeShipping"
    assert told["destination"] == {"all": True}
    assert told["combinesWith"] == {"orderDiscounts": True, "productDiscounts": True}
    assert told["minimumRequirement"]["subtotal"] == {"greaterThanOrEqualToSubtotal": "20.00"}


@pytest.mark.parametrize(
    ("currency", "minimum", "amount"),
    [("EUR", 2_000, "20.00"), ("EUR", 0, "0.01"), ("JPY", 0, "1")],
)
def test_a_free_product_is_one_piece_whatever_is_in_the_cart(shop, currency, minimum, amount):
    name, told = made(
        shop,
        kind=DiscountKind.PRODUCT,
        currency=currency,
        product_key="701",
        minimum_minor=minimum,
    )
    assert name == "CodeProduct"
    assert told["customerBuys"] == {"value": {"amount": amount}, "items": {"all": True}}
    assert told["customerGets"] == {
        "value": {"discountOnQuantity": {"quantity": "1", "effect": {"percentage": 1.0}}},
        "items": {"products": {"productsToAdd": ["gid://shopify/Product/701"]}},
    }
    assert (told["usesPerOrderLimit"], told["usageLimit"]) == (1, 1)


def test_a_code_somebody_has_is_taken(shop):
    shop.answers(refused("TAKEN", message="Code has already been taken"))
    with pytest.raises(Conflict, match="code_taken"):
        shop.client.make_code(FIVE_OFF)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (refused("MAX_APP_DISCOUNTS"), PlatformError, "max_app_discounts"),
        (refused(None), PlatformError, "change_refused"),
        (refused("INTERNAL_ERROR"), PlatformBusy, "platform_busy"),
        (failed("ACCESS_DENIED", data={"changed": None}), PlatformRefused, "access_denied"),
        (failed("INTERNAL_SERVER_ERROR"), PlatformBusy, "platform_busy"),
        ((429, {"Retry-After": "2.0"}, "slow down"), PlatformBusy, "throttled"),
        ((502, {}, "bad gateway"), PlatformBusy, "platform_busy"),
        ({"changed": None}, PlatformError, "unreadable_answer"),
        ({"changed": {"made": None, "userErrors": []}}, PlatformError, "unreadable_answer"),
    ],
)
def test_what_does_not_work_says_why_and_is_asked_once(shop, answer, kind, code):
    shop.answers(answer)
    with pytest.raises(kind) as caught:
        shop.client.make_code(FIVE_OFF)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert shop.names() == ["CodeBasic"]


def test_a_throttled_code_was_not_made_and_is_asked_again(shop):
    shop.answers(throttled(10, 0), MADE)
    assert shop.client.make_code(FIVE_OFF) == "77"
    assert shop.slept == [0.1]


def test_a_lost_reply_is_found_by_the_code(shop):
    shop.answers(requests.ConnectionError("cut"), FOUND)
    with pytest.raises(PlatformBusy):
        shop.client.make_code(FIVE_OFF)
    assert shop.client.find_code("pr-7qx2") == "77"
    assert shop.asked[-1] == ("CodeFind", {"code": "pr-7qx2"})


def test_a_free_code_is_nobodys(shop):
    shop.answers({"found": None})
    assert shop.client.find_code("PR-7QX2") is None


@pytest.mark.parametrize(
    ("error", "kind"), [("ACCESS_DENIED", PlatformRefused), ("WHATEVER", PlatformMissing)]
)
def test_a_code_that_cannot_be_looked_up_is_not_free(shop, error, kind):
    shop.answers(failed(error, data={"found": None}))
    with pytest.raises(kind):
        shop.client.find_code("PR-7QX2")


def test_a_code_is_ended_and_ended_again(shop):
    gone = refused("INVALID", field=["id"], message="Code discount does not exist.")
    shop.answers(MADE, gone)
    shop.client.remove_code("77")
    shop.client.remove_code("77")
    assert shop.asked == [("CodeEnd", {"id": "gid://shopify/DiscountCodeNode/77"})] * 2


@pytest.mark.parametrize("answer", [{"changed": None}, refused("INTERNAL_ERROR", field=())])
def test_an_end_without_an_answer_is_no_end(shop, answer):
    shop.answers(answer)
    with pytest.raises(PlatformError):
        shop.client.remove_code("77")


def test_codes_hold_no_balance(shop):
    with pytest.raises(PlatformError, match="not_supported"):
        shop.client.change_code("77", FIVE_OFF)
    assert shop.asked == []
