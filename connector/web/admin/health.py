"""Is it working? What one connection's state means, and what would repair it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from connector.shops.service import Shop
from connector.web.admin.sentences import trouble

LATE_FACTOR = 2
LEAST_GAP = timedelta(hours=1)
ENOUGH_ORDERS = 20
BUSY_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Health:
    """A connection. state: ok, quiet (not heard yet), late, shaky, broken, unfinished, gone."""

    state: str
    silent: timedelta | None = None

    @property
    def needs_merchant(self) -> bool:
        return self.state in ("broken", "unfinished", "gone")


def health(shop: Shop, order_times: Sequence[datetime], now: datetime) -> Health:
    """How one shop's connection stands.

    order_times: when its last orders were placed, oldest first. A shop is late when it has been
    silent for twice as long as between 95 of 100 of those.
    """
    if shop.state == "uninstalled":
        return Health("gone")
    if shop.state == "pending":
        return Health("unfinished")
    if shop.problem:
        return Health("broken" if trouble(shop.problem).needs_merchant else "shaky")
    if shop.last_event_at is None:
        return Health("quiet")
    silent = now - shop.last_event_at
    usual = usual_gap(order_times)
    if usual is not None and silent > LATE_FACTOR * max(usual, LEAST_GAP):
        return Health("late", silent)
    return Health("ok", silent)


def usual_gap(times: Sequence[datetime]) -> timedelta | None:
    """The gap that 95 of 100 pairs of orders stay below; None for too few orders to say."""
    if len(times) < ENOUGH_ORDERS:
        return None
    gaps = sorted(later - sooner for sooner, later in pairwise(times))
    return gaps[int(len(gaps) * BUSY_SHARE)]
