"""Fields as Shopify writes them everywhere: ids, money, moments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from connector.core.errors import UnreadablePayload
from connector.core.money import Money

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Quantity = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
_GID = re.compile(r"gid://shopify/[A-Za-z]+/([0-9]{1,20})")
_DIGITS = re.compile(r"[0-9]{1,20}")


class Amount(msgspec.Struct, rename="camel"):
    """An amount in the words of GraphQL."""

    amount: str
    currency_code: str


def gid_key(gid: str) -> str:
    """The numeric id in ``gid://shopify/Order/123``."""
    found = _GID.fullmatch(gid)
    if found is None:
        raise UnreadablePayload("unreadable_payload", "an id is not a gid://shopify/... number")
    return found[1]


def key_of(number: int | str | None, gid: str | None = None) -> str:
    """A key from whichever id is told; the gid first: tools in between round the number."""
    if gid is not None:
        return gid_key(gid)
    text = str(number)
    if not _DIGITS.fullmatch(text):
        raise UnreadablePayload("unreadable_payload", "an id is missing or no number")
    return text


def gid_of(kind: str, key: str) -> str:
    """The id the Admin API wants for a key of ours."""
    return f"gid://shopify/{kind}/{key}"


def minor_of(amount: str, told_currency: str, currency: str) -> int:
    """Minor units of an amount that must be in the shop's ``currency``."""
    if told_currency != currency:
        raise UnreadablePayload(
            "mixed_currencies", f"shop money in {told_currency}, not {currency}"
        )
    return Money.read(amount, currency).minor


def utc(moment: datetime | None) -> datetime | None:
    """The moment in UTC."""
    return None if moment is None else moment.astimezone(UTC)


def tags_of(told: Iterable[str]) -> tuple[str, ...]:
    """Tags in an order of their own: Shopify's means nothing."""
    return tuple(sorted({text for one in told if (text := one.strip())}))


def full_name(first: str | None, last: str | None) -> str | None:
    """First and last name in one; None when neither is told."""
    return " ".join(part for part in (first, last) if part) or None
