"""How long learning keeps its days; a lift is of at most so many."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from connector.core.clock import local_date
from connector.rooms.recommend.learning import store
from connector.shops import service as shops

KEPT_DAYS = 400  # a year, so that every season is in, and the month around it
REACH_DAYS = 28  # exposure, and what the catalogue was shown of


def first_kept(db: Connection, shop_id: int, now: datetime) -> str:
    """The shop's first day that still counts: what came before is gone, and stays so."""
    return _before(db, shop_id, now, KEPT_DAYS)


def forget(db: Connection, shop_id: int, now: datetime) -> None:
    """Delete days that are over, and comparisons that ended before them."""
    reach = _before(db, shop_id, now, REACH_DAYS)
    store.drop_before(db, shop_id, first_kept(db, shop_id, now), reach)


def _before(db: Connection, shop_id: int, now: datetime, days: int) -> str:
    today = date.fromisoformat(local_date(now, shops.get(db, shop_id).timezone))
    return (today - timedelta(days=days)).isoformat()
