"""Commerce as every platform has it: the snapshots adapters produce, and the port they implement.

A snapshot is the newest state of one thing as its platform tells it. It never says what changed.
Snapshots are structs because a history has millions: one is made in half a dataclass's time.
Amounts are integer minor units of ``currency``, a line's net of tax, the tax beside; times UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from connector.core.discounts import Credit, Discount, Standing
from connector.core.money import Money


class OrderState(StrEnum):
    OPEN = "open"  # placed, not paid (also: cash on delivery before it is completed)
    PAID = "paid"
    COMPLETED = "completed"  # paid and handed over
    CANCELLED = "cancelled"  # cancelled, failed or voided
    REFUNDED = "refunded"  # wholly refunded
    DELETED = "deleted"  # deleted or trashed


PING = "ping"  # the topic of a delivery that only asks whether somebody is there
REFERRAL_NOTE = "_perennial_ref"
ROW_NOTE = "_perennial_row"
ROLE = "role:"  # before the name of a customer's role, among tags
EARNING_STATES = frozenset({OrderState.PAID, OrderState.COMPLETED})


class LineKind(StrEnum):
    GOODS = "goods"
    DONATION = "donation"
    GIFT_CARD = "gift_card"
    FEE = "fee"
    TIP = "tip"


class OrderLine(Struct, frozen=True):
    """One line. ``total_minor`` is after every discount; a donation line names its ``cause``.

    ``cause_by_shopper``: a browser marked it: it makes no cause, and may be goods for all that.
    """

    key: str
    kind: LineKind
    title: str
    quantity: int
    subtotal_minor: int
    total_minor: int
    tax_minor: int
    product_key: str | None = None
    sku: str | None = None
    cause: str | None = None
    cause_by_shopper: bool = False


class RefundLine(Struct, frozen=True):
    """What one refund took of one line: positive quantity (0 for money only) and amounts."""

    line_key: str
    quantity: int
    total_minor: int
    tax_minor: int


class Refund(Struct, frozen=True):
    """One refund. ``amount_minor`` > 0 is all money given back, tax and shipping included.

    ``other_minor`` is the part of it that belongs to no line and no shipping: money off the goods.
    ``lines_known`` False means only the amount is known yet and a fetch has been asked for.
    """

    key: str
    refunded_at: datetime
    amount_minor: int
    other_minor: int
    lines: tuple[RefundLine, ...] = ()
    lines_known: bool = True


class Person(Struct, frozen=True):
    """Personal data: leaves the snapshot only into encrypted side rows and keyed hashes.

    ``address`` is the street address in one line, to be compared and never shown.
    """

    email: str | None = None
    name: str | None = None
    locale: str | None = None
    phone: str | None = None
    address: str | None = None


class Customer(Struct, frozen=True):
    """A platform account. ``deleted`` customers carry the key alone; None is what is not told.

    ``tags``: the platform's own, and where it has roles instead ``role:<name>``.
    """

    key: str
    person: Person = Person()
    modified_at: datetime | None = None
    deleted: bool = False
    tags: tuple[str, ...] | None = None
    email_verified: bool | None = None
    accepts_marketing: bool | None = None
    created_at: datetime | None = None


class CustomerMerge(Struct, frozen=True):
    """Two platform accounts became one."""

    kept_key: str
    gone_key: str


class Product(Struct, frozen=True):
    """``price_minor`` is in the shop's currency; None when unknown. Deleted ones carry the key."""

    key: str
    title: str = ""
    price_minor: int | None = None
    url: str | None = None
    image_url: str | None = None
    categories: tuple[str, ...] = ()
    in_stock: bool = True
    published: bool = True
    modified_at: datetime | None = None
    deleted: bool = False
    collections: tuple[str, ...] | None = None  # titles; None: not told
    tags: tuple[str, ...] | None = None
    is_gift_card: bool = False
    titles: Mapping[str, str] | None = None  # translated ones by the house's language tag


class CodeUse(Struct, frozen=True):
    """A discount code an order was placed with, and what it took off the order, tax included."""

    code: str
    amount_minor: int


class Order(Struct, frozen=True):
    """One order. ``customer_key`` None is a guest, known by ``person.email`` alone.

    ``refunds_known`` False keeps the refunds stored before (a payload that does not list them).
    ``partial`` True says only key, state and times are told (a deletion): the rest is kept.
    ``tags``: the order's own, and ``from:<channel>`` and ``b2b`` where the platform tells.
    ``shipping_off_minor``: off shipping without a code, as shoppers saw it; None: not told.
    """

    key: str
    state: OrderState
    currency: str
    modified_at: datetime
    number: str = ""
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    completed_at: datetime | None = None
    customer_key: str | None = None
    person: Person = Person()
    is_test: bool = False
    taxes_included: bool = False
    total_minor: int = 0
    shipping_minor: int = 0
    tax_minor: int = 0
    lines: tuple[OrderLine, ...] = ()
    refunds: tuple[Refund, ...] = ()
    refunds_known: bool = True
    partial: bool = False
    codes: tuple[CodeUse, ...] = ()
    tags: tuple[str, ...] = ()
    referral: str | None = None  # what the storefront noted under REFERRAL_NOTE
    row_note: str | None = None  # and under ROW_NOTE, of recommendations
    shipping_off_minor: int | None = None


class RefundsOfOrder(Struct, frozen=True):
    """All refunds of one order, with their lines: the answer to a fetch."""

    order_key: str
    currency: str
    refunds: tuple[Refund, ...]


class Uninstalled(Struct, frozen=True):
    """The shop removed the app. ``at`` lets a late delivery not undo a reinstall."""

    at: datetime


class ConnectionLost(Struct, frozen=True):
    """A delivery told us our rights on the shop are gone; the merchant must reconnect."""

    reason: str


class PrivacyRequest(Struct, frozen=True):
    """A compliance topic: ``kind`` is data_request, redact_customer or redact_shop."""

    kind: str
    customer_key: str | None = None
    email: str | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class NeedsFetch:
    """A delivery is not enough: ask the platform for ``what`` of ``key``.

    what: order, order_refunds, customer or product. The answer's bytes become an inbox row.
    """

    what: str
    key: str


Snapshot = (
    Order
    | RefundsOfOrder
    | Customer
    | CustomerMerge
    | Product
    | Uninstalled
    | ConnectionLost
    | PrivacyRequest
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message in raw form. ``topic`` is the platform's word, e.g. ``orders/paid``.

    ``shop_key`` is who it claims to come from, where the platform says so; ``dedupe_key`` is the
    same for the same message sent again. Nothing in it is parsed.
    """

    topic: str
    dedupe_key: str
    headers: Mapping[str, str]
    body: bytes
    shop_key: str | None = None
    flag: str | None = None  # e.g. "old_secret": accepted, but worth telling


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What a platform says about the shop itself."""

    name: str
    currency: str
    timezone: str
    version: str
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What lets us call one shop. ``shop_key``: myshopify domain, or the store's origin.

    WooCommerce: ``access`` is "ck_...:cs_...", and nothing expires.
    """

    shop_key: str
    access: str
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None
    refresh: str | None = None
    refresh_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InstallRequest:
    """Where to send a merchant who wants to install. ``state`` is single use and bound by us."""

    shop_key: str
    state: str
    callback_url: str
    return_url: str


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of history or reconcile: raw bodies as deliveries; ``cursor`` None is the end.

    ``wait_seconds`` > 0 with no deliveries: the platform is still preparing; ask again later.
    """

    deliveries: tuple[Delivery, ...]
    cursor: str | None
    total: int | None = None  # things altogether, where the platform tells
    wait_seconds: float = 0


class ShopClient(Protocol):
    """Calls one shop. Stateless per (shop, credential); HTTP never happens inside a transaction.

    Every method raises PlatformBusy, PlatformLagging, PlatformRefused, PlatformMissing or
    PlatformError.
    """

    def shop_facts(self) -> ShopFacts: ...

    def fetch(self, want: NeedsFetch) -> Delivery:
        """One thing as raw bytes, in a form this platform's ``normalise`` reads."""
        ...

    def ensure_webhooks(self, url: str, secret: str) -> Sequence[str]:
        """Create what is missing or disabled; returns the topics that had to be (re)made."""
        ...

    def remove_webhooks(self, url: str) -> None: ...

    def changed(self, what: str, since: datetime, until: datetime, cursor: str | None) -> Page:
        """Orders (or products) changed in the frozen window [since, until), oldest first."""
        ...

    def history(self, what: str, until: datetime, cursor: str | None) -> Page:
        """Everything placed before ``until``; resumable by cursor. what: orders or products."""
        ...

    def find_code(self, code: str) -> str | None:
        """The platform's key of the discount with this code, in any letter case; None: free."""
        ...

    def make_code(self, wanted: Discount) -> str:
        """Make a single-use code; its key. Conflict ``code_taken`` if somebody has it.

        After an unknown outcome look it up (``find_code``) before making it again.
        """
        ...

    def change_code(self, key: str, wanted: Discount) -> None:
        """Give a code another value and one more use: what is left of a balance."""
        ...

    def remove_code(self, key: str) -> None:
        """No longer to be used; what is gone already is fine."""
        ...

    def credits(self, customer_key: str, currency: str) -> Sequence[Credit]:
        """The customer's newest arrivals of store credit in one currency, newest first."""
        ...

    def give_credit(self, customer_key: str, money: Money, ends_at: datetime | None) -> str:
        """Add store credit; the arrival's key. Not idempotent: see ``credits``."""
        ...

    def tag(self, customer_key: str, add: Sequence[str], remove: Sequence[str]) -> None:
        """Change a customer's tags; idempotent. Only where the platform has tags."""
        ...

    def put_standing(self, wanted: Standing) -> None:
        """Make the standing discount of this title, or bring it up to date; idempotent."""
        ...

    def remove_standing(self, title: str) -> None:
        """End it; what is gone already is fine."""
        ...


class Platform(Protocol):
    """What a platform must be able to do. Implementations live in ``adapters``."""

    name: str
    signs_shop: bool  # a verified delivery proves which shop sent it
    tells_all: bool  # what it does not find is deleted, not merely out of our sight
    has_credit: bool  # store credit is its own money; else codes with a balance stand for it
    has_standing: bool  # tags and discounts without a code
    tells_consent: bool  # whether customers take the newsletter and have verified their e-mail

    def install_url(self, request: InstallRequest) -> str: ...

    def finish_install(self, params: Mapping[str, str], shop_key: str) -> Credentials:
        """Turn what the platform sent back into credentials proven against ``shop_key``."""
        ...

    def refresh(self, credentials: Credentials) -> Credentials:
        """Newer credentials for expiring ones; the same where nothing expires."""
        ...

    def read_delivery(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]
    ) -> Delivery:
        """Verify raw bytes and identify them; no JSON. Unauthenticated if they are not theirs."""
        ...

    def normalise(self, delivery: Delivery) -> Sequence[Snapshot | NeedsFetch]:
        """Pure. [] for what is deliberately ignored; UnreadablePayload for what cannot be read."""
        ...

    def client(self, credentials: Credentials) -> ShopClient: ...
