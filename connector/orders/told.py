"""What the import format says of an order, and the order it means (docs/import-format.md).

Shapes are checked while they are decoded; ``check`` does the rest. Amounts are decimal text in
the order's currency, because a number with a point is already rounded when it arrives.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from msgspec import Meta, Struct

from connector.core.commerce import (
    EARNING_STATES,
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Person,
    Refund,
    RefundLine,
)
from connector.core.errors import BadInput
from connector.core.money import Money, exponent

MAX_QUANTITY = 1_000_000_000
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_SLACK = timedelta(days=1)  # clocks of shops and services differ
_PAID = EARNING_STATES | {OrderState.REFUNDED}
_NOBODY = Person()

_Key = Annotated[str, Meta(min_length=1, max_length=200)]
_Text = Annotated[str, Meta(max_length=1000)]
_Count = Annotated[int, Meta(ge=0, le=MAX_QUANTITY)]
_At = Annotated[datetime, Meta(tz=True)]


class ToldCustomer(Struct, forbid_unknown_fields=True, gc=False):
    """Who bought. All empty: a guest without identity."""

    key: _Key | None = None
    email: _Text | None = None
    name: _Text | None = None
    locale: _Text | None = None


class ToldLine(Struct, forbid_unknown_fields=True, gc=False):
    """One line; ``total`` is after every discount and without tax."""

    total: str
    key: _Key | None = None
    kind: LineKind = LineKind.GOODS
    title: _Text = ""
    quantity: _Count = 1
    subtotal: str | None = None
    tax: str = "0"
    product: _Key | None = None
    sku: _Text | None = None
    cause: _Key | None = None


class ToldRefundLine(Struct, forbid_unknown_fields=True, gc=False):
    """What a refund took of the line it names."""

    line: _Key
    total: str
    quantity: _Count = 0
    tax: str = "0"


class ToldRefund(Struct, forbid_unknown_fields=True, gc=False):
    """One refund. other: money off that belongs to no line and no shipping."""

    refunded_at: _At
    key: _Key | None = None
    amount: str | None = None
    other: str = "0"
    lines: tuple[ToldRefundLine, ...] = ()


class ToldOrder(Struct, forbid_unknown_fields=True, gc=False):
    """One order."""

    key: _Key
    placed_at: _At
    state: OrderState
    currency: str
    number: _Text = ""
    paid_at: _At | None = None
    completed_at: _At | None = None
    modified_at: _At | None = None
    customer: ToldCustomer | None = None
    is_test: bool = False
    taxes_included: bool = False
    shipping: str = "0"
    tax: str | None = None
    total: str | None = None
    lines: tuple[ToldLine, ...] = ()
    refunds: tuple[ToldRefund, ...] = ()


def check(told: ToldOrder, now: datetime) -> None:
    """BadInput for an order that cannot be meant though its shape is right."""
    currency = told.currency
    exponent(currency)
    keys = [line.key or str(position) for position, line in enumerate(told.lines, 1)]
    if len(set(keys)) != len(keys):
        raise BadInput("duplicate_line", "two lines have the same key")
    for line in told.lines:
        _amounts(currency, line.total, line.tax, line.subtotal)
    _amounts(currency, told.shipping, told.tax, told.total)
    if told.refunds:
        _check_refunds(told, set(keys))
    _check_times(told, now)


def order_of(told: ToldOrder) -> Order:
    """The order that is meant, with everything left out filled in. It has been checked."""
    currency = told.currency
    lines = tuple([_line(n, one, currency) for n, one in enumerate(told.lines, 1)])
    refunds = tuple([_refund(n, one, currency) for n, one in enumerate(told.refunds, 1)])
    paid_at, completed_at = told.paid_at, told.completed_at
    if paid_at is None and told.state in _PAID:
        paid_at = completed_at or told.placed_at
    if completed_at is None and told.state is OrderState.COMPLETED:
        completed_at = paid_at
    shipping = _minor(told.shipping, currency)
    tax = sum([line.tax_minor for line in lines])
    if told.tax is not None:
        tax = _minor(told.tax, currency)
    total = sum([line.total_minor for line in lines]) + shipping + tax
    customer = told.customer
    return Order(
        key=told.key,
        state=told.state,
        currency=currency,
        modified_at=_utc(told.modified_at or _latest(told)),
        number=told.number or told.key,
        placed_at=_utc(told.placed_at),
        paid_at=paid_at and _utc(paid_at),
        completed_at=completed_at and _utc(completed_at),
        customer_key=customer.key if customer else None,
        person=_person(customer) if customer else _NOBODY,
        is_test=told.is_test,
        taxes_included=told.taxes_included,
        total_minor=total if told.total is None else _minor(told.total, currency),
        shipping_minor=shipping,
        tax_minor=tax,
        lines=lines,
        refunds=refunds,
    )


def _check_refunds(told: ToldOrder, line_keys: set[str]) -> None:
    currency = told.currency
    keys = {refund.key or str(position) for position, refund in enumerate(told.refunds, 1)}
    if len(keys) != len(told.refunds):
        raise BadInput("duplicate_refund", "two refunds have the same key")
    for refund in told.refunds:
        least = _amounts(currency, refund.other)
        for line in refund.lines:
            least += _amounts(currency, line.total, line.tax)
            if line.line not in line_keys:
                raise BadInput("unknown_line", f"a refund names the line {line.line!r}")
        if refund.amount is not None and _minor(refund.amount, currency) < least:
            raise BadInput("refund_amount", "a refund is less than its lines and money off")


def _check_times(told: ToldOrder, now: datetime) -> None:
    times = _times(told)
    if min(times) < _EARLIEST or max(times) > now + _SLACK:
        raise BadInput("time_range", "times are between 1970 and today")


def _times(told: ToldOrder) -> list[datetime]:
    times = [told.placed_at]
    others = (told.paid_at, told.completed_at, told.modified_at)
    times += [at for at in others if at is not None]
    times += [refund.refunded_at for refund in told.refunds]
    return times


def _latest(told: ToldOrder) -> datetime:
    return max(_times(told))


def _line(position: int, told: ToldLine, currency: str) -> OrderLine:
    total = _minor(told.total, currency)
    return OrderLine(
        key=told.key or str(position),
        kind=told.kind,
        title=told.title,
        quantity=told.quantity,
        subtotal_minor=total if told.subtotal is None else _minor(told.subtotal, currency),
        total_minor=total,
        tax_minor=_minor(told.tax, currency),
        product_key=told.product,
        sku=told.sku,
        cause=told.cause,
    )


def _refund(position: int, told: ToldRefund, currency: str) -> Refund:
    lines = tuple(
        [
            RefundLine(
                line_key=one.line,
                quantity=one.quantity,
                total_minor=_minor(one.total, currency),
                tax_minor=_minor(one.tax, currency),
            )
            for one in told.lines
        ]
    )
    other = _minor(told.other, currency)
    amount = sum([line.total_minor + line.tax_minor for line in lines]) + other
    return Refund(
        key=told.key or str(position),
        refunded_at=_utc(told.refunded_at),
        amount_minor=amount if told.amount is None else _minor(told.amount, currency),
        other_minor=other,
        lines=lines,
    )


def _amounts(currency: str, *told: str | None) -> int:
    """Their sum in minor units."""
    return sum([_minor(text, currency) for text in told if text is not None])


@lru_cache(maxsize=10_000)
def _minor(text: str, currency: str) -> int:
    minor = Money.parse(text, currency).minor
    if minor < 0:
        raise BadInput("amount_range", f"{text!r} is below zero; a refund says what went back")
    return minor


def _person(customer: ToldCustomer) -> Person:
    email = customer.email and customer.email.strip()
    return Person(email=email or None, name=customer.name or None, locale=customer.locale or None)


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)
