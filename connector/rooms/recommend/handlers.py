"""Facts in, verbs called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.core.facts import Fact, MemberErased, OrderChanged
from connector.rooms.recommend import service
from connector.rooms.recommend.learning import service as learning
from connector.rooms.recommend.scoring import service as scoring


def on_order_changed(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    shop_id = facts[0].shop_id
    service.mark(db, shop_id, now)
    changed = [fact.order_id for fact in facts if isinstance(fact, OrderChanged)]
    learning.count_orders(db, shop_id, changed, now)
    return []


def on_history_imported(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    service.mark(db, facts[0].shop_id, now, at_once=True)
    scoring.hasten(db, facts[0].shop_id, now)
    return []


def on_member_erased(db: Connection, facts: Sequence[Fact], now: datetime) -> Sequence[Fact]:
    for fact in facts:
        if isinstance(fact, MemberErased):
            service.forget(db, fact.shop_id, fact.member_id, now)
            scoring.forget(db, fact.shop_id, fact.member_id)
    return []
