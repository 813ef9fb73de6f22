"""What a store's own plugin needs to know to show us: pushed and pulled whole, never personal."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from connector.core.money import exponent
from connector.shops.service import Shop
from connector.web import public


def settings(db: Connection, shop: Shop) -> dict[str, Any]:
    """The shop's public programme as its storefront shows it."""
    return {
        "currency": shop.currency,
        "currency_exponent": exponent(shop.currency),
        "config": public.config(db, shop),
    }
