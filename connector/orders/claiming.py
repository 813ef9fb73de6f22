"""What somebody bought as a guest becomes theirs when a mailbox is proven, or when they join."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.core.facts import Fact, MemberJoined
from connector.members import Members, joining
from connector.members import store as member_store
from connector.orders import store

CLAIM_DAYS = 180


def claim(db: Connection, shop_id: int, now: datetime) -> list[Fact]:
    """Let accounts claim the guests this transaction showed them to be; asked at its end.

    A guest whose newest order is older than CLAIM_DAYS stays a guest.
    """
    found = joining.claims(db, shop_id)
    if not found:
        return []
    old = stale(db, shop_id, [one.guest_id for one in found], now)
    fresh = [one for one in found if one.guest_id not in old]
    return joining.take(db, shop_id, fresh, now)


def join(
    db: Connection, shop_id: int, members: Members, member_id: int, now: datetime
) -> list[Fact]:
    """An account that waited joins, with what it earned while its newest order is fresh enough."""
    afresh = bool(stale(db, shop_id, [member_id], now))
    return members.join(db, shop_id, member_id, now, afresh=afresh)


def on_member_joined(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    """Who joins later than we met them may claim what they bought as guests."""
    shop_id = facts[0].shop_id
    ids = [one.member_id for one in facts if isinstance(one, MemberJoined)]
    joining.met(db).mailboxes |= member_store.mailboxes_of_joined(db, shop_id, ids)
    return claim(db, shop_id, now)


def stale(db: Connection, shop_id: int, member_ids: Sequence[int], now: datetime) -> set[int]:
    """Whose newest order is older than CLAIM_DAYS, so that nobody may claim them any more."""
    oldest = now - timedelta(days=CLAIM_DAYS)
    newest = store.newest_of(db, shop_id, member_ids)
    return {one for one, at in newest.items() if at < oldest}
