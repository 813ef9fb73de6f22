"""All SQL of the points room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, tuple_

from connector.core.bulk import among, insert_rows
from connector.core.db import upsert
from connector.ledger.models import ledger_account, ledger_entry
from connector.orders.models import orders
from connector.program.basis import Basis
from connector.rooms.points.models import points_adjustment, points_order

_CHECK = Path(__file__).with_name("check.sql").read_text(encoding="utf-8")


@dataclass(slots=True)
class Posted:
    """One order's frozen basis, and what is posted of it so far."""

    order_id: int
    member_id: int
    basis: Basis
    retro: bool
    posted: int = 0
    pending: int = 0
    entries: int = 0
    available_at: datetime | None = None
    is_new: bool = False  # not kept yet


def posted(db: Connection, shop_id: int, order_ids: Sequence[int]) -> dict[int, Posted]:
    """What is frozen and posted so far, by order id."""
    chosen = select(points_order).where(points_order.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, points_order.c.order_id, order_ids))
    return {row.order_id: _posted(row) for row in rows}


def put_posted(db: Connection, shop_id: int, states: Sequence[Posted]) -> None:
    """Keep what is posted; of the frozen part only the currency may move, and the rate with it."""
    insert_rows(db, points_order, [_row(shop_id, state) for state in states if state.is_new])
    known = [_row(shop_id, state) for state in states if not state.is_new]
    if not known:
        return
    statement = upsert(db, points_order)
    rate = ("currency", "points_each", "per_minor")
    moving = ("member_id", *rate, "posted", "pending", "entries", "available_at")
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "order_id"],
            set_={name: statement.excluded[name] for name in moving},
        ),
        known,
    )


def due(db: Connection, now: datetime) -> list[int]:
    """Shops with pending points of confirmed orders whose hold has ended."""
    return list(
        db.scalars(
            select(points_order.c.shop_id)
            .join(
                orders,
                (orders.c.shop_id == points_order.c.shop_id)
                & (orders.c.id == points_order.c.order_id),
            )
            .where(
                points_order.c.pending > 0,
                points_order.c.available_at <= now,
                orders.c.confirmed_at.is_not(None),
            )
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


def mismatches(db: Connection, shop_id: int) -> list[Row[Any]]:
    """What is posted beside what the book says was posted, where they differ."""
    return list(db.execute(text(_CHECK), {"shop_id": shop_id}))


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
    """The member's entries in points, newest first by when they happened, after ``before``."""
    entry = ledger_entry.c
    names = [f"{state}:{member_id}" for state in ("member", "pending", "held", "debt")]
    query = select(ledger_entry).where(
        entry.shop_id == shop_id, entry.from_account.in_(names) | entry.to_account.in_(names)
    )
    if before is not None:
        last = select(entry.occurred_at, entry.id).where(
            entry.shop_id == shop_id, entry.id == before
        )
        query = query.where(tuple_(entry.occurred_at, entry.id) < last.scalar_subquery())
    return list(db.execute(query.order_by(entry.occurred_at.desc(), entry.id.desc()).limit(limit)))


def balances(db: Connection, shop_id: int, member_ids: Sequence[int]) -> dict[str, int]:
    """Cached balances by account name, without locking."""
    names = [
        f"{state}:{member_id}"
        for member_id in member_ids
        for state in ("member", "pending", "held", "debt")
    ]
    chosen = select(ledger_account.c.name, ledger_account.c.balance).where(
        ledger_account.c.shop_id == shop_id, ledger_account.c.unit == "PTS"
    )
    rows = db.execute(among(db, chosen, ledger_account.c.name, names))
    return {row.name: row.balance for row in rows}


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


def _posted(row: Row[Any]) -> Posted:
    return Posted(
        order_id=row.order_id,
        member_id=row.member_id,
        basis=Basis(
            version=row.version,
            currency=row.currency,
            rate=None if row.points_each is None else (row.points_each, row.per_minor),
            hold_days=row.hold_days,
            award_on=row.award_on,
            counts_tax=row.counts_tax,
            counts_fees=row.counts_fees,
        ),
        retro=row.retro,
        posted=row.posted,
        pending=row.pending,
        entries=row.entries,
        available_at=row.available_at,
    )


def _row(shop_id: int, state: Posted) -> Mapping[str, Any]:
    basis = state.basis
    points_each, per_minor = basis.rate or (None, None)
    return {
        "shop_id": shop_id,
        "order_id": state.order_id,
        "member_id": state.member_id,
        "version": basis.version,
        "currency": basis.currency,
        "points_each": points_each,
        "per_minor": per_minor,
        "hold_days": basis.hold_days,
        "award_on": basis.award_on,
        "counts_tax": basis.counts_tax,
        "counts_fees": basis.counts_fees,
        "retro": state.retro,
        "posted": state.posted,
        "pending": state.pending,
        "entries": state.entries,
        "available_at": state.available_at,
    }
