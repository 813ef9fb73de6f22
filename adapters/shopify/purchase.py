"""An order as Shopify tells it, in either of its two shapes, and the canonical order it becomes.

``webhooks`` and ``answers`` read the shapes; what amounts mean is decided here, once. All amounts
are shop money in minor units. ``gross``, ``discount`` and ``tax`` are as Shopify prints them: in a
shop with ``taxes_included`` the first two contain the third.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters import people
from adapters.shopify.fields import tags_of
from connector.core.commerce import (
    CodeUse,
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Person,
    Refund,
    RefundLine,
)
from connector.core.errors import UnreadablePayload
from connector.core.money import LIMIT_MINOR

DONATION_SUFFIX = "_donation"
DEFAULT_CAUSES = {"", "1", "true"}
TIP_KEY = "tip"
# A capture this soon after checkout is part of it: the payload of a webhook knows no later moment.
CHECKOUT_LASTS = timedelta(hours=1)
_STATES = {
    "authorized": OrderState.OPEN,
    "expired": OrderState.OPEN,
    "paid": OrderState.PAID,
    "partially_paid": OrderState.OPEN,
    "partially_refunded": OrderState.PAID,
    "pending": OrderState.OPEN,
    "refunded": OrderState.REFUNDED,
    "voided": OrderState.CANCELLED,
}


Taken = tuple[str | None, int]  # the code, where there is one, and what its discount took


@dataclass(frozen=True, slots=True)
class Item:
    """One line item. ``current_quantity`` is what refunds and edits have left of ``quantity``."""

    key: str
    title: str
    sku: str | None
    product_key: str | None
    quantity: int
    current_quantity: int
    gross_minor: int
    discount_minor: int
    tax_minor: int
    properties: tuple[tuple[str, str], ...]
    is_gift_card: bool
    is_tip: bool
    is_immaterial: bool  # nothing to ship and nothing to tax


@dataclass(frozen=True, slots=True)
class Piece:
    """What a refund took of one line item."""

    line_key: str
    quantity: int
    subtotal_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Return:
    """One refund. ``pieces`` None: only its amount is told."""

    key: str
    refunded_at: datetime
    amount_minor: int
    pieces: tuple[Piece, ...] | None
    shipping_minor: int = 0  # with its tax
    duties_minor: int = 0


@dataclass(frozen=True, slots=True)
class Purchase:
    """One order. ``financial_status`` in lower case, as webhooks write it."""

    key: str
    number: str
    currency: str
    financial_status: str | None
    is_fulfilled: bool
    is_test: bool
    taxes_included: bool
    placed_at: datetime
    modified_at: datetime
    cancelled_at: datetime | None
    closed_at: datetime | None
    captured_at: datetime | None
    fulfilled_at: datetime | None
    customer_key: str | None
    person: Person = field(repr=False)
    total_minor: int
    tax_minor: int
    tip_minor: int
    shipping_minor: int  # without its tax
    items: tuple[Item, ...]
    returns: tuple[Return, ...]
    codes: tuple[CodeUse, ...]
    tags: tuple[str, ...]
    notes: people.Notes
    shipping_off_minor: int  # by discounts without a code


def order_of(told: Purchase) -> Order:
    """The canonical order; UnreadablePayload ``unknown_status`` for a payment state we lack."""
    state = _state(told)
    settled = state in (OrderState.PAID, OrderState.COMPLETED, OrderState.REFUNDED)
    completed_at = told.fulfilled_at or told.closed_at or told.placed_at
    lines = _lines(told)
    refunds = tuple(_refund(one, taxes_included=told.taxes_included) for one in told.returns)
    amounts = [one.total_minor + one.tax_minor for one in lines]
    amounts += [one.amount_minor for one in refunds]
    if max(amounts, default=0) > LIMIT_MINOR:
        raise UnreadablePayload("amount_range", "an amount is beyond what the book holds")
    return Order(
        key=told.key,
        state=state,
        currency=told.currency,
        modified_at=told.modified_at,
        number=told.number,
        placed_at=told.placed_at,
        paid_at=_paid_at(told) if settled else None,
        completed_at=completed_at if state is OrderState.COMPLETED else None,
        customer_key=told.customer_key,
        person=told.person,
        is_test=told.is_test,
        taxes_included=told.taxes_included,
        total_minor=told.total_minor,
        shipping_minor=told.shipping_minor,
        tax_minor=told.tax_minor,
        lines=lines,
        refunds=refunds,
        codes=told.codes,
        tags=told.tags,
        shipping_off_minor=told.shipping_off_minor,
        **told.notes,
    )


def codes_of(named: Iterable[str], taken: Iterable[Taken]) -> tuple[CodeUse, ...]:
    """Every code an order names, with the sum of what it took of lines and shipping."""
    spelled: dict[str, str] = {}
    amounts: Counter[str] = Counter()
    with_code = ((code, minor) for code, minor in taken if code)
    for code, minor in [*((one, 0) for one in named), *with_code]:
        spelled.setdefault(code.casefold(), code)
        amounts[code.casefold()] += minor
    return tuple(CodeUse(spelled[key], amounts[key]) for key in sorted(spelled))


def order_tags(told: Iterable[str], source: str | None, *, is_b2b: bool) -> tuple[str, ...]:
    """The order's own tags, where it came from, and whether a company bought."""
    channel = [f"from:{source.strip()}"] if source and source.strip() else []
    return tags_of([*told, *channel, *(["b2b"] if is_b2b else [])])


def _state(told: Purchase) -> OrderState:
    state = _STATES.get(told.financial_status or "")
    if state is None:
        raise UnreadablePayload("unknown_status", f"financial status {told.financial_status!r}")
    if told.cancelled_at is not None:
        return OrderState.CANCELLED
    # What needs no fulfilment is never fulfilled: such an order ends by being closed.
    if state is OrderState.PAID and (told.is_fulfilled or told.closed_at is not None):
        return OrderState.COMPLETED
    return state


def _paid_at(told: Purchase) -> datetime:
    captured_at = told.captured_at
    if captured_at is None or captured_at - told.placed_at < CHECKOUT_LASTS:
        return told.placed_at
    return captured_at


def _lines(told: Purchase) -> tuple[OrderLine, ...]:
    returned: Counter[str] = Counter()
    for one in told.returns:
        for piece in one.pieces or ():
            returned[piece.line_key] += piece.quantity
    pieces_known = all(one.pieces is not None for one in told.returns)
    tip_left = told.tip_minor - sum(item.gross_minor for item in told.items if item.is_tip)
    tip_key = _tip_among(told.items, tip_left)
    lines = [
        _line(
            item,
            returned[item.key] if pieces_known else item.quantity,
            taxes_included=told.taxes_included,
            is_tip=item.is_tip or item.key == tip_key,
        )
        for item in told.items
    ]
    if tip_left > 0 and tip_key is None:
        lines.append(OrderLine(TIP_KEY, LineKind.TIP, "Tip", 1, tip_left, tip_left, 0))
    return tuple(lines)


def _tip_among(items: Sequence[Item], tip_minor: int) -> str | None:
    """The line item that is the tip: webhooks mark it, the Admin API does not."""
    return next(
        (
            item.key
            for item in items
            if tip_minor > 0
            and item.gross_minor == tip_minor
            and item.is_immaterial
            and item.product_key is None
            and not (item.is_tip or item.is_gift_card or item.sku)
            and _cause(item) is None
        ),
        None,
    )


def _line(item: Item, returned: int, *, taxes_included: bool, is_tip: bool) -> OrderLine:
    """One line, less what an order edit took off it: edits leave no refund for unpaid pieces."""
    cause = _cause(item)
    if cause is not None:
        kind = LineKind.DONATION
    elif is_tip:
        kind = LineKind.TIP
    else:
        kind = LineKind.GIFT_CARD if item.is_gift_card else LineKind.GOODS
    edited_away = max(item.quantity - item.current_quantity - returned, 0)
    quantity = max(item.quantity - edited_away, 0)
    discounted = max(item.gross_minor - item.discount_minor, 0)
    total = max(discounted - item.tax_minor, 0) if taxes_included else discounted
    subtotal = item.gross_minor * total // discounted if discounted else max(item.gross_minor, 0)
    return OrderLine(
        key=item.key,
        kind=kind,
        title=item.title,
        quantity=quantity,
        subtotal_minor=_share(subtotal, quantity, item.quantity),
        total_minor=_share(total, quantity, item.quantity),
        tax_minor=_share(item.tax_minor, quantity, item.quantity),
        product_key=item.product_key,
        sku=item.sku,
        cause=cause or None,
        cause_by_shopper=cause is not None,
    )


def _cause(item: Item) -> str | None:
    """The cause a donation line names: "" for the shop's default one; None: not a donation.

    A browser writes properties, so what the merchant made the product must agree: a donation has
    nothing to ship and nothing to tax, and is no gift card.
    """
    if item.is_gift_card or not item.is_immaterial:
        return None
    for name, value in item.properties:
        if name.endswith(DONATION_SUFFIX):
            cause = value.strip()
            return "" if cause.lower() in DEFAULT_CAUSES else cause
    return None


def _refund(one: Return, *, taxes_included: bool) -> Refund:
    """A refund; what no piece, shipping or duty explains is money off the goods.

    Less money than the pieces were worth (a restocking fee) is not negative money off.
    """
    amount = max(one.amount_minor, 0)
    if one.pieces is None:
        return Refund(one.key, one.refunded_at, amount, 0, (), lines_known=False)
    explained = one.shipping_minor + one.duties_minor
    lines = []
    for piece in one.pieces:
        tax_inside = piece.tax_minor if taxes_included else 0
        explained += piece.subtotal_minor + piece.tax_minor - tax_inside
        net = max(piece.subtotal_minor - tax_inside, 0)
        lines.append(RefundLine(piece.line_key, piece.quantity, net, piece.tax_minor))
    other = max(amount - explained, 0)
    return Refund(one.key, one.refunded_at, amount, other, tuple(lines))


def _share(minor: int, part: int, whole: int) -> int:
    return minor * part // whole if whole else minor
