"""Facts in, verbs called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.core.facts import (
    Fact,
    MemberErased,
    MembersMerged,
    MembersUnmerged,
    OrderChanged,
    OrderConfirmed,
    PointsDonated,
    TierChanged,
)
from connector.rooms.giving import service, settling, store
from connector.rooms.giving.accounts import marks, points


def on_order_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = [fact.order_id for fact in facts if isinstance(fact, OrderChanged | OrderConfirmed)]
    return settling.settle(db, facts[0].shop_id, ids, now)


def on_points_donated(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    given = [fact for fact in facts if isinstance(fact, PointsDonated)]
    shop_id = facts[0].shop_id
    touched = points.owe(db, shop_id, given, now)
    givers = {one.member_id for one in given}
    goals = marks.of_goals(db, shop_id, touched, now)
    return [*marks.of_members(db, shop_id, givers), *goals]


def on_members_merged(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    kept = set()
    for fact in facts:
        if isinstance(fact, MembersMerged):
            service.merge(db, fact.shop_id, fact.kept_id, fact.gone_id)
            kept.add(fact.kept_id)
    return marks.of_members(db, facts[0].shop_id, kept)


def on_members_unmerged(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    apart = set()
    for fact in facts:
        if isinstance(fact, MembersUnmerged):
            service.unmerge(db, fact.shop_id, fact.gone_id)
            apart |= {fact.kept_id, fact.gone_id}
    return marks.of_members(db, facts[0].shop_id, apart)


def on_tier_changed(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, TierChanged):
            store.put_member(db, fact.shop_id, fact.member_id, level=fact.level)
    return []


def on_member_erased(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MemberErased):
            store.drop_member(db, fact.shop_id, fact.member_id)
    return []
