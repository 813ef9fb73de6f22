"""All SQL of the points room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select

from connector.core.db import upsert
from connector.ledger.models import ledger_account, ledger_entry
from connector.orders.models import orders
from connector.rooms.points.models import points_adjustment, points_order, points_program

CHUNK = 500


def newest_program(db: Connection, shop_id: int) -> Row[Any] | None:
    return db.execute(
        select(points_program)
        .where(points_program.c.shop_id == shop_id)
        .order_by(points_program.c.version.desc())
        .limit(1)
    ).one_or_none()


def insert_program(db: Connection, **values: object) -> None:
    db.execute(insert(points_program).values(**values))


def order_states(db: Connection, shop_id: int, order_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """What is frozen and posted so far, by order id."""
    return {
        row.order_id: row
        for start in range(0, len(order_ids), CHUNK)
        for row in db.execute(
            select(points_order).where(
                points_order.c.shop_id == shop_id,
                points_order.c.order_id.in_(order_ids[start : start + CHUNK]),
            )
        )
    }


def put_order_states(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what is posted; the frozen part is written once and never again."""
    if not rows:
        return
    statement = upsert(db, points_order)
    moving = ("member_id", "posted", "pending", "entries", "available_at")
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "order_id"],
            set_={name: statement.excluded[name] for name in moving},
        ),
        list(rows),
    )


def due(db: Connection, now: datetime) -> list[int]:
    """Shops with pending points whose hold has ended."""
    return list(
        db.scalars(
            select(points_order.c.shop_id)
            .where(points_order.c.pending > 0, points_order.c.available_at <= now)
            .distinct()
        )
    )


def due_orders(db: Connection, shop_id: int, now: datetime, limit: int) -> list[int]:
    """Confirmed orders of the shop whose pending points can be used now."""
    return list(
        db.scalars(
            select(points_order.c.order_id)
            .join(
                orders,
                (orders.c.shop_id == points_order.c.shop_id)
                & (orders.c.id == points_order.c.order_id),
            )
            .where(
                points_order.c.shop_id == shop_id,
                points_order.c.pending > 0,
                points_order.c.available_at <= now,
                orders.c.confirmed_at.is_not(None),
            )
            .order_by(points_order.c.order_id)
            .limit(limit)
        )
    )


def orders_of_member(db: Connection, shop_id: int, member_id: int) -> list[int]:
    return list(
        db.scalars(
            select(points_order.c.order_id).where(
                points_order.c.shop_id == shop_id, points_order.c.member_id == member_id
            )
        )
    )


def historic_orders(db: Connection, shop_id: int, after: int, limit: int) -> list[int]:
    """Orders from before the install, by id, above ``after``."""
    return list(
        db.scalars(
            select(orders.c.id)
            .where(orders.c.shop_id == shop_id, orders.c.historic.is_(True), orders.c.id > after)
            .order_by(orders.c.id)
            .limit(limit)
        )
    )


def next_pending(db: Connection, shop_id: int, member_id: int) -> tuple[datetime, int] | None:
    """When the member's next pending points arrive, and how many that day's first lot has."""
    row = db.execute(
        select(points_order.c.available_at, func.sum(points_order.c.pending))
        .where(
            points_order.c.shop_id == shop_id,
            points_order.c.member_id == member_id,
            points_order.c.pending > 0,
        )
        .group_by(points_order.c.available_at)
        .order_by(points_order.c.available_at)
        .limit(1)
    ).one_or_none()
    return (row[0], int(row[1])) if row else None


def entries_of(
    db: Connection, shop_id: int, member_id: int, before: int | None, limit: int
) -> list[Row[Any]]:
    """The member's entries in points, newest first."""
    names = [f"{state}:{member_id}" for state in ("member", "pending", "held", "debt")]
    older = ledger_entry.c.id < before if before is not None else or_(True)
    return list(
        db.execute(
            select(ledger_entry)
            .where(
                ledger_entry.c.shop_id == shop_id,
                ledger_entry.c.from_account.in_(names) | ledger_entry.c.to_account.in_(names),
                older,
            )
            .order_by(ledger_entry.c.id.desc())
            .limit(limit)
        )
    )


def balances(db: Connection, shop_id: int, member_ids: Sequence[int]) -> dict[str, int]:
    """Cached balances by account name, without locking."""
    names = [
        f"{state}:{member_id}"
        for member_id in member_ids
        for state in ("member", "pending", "held", "debt")
    ]
    return {
        row.name: row.balance
        for start in range(0, len(names), CHUNK)
        for row in db.execute(
            select(ledger_account.c.name, ledger_account.c.balance).where(
                ledger_account.c.shop_id == shop_id,
                ledger_account.c.unit == "PTS",
                ledger_account.c.name.in_(names[start : start + CHUNK]),
            )
        )
    }


def insert_adjustment(db: Connection, **values: object) -> None:
    db.execute(insert(points_adjustment).values(**values))


def adjustments(db: Connection, shop_id: int, ids: Sequence[int]) -> dict[int, Row[Any]]:
    return {
        row.id: row
        for row in db.execute(
            select(points_adjustment).where(
                points_adjustment.c.shop_id == shop_id, points_adjustment.c.id.in_(ids)
            )
        )
    }
