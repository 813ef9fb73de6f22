"""An order of the shop as Shopify would tell it: lines, what is left of them, money movements.

Everything is computed from the model, so webhooks and GraphQL can never disagree. Amounts are
integer minor units of the order's currency.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from devstore.model import Order, OrderLine, Product, Refund, Status

DONATION_PROPERTY = "_perennial_donation"
DONATION_PRODUCT = Product(
    id=7_600_000_000_001,
    sku="DONATION",
    slug="donation",
    titles={"en": "Donation", "ar": "تبرع", "zh-Hant": "捐款"},
    blurbs={"en": "All of it goes to the cause you chose.", "ar": "", "zh-Hant": ""},
    price_minor=100,
    category="Donation",
    shape="heart",
    glaze="rose",
    created_at=datetime(2024, 1, 1, tzinfo=UTC),
    modified_at=datetime(2024, 1, 1, tzinfo=UTC),
)
CREDIT_GATEWAY = "shopify_store_credit"
SOURCES = {"store-api": "web", "checkout": "web"}
_GATEWAYS = {"card": "shopify_payments", "bank": "Bank Deposit", "cod": "Cash on Delivery (COD)"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line item. ``unit_minor * quantity - discount_minor`` is what the buyer paid for it."""

    id: int
    product_id: int
    sku: str
    title: str
    quantity: int
    unit_minor: int
    allocations: tuple[tuple[int, int], ...] = ()  # (place in the order's ``taken``, amount)
    cause: str | None = None  # set: a donation

    @property
    def discount_minor(self) -> int:
        return sum(minor for _index, minor in self.allocations)

    @property
    def total_minor(self) -> int:
        return self.unit_minor * self.quantity - self.discount_minor

    @property
    def properties(self) -> tuple[tuple[str, str], ...]:
        return ((DONATION_PROPERTY, self.cause),) if self.cause is not None else ()


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """What one refund took of one line: Shopify counts pieces, and their share of the price."""

    id: int
    line: Line
    quantity: int
    subtotal_minor: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """One movement of money; ``refund_id`` tells which refund gave it back."""

    id: int
    kind: str  # sale or refund
    status: str  # success or pending
    gateway: str
    amount_minor: int
    at: datetime
    parent_id: int | None = None
    refund_id: int | None = None


def source_name(order: Order) -> str:
    """The channel that placed it, as Shopify names it."""
    return SOURCES.get(order.via, order.via)


def variant_id(product_id: int) -> int:
    """Every product here has one variant, whose id follows from the product's."""
    return product_id + 40_000_000_000_000


def lines(order: Order) -> tuple[Line, ...]:
    """Goods, then the donation."""
    found = [_goods(line, order) for line in order.lines]
    gift = order.donation
    if gift is not None:
        found.append(
            Line(
                id=gift.line_id,
                product_id=DONATION_PRODUCT.id,
                sku=DONATION_PRODUCT.sku,
                title=DONATION_PRODUCT.titles["en"],
                quantity=1,
                unit_minor=gift.amount_minor,
                cause=gift.cause,
            )
        )
    return tuple(found)


def returned(order: Order) -> dict[int, tuple[ReturnedLine, ...]]:
    """The line items of every refund, by refund id.

    Money given back for a line without a piece of it has no place here: Shopify knows it only as
    a discrepancy. A donation is one piece, given back when all of it is.
    """
    known = {line.id: line for line in lines(order)}
    before = dict.fromkeys(known, 0)
    return {refund.id: tuple(_pieces(refund, known, before)) for refund in order.refunds}


def current_quantity(order: Order, line: Line) -> int:
    """What refunds have left of a line."""
    return line.quantity - sum(piece.quantity for piece in _returned_of(order, line))


def discounted_rest_minor(order: Order, line: Line) -> int:
    """The price of what refunds have left of a line."""
    return line.total_minor - sum(piece.subtotal_minor for piece in _returned_of(order, line))


def discrepancy_minor(order: Order, refund: Refund) -> int:
    """Money given back for no piece and no shipping; positive when the buyer got it."""
    pieces = sum(piece.subtotal_minor for piece in returned(order)[refund.id])
    return refund.amount_minor - pieces - refund.shipping_minor


def subtotal_minor(order: Order) -> int:
    return order.goods_minor + order.donation_minor


def shipping_allocations(order: Order) -> tuple[tuple[int, int], ...]:
    """What was taken off the shipping, as ``Line.allocations`` tells it."""
    return tuple(
        (index, one.shipping_minor) for index, one in enumerate(order.taken) if one.shipping_minor
    )


def current_subtotal_minor(order: Order) -> int:
    """What is left of the lines: money refunded without a piece does not lower it."""
    return sum(discounted_rest_minor(order, line) for line in lines(order))


def current_shipping_minor(order: Order) -> int:
    return order.shipping_minor - sum(refund.shipping_minor for refund in order.refunds)


def current_total_minor(order: Order) -> int:
    return order.total_minor - order.refunded_minor


def is_paid(order: Order) -> bool:
    return order.paid_at is not None


def financial_status(order: Order) -> str:
    """In the words of webhooks; GraphQL shouts them."""
    if not is_paid(order):
        is_void = order.status in (Status.CANCELLED, Status.FAILED)
        return "voided" if is_void else "pending"
    if order.refunded_minor == 0:
        return "paid"
    return "refunded" if order.refunded_minor >= order.total_minor else "partially_refunded"


def gateways(order: Order) -> list[str]:
    """Who takes the money, in the order they are asked."""
    is_split = order.credit_minor > 0
    is_all = order.credit_minor >= order.total_minor
    names = [CREDIT_GATEWAY] if is_split else []
    return names if is_split and is_all else [*names, _GATEWAYS.get(order.payment, order.payment)]


def transactions(order: Order) -> tuple[Transaction, ...]:
    """The sales, store credit first, and the refund transactions of each refund."""
    amounts = {CREDIT_GATEWAY: order.credit_minor}
    sales = [
        Transaction(
            id=_sale_id(order, gateway),
            kind="sale",
            status="success" if is_paid(order) else "pending",
            gateway=gateway,
            amount_minor=amounts.get(gateway, order.total_minor - order.credit_minor),
            at=order.paid_at or order.placed_at,
        )
        for gateway in gateways(order)
    ]
    backs = [one for refund in order.refunds for one in refund_transactions(order, refund)]
    return (*sales, *backs)


def refund_transactions(order: Order, refund: Refund) -> tuple[Transaction, ...]:
    """Back to where it came from, store credit first."""
    amounts = {CREDIT_GATEWAY: refund.credit_minor}
    rest = refund.amount_minor - refund.credit_minor
    return tuple(
        Transaction(
            id=refund.id + (3 if gateway == CREDIT_GATEWAY else 2) * 1_000_000_000_000,
            kind="refund",
            status="success",
            gateway=gateway,
            amount_minor=amount,
            at=refund.refunded_at,
            parent_id=_sale_id(order, gateway),
            refund_id=refund.id,
        )
        for gateway in gateways(order)
        if (amount := amounts.get(gateway, rest))
    )


def _sale_id(order: Order, gateway: str) -> int:
    return order.id + (9 if gateway == CREDIT_GATEWAY else 1) * 1_000_000_000_000


def _goods(line: OrderLine, order: Order) -> Line:
    return Line(
        id=line.id,
        product_id=line.product_id,
        sku=line.sku,
        title=line.title,
        quantity=line.quantity,
        unit_minor=line.subtotal_minor // line.quantity,
        allocations=tuple(
            (index, minor)
            for index, one in enumerate(order.taken)
            for line_id, minor in one.shares
            if line_id == line.id
        ),
    )


def _pieces(
    refund: Refund, known: dict[int, Line], before: dict[int, int]
) -> Iterator[ReturnedLine]:
    for part in refund.lines:
        line = known[part.line_id]
        is_gift = line.cause is not None and part.amount_minor == line.total_minor
        quantity = 1 if is_gift else part.quantity
        start = before[line.id]
        end = min(start + quantity, line.quantity)
        if end == start:
            continue
        before[line.id] = end
        # Shares telescope: when every piece is back, so is every minor unit.
        share = line.total_minor * end // line.quantity - line.total_minor * start // line.quantity
        yield ReturnedLine(part.id, line, end - start, share)


def _returned_of(order: Order, line: Line) -> list[ReturnedLine]:
    return [
        piece
        for pieces in returned(order).values()
        for piece in pieces
        if piece.line.id == line.id
    ]
