"""All SQL of the programme."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from connector.core.db import upsert
from connector.program.models import points_program, program_night
from connector.program.rules import PLAIN, Program, Rule, Terms


def versions(db: Connection, shop_id: int, *states: str) -> list[Program]:
    """Versions in these states, by when they start; drafts by number."""
    program = points_program.c
    rows = db.execute(
        select(points_program)
        .where(program.shop_id == shop_id, program.state.in_(states))
        .order_by(program.starts_at, program.published_at, program.version)
    )
    return [_program(row) for row in rows]


def version(db: Connection, shop_id: int, number: int) -> Program | None:
    row = db.execute(
        select(points_program).where(
            points_program.c.shop_id == shop_id, points_program.c.version == number
        )
    ).one_or_none()
    return None if row is None else _program(row)


def last_number(db: Connection, shop_id: int) -> int:
    chosen = select(func.max(points_program.c.version)).where(points_program.c.shop_id == shop_id)
    return db.scalar(chosen) or 0


def insert_version(db: Connection, shop_id: int, program: Program, now: datetime) -> None:
    told = {"shop_id": shop_id, "version": program.version, "published_at": now}
    db.execute(insert(points_program).values(**told, **_values(program)))


def change_version(db: Connection, shop_id: int, program: Program, now: datetime) -> None:
    db.execute(
        update(points_program)
        .where(points_program.c.shop_id == shop_id, points_program.c.version == program.version)
        .values(published_at=now, **_values(program))
    )


def drop_draft(db: Connection, shop_id: int, number: int) -> bool:
    program = points_program.c
    chosen = (program.shop_id == shop_id) & (program.version == number)
    return db.execute(delete(points_program).where(chosen, program.state == "draft")).rowcount == 1


def shops_starting(db: Connection, now: datetime) -> list[int]:
    """Shops with a scheduled version whose time has come."""
    program = points_program.c
    chosen = select(program.shop_id).where(program.state == "scheduled", program.starts_at <= now)
    return list(db.scalars(chosen.distinct()))


def start(db: Connection, shop_id: int, now: datetime) -> None:
    """What was scheduled for now is in force."""
    program = points_program.c
    db.execute(
        update(points_program)
        .where(program.shop_id == shop_id, program.state == "scheduled", program.starts_at <= now)
        .values(state="published")
    )


def put_night(db: Connection, shop_id: int, due_at: datetime) -> None:
    """When the programme's next nightly work of this shop is."""
    statement = upsert(db, program_night).values(shop_id=shop_id, due_at=due_at)
    db.execute(
        statement.on_conflict_do_update(index_elements=["shop_id"], set_={"due_at": due_at})
    )


def nights_due(db: Connection, now: datetime) -> list[int]:
    night = program_night.c
    return list(db.scalars(select(night.shop_id).where(night.due_at <= now)))


def _values(program: Program) -> dict[str, Any]:
    return {
        "rates": program.rates,
        "hold_days": program.hold_days,
        "award_on": program.award_on,
        "counts_tax": program.counts_tax,
        "counts_fees": program.counts_fees,
        "counts_history": program.counts_history,
        "state": program.state,
        "starts_at": program.starts_at,
        "rules": program.rules or None,
        "terms": None if program.terms == PLAIN else program.terms,
        "name": program.name,
        "note": program.note,
        "made_by": program.made_by,
    }


def _program(row: Row[Any]) -> Program:
    return Program(
        version=row.version,
        rates={currency: (rate[0], rate[1]) for currency, rate in row.rates.items()},
        hold_days=row.hold_days,
        award_on=row.award_on,
        counts_tax=row.counts_tax,
        counts_fees=row.counts_fees,
        counts_history=row.counts_history,
        rules=msgspec.convert(row.rules or (), tuple[Rule, ...]),
        terms=msgspec.convert(row.terms or {}, Terms),
        state=row.state,
        starts_at=row.starts_at,
        name=row.name,
        note=row.note,
        made_by=row.made_by,
    )
