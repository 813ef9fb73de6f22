"""What WooCommerce's REST v3 says, as msgspec reads it: the fields we use and no others.

Ids and amounts arrive as numbers or as strings, depending on plugins. PHP prints a list whose
keys have gaps as an object.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

import msgspec
from msgspec import Struct

from connector.core.errors import UnreadablePayload
from connector.core.money import Money

Id = int | str
Amount = str | int

QUANTITY_DIGITS = 9
_GIFT_CARD_TYPE, _GIFT_CARD_META = "gift-card", "_gift_card"
_CONTROL = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F)])
_BIDI_ISOLATES = dict.fromkeys(range(0x2066, 0x206A))
_DIGITS = re.compile(r"0*([1-9][0-9]{0,18})", re.ASCII)


class Meta(Struct):
    key: Any = ""
    value: Any = None


def _meta(told: list[Meta] | dict[str, Meta]) -> dict[str, Any]:
    entries = told if isinstance(told, list) else told.values()
    return {entry.key: entry.value for entry in entries if isinstance(entry.key, str)}


class Line(Struct):
    """A line of an order or of a refund: goods, fee or shipping. A refund's are negative."""

    id: Id
    name: str | None = ""
    product_id: Id | None = 0
    sku: str | None = ""
    quantity: Decimal = Decimal(0)
    subtotal: Amount = "0"
    total: Amount = "0"
    total_tax: Amount = "0"
    meta_data: list[Meta] | dict[str, Meta] = []

    def meta(self) -> dict[str, Any]:
        """Meta values by key."""
        return _meta(self.meta_data)

    def pieces(self) -> int:
        """Whole pieces: half a kilo is one thing bought."""
        if not self.quantity.is_finite() or self.quantity.adjusted() > QUANTITY_DIGITS:
            raise UnreadablePayload("bad_quantity", f"line {self.id}: {self.quantity}")
        return int(abs(self.quantity).to_integral_value(ROUND_CEILING))


class Place(Struct):
    """Who lives where: a billing or a shipping address; only billing has an e-mail."""

    email: str | None = ""
    first_name: str | None = ""
    last_name: str | None = ""
    phone: str | None = ""
    address_1: str | None = ""
    address_2: str | None = ""
    postcode: str | None = ""
    country: str | None = ""


class CouponLine(Struct):
    """A code an order was placed with; ``discount`` is without its tax."""

    code: str | int | None = ""
    discount: Amount = "0"
    discount_tax: Amount = "0"


class RefundTotal(Struct):
    """A refund as an order mentions it: no lines."""

    id: Id
    total: Amount


class OrderPayload(Struct):
    id: Id
    status: str
    currency: str
    number: Id = ""
    prices_include_tax: bool = False
    date_created_gmt: str | None = None
    date_modified_gmt: str | None = None
    date_paid_gmt: str | None = None
    date_completed_gmt: str | None = None
    total: Amount = "0"
    total_tax: Amount = "0"
    shipping_total: Amount = "0"
    customer_id: Id | None = 0
    created_via: str | None = ""
    billing: Place | None = None
    shipping: Place | None = None
    coupon_lines: list[CouponLine] = []
    line_items: list[Line] = []
    fee_lines: list[Line] = []
    refunds: list[RefundTotal] | None = None
    meta_data: list[Meta] | dict[str, Meta] = []

    def meta(self) -> dict[str, Any]:
        """Meta values by key."""
        return _meta(self.meta_data)


class RefundPayload(Struct):
    id: Id
    amount: Amount
    date_created_gmt: str | None = None
    line_items: list[Line] = []
    fee_lines: list[Line] = []
    shipping_lines: list[Line] = []


class CustomerPayload(Struct):
    id: Id
    email: str | None = ""
    first_name: str | None = ""
    last_name: str | None = ""
    role: str | None = None
    billing: Place | None = None
    shipping: Place | None = None
    date_modified_gmt: str | None = None
    date_created_gmt: str | None = None


class Named(Struct):
    name: str | None = ""


class Image(Struct):
    src: str | None = ""


class ProductPayload(Struct):
    id: Id
    name: str | None = ""
    type: str = "simple"
    status: str = "publish"
    catalog_visibility: str = "visible"
    permalink: str | None = ""
    price: Amount | None = ""
    stock_status: str = "instock"
    parent_id: Id | None = 0
    categories: list[Named] = []
    tags: list[Named] | None = None
    images: list[Image] = []
    date_modified_gmt: str | None = None
    meta_data: list[Meta] | dict[str, Meta] = []

    @property
    def is_gift_card(self) -> bool:
        """As plugins mark it, which know no common way: by the product's type or by a meta.

        Types: gift-card (YITH), pw-gift-card (PW), wgm_gift_card (WP Swings). Meta: Gift Cards of
        WooCommerce itself, whose products stay simple or variable.
        """
        by_type = self.type.replace("_", "-").endswith(_GIFT_CARD_TYPE)
        return by_type or _meta(self.meta_data).get(_GIFT_CARD_META) == "yes"


class Gone(Struct):
    """The body of every ``*.deleted``."""

    id: Id


class Action(Struct):
    """The body of every ``action.*``: the first argument of a PHP hook."""

    arg: Any


class ErrorStatus(Struct):
    status: int


class ErrorBody(Struct):
    """What a signed delivery or a REST answer holds in place of the thing itself."""

    code: str
    data: ErrorStatus


def key_of(value: Id) -> str:
    """An id as our key: digits without leading zeros; ``bad_id`` for anything else."""
    digits = _DIGITS.fullmatch(str(value))
    if digits is None:
        raise UnreadablePayload("bad_id", f"{str(value)[:40]!r} is not an id")
    return digits[1]


def key_or_none(value: Id | None) -> str | None:
    """The same for optional references, where WooCommerce writes 0 for none."""
    return None if value in (None, 0, "", "0") else key_of(value)


def minor(amount: Amount, currency: str) -> int:
    """Minor units; the empty text WooCommerce writes for an unset amount is 0."""
    return 0 if amount == "" else Money.read(amount, currency).minor


def moment(text: str | None) -> datetime | None:
    """A ``*_gmt`` field: naive text that means UTC; '' and null are none."""
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def text_of(value: str | None) -> str:
    """Text to show: entities decoded, controls and direction overrides gone, trimmed."""
    return html.unescape(value or "").translate(_CONTROL).translate(_BIDI_ISOLATES).strip()


def names_of(told: Sequence[Named]) -> tuple[str, ...]:
    """Names in an order of their own: the store's means nothing."""
    return tuple(sorted({name for one in told if (name := text_of(one.name))}))


def rest_error(body: bytes) -> ErrorBody | None:
    """The REST error in a body, if it is one."""
    try:
        return msgspec.json.decode(body, type=ErrorBody)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
