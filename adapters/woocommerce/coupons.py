"""Discount codes of a store: coupons of one use, which WooCommerce keeps in lower case.

It binds a coupon to the e-mail address of an account or of a bill, which anybody can type, so a
code's safety is that nobody can guess it. A coupon has no start, and one for free shipping wants a
shipping method that accepts such coupons. What a coupon is worth beyond the cart is lost, unless
it is changed for another use.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from adapters.woocommerce.api import Rest, decode
from adapters.woocommerce.payloads import Id, key_of
from connector.core.discounts import Discount, DiscountKind
from connector.core.errors import BadInput, PlatformMissing
from connector.core.money import Money

OURS = {"key": "_perennial", "value": "discount"}
_KEY = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


class Coupon(Struct):
    id: Id
    code: str = ""
    usage_count: int | None = 0


class Account(Struct):
    email: str | None = ""


class Coupons:
    """The coupons of one store. ``zone`` asks for its time zone, where one is needed."""

    def __init__(self, rest: Rest, zone: Callable[[], str]) -> None:
        self._rest, self._zone = rest, zone

    def find(self, code: str) -> str | None:
        """Case does not count; a store that ignores the filter would tell of other coupons."""
        asked = {"code": code, "_fields": "id,code"}
        for found in decode(self._rest.get("coupons", asked), list[Coupon]):
            if found.code.casefold() == code.casefold():
                return key_of(found.id)
        return None

    def make(self, wanted: Discount) -> str:
        """Conflict ``code_taken`` where the store has it."""
        email = self._email_of(wanted)
        coupon = {
            "code": wanted.code,
            "description": wanted.title,
            "individual_use": False,
            "usage_limit": 1,
            "usage_limit_per_user": 1,
            "email_restrictions": [email] if email else [],
            "meta_data": [OURS],
            **_kind_of(wanted),
            **self._end_of(wanted),
        }
        if wanted.minimum_minor:
            coupon["minimum_amount"] = _amount(wanted, wanted.minimum_minor)
        return key_of(decode(self._rest.post("coupons", coupon), Coupon).id)

    def _email_of(self, wanted: Discount) -> str | None:
        """The account's own: what we know may be of a bill, and no other bill would let it in."""
        known = None
        if wanted.customer_key is not None:
            place = f"customers/{_id(wanted.customer_key)}"
            with contextlib.suppress(PlatformMissing):
                known = decode(self._rest.get(place, {"_fields": "email"}), Account).email
        return known or wanted.email

    def change(self, key: str, wanted: Discount) -> None:
        """One use more than there have been: asking twice gives no second one.

        A paid order that is cancelled gives its use back before we hear of it, so there may be
        one too many for a while. Of an unpaid one the store is told nothing.
        """
        place = _place(key)
        used = decode(self._rest.get(place, {"_fields": "id,usage_count"}), Coupon).usage_count
        uses = (used or 0) + 1
        change = {
            "amount": _amount(wanted, wanted.value_minor),
            "usage_limit": uses,
            "usage_limit_per_user": uses,
            **self._end_of(wanted),
        }
        self._rest.put(place, change)

    def remove(self, key: str) -> None:
        with contextlib.suppress(PlatformMissing):
            self._rest.delete(_place(key), {"force": "true"})

    def _end_of(self, wanted: Discount) -> Mapping[str, str]:
        """In the store's own time: it ignores ``date_expires_gmt``."""
        if wanted.ends_at is None:
            return {}
        return {"date_expires": _local(wanted.ends_at, self._zone())}


def _kind_of(wanted: Discount) -> Mapping[str, Any]:
    products = [int(wanted.product_key)] if wanted.product_key else []
    if wanted.kind is DiscountKind.SHIPPING:
        return {"discount_type": "fixed_cart", "amount": "0", "free_shipping": True}
    if wanted.kind is DiscountKind.PERCENT:
        percent = {"discount_type": "percent", "amount": str(wanted.percent)}
        return {**percent, "product_ids": products}
    once = {"product_ids": products, "limit_usage_to_x_items": 1}
    if wanted.kind is DiscountKind.PRODUCT:
        return {"discount_type": "percent", "amount": "100", **once}
    amount = _amount(wanted, wanted.value_minor)
    if products:
        return {"discount_type": "fixed_product", "amount": amount, **once}
    return {"discount_type": "fixed_cart", "amount": amount}


def _amount(wanted: Discount, minor: int) -> str:
    return Money(minor, wanted.currency).text()


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(timespec="seconds")


def _place(key: str) -> str:
    return f"coupons/{_id(key)}"


def _id(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise BadInput("invalid_key", f"{key[:40]!r} is not an id", field="key")
    return key
