"""Facts in, verbs called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.core.facts import Fact, MemberErased
from connector.rooms.recommend import service


def on_order_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    service.mark(db, facts[0].shop_id, now)
    return []


def on_history_imported(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    service.mark(db, facts[0].shop_id, now, at_once=True)
    return []


def on_member_erased(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MemberErased):
            service.forget(db, fact.shop_id, fact.member_id, now)
    return []
