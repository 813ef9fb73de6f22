"""Facts in, verbs called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.core.facts import (
    Fact,
    GiftGiven,
    GiftRestored,
    GiftWithdrawn,
    MemberErased,
    MembersMerged,
    MembersUnmerged,
    OrderChanged,
    OrderConfirmed,
    TierChanged,
)
from connector.rooms.points import service


def on_order_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = [fact.order_id for fact in facts if isinstance(fact, OrderChanged | OrderConfirmed)]
    return service.settle(db, facts[0].shop_id, ids, now)


def on_gift_given(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    gifts = [fact for fact in facts if isinstance(fact, GiftGiven)]
    return service.give(db, facts[0].shop_id, gifts, now)


def on_gift_withdrawn(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    gifts = [fact for fact in facts if isinstance(fact, GiftWithdrawn)]
    return service.withdraw(db, facts[0].shop_id, gifts, now)


def on_gift_restored(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    gifts = [fact for fact in facts if isinstance(fact, GiftRestored)]
    return service.restore(db, facts[0].shop_id, gifts, now)


def on_tier_changed(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    told = [fact for fact in facts if isinstance(fact, TierChanged)]
    percents = {fact.member_id: fact.multiplier_percent for fact in told}
    service.set_multiplier(db, facts[0].shop_id, percents)
    return []


def on_members_merged(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    caused: list[Fact] = []
    for fact in facts:
        if isinstance(fact, MembersMerged):
            caused += service.merge(db, fact.shop_id, fact.kept_id, fact.gone_id, now)
    return caused


def on_members_unmerged(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    caused: list[Fact] = []
    for fact in facts:
        if isinstance(fact, MembersUnmerged):
            caused += service.unmerge(db, fact.shop_id, fact.kept_id, fact.gone_id, now)
    return caused


def on_member_erased(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MemberErased):
            service.forfeit(db, fact.shop_id, fact.member_id, now)
    return []
