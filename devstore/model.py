"""What a shop has, before any platform has a word for it.

Amounts are integer minor units of the order's currency; nothing is taxed. Times are aware UTC in
whole seconds. Ids are the platform's own: small and shared on WooCommerce, long on Shopify.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

__all__ = [
    "LANGUAGES",
    "Buyer",
    "Change",
    "Customer",
    "Discount",
    "Donation",
    "Event",
    "Kind",
    "Order",
    "OrderLine",
    "Product",
    "Reach",
    "Refund",
    "RefundLine",
    "Settings",
    "Status",
    "Taken",
    "Terms",
    "replace",
]

LANGUAGES = ("en", "ar", "zh-Hant")


class Status(StrEnum):
    """An order's state, in WooCommerce's words because they tell the most apart."""

    PENDING = "pending"  # placed, awaiting payment
    ON_HOLD = "on-hold"  # bank transfer on its way
    PROCESSING = "processing"  # paid, unless cash on delivery
    COMPLETED = "completed"  # paid and handed over
    CANCELLED = "cancelled"
    FAILED = "failed"
    REFUNDED = "refunded"  # all of it
    TRASH = "trash"


class Event(StrEnum):
    """What a change did; one change may do several things."""

    CREATED = "created"
    UPDATED = "updated"
    PAID = "paid"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"  # ``refund_id`` says which refund
    DELETED = "deleted"  # into the trash; a customer or product: gone
    RESTORED = "restored"  # out of the trash by setting a status
    UNTRASHED = "untrashed"  # out of the trash as it was, from the list of orders
    ERASED = "erased"  # gone for good


class Settings(Struct, frozen=True):
    """The shop itself. ``decimals`` is how amounts are printed, whatever the currency."""

    name: str
    currency: str = "USD"
    decimals: int = 2
    timezone: str = "America/Los_Angeles"
    shipping_minor: int = 500


class Product(Struct, frozen=True):
    """One thing for sale. Texts by language; ``shape`` and ``glaze`` draw its picture."""

    id: int
    sku: str
    slug: str
    titles: dict[str, str]
    blurbs: dict[str, str]
    price_minor: int
    category: str
    shape: str
    glaze: str
    created_at: datetime
    modified_at: datetime
    in_stock: bool = True
    published: bool = True
    tags: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # collections beside the category's own

    @property
    def collections(self) -> tuple[str, ...]:
        """Titles of the collections it is in."""
        return (self.category.title(), *self.others)


class Customer(Struct, frozen=True):
    """An account of the shop. ``newsletter`` None: never asked for it and never left it."""

    id: int
    email: str
    first_name: str
    last_name: str
    locale: str
    created_at: datetime
    modified_at: datetime
    has_paid: bool = False
    tags: tuple[str, ...] = ()
    role: str = "customer"
    newsletter: bool | None = None


class Buyer(Struct, frozen=True):
    """Who an order says it is for; ``customer_id`` None is a guest."""

    email: str
    first_name: str
    last_name: str
    customer_id: int | None = None
    locale: str = "en"


class Kind(StrEnum):
    AMOUNT = "amount"
    PERCENT = "percent"
    SHIPPING = "shipping"  # free


class Reach(StrEnum):
    """What a discount is taken off, in the order in which several are."""

    PRODUCT = "product"
    ORDER = "order"
    SHIPPING = "shipping"


class Discount(Struct, frozen=True):
    """What a code gives; without ``code``, what customers of ``segments`` have anyway.

    value_minor: of an AMOUNT; ``each``: off every piece. basis_points: of a PERCENT, 1000 is a
    tenth. product_ids, collections (titles): all it is off; none are everything. pieces: off so
    many at most. minimum_minor: goods the cart must hold; needs_pieces of needs_product_ids, too;
    buys_first: beside the pieces it is off. with_shipping: that is free, too. usage_limit and
    per_customer bound ``used_by``; customer_ids and emails are the only ones who may; goes_with:
    the kinds it combines with.
    """

    id: int
    kind: Kind
    title: str
    created_at: datetime
    modified_at: datetime
    code: str | None = None
    value_minor: int = 0
    each: bool = False
    basis_points: int = 0
    product_ids: tuple[int, ...] = ()
    collections: tuple[str, ...] = ()
    pieces: int | None = None
    with_shipping: bool = False
    minimum_minor: int = 0
    needs_pieces: int = 0
    needs_product_ids: tuple[int, ...] = ()
    buys_first: bool = False
    usage_limit: int | None = None
    usage_count: int = 0
    per_customer: int | None = None
    used_by: tuple[str, ...] = ()
    customer_ids: tuple[int, ...] = ()
    emails: tuple[str, ...] = ()
    segments: tuple[int, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None  # exclusive
    enabled: bool = True
    goes_with: tuple[Reach, ...] = tuple(Reach)
    meta: tuple[tuple[str, str], ...] = ()

    @property
    def reach(self) -> Reach:
        if self.kind is Kind.SHIPPING:
            return Reach.SHIPPING
        is_limited = self.product_ids or self.collections or self.pieces or self.each
        return Reach.PRODUCT if is_limited else Reach.ORDER


class Taken(Struct, frozen=True):
    """What one discount took off an order: ``shares`` by line, and off the shipping.

    ``id`` is a line of its own where a platform numbers them; the rest says what was promised.
    """

    id: int
    discount_id: int
    code: str | None
    title: str
    kind: Kind
    reach: Reach
    value_minor: int
    basis_points: int
    each: bool = False
    ships_free: bool = False
    shares: tuple[tuple[int, int], ...] = ()
    shipping_minor: int = 0

    @property
    def goods_minor(self) -> int:
        return sum(minor for _line, minor in self.shares)

    @property
    def amount_minor(self) -> int:
        return self.goods_minor + self.shipping_minor


class Terms(Struct, frozen=True):
    """What a buyer brings to an order: codes, the wish to pay with store credit, notes by name."""

    codes: tuple[str, ...] = ()
    with_credit: bool = False
    attributes: tuple[tuple[str, str], ...] = ()


class OrderLine(Struct, frozen=True):
    """Goods. ``total_minor`` is for all ``quantity`` of them, after ``discount_minor``."""

    id: int
    product_id: int
    sku: str
    title: str
    quantity: int
    total_minor: int
    discount_minor: int = 0

    @property
    def subtotal_minor(self) -> int:
        return self.total_minor + self.discount_minor


class Donation(Struct, frozen=True):
    """Money the buyer added for a cause: a fee line there, a line item with a property here."""

    line_id: int
    amount_minor: int
    cause: str


class RefundLine(Struct, frozen=True):
    """What a refund took of one line (goods or donation); quantity 0 is money only."""

    id: int
    line_id: int
    quantity: int
    amount_minor: int


class Refund(Struct, frozen=True):
    """``amount_minor`` > 0 is all; what lines and shipping leave is money off the goods.

    ``credit_minor`` of it went back to the store credit that had paid.
    """

    id: int
    refunded_at: datetime
    amount_minor: int
    reason: str = ""
    lines: tuple[RefundLine, ...] = ()
    shipping_minor: int = 0
    credit_minor: int = 0


class Order(Struct, frozen=True):
    """One order. ``number`` counts from 1001; ``total_minor`` is never reduced by refunds.

    ``shipping_minor`` is after discounts, like the lines' totals. ``credit_minor`` of the total
    was paid with store credit.
    """

    id: int
    number: int
    status: Status
    currency: str
    buyer: Buyer
    lines: tuple[OrderLine, ...]
    shipping_line_id: int
    shipping_minor: int
    placed_at: datetime
    modified_at: datetime
    donation: Donation | None = None
    refunds: tuple[Refund, ...] = ()
    paid_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None
    payment: str = "card"  # card, bank or cod
    via: str = "store-api"  # store-api (block checkout), checkout, rest-api
    key: str = ""  # opens the thank-you page
    before_trash: Status | None = None
    taken: tuple[Taken, ...] = ()
    credit_minor: int = 0
    tags: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def goods_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    @property
    def donation_minor(self) -> int:
        return self.donation.amount_minor if self.donation else 0

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.shipping_minor + self.donation_minor

    @property
    def full_shipping_minor(self) -> int:
        return self.shipping_minor + sum(one.shipping_minor for one in self.taken)

    @property
    def discount_minor(self) -> int:
        return sum(one.amount_minor for one in self.taken)

    @property
    def refunded_minor(self) -> int:
        return sum(refund.amount_minor for refund in self.refunds)


class Change(Struct, frozen=True):
    """Something happened to one thing: what a face turns into webhooks, after the commit."""

    resource: str  # order, customer or product
    id: int
    events: tuple[Event, ...]
    at: datetime
    refund_id: int | None = None
    before: Customer | None = None  # a customer as it was
