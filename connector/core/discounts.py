"""What a shop gives off its prices, as every platform can: codes, standing discounts, credit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.core.money import Money


class DiscountKind(StrEnum):
    AMOUNT = "amount"
    PERCENT = "percent"
    SHIPPING = "shipping"  # free
    PRODUCT = "product"  # one piece of it, free


@dataclass(frozen=True, slots=True)
class Discount:
    """What one code gives, once, to one customer (to anybody where ``customer_key`` is None).

    ``code`` is ours and deterministic. value_minor: of an AMOUNT, in ``currency``; percent: of a
    PERCENT, 1 to 100; product_key: of a PRODUCT, and of an AMOUNT or PERCENT off one product.
    minimum_minor: goods the cart must hold. ``email`` is the customer's, where the platform binds
    codes to it.
    """

    code: str
    title: str
    kind: DiscountKind
    currency: str
    value_minor: int = 0
    percent: int = 0
    product_key: str | None = None
    minimum_minor: int = 0
    customer_key: str | None = None
    email: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A discount that every customer tagged ``tag`` has without a code, while it stands.

    kind: PERCENT (off everything, or off one collection by its title) or SHIPPING.
    ``title`` is unique and ours: it is what the discount is found by.
    """

    title: str
    tag: str
    kind: DiscountKind
    percent: int = 0
    collection: str | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """One arrival of store credit as the platform lists it."""

    key: str
    money: Money
    made_at: datetime
