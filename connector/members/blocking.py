"""Who earns and redeems nothing for now: why, since when, and by whose hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector.core.errors import BadInput, NotFound
from connector.core.facts import Fact, MemberChanged
from connector.members import sides, store

REASON_LENGTH = 200


def block(
    db: Connection, shop_id: int, member_id: int, reason: str, now: datetime, made_by: str
) -> list[Fact]:
    """From now on the member earns and redeems nothing; who is blocked already stays so.

    BadInput ``reason_length`` without a reason, NotFound for who is not there.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= REASON_LENGTH:
        raise BadInput(
            "reason_length", f"say why, in 1 to {REASON_LENGTH} letters", field="reason"
        )
    if _living(db, shop_id, member_id).blocked_at is not None:
        return []
    store.change(db, shop_id, member_id, blocked_at=now)
    sides.note_block(
        db, shop_id=shop_id, member_id=member_id, blocked_at=now, reason=reason, made_by=made_by
    )
    return [MemberChanged(shop_id, member_id)]


def unblock(
    db: Connection, shop_id: int, member_id: int, now: datetime, made_by: str
) -> list[Fact]:
    """The member takes part again; what was missed meanwhile stays missed."""
    if _living(db, shop_id, member_id).blocked_at is None:
        return []
    store.change(db, shop_id, member_id, blocked_at=None)
    sides.end_block(db, shop_id, member_id, now, made_by)
    return [MemberChanged(shop_id, member_id)]


def of_member(db: Connection, shop_id: int, member_id: int) -> Sequence[Row[Any]]:
    """The member's blocks, newest first."""
    return sides.blocks(db, shop_id, member_id)


def _living(db: Connection, shop_id: int, member_id: int) -> Row[Any]:
    row = store.get(db, shop_id, member_id)
    if row is None or row.state not in ("member", "guest"):
        raise NotFound("member_not_found", "no such member")
    return row
