"""Facts in, verbs called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.core.facts import (
    Fact,
    MemberChanged,
    MemberErased,
    MemberJoined,
    MembersMerged,
    MembersUnmerged,
)
from connector.rooms.actions import service


def on_member_joined(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    ids = [fact.member_id for fact in facts if isinstance(fact, MemberJoined)]
    return service.welcome(db, facts[0].shop_id, ids, now)


def on_member_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    became = [
        (fact.member_id, name)
        for fact in facts
        if isinstance(fact, MemberChanged)
        for name in fact.became
    ]
    return service.congratulate(db, facts[0].shop_id, became, now)


def on_members_merged(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    caused: list[Fact] = []
    for fact in facts:
        if isinstance(fact, MembersMerged):
            caused += service.merge(db, fact.shop_id, fact.kept_id, fact.gone_id, now)
    return caused


def on_members_unmerged(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    caused: list[Fact] = []
    for fact in facts:
        if isinstance(fact, MembersUnmerged):
            caused += service.unmerge(db, fact.shop_id, fact.kept_id, fact.gone_id)
    return caused


def on_member_erased(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MemberErased):
            service.forget(db, fact.shop_id, fact.member_id)
    return []
