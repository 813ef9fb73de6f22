"""What somebody bought as a guest becomes theirs when the mailbox is proven to be."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.core.facts import Fact
from connector.members import Members, joining
from connector.orders import store

CLAIM_DAYS = 180


def claim(db: Connection, shop_id: int, members: Members, now: datetime) -> list[Fact]:
    """Let accounts claim the guests this transaction showed them to be; asked at its end.

    A guest whose newest order is older than CLAIM_DAYS stays a guest.
    """
    found = joining.claims(db, shop_id)
    if not found:
        return []
    newest = store.newest_of(db, shop_id, [one.guest_id for one in found])
    oldest = now - timedelta(days=CLAIM_DAYS)
    fresh = [one for one in found if newest.get(one.guest_id, now) >= oldest]
    return members.claim(db, shop_id, fresh, now)
