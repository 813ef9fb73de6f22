"""Two become one, and for thirty days two again.

The row of who is gone leads to who was kept; the person behind it stays sealed until an undo is no
longer possible, and is found by nobody meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from connector.core.errors import Conflict, NotFound
from connector.core.facts import Fact, MembersMerged, MembersUnmerged
from connector.members import sides, store

UNDO_DAYS = 30
PLATFORM, CLAIM, MERCHANT = "platform", "claim", "merchant"


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge, for those who look at it. can_undo: the person is kept, and so is the time."""

    gone_id: int
    kept_id: int
    customer_key: str | None
    gone_state: str
    cause: str
    made_by: str | None
    merged_at: datetime
    undone_at: datetime | None
    undone_by: str | None
    can_undo: bool


def merge(
    db: Connection,
    shop_id: int,
    kept: Row[Any],
    gone: Row[Any],
    now: datetime,
    *,
    cause: str,
    made_by: str | None = None,
) -> list[Fact]:
    """``gone`` becomes part of ``kept``; both are living, and not the same."""
    sides.note_merge(
        db,
        shop_id=shop_id,
        gone_id=gone.id,
        merged_at=now,
        kept_id=kept.id,
        cause=cause,
        made_by=made_by,
        gone_key=gone.customer_key,
        gone_state=gone.state,
    )
    store.change(db, shop_id, gone.id, state="merged", merged_into=kept.id, email_hash=None)
    store.follow(db, shop_id, gone.id, kept.id)
    store.drop_words(db, shop_id, [gone.id])
    sides.share_occasions(db, shop_id, gone.id, kept.id)
    if gone.state == "member" and kept.state == "guest":  # who joined stays joined
        store.change(db, shop_id, kept.id, state="member", joined_at=gone.joined_at)
    if gone.blocked_at and not kept.blocked_at:  # no block is left behind by becoming another
        store.change(db, shop_id, kept.id, blocked_at=gone.blocked_at)
        sides.carry_block(db, shop_id, gone.id, kept.id)
    return [MembersMerged(shop_id, kept.id, gone.id)]


def by_hand(
    db: Connection, shop_id: int, kept_id: int, gone_id: int, now: datetime, made_by: str
) -> list[Fact]:
    """The merchant says two are one; saying it twice is saying it once.

    Conflict ``merged_already`` when one of them is part of another member, ``keep_the_account``
    when an account would become part of a guest; NotFound for who is not there.
    """
    kept, gone = _there(db, shop_id, kept_id), _there(db, shop_id, gone_id)
    if kept_id == gone_id:
        raise Conflict("same_member", "these are one already")
    if gone.merged_into == kept_id:
        return []
    if "merged" in (kept.state, gone.state):
        raise Conflict("merged_already", "one of them is part of another member")
    if kept.state == "guest" and gone.state == "member":
        raise Conflict("keep_the_account", "a guest becomes part of an account, not the reverse")
    return merge(db, shop_id, kept, gone, now, cause=MERCHANT, made_by=made_by)


def undo(
    db: Connection,
    shop_id: int,
    gone_id: int,
    email_hash: str | None,
    now: datetime,
    made_by: str,
) -> list[Fact]:
    """What was merged is two again, each with what is theirs; undoing twice is undoing once.

    Conflict ``merge_final`` after UNDO_DAYS, ``guest_returned`` when the guest is here anew.
    """
    row = _there(db, shop_id, gone_id)
    newest = sides.newest_merge(db, shop_id, gone_id)
    if newest is None:
        raise NotFound("merge_not_found", "this member was never merged")
    if row.state != "merged":
        return []
    if not _can_undo(newest, now) or not store.member_keys(db, shop_id, [gone_id]):
        raise Conflict("merge_final", f"a merge can be undone for {UNDO_DAYS} days")
    guests = store.guests_by_hash(db, shop_id, [email_hash] if email_hash else [])
    if newest.gone_state == "guest" and newest.gone_key is None and guests:
        raise Conflict("guest_returned", "this guest has ordered again; merge the two instead")
    store.change(
        db, shop_id, gone_id, state=newest.gone_state, merged_into=None, email_hash=email_hash
    )
    for one in _part_of(db, shop_id, gone_id):
        store.change(db, shop_id, one, merged_into=gone_id)
    sides.unshare_occasions(db, shop_id, gone_id, row.merged_into)
    sides.note_undone(db, shop_id, newest, now, made_by)
    return [MembersUnmerged(shop_id, row.merged_into, gone_id)]


def of_member(db: Connection, shop_id: int, member_id: int, now: datetime) -> list[Merge]:
    """Everything that became part of this member, or was again made two; newest first."""
    rows = sides.merges(db, shop_id, member_id)
    sealed = store.member_keys(db, shop_id, [row.gone_id for row in rows])
    return [
        Merge(
            gone_id=row.gone_id,
            kept_id=row.kept_id,
            customer_key=row.gone_key,
            gone_state=row.gone_state,
            cause=row.cause,
            made_by=row.made_by,
            merged_at=row.merged_at,
            undone_at=row.undone_at,
            undone_by=row.undone_by,
            can_undo=_can_undo(row, now) and row.gone_id in sealed,
        )
        for row in rows
    ]


def forget_undoable(db: Connection, shop_id: int, now: datetime) -> int:
    """Drop the persons kept for an undo whose time is over; returns how many."""
    gone = sides.merged_before(db, shop_id, now - timedelta(days=UNDO_DAYS))
    for member_id in gone:
        store.drop_person(db, shop_id, member_id)
    return len(gone)


def _can_undo(row: Row[Any], now: datetime) -> bool:
    return row.undone_at is None and now < row.merged_at + timedelta(days=UNDO_DAYS)


def _part_of(db: Connection, shop_id: int, kept_id: int) -> list[int]:
    """Who became part of this member while it stood for itself, and of those, and so on."""
    found: list[int] = []
    waiting = [kept_id]
    while waiting:
        direct = sides.merged_directly(db, shop_id, waiting.pop())
        waiting += [one for one in direct if one not in found]
        found += [one for one in direct if one not in found]
    return found


def _there(db: Connection, shop_id: int, member_id: int) -> Row[Any]:
    row = store.get(db, shop_id, member_id)
    if row is None or row.state == "erased":
        raise NotFound("member_not_found", "no such member")
    return row
