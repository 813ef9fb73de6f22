"""A product as a page shows it, and what a page must not show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from connector.core.money import Money
from connector.orders.store import title_in


@dataclass(frozen=True, slots=True)
class Item:
    """A product to show."""

    key: str
    title: str
    url: str
    image_url: str | None
    price: Money | None


def item(row: Row[Any], currency: str, language: str) -> Item:
    price = None if row.price_minor is None else Money(row.price_minor, currency)
    return Item(row.key, title_in(row, language), row.url, row.image_url, price)


def hidden(row: Row[Any] | None) -> str | None:
    """Why a shopper must not see this product, or None."""
    if row is None:
        return "not_in_catalogue"
    why = {
        "unpublished": not row.published,
        "sold_out": not row.in_stock,
        "no_link": not row.url,
        "gift_card": row.is_gift_card,
        # Given away with orders: together with everything, chosen by nobody.
        "free": row.price_minor == 0,
    }
    return next((name for name, is_so in why.items() if is_so), None)


def categories(row: Row[Any]) -> set[str]:
    """What a product is filed under: its collections, and the categories of platforms without."""
    return {*row.categories, *(row.collections or ())}
