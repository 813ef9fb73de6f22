"""Facts that doors caused: kept with what caused them, told to the rooms by the shop's worker.

A web request never takes the shop's lock, and rooms hear facts under it. So a door commits its
facts as rows, and the next drain of the shop (within a second) delivers them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Column, Connection, Table, Text, delete, insert, select, update

from connector.core import facts as all_facts
from connector.core.db import Id, Json, Utc, metadata
from connector.core.facts import Fact
from connector.core.ids import new_id

fact_noticed = Table(
    "fact_noticed",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("fact", Text, nullable=False),  # its name
    Column("told", Json, nullable=False),
    Column("noticed_at", Utc, nullable=False),
    Column("parked_at", Utc),  # a room failed on it: it stays, and the others go on
)


def notice(db: Connection, facts: Sequence[Fact], now: datetime) -> None:
    """Keep facts for the worker; they are heard if, and only if, this transaction commits."""
    rows = [
        {
            "shop_id": fact.shop_id,
            "id": new_id(),
            "fact": type(fact).__name__,
            "told": msgspec.to_builtins(fact),
            "noticed_at": now,
        }
        for fact in facts
    ]
    if rows:
        db.execute(insert(fact_noticed), rows)


def shops_due(db: Connection) -> list[int]:
    """Shops with facts that nobody has heard."""
    waits = fact_noticed.c.parked_at.is_(None)
    return list(db.scalars(select(fact_noticed.c.shop_id).where(waits).distinct()))


def waits(db: Connection, shop_id: int) -> bool:
    """Whether the shop has facts that nobody has heard."""
    found = select(fact_noticed.c.id).where(
        fact_noticed.c.shop_id == shop_id, fact_noticed.c.parked_at.is_(None)
    )
    return db.scalar(found.limit(1)) is not None


def take(db: Connection, shop_id: int, limit: int) -> list[Fact]:
    """The oldest facts that wait, which are gone with this transaction. Under the shop's lock."""
    chosen = select(fact_noticed).where(
        fact_noticed.c.shop_id == shop_id, fact_noticed.c.parked_at.is_(None)
    )
    rows = db.execute(chosen.order_by(fact_noticed.c.id).limit(limit)).all()
    if rows:
        db.execute(
            delete(fact_noticed).where(
                fact_noticed.c.shop_id == shop_id,
                fact_noticed.c.id.in_([row.id for row in rows]),
            )
        )
    return [msgspec.convert(row.told, getattr(all_facts, row.fact), strict=False) for row in rows]


def park(db: Connection, shop_id: int, now: datetime) -> None:
    """Set the oldest fact that waits aside."""
    oldest = (
        select(fact_noticed.c.id)
        .where(fact_noticed.c.shop_id == shop_id, fact_noticed.c.parked_at.is_(None))
        .order_by(fact_noticed.c.id)
        .limit(1)
    )
    db.execute(
        update(fact_noticed)
        .where(fact_noticed.c.shop_id == shop_id, fact_noticed.c.id == oldest.scalar_subquery())
        .values(parked_at=now)
    )


def drop_shop(db: Connection, shop_id: int) -> None:
    """Forget what nobody will hear: the shop is gone."""
    db.execute(delete(fact_noticed).where(fact_noticed.c.shop_id == shop_id))
