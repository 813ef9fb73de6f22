"""Facts in: who has to be told anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.core.facts import (
    CodeEnded,
    CodeIssued,
    Fact,
    MemberErased,
    MembersMerged,
    MembersUnmerged,
    PointsChanged,
    RewardRedeemed,
    TierChanged,
)
from connector.mirror import store


def on_member_differs(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    """Other points, another level, or other codes."""
    kinds = PointsChanged | TierChanged | CodeIssued | CodeEnded | RewardRedeemed
    ids = [fact.member_id for fact in facts if isinstance(fact, kinds)]
    store.note(db, facts[0].shop_id, ids, now)
    return []


def on_members_merged(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MembersMerged):
            store.note(db, fact.shop_id, [fact.kept_id], now)
            store.note_gone(db, fact.shop_id, [fact.gone_id], now)
            store.unsettle_tag(db, fact.shop_id, fact.kept_id, fact.gone_id)
    return []


def on_members_unmerged(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MembersUnmerged):
            store.note(db, fact.shop_id, [fact.kept_id, fact.gone_id], now)
    return []


def on_member_erased(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = [fact.member_id for fact in facts if isinstance(fact, MemberErased)]
    store.note_gone(db, facts[0].shop_id, ids, now)
    return []
