"""Webhook payloads, in the words of the REST resources. Only the fields we read are named.

Amounts are strings inside ``*_set``; beside them Shopify repeats some as JSON numbers (a refund's
``subtotal``), which are never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any

import msgspec

from adapters import people
from adapters.shopify.accounts import Address, CustomerPayload, Identified
from adapters.shopify.fields import (
    Moment,
    Quantity,
    full_name,
    key_of,
    minor_of,
    utc,
)
from adapters.shopify.purchase import Item, Piece, Purchase, Return, Taken, codes_of, order_tags
from connector.core.commerce import CodeUse, Person
from connector.core.money import Money

_PAID_BACK = {"success", "pending"}


class _Amount(msgspec.Struct):
    amount: str
    currency_code: str


class _Set(msgspec.Struct):
    shop_money: _Amount

    def minor(self, currency: str) -> int:
        return minor_of(self.shop_money.amount, self.shop_money.currency_code, currency)


class _TaxLine(msgspec.Struct):
    price_set: _Set


class _Allocation(msgspec.Struct):
    amount_set: _Set
    discount_application_index: int | None = None


class _Application(msgspec.Struct):
    type: str = ""
    code: str | None = None


class _Code(msgspec.Struct):
    code: str
    amount: str = "0"


class _Property(msgspec.Struct):
    name: Any = None
    value: Any = None


class _LineItem(Identified, kw_only=True):
    title: str
    quantity: Quantity
    price_set: _Set
    current_quantity: Quantity | None = None
    sku: str | None = None
    product_id: int | str | None = None
    gift_card: bool = False
    requires_shipping: bool = True
    taxable: bool = True
    tip_payment_gateway: str | None = None
    tip_payment_method: str | None = None
    properties: list[_Property] | dict[str, Any] | None = None
    tax_lines: tuple[_TaxLine, ...] = ()
    discount_allocations: tuple[_Allocation, ...] = ()


class _ShippingLine(msgspec.Struct, kw_only=True):
    discounted_price_set: _Set
    is_removed: bool = False
    tax_lines: tuple[_TaxLine, ...] = ()
    discount_allocations: tuple[_Allocation, ...] = ()


class _RefundLineItem(msgspec.Struct, kw_only=True):
    quantity: Quantity
    subtotal_set: _Set
    total_tax_set: _Set
    line_item_id: int | str | None = None
    line_item: Identified | None = None


class _RefundShipping(msgspec.Struct):
    subtotal_amount_set: _Set
    tax_amount_set: _Set | None = None


class _Adjustment(msgspec.Struct):
    amount_set: _Set
    tax_amount_set: _Set | None = None
    kind: str | None = None


class _Duty(msgspec.Struct):
    amount_set: _Set | None = None


class _Transaction(msgspec.Struct):
    amount: str
    kind: str = ""
    status: str = ""
    currency: str | None = None


class RefundPayload(Identified, kw_only=True):
    """A refund, inside its order or alone."""

    order_id: int | str | None = None
    created_at: Moment | None = None
    processed_at: Moment | None = None
    refund_line_items: tuple[_RefundLineItem, ...] = ()
    refund_shipping_lines: tuple[_RefundShipping, ...] = ()
    order_adjustments: tuple[_Adjustment, ...] = ()
    transactions: tuple[_Transaction, ...] = ()
    duties: tuple[_Duty, ...] = ()


class _Fulfillment(msgspec.Struct):
    status: str | None = None
    created_at: Moment | None = None


class OrderPayload(Identified, kw_only=True):
    """The whole order that every ``orders/*`` topic but edited and delete carries."""

    currency: str
    financial_status: str | None
    updated_at: Moment
    created_at: Moment
    total_price_set: _Set
    name: str = ""
    processed_at: Moment | None = None
    cancelled_at: Moment | None = None
    closed_at: Moment | None = None
    fulfillment_status: str | None = None
    test: bool = False
    taxes_included: bool = False
    email: str | None = None
    contact_email: str | None = None
    phone: str | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    company: Identified | None = None
    customer_locale: str | None = None
    source_name: str | None = None
    tags: str | None = None
    note_attributes: tuple[_Property, ...] = ()
    discount_codes: tuple[_Code, ...] = ()
    discount_applications: tuple[_Application, ...] = ()
    customer: CustomerPayload | None = None
    total_tax_set: _Set | None = None
    total_tip_received: str | None = None
    line_items: tuple[_LineItem, ...] = ()
    shipping_lines: tuple[_ShippingLine, ...] = ()
    fulfillments: tuple[_Fulfillment, ...] = ()
    refunds: tuple[RefundPayload, ...] = ()


def purchase(told: OrderPayload) -> Purchase:
    """The order in a webhook."""
    customer = told.customer
    fulfilled = [one.created_at for one in told.fulfillments if one.status == "success"]
    return Purchase(
        key=told.key,
        number=told.name.removeprefix("#"),
        currency=told.currency,
        financial_status=told.financial_status,
        is_fulfilled=told.fulfillment_status == "fulfilled",
        is_test=told.test,
        taxes_included=told.taxes_included,
        placed_at=(told.processed_at or told.created_at).astimezone(UTC),
        modified_at=told.updated_at.astimezone(UTC),
        cancelled_at=utc(told.cancelled_at),
        closed_at=utc(told.closed_at),
        captured_at=None,  # only the Admin API tells transactions
        fulfilled_at=utc(max((at for at in fulfilled if at), default=None)),
        customer_key=customer.key if customer else None,
        person=_buyer(told),
        total_minor=told.total_price_set.minor(told.currency),
        tax_minor=told.total_tax_set.minor(told.currency) if told.total_tax_set else 0,
        tip_minor=Money.read(told.total_tip_received or "0", told.currency).minor,
        shipping_minor=_shipping(told),
        items=tuple(_item(one, told.currency) for one in told.line_items),
        returns=tuple(_return(one, told) for one in told.refunds),
        codes=_codes(told),
        tags=order_tags(
            (told.tags or "").split(","), told.source_name, is_b2b=told.company is not None
        ),
        notes=people.notes_of({str(one.name): one.value for one in told.note_attributes}),
        shipping_off_minor=sum(
            off
            for code, off in _taken(
                [one for one in told.shipping_lines if not one.is_removed], told
            )
            if not code
        ),
    )


def _buyer(told: OrderPayload) -> Person:
    account = told.customer
    places = [one for one in (told.billing_address, told.shipping_address) if one]
    return Person(
        email=(account.email if account else None) or told.email or told.contact_email,
        name=full_name(account.first_name, account.last_name) if account else None,
        locale=told.customer_locale,
        phone=people.phone(told.phone, *(one.phone for one in places)),
        address=next((line for one in places if (line := one.line())), None),
    )


def _codes(told: OrderPayload) -> tuple[CodeUse, ...]:
    """Codes with what they took, by the allocations; by their own word where there are none."""
    taken = _taken([*told.line_items, *told.shipping_lines], told)
    if not any(code for code, _ in taken):
        taken = [
            (one.code, Money.read(one.amount, told.currency).minor) for one in told.discount_codes
        ]
    return codes_of((one.code for one in told.discount_codes), taken)


def _taken(lines: Iterable[_LineItem | _ShippingLine], told: OrderPayload) -> list[Taken]:
    """What each discount took of these lines."""
    applied = [
        one.code if one.type == "discount_code" else None for one in told.discount_applications
    ]
    return [
        (applied[at], one.amount_set.minor(told.currency))
        for line in lines
        for one in line.discount_allocations
        if (at := one.discount_application_index) is not None and 0 <= at < len(applied)
    ]


def _item(told: _LineItem, currency: str) -> Item:
    left = told.quantity if told.current_quantity is None else told.current_quantity
    return Item(
        key=told.key,
        title=told.title,
        sku=told.sku or None,
        product_key=None if told.product_id is None else key_of(told.product_id),
        quantity=told.quantity,
        current_quantity=left,
        gross_minor=told.price_set.minor(currency) * told.quantity,
        discount_minor=sum(one.amount_set.minor(currency) for one in told.discount_allocations),
        tax_minor=_tax(told.tax_lines, currency),
        properties=_properties(told.properties),
        is_gift_card=told.gift_card,
        is_tip=bool(told.tip_payment_gateway or told.tip_payment_method),
        is_immaterial=not (told.requires_shipping or told.taxable),
    )


def _properties(told: list[_Property] | dict[str, Any] | None) -> tuple[tuple[str, str], ...]:
    if isinstance(told, dict):
        return tuple((name, _text(value)) for name, value in told.items())
    return tuple((_text(one.name), _text(one.value)) for one in told or ())


def _text(value: object) -> str:
    """A property as text; shoppers' scripts write booleans and numbers there, too."""
    return "" if value is None else str(value)


def _shipping(told: OrderPayload) -> int:
    net = 0
    for line in told.shipping_lines:
        if not line.is_removed:
            tax = _tax(line.tax_lines, told.currency) if told.taxes_included else 0
            net += line.discounted_price_set.minor(told.currency) - tax
    return max(net, 0)


def _return(told: RefundPayload, of: OrderPayload) -> Return:
    currency = of.currency
    pieces = tuple(
        Piece(
            line_key=one.line_item.key if one.line_item else key_of(one.line_item_id),
            quantity=one.quantity,
            subtotal_minor=one.subtotal_set.minor(currency),
            tax_minor=one.total_tax_set.minor(currency),
        )
        for one in told.refund_line_items
    )
    return Return(
        key=told.key,
        refunded_at=(told.created_at or told.processed_at or of.updated_at).astimezone(UTC),
        amount_minor=_paid_back(told, of),
        pieces=pieces,
        shipping_minor=_refunded_shipping(told, of),
        duties_minor=_refunded_duties(told, of),
    )


def _paid_back(told: RefundPayload, of: OrderPayload) -> int:
    """All money given back. A refund that only took pieces off an unpaid order gave none."""
    paid_back = [
        one for one in told.transactions if one.kind == "refund" and one.status in _PAID_BACK
    ]
    if all(one.currency in (None, of.currency) for one in paid_back):
        return sum(Money.read(one.amount, of.currency).minor for one in paid_back)
    # Transactions are in the buyer's currency, so the shop's money is found from its parts: they
    # and the discrepancy, which is negative when more was given back than they explain.
    pieces = sum(_whole(one.subtotal_set, one.total_tax_set, of) for one in told.refund_line_items)
    explained = pieces + _refunded_shipping(told, of) + _refunded_duties(told, of)
    return explained - _adjusted(told, "refund_discrepancy", of)


def _refunded_shipping(told: RefundPayload, of: OrderPayload) -> int:
    """Shipping given back, with its tax; older API versions wrote it as a negative adjustment."""
    if told.refund_shipping_lines:
        lines = told.refund_shipping_lines
        return sum(_whole(one.subtotal_amount_set, one.tax_amount_set, of) for one in lines)
    return -_adjusted(told, "shipping_refund", of)


def _refunded_duties(told: RefundPayload, of: OrderPayload) -> int:
    return sum(one.amount_set.minor(of.currency) for one in told.duties if one.amount_set)


def _adjusted(told: RefundPayload, kind: str, of: OrderPayload) -> int:
    return sum(
        _whole(one.amount_set, one.tax_amount_set, of)
        for one in told.order_adjustments
        if one.kind == kind
    )


def _whole(amount: _Set, tax: _Set | None, of: OrderPayload) -> int:
    """An amount with its tax, which it contains already where the shop's prices do."""
    beside = 0 if tax is None or of.taxes_included else tax.minor(of.currency)
    return amount.minor(of.currency) + beside


def _tax(told: Sequence[_TaxLine], currency: str) -> int:
    return sum(one.price_set.minor(currency) for one in told)
