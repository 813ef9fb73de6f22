"""History imports as durable rows: what is read, how far, and how much there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from connector.core.ids import new_id
from connector.orders.models import order_import

LEASE = timedelta(minutes=5)
STAGES = ("products", "orders", "points")


@dataclass(frozen=True, slots=True)
class Import:
    """One import of one shop. ``cursor`` is where to go on; ``total`` None when not told."""

    id: int
    what: str
    until: datetime
    cursor: str | None
    done: int
    total: int | None
    code: str | None
    started_at: datetime
    finished_at: datetime | None


_FIELDS = tuple(Import.__dataclass_fields__)


def begin(
    db: Connection, shop_id: int, stages: Sequence[str], now: datetime, *, due: bool = True
) -> list[Import]:
    """New imports, carried out one after the other; what runs already is not begun twice."""
    running = {
        row.what
        for row in db.execute(
            select(order_import.c.what).where(
                order_import.c.shop_id == shop_id, order_import.c.due_at.is_not(None)
            )
        )
    }
    rows = [
        {
            "shop_id": shop_id,
            "id": new_id(),
            "what": what,
            "until": now,
            "cursor": None,
            "done": 0,
            "due_at": now if due else None,
            "started_at": now,
        }
        for what in stages
        if what not in running
    ]
    if rows:
        db.execute(insert(order_import), rows)
    return [found for row in rows if (found := get(db, shop_id, int(str(row["id"]))))]


def get(db: Connection, shop_id: int, import_id: int) -> Import | None:
    row = db.execute(
        select(order_import).where(
            order_import.c.shop_id == shop_id, order_import.c.id == import_id
        )
    ).one_or_none()
    return _import(row) if row else None


def newest(db: Connection, shop_id: int) -> list[Import]:
    """The shop's imports, newest first."""
    return [
        _import(row)
        for row in db.execute(
            select(order_import)
            .where(order_import.c.shop_id == shop_id)
            .order_by(order_import.c.id.desc())
            .limit(20)
        )
    ]


def unfinished(db: Connection, shop_id: int, what: str) -> Import | None:
    """An import of this kind that was begun and neither finished nor given up."""
    row = db.execute(
        select(order_import)
        .where(
            order_import.c.shop_id == shop_id,
            order_import.c.what == what,
            order_import.c.finished_at.is_(None),
        )
        .order_by(order_import.c.id.desc())
        .limit(1)
    ).one_or_none()
    return _import(row) if row else None


def shops_due(db: Connection, now: datetime) -> list[int]:
    due = select(order_import.c.shop_id).where(
        order_import.c.due_at.is_not(None), order_import.c.due_at <= now
    )
    return list(db.scalars(due.distinct()))


def claim(db: Connection, shop_id: int, now: datetime) -> Import | None:
    """The shop's oldest due import, ours until its lease ends."""
    oldest = (
        select(order_import.c.id)
        .where(order_import.c.shop_id == shop_id, order_import.c.due_at.is_not(None))
        .order_by(order_import.c.id)
        .limit(1)
        .scalar_subquery()
    )
    row = db.execute(
        update(order_import)
        .where(
            order_import.c.shop_id == shop_id,
            order_import.c.id == oldest,
            order_import.c.due_at <= now,
        )
        .values(due_at=now + LEASE)
        .returning(order_import)
    ).one_or_none()
    return _import(row) if row else None


def save(db: Connection, shop_id: int, import_id: int, **values: object) -> None:
    """How far it has come; in the transaction of what was read."""
    db.execute(
        update(order_import)
        .where(order_import.c.shop_id == shop_id, order_import.c.id == import_id)
        .values(**values)
    )


def _import(row: Row[Any]) -> Import:
    return Import(**{name: getattr(row, name) for name in _FIELDS})
