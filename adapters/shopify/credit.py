"""Store credit: one account a currency, kept by Shopify, spent at checkout without a code.

Giving is not idempotent and takes no key of ours, so arrivals can be listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from adapters.shopify.admin_api import AdminApi, decode, field_of
from adapters.shopify.changes import make
from adapters.shopify.codes import moment
from adapters.shopify.fields import Amount, Moment, gid_of
from connector.core.discounts import Credit
from connector.core.money import Money

ARRIVALS = 25


class _Arrival(msgspec.Struct, rename="camel"):
    created_at: Moment
    amount: Amount
    id: str | None = None


class _Arrivals(msgspec.Struct):
    nodes: list[_Arrival]


class _Account(msgspec.Struct):
    transactions: _Arrivals


class _Accounts(msgspec.Struct):
    nodes: list[_Account]


class _Customer(msgspec.Struct, rename="camel"):
    store_credit_accounts: _Accounts


def credits_of(api: AdminApi, customer_key: str, currency: str) -> Sequence[Credit]:
    """The newest arrivals in one currency, newest first."""
    asked = {
        "id": gid_of("Customer", customer_key),
        "accounts": f"currency_code:{currency}",
        "first": ARRIVALS,
    }
    customer = decode(field_of(api.ask("credits", asked), "customer"), _Customer)
    found = [
        Credit(one.id, Money.read(one.amount.amount, currency), one.created_at.astimezone(UTC))
        for account in customer.store_credit_accounts.nodes
        for one in account.transactions.nodes
        if one.id and one.amount.currency_code == currency
    ]
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def give(api: AdminApi, customer_key: str, money: Money, ends_at: datetime | None) -> str:
    """The arrival's key. The customer hears of it from us, so Shopify tells nothing."""
    credit = {
        "creditAmount": {"amount": money.text(), "currencyCode": money.currency},
        "expiresAt": moment(ends_at) if ends_at else None,
        "notify": False,
    }
    return make(api, "credit_give", {"id": gid_of("Customer", customer_key), "credit": credit})
