"""Store credit as Shopify is asked for it."""

from datetime import UTC, datetime

import pytest
import requests

from connector.core.discounts import Credit
from connector.core.errors import PlatformBusy, PlatformError, PlatformMissing, PlatformRefused
from connector.core.money import Money
from tests.adapters.shopify.graph import failed, throttled

MIA = "gid://shopify/Customer/42"
ARRIVAL = "gid://shopify/StoreCreditAccountCreditTransaction/9"
GIVEN = {"changed": {"made": {"id": ARRIVAL}, "userErrors": []}}


def refused(code):
    return {"changed": {"made": None, "userErrors": [{"code": code, "message": "no"}]}}


def arrival(number, amount, at, currency="EUR"):
    money = {"amount": amount, "currencyCode": currency}
    return {"id": f"{ARRIVAL[:-1]}{number}", "createdAt": f"2026-11-{at}", "amount": money}


def accounts(*transactions):
    nodes = [{"transactions": {"nodes": list(one)}} for one in transactions]
    return {"customer": {"storeCreditAccounts": {"nodes": nodes}}}


@pytest.mark.parametrize("currency", ["EUR", "JPY"])
def test_credit_is_given_to_the_customer_who_hears_of_it_from_us(shop, currency):
    shop.answers(GIVEN)
    ends_at = datetime(2027, 1, 1, tzinfo=UTC)
    assert shop.client.give_credit("42", Money(500, currency), ends_at) == ARRIVAL
    amount = {"amount": {"EUR": "5.00", "JPY": "500"}[currency], "currencyCode": currency}
    credit = {"creditAmount": amount, "expiresAt": "2027-01-01T00:00:00Z", "notify": False}
    assert shop.asked == [("CreditGive", {"id": MIA, "credit": credit})]


def test_arrivals_are_listed_newest_first_in_one_currency(shop):
    revert = {
        "createdAt": "2026-11-22T11:00:00Z",
        "amount": {"amount": "1", "currencyCode": "EUR"},
    }
    shop.answers(
        accounts(
            [revert, arrival(1, "5.0", "20T09:00:00Z"), arrival(2, "2.5", "21T10:00:00+01:00")],
            [arrival(3, "7", "22T09:00:00Z", "USD")],
        )
    )
    assert shop.client.credits("42", "EUR") == [
        Credit(f"{ARRIVAL[:-1]}2", Money(250, "EUR"), datetime(2026, 11, 21, 9, tzinfo=UTC)),
        Credit(f"{ARRIVAL[:-1]}1", Money(500, "EUR"), datetime(2026, 11, 20, 9, tzinfo=UTC)),
    ]
    (asked,) = shop.asked
    assert asked == ("Credits", {"id": MIA, "accounts": "currency_code:EUR", "first": 25})


def test_a_customer_without_an_account_has_no_arrivals(shop):
    shop.answers(accounts())
    assert shop.client.credits("42", "EUR") == []


def test_a_lost_reply_is_found_among_the_arrivals(shop):
    shop.answers(requests.Timeout("late"), accounts([arrival(9, "5.0", "22T12:00:00Z")]))
    with pytest.raises(PlatformBusy):
        shop.client.give_credit("42", Money(500, "EUR"), None)
    (found,) = shop.client.credits("42", "EUR")
    assert (found.key, found.money) == (ARRIVAL, Money(500, "EUR"))


def test_throttled_credit_was_not_given_and_is_asked_again(shop):
    shop.answers(throttled(10, 0), GIVEN)
    assert shop.client.give_credit("42", Money(500, "EUR"), None) == ARRIVAL


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (refused("OWNER_NOT_FOUND"), PlatformMissing, "platform_missing"),
        (refused("CREDIT_LIMIT_EXCEEDED"), PlatformError, "credit_limit_exceeded"),
        (failed("ACCESS_DENIED", data={"changed": None}), PlatformRefused, "access_denied"),
        ((503, {}, ""), PlatformBusy, "platform_busy"),
    ],
)
def test_credit_that_is_refused_says_why_and_is_asked_once(shop, answer, kind, code):
    shop.answers(answer)
    with pytest.raises(kind) as caught:
        shop.client.give_credit("42", Money(500, "EUR"), None)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(shop.asked) == 1


def test_a_customer_who_is_gone_is_missing(shop):
    shop.answers({"customer": None})
    with pytest.raises(PlatformMissing):
        shop.client.credits("42", "EUR")
