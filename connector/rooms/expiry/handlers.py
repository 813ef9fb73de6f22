"""Facts in, verbs called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.core.facts import Fact, MemberErased, MembersMerged
from connector.rooms.expiry import service


def on_members_merged(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MembersMerged):
            service.forget(db, fact.shop_id, fact.gone_id)
    return []


def on_member_erased(db: Connection, facts: Sequence[Fact], _now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MemberErased):
            service.forget(db, fact.shop_id, fact.member_id)
    return []
