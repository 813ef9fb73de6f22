"""Facts in, verbs called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.core.facts import (
    CodeIssued,
    Fact,
    MemberErased,
    MembersMerged,
    MembersUnmerged,
    OrderChanged,
    OrderConfirmed,
)
from connector.rooms.referrals import introductions, service


def on_order_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = {fact.order_id for fact in facts if isinstance(fact, OrderChanged | OrderConfirmed)}
    return introductions.settle(db, facts[0].shop_id, ids, now)


def on_code_issued(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    service.note_codes(db, facts[0].shop_id, [one for one in facts if isinstance(one, CodeIssued)])
    return []


def on_members_merged(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    pairs = [(one.kept_id, one.gone_id) for one in facts if isinstance(one, MembersMerged)]
    return introductions.follow(db, facts[0].shop_id, pairs, now)


def on_members_unmerged(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    pairs = [(one.kept_id, one.gone_id) for one in facts if isinstance(one, MembersUnmerged)]
    return introductions.follow(db, facts[0].shop_id, pairs, now, undone=True)


def on_member_erased(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = [one.member_id for one in facts if isinstance(one, MemberErased)]
    return introductions.forget(db, facts[0].shop_id, ids, now)
