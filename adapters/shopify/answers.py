"""Answers of the Admin API as ``client`` keeps them: one order or customer per body.

    {"order": {...}, "lines": [...], "shipping": [...], "refunds": [...]}

``order`` is the node as it came. What came by other calls or other lines of a bulk file stands
beside it: further line items, shipping lines, and refunds whole, in as many pages as they took.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC

import msgspec
from msgspec import structs

from adapters import people
from adapters.shopify.fields import (
    Amount,
    Moment,
    Quantity,
    full_name,
    gid_key,
    minor_of,
    tags_of,
    utc,
)
from adapters.shopify.purchase import Item, Piece, Purchase, Return, codes_of, order_tags
from connector.core.commerce import Customer, Person

_Lines = Iterable["_LineItem | _ShippingLine"]
_CAPTURES = {"SALE", "CAPTURE"}


class _Bag(msgspec.Struct, rename="camel"):
    shop_money: Amount

    def minor(self, currency: str) -> int:
        return minor_of(self.shop_money.amount, self.shop_money.currency_code, currency)


class _Reference(msgspec.Struct):
    id: str


class _Email(msgspec.Struct, rename="camel"):
    email_address: str | None = None
    marketing_state: str | None = None


class _Phone(msgspec.Struct, rename="camel"):
    phone_number: str | None = None


class _Address(msgspec.Struct, rename="camel"):
    address1: str | None = None
    address2: str | None = None
    zip: str | None = None
    country_code_v2: str | None = msgspec.field(default=None, name="countryCodeV2")
    phone: str | None = None

    def line(self) -> str | None:
        return people.address(self.address1, self.address2, self.zip, self.country_code_v2)


class _Entity(msgspec.Struct):
    company: _Reference | None = None


class _Customer(msgspec.Struct, rename="camel", kw_only=True):
    id: str
    first_name: str | None = None
    last_name: str | None = None
    locale: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    default_email_address: _Email | None = None
    default_phone_number: _Phone | None = None
    default_address: _Address | None = None
    verified_email: bool | None = None
    tags: list[str] | None = None

    @property
    def email(self) -> str | None:
        return self.default_email_address.email_address if self.default_email_address else None

    @property
    def name(self) -> str | None:
        return full_name(self.first_name, self.last_name)


class _TaxLine(msgspec.Struct, rename="camel"):
    price_set: _Bag


class _Application(msgspec.Struct):
    code: str | None = None  # of a discount by code


class _Allocation(msgspec.Struct, rename="camel"):
    allocated_amount_set: _Bag
    discount_application: _Application | None = None


class _Attribute(msgspec.Struct):
    key: str
    value: str | None = None


class _LineItem(msgspec.Struct, rename="camel", kw_only=True):
    id: str
    title: str
    quantity: Quantity
    current_quantity: Quantity
    original_total_set: _Bag
    sku: str | None = None
    is_gift_card: bool = False
    requires_shipping: bool = True
    taxable: bool = True
    product: _Reference | None = None
    custom_attributes: list[_Attribute] = []
    discount_allocations: list[_Allocation] = []
    tax_lines: list[_TaxLine] = []


class _LineItems(msgspec.Struct):
    nodes: list[_LineItem] = []


class _ShippingLine(msgspec.Struct, rename="camel"):
    discounted_price_set: _Bag
    tax_lines: list[_TaxLine] = []
    discount_allocations: list[_Allocation] = []


class _ShippingLines(msgspec.Struct):
    nodes: list[_ShippingLine] = []


class _Transaction(msgspec.Struct, rename="camel"):
    kind: str
    status: str
    processed_at: Moment | None = None


class _Fulfillment(msgspec.Struct, rename="camel"):
    status: str
    created_at: Moment


class _RefundLineItem(msgspec.Struct, rename="camel"):
    quantity: Quantity
    subtotal_set: _Bag
    total_tax_set: _Bag
    line_item: _Reference


class _RefundLineItems(msgspec.Struct):
    nodes: list[_RefundLineItem] = []


class _RefundShipping(msgspec.Struct, rename="camel"):
    subtotal_amount_set: _Bag
    tax_amount_set: _Bag


class _RefundShippingLines(msgspec.Struct):
    nodes: list[_RefundShipping] = []


class _Duty(msgspec.Struct, rename="camel"):
    amount_set: _Bag


class _Refund(msgspec.Struct, rename="camel", kw_only=True):
    id: str
    created_at: Moment | None = None
    processed_at: Moment | None = None
    total_refunded_set: _Bag | None = None
    duties: list[_Duty] | None = None
    refund_shipping_lines: _RefundShippingLines | None = None
    refund_line_items: _RefundLineItems | None = None


class _Order(msgspec.Struct, rename="camel", kw_only=True):
    id: str
    name: str
    currency_code: str
    display_financial_status: str | None
    display_fulfillment_status: str
    processed_at: Moment
    updated_at: Moment
    total_price_set: _Bag
    test: bool = False
    taxes_included: bool = False
    cancelled_at: Moment | None = None
    closed_at: Moment | None = None
    customer_locale: str | None = None
    email: str | None = None
    phone: str | None = None
    billing_address: _Address | None = None
    shipping_address: _Address | None = None
    purchasing_entity: _Entity | None = None
    source_name: str | None = None
    tags: list[str] = []
    custom_attributes: list[_Attribute] = []
    discount_codes: list[str] = []
    customer: _Customer | None = None
    total_tax_set: _Bag | None = None
    total_tip_received_set: _Bag | None = None
    shipping_lines: _ShippingLines | None = None
    transactions: list[_Transaction] = []
    fulfillments: list[_Fulfillment] = []
    line_items: _LineItems | None = None
    refunds: list[_Refund] = []


class OrderAnswer(msgspec.Struct):
    """An order and what came beside it."""

    order: _Order
    lines: list[_LineItem] = []
    shipping: list[_ShippingLine] = []
    refunds: list[_Refund] = []


class CustomerAnswer(msgspec.Struct):
    """A customer."""

    customer: _Customer


def purchase(told: OrderAnswer) -> Purchase:
    """The order in an answer."""
    order, currency = told.order, told.order.currency_code
    captured = [
        one.processed_at
        for one in order.transactions
        if one.kind in _CAPTURES and one.status == "SUCCESS" and one.processed_at
    ]
    fulfilled = [one.created_at for one in order.fulfillments if one.status == "SUCCESS"]
    shipping = [*(order.shipping_lines.nodes if order.shipping_lines else ()), *told.shipping]
    items = [*(order.line_items.nodes if order.line_items else ()), *told.lines]
    account, entity = order.customer, order.purchasing_entity
    return Purchase(
        key=gid_key(order.id),
        number=order.name.removeprefix("#"),
        currency=currency,
        financial_status=(order.display_financial_status or "").lower(),
        is_fulfilled=order.display_fulfillment_status == "FULFILLED",
        is_test=order.test,
        taxes_included=order.taxes_included,
        placed_at=order.processed_at.astimezone(UTC),
        modified_at=order.updated_at.astimezone(UTC),
        cancelled_at=utc(order.cancelled_at),
        closed_at=utc(order.closed_at),
        captured_at=utc(max(captured, default=None)),
        fulfilled_at=utc(max(fulfilled, default=None)),
        customer_key=gid_key(account.id) if account else None,
        person=_buyer(order),
        total_minor=order.total_price_set.minor(currency),
        tax_minor=order.total_tax_set.minor(currency) if order.total_tax_set else 0,
        tip_minor=_optional(order.total_tip_received_set, currency),
        shipping_minor=_shipping(shipping, order),
        items=tuple(_item(one, currency) for one in items),
        returns=_returns(told),
        codes=codes_of(order.discount_codes, _taken([*items, *shipping], currency)),
        tags=order_tags(order.tags, order.source_name, is_b2b=bool(entity and entity.company)),
        notes=people.notes_of({one.key: one.value for one in order.custom_attributes}),
        shipping_off_minor=sum(off for code, off in _taken(shipping, currency) if not code),
    )


def customer(told: CustomerAnswer) -> Customer:
    """The customer in an answer."""
    one = told.customer
    home, number = one.default_address, one.default_phone_number
    phones = (number.phone_number if number else None, home.phone if home else None)
    person = Person(
        email=one.email,
        name=one.name,
        locale=one.locale,
        phone=people.phone(*phones),
        address=home.line() if home else None,
    )
    return structs.replace(_account(one), person=person)


def buyers_account(told: OrderAnswer) -> Customer | None:
    """What an order tells of the account that bought; who that is, the order says itself."""
    one = told.order.customer
    return None if one is None or one.tags is None else _account(one)


def _account(one: _Customer) -> Customer:
    mail = one.default_email_address
    state = mail.marketing_state if mail else None
    return Customer(
        key=gid_key(one.id),
        modified_at=utc(one.updated_at),
        tags=None if one.tags is None else tags_of(one.tags),
        email_verified=one.verified_email,
        accepts_marketing=None if state is None else state == "SUBSCRIBED",
        created_at=utc(one.created_at),
    )


def _buyer(order: _Order) -> Person:
    account = order.customer
    places = [one for one in (order.billing_address, order.shipping_address) if one]
    return Person(
        email=(account.email if account else None) or order.email,
        name=account.name if account else None,
        locale=(account.locale if account else None) or order.customer_locale,
        phone=people.phone(order.phone, *(one.phone for one in places)),
        address=next((line for one in places if (line := one.line())), None),
    )


def _taken(lines: _Lines, currency: str) -> list[tuple[str | None, int]]:
    """What each discount took, wherever it did, and its code if it has one."""
    return [
        (by.code if by else None, one.allocated_amount_set.minor(currency))
        for line in lines
        for one in line.discount_allocations
        for by in [one.discount_application]
    ]


def _item(told: _LineItem, currency: str) -> Item:
    discounts = (one.allocated_amount_set for one in told.discount_allocations)
    return Item(
        key=gid_key(told.id),
        title=told.title,
        sku=told.sku or None,
        product_key=gid_key(told.product.id) if told.product else None,
        quantity=told.quantity,
        current_quantity=told.current_quantity,
        gross_minor=told.original_total_set.minor(currency),
        discount_minor=sum(one.minor(currency) for one in discounts),
        tax_minor=_tax(told.tax_lines, currency),
        properties=tuple((one.key, one.value or "") for one in told.custom_attributes),
        is_gift_card=told.is_gift_card,
        is_tip=False,  # the Admin API does not mark tips; their total finds them
        is_immaterial=not (told.requires_shipping or told.taxable),
    )


def _shipping(lines: Sequence[_ShippingLine], order: _Order) -> int:
    currency = order.currency_code
    taxes = sum(_tax(line.tax_lines, currency) for line in lines) if order.taxes_included else 0
    return max(sum(one.discounted_price_set.minor(currency) for one in lines) - taxes, 0)


def _returns(told: OrderAnswer) -> tuple[Return, ...]:
    """Refunds in the order's own sequence, each with the pages that came of it."""
    pages: dict[str, list[_Refund]] = {one.id: [] for one in told.order.refunds}
    for page in told.refunds:
        pages.setdefault(page.id, []).append(page)
    listed = {one.id: one for one in told.order.refunds}
    return tuple(_return(parts or [listed[id_]], told.order) for id_, parts in pages.items())


def _return(pages: Sequence[_Refund], order: _Order) -> Return:
    first, currency = pages[0], order.currency_code
    pieces = [
        Piece(
            line_key=gid_key(one.line_item.id),
            quantity=one.quantity,
            subtotal_minor=one.subtotal_set.minor(currency),
            tax_minor=one.total_tax_set.minor(currency),
        )
        for page in pages
        if page.refund_line_items
        for one in page.refund_line_items.nodes
    ]
    shipping = first.refund_shipping_lines.nodes if first.refund_shipping_lines else []
    tax = (
        0 if order.taxes_included else sum(one.tax_amount_set.minor(currency) for one in shipping)
    )
    return Return(
        key=gid_key(first.id),
        refunded_at=(first.created_at or first.processed_at or order.updated_at).astimezone(UTC),
        amount_minor=_optional(first.total_refunded_set, currency),
        pieces=None if first.refund_line_items is None else tuple(pieces),
        shipping_minor=sum(one.subtotal_amount_set.minor(currency) for one in shipping) + tax,
        duties_minor=sum(one.amount_set.minor(currency) for one in first.duties or ()),
    )


def _tax(told: Sequence[_TaxLine], currency: str) -> int:
    return sum(one.price_set.minor(currency) for one in told)


def _optional(told: _Bag | None, currency: str) -> int:
    return told.minor(currency) if told else 0
