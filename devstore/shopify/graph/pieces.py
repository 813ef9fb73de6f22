"""What the nodes are made of: times, amounts, addresses, collections, discounts, credit."""

from __future__ import annotations

from datetime import UTC, datetime

from devstore.credit import Account, Entry
from devstore.model import Kind, Order, Reach, Taken
from devstore.money import major
from devstore.shopify.graph.paging import Node
from devstore.shopify.payloads import address, gid

_DEBIT = "StoreCreditAccountDebitTransaction"


def utc(at: datetime | None) -> str | None:
    """GraphQL tells every time in UTC, where webhooks use the shop's zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def money(minor: int, currency: str) -> Node:
    """An amount with as few decimals as it needs, but one: "19.9", "20.0"."""
    whole, _, decimals = f"{major(minor, currency):f}".partition(".")
    return {"amount": f"{whole}.{decimals.rstrip('0') or '0'}", "currencyCode": currency}


def bag(minor: int, currency: str) -> Node:
    """The same amount in the shop's and the buyer's currency: they are one here."""
    return {"shopMoney": money(minor, currency), "presentmentMoney": money(minor, currency)}


def collection(title: str) -> Node:
    """A collection by its title."""
    return {
        "__typename": "Collection",
        "id": gid("Collection", collection_id(title)),
        "title": title,
        "handle": title.lower().replace(" ", "-"),
    }


def collection_id(title: str) -> int:
    """Any lasting number will do."""
    name = title.lower()
    return 400_000_000_000 + sum(ord(letter) << place for place, letter in enumerate(name))


def movement(one: Entry, of: Account) -> Node:
    """One movement of store credit."""
    is_arrival = one.amount_minor > 0
    kind = "StoreCreditAccountCreditTransaction" if is_arrival else _DEBIT
    return {
        "__typename": kind,
        "id": gid(kind, one.id),
        "amount": money(one.amount_minor, of.currency),
        "balanceAfterTransaction": money(one.balance_minor, of.currency),
        "createdAt": utc(one.made_at),
        "event": one.event,
        "expiresAt": utc(one.ends_at),
        "remainingAmount": money(one.left_minor, of.currency),
    }


def application(index: int, one: Taken, currency: str) -> Node:
    """What one discount promised an order."""
    is_shipping = one.kind is Kind.SHIPPING
    percent = 100.0 if is_shipping else one.basis_points / 100
    value = {"__typename": "PricingPercentageValue", "percentage": percent}
    if one.kind is Kind.AMOUNT:
        value = {"__typename": "MoneyV2", **money(one.value_minor, currency)}
    named = {"title": one.title} if one.code is None else {"code": one.code}
    return {
        "__typename": "AutomaticDiscountApplication"
        if one.code is None
        else "DiscountCodeApplication",
        "index": index,
        "allocationMethod": "EACH" if is_shipping else "ACROSS",
        "targetSelection": "ENTITLED" if one.reach is Reach.PRODUCT else "ALL",
        "targetType": "SHIPPING_LINE" if is_shipping else "LINE_ITEM",
        "value": value,
        **named,
    }


def allocations(told: tuple[tuple[int, int], ...], of: Order) -> list[Node]:
    return [
        {
            "allocatedAmountSet": bag(minor, of.currency),
            "discountApplication": application(index, of.taken[index], of.currency),
        }
        for index, minor in told
    ]


def address_of(first_name: str, last_name: str) -> Node:
    """The same place that webhooks tell."""
    told = address(first_name, last_name)
    return {
        "__typename": "MailingAddress",
        "address1": told["address1"],
        "address2": told["address2"],
        "city": told["city"],
        "zip": told["zip"],
        "countryCodeV2": told["country_code"],
        "provinceCode": told["province_code"],
        "phone": told["phone"],
        "name": told["name"],
    }
