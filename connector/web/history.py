"""A member's history as JSON for the storefront: each entry with its why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from connector.core import clock
from connector.core.i18n import Language
from connector.rooms.points import timeline
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import spoken
from connector.shops.service import Shop


def entries_json(
    db: Connection, shop: Shop, member_id: int, limit: int, language: Language
) -> list[dict[str, Any]]:
    """The member's newest ledger entries; ``points`` is signed as the member sees it.

    ``on`` is the day in the shop's zone, whatever the shopper's own clock says. ``reward``: the
    name of the one it is about, and ``order`` then the order it was used in.
    """
    entries = timeline.entries(db, shop.id, member_id, None, limit)
    ids = {entry.redemption_id for entry in entries if entry.redemption_id}
    used = catalogue.used_in(db, shop.id, ids)
    rewards = {one.id: (spoken(one.names, language), order) for one, order in used.values()}
    found = []
    for entry in entries:
        reward, order = rewards.get(entry.redemption_id or 0, (None, None))
        found.append(
            {
                "id": str(entry.id),
                "at": entry.occurred_at.isoformat().replace("+00:00", "Z"),
                "on": clock.local_date(entry.occurred_at, shop.timezone),
                "kind": entry.kind,
                "points": entry.points,
                "state": entry.state,
                "order": entry.order_number or order,
                "reward": reward,
                "why": entry.why and asdict(entry.why),
            }
        )
    return found
