"""A member's history as JSON, for the storefront and the API alike: each entry with its why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from connector.core import clock
from connector.rooms.points import timeline
from connector.shops.service import Shop


def entries_json(
    db: Connection, shop: Shop, member_id: int, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """The member's ledger entries, newest first; ``points`` is signed as the member sees it.

    ``on`` is the day in the shop's zone, whatever the shopper's own clock says.
    """
    return [
        {
            "id": str(entry.id),
            "at": entry.occurred_at.isoformat().replace("+00:00", "Z"),
            "on": clock.local_date(entry.occurred_at, shop.timezone),
            "kind": entry.kind,
            "points": entry.points,
            "state": entry.state,
            "order": entry.order_number,
            "why": entry.why and asdict(entry.why),
        }
        for entry in timeline.entries(db, shop.id, member_id, before, limit)
    ]
