"""What a WooCommerce store's thank-you page is told of its order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connector.core.i18n import SOURCE, reader
from connector.orders import store as order_store
from connector.rooms.giving.rules import GIFT
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.gifts.thanks import thanks
from connector.web.tongue import Tongue

VIEW = "order"
AGAIN_MS = 2_000  # when an order that has just been placed may have reached us


def of_order(db: Connection, shop: Shop, key: str, now: datetime) -> dict[str, Any]:
    """``said``: what the shop gives for it. ``again_ms``: it has not reached us yet; ask again.

    The page itself thanks for a gift: it knows that much without us.
    """
    found = order_store.by_keys(db, shop.id, [key]).get(key)
    if found is None:
        return {"said": [], "again_ms": AGAIN_MS}
    say = Tongue.of(shop, reader(addresses.text("lang", 35)) or SOURCE, now)
    given = thanks(db, shop, found, say)
    return {"said": [one["said"] for one in given if one["kind"] != GIFT], "again_ms": 0}
