"""The shopper's own points."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connector.core import clock
from connector.rooms.points import service as points
from connector.web.history import entries_json
from connector.web.runtime import runtime
from connector.web.storefront.asker import Asker

HISTORY_ENTRIES = 30


def part(db: Connection, asker: Asker, _now: datetime) -> dict[str, Any]:
    """``member``: what she has, what waits and until when; ``history``: where it came from."""
    shop, member_id = asker.shop, asker.member_id
    balance = points.balance(db, shop.id, member_id)
    coming = points.next_pending(db, shop.id, member_id)
    return {
        "member": {
            "name": runtime().members.person(db, shop.id, member_id).name,
            "available": balance.available,
            "pending": balance.pending,
            "debt": balance.debt,
            "pending_next": coming
            and {"points": coming[1], "on": clock.local_date(coming[0], shop.timezone)},
        },
        "history": entries_json(db, shop, member_id, HISTORY_ENTRIES, asker.language),
    }
