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
    "Donation",
    "Event",
    "Order",
    "OrderLine",
    "Product",
    "Refund",
    "RefundLine",
    "Settings",
    "Status",
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


class Customer(Struct, frozen=True):
    """An account of the shop."""

    id: int
    email: str
    first_name: str
    last_name: str
    locale: str
    created_at: datetime
    modified_at: datetime
    has_paid: bool = False


class Buyer(Struct, frozen=True):
    """Who an order says it is for; ``customer_id`` None is a guest."""

    email: str
    first_name: str
    last_name: str
    customer_id: int | None = None
    locale: str = "en"


class OrderLine(Struct, frozen=True):
    """Goods. ``total_minor`` is for all ``quantity`` of them."""

    id: int
    product_id: int
    sku: str
    title: str
    quantity: int
    total_minor: int


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
    """``amount_minor`` > 0 is all; what lines and shipping leave is money off the goods."""

    id: int
    refunded_at: datetime
    amount_minor: int
    reason: str = ""
    lines: tuple[RefundLine, ...] = ()
    shipping_minor: int = 0


class Order(Struct, frozen=True):
    """One order. ``number`` counts from 1001; ``total_minor`` is never reduced by refunds."""

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
    def refunded_minor(self) -> int:
        return sum(refund.amount_minor for refund in self.refunds)


class Change(Struct, frozen=True):
    """Something happened to one thing: what a face turns into webhooks, after the commit."""

    resource: str  # order, customer or product
    id: int
    events: tuple[Event, ...]
    at: datetime
    refund_id: int | None = None
