"""Coupons as REST v3 and webhooks show them, and as REST v3 is told them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from devstore import money
from devstore.catalogue import CATEGORIES
from devstore.model import Discount, Kind, Reach, Settings, replace
from devstore.woocommerce import listing, wire
from devstore.woocommerce.wire import Json

FIRST_CATEGORY = 15  # the id of the catalogue's first one
TYPES = ("percent", "fixed_cart", "fixed_product")


def coupon(found: Discount, settings: Settings, origin: str) -> Json:
    """One coupon; what this shop never uses is told as it is when unused."""
    return {
        "id": found.id,
        "code": found.code,
        "amount": _amount(found, settings),
        "status": "publish" if found.enabled else "trash",
        **wire.times("date_created", found.created_at, settings),
        **wire.times("date_modified", found.modified_at, settings),
        "discount_type": discount_type(found),
        "description": found.title,
        **wire.times("date_expires", found.ends_at, settings),
        "usage_count": found.usage_count,
        "individual_use": not found.goes_with,
        "product_ids": list(found.product_ids),
        "excluded_product_ids": [],
        "usage_limit": found.usage_limit,
        "usage_limit_per_user": found.per_customer,
        "limit_usage_to_x_items": found.pieces,
        "free_shipping": ships_free(found),
        "product_categories": [_category_id(title) for title in found.collections],
        "excluded_product_categories": [],
        "exclude_sale_items": False,
        "minimum_amount": wire.amount(found.minimum_minor, settings.currency, settings),
        "maximum_amount": wire.amount(0, settings.currency, settings),
        "email_restrictions": list(found.emails),
        "used_by": list(found.used_by),
        "meta_data": [
            wire.meta(found.id * 10 + place, key, value)
            for place, (key, value) in enumerate(found.meta)
        ],
        "_links": wire.links(origin, "coupons", found.id),
    }


def discount_type(found: Discount) -> str:
    if found.kind is Kind.PERCENT:
        return "percent"
    return "fixed_product" if found.each else "fixed_cart"


def ships_free(found: Discount) -> bool:
    return found.kind is Kind.SHIPPING or found.with_shipping


def told(body: Json, before: Discount, settings: Settings) -> Discount:
    """``before`` with what ``body`` says. ``date_expires_gmt`` is ignored: that is how it is."""
    readers: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "code": ("code", lambda value: str(value).strip().lower()),
        "description": ("title", str),
        "date_expires": ("ends_at", lambda value: _local(value, settings)),
        "individual_use": ("goes_with", lambda value: () if value else tuple(Reach)),
        "product_ids": ("product_ids", lambda value: tuple(int(one) for one in value or ())),
        "product_categories": ("collections", _titles),
        "limit_usage_to_x_items": ("pieces", _whole),
        "usage_limit": ("usage_limit", _whole),
        "usage_limit_per_user": ("per_customer", _whole),
        "minimum_amount": (
            "minimum_minor",
            lambda value: money.read(value or "0", settings.currency),
        ),
        "email_restrictions": (
            "emails",
            lambda value: tuple(str(one).strip().lower() for one in value or ()),
        ),
        "meta_data": ("meta", lambda value: _meta(before, value)),
    }
    changed = {field: read(body[name]) for name, (field, read) in readers.items() if name in body}
    return replace(_worth(body, before, settings), **changed)


def _meta(before: Discount, rows: list[Json]) -> tuple[tuple[str, str], ...]:
    known = dict(before.meta) | {row["key"]: str(row["value"]) for row in rows}
    return tuple(known.items())


def _titles(category_ids: list[int]) -> tuple[str, ...]:
    names = list(CATEGORIES)
    return tuple(names[int(one) - FIRST_CATEGORY].title() for one in category_ids)


def _worth(body: Json, before: Discount, settings: Settings) -> Discount:
    """Amount, type and free shipping, which hang together."""
    kind = body.get("discount_type", discount_type(before))
    if kind not in TYPES:
        message = f"discount_type is not one of {', '.join(TYPES)}."
        raise listing.invalid("discount_type", message)
    amount = str(body.get("amount", _amount(before, settings)) or "0")
    try:
        minor = money.read(amount, settings.currency)
        points = money.read(amount, "USD")  # two decimals of a percent
    except ValueError:
        raise listing.invalid("amount", "amount is not of type string.") from None
    is_free = bool(body.get("free_shipping", ships_free(before)))
    if kind == "percent":
        found = replace(before, kind=Kind.PERCENT, basis_points=points, value_minor=0, each=False)
    else:
        each = kind == "fixed_product"
        found = replace(before, kind=Kind.AMOUNT, value_minor=minor, basis_points=0, each=each)
    if is_free and not minor:
        return replace(found, kind=Kind.SHIPPING, with_shipping=False)
    return replace(found, with_shipping=is_free)


def _amount(found: Discount, settings: Settings) -> str:
    if found.kind is Kind.PERCENT:
        return money.text(found.basis_points, "USD", settings.decimals)
    return wire.amount(found.value_minor, settings.currency, settings)


def _category_id(title: str) -> int:
    return FIRST_CATEGORY + [name.title() for name in CATEGORIES].index(title)


def _whole(value: object) -> int | None:
    """0 and nothing are no limit."""
    number = int(str(value or 0))
    return number or None


def _local(value: str | None, settings: Settings) -> datetime | None:
    """In the shop's zone; an offset in the text changes nothing."""
    if not value:
        return None
    try:
        at = datetime.fromisoformat(value).replace(tzinfo=None, microsecond=0)
    except ValueError:
        raise listing.invalid("date_expires", "Invalid date.") from None
    return at.replace(tzinfo=ZoneInfo(settings.timezone)).astimezone(UTC)
