"""Facts in, verbs called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.core.facts import (
    Fact,
    MembersMerged,
    MembersUnmerged,
    OrderChanged,
    OrderConfirmed,
    PointsDonated,
)
from connector.rooms.giving import service


def on_order_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = [fact.order_id for fact in facts if isinstance(fact, OrderChanged | OrderConfirmed)]
    service.settle(db, facts[0].shop_id, ids, now)
    return []


def on_points_donated(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    given = [fact for fact in facts if isinstance(fact, PointsDonated)]
    service.owe(db, facts[0].shop_id, given, now)
    return []


def on_members_merged(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MembersMerged):
            service.merge(db, fact.shop_id, fact.kept_id, fact.gone_id)
    return []


def on_members_unmerged(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MembersUnmerged):
            service.unmerge(db, fact.shop_id, fact.gone_id)
    return []
