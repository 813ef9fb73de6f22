"""The button that repairs an order, in the admin and by the API."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from connector.core import noticed, outbox
from connector.core.commerce import NeedsFetch
from connector.core.db import try_shop_lock
from connector.rooms.giving import settling as giving
from connector.rooms.points import service as points


def repair(db: Connection, shop_id: int, order_id: int, now: datetime) -> None:
    """Ask the store again for this order, and book at once what the book can already tell."""
    key = points.diagnose(db, shop_id, order_id).order.key
    outbox.ask(db, shop_id, [NeedsFetch("order", key)], now)
    if try_shop_lock(db, shop_id):
        noticed.notice(db, points.settle(db, shop_id, [order_id], now), now)
        noticed.notice(db, giving.settle(db, shop_id, [order_id], now), now)
