"""Discount codes: made once for one use, found again by their code, ended.

They combine with all other discounts: a member who paid points for one and stands in a tier has
both. Shopify counts a use by itself (``usageLimit``), also against a second tab.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from adapters.shopify.admin_api import AdminApi, decode, field_of
from adapters.shopify.changes import Taken, change, make
from adapters.shopify.fields import gid_key, gid_of
from connector.core.discounts import Discount, DiscountKind
from connector.core.errors import Conflict, PlatformMissing
from connector.core.money import Money

COMBINES = {"orderDiscounts": True, "productDiscounts": True}
COMBINES_WITH_SHIPPING = {**COMBINES, "shippingDiscounts": True}
EVERYTHING = {"all": True}


class _Reference(msgspec.Struct):
    id: str


class Codes:
    """The discount codes of one shop."""

    def __init__(self, api: AdminApi, now: Callable[[], datetime]) -> None:
        self._api, self._now = api, now

    def find(self, code: str) -> str | None:
        """Shopify finds it in any letter case, whether it is in force or not."""
        answer = self._api.ask("code_find", {"code": code})
        try:
            return gid_key(decode(field_of(answer, "found"), _Reference).id)
        except PlatformMissing:
            if answer.codes:
                raise
            return None

    def make(self, wanted: Discount) -> str:
        document, particulars = _kind_of(wanted)
        discount = {
            "title": wanted.title,
            "code": wanted.code,
            "startsAt": moment(wanted.starts_at or self._now()),
            "endsAt": moment(wanted.ends_at) if wanted.ends_at else None,
            "usageLimit": 1,
            "appliesOncePerCustomer": True,
            "context": _context(wanted.customer_key),
            **particulars,
        }
        try:
            return gid_key(make(self._api, document, {"discount": discount}))
        except Taken:
            raise Conflict("code_taken", f"the shop has the code {wanted.code} already") from None

    def end(self, key: str) -> None:
        with contextlib.suppress(PlatformMissing):
            change(self._api, "code_end", {"id": gid_of("DiscountCodeNode", key)})


def moment(at: datetime) -> str:
    """A moment as inputs take it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fraction(percent: int) -> float:
    """A percentage as inputs take it: 0.1 for ten."""
    return percent / 100


def _context(customer_key: str | None) -> Mapping[str, Any]:
    if customer_key is None:
        return {"all": "ALL"}
    return {"customers": {"add": [gid_of("Customer", customer_key)]}}


def _kind_of(wanted: Discount) -> tuple[str, Mapping[str, Any]]:
    """The document that makes this kind, and the part of its input that is its own."""
    if wanted.kind is DiscountKind.PRODUCT:
        return "code_product", _one_piece(wanted)
    needs = {"greaterThanOrEqualToSubtotal": _amount(wanted, wanted.minimum_minor)}
    minimum = {"minimumRequirement": {"subtotal": needs}} if wanted.minimum_minor else {}
    if wanted.kind is DiscountKind.SHIPPING:
        anywhere = {"destination": EVERYTHING, "combinesWith": COMBINES}
        return "code_shipping", {**anywhere, **minimum}
    value: Mapping[str, Any] = {"percentage": fraction(wanted.percent)}
    if wanted.kind is DiscountKind.AMOUNT:
        amount = _amount(wanted, wanted.value_minor)
        value = {"discountAmount": {"amount": amount, "appliesOnEachItem": False}}
    gets = {"value": value, "items": _items(wanted)}
    return "code_basic", {"customerGets": gets, "combinesWith": COMBINES_WITH_SHIPPING, **minimum}


def _one_piece(wanted: Discount) -> Mapping[str, Any]:
    """One piece free, by "buy X, get Y": only that kind can count pieces.

    What is bought for it cannot be the free piece itself, so it needs something else in the cart,
    however little.
    """
    bought = {"amount": _amount(wanted, max(wanted.minimum_minor, 1))}
    free = {"quantity": "1", "effect": {"percentage": 1.0}}
    return {
        "customerBuys": {"value": bought, "items": EVERYTHING},
        "customerGets": {"value": {"discountOnQuantity": free}, "items": _items(wanted)},
        "usesPerOrderLimit": 1,
        "combinesWith": COMBINES_WITH_SHIPPING,
    }


def _items(wanted: Discount) -> Mapping[str, Any]:
    if wanted.product_key is None:
        return EVERYTHING
    return {"products": {"productsToAdd": [gid_of("Product", wanted.product_key)]}}


def _amount(wanted: Discount, minor: int) -> str:
    return Money(minor, wanted.currency).text()
