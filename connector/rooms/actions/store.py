"""All SQL of the actions room."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, select, text, update

from connector.core.bulk import among, insert_rows
from connector.core.db import upsert
from connector.members.models import member, member_occasion
from connector.orders.models import orders
from connector.rooms.actions.models import action_budget, action_streak, member_action

_CHECK = Path(__file__).with_name("check.sql").read_text(encoding="utf-8")
_BOUGHT = ("paid", "completed", "refunded")


def people(db: Connection, shop_id: int, member_ids: Collection[int]) -> dict[int, Row[Any]]:
    """Members' rows, locked in one order: what two doors do for a member is done in turn."""
    chosen = select(member).where(member.c.shop_id == shop_id).with_for_update()
    if len(member_ids) == 1:
        rows = db.execute(chosen.where(member.c.id == next(iter(member_ids))))
    else:  # a lateral join cannot lock; batches come from the worker, under the shop's lock
        unlocked = select(member).where(member.c.shop_id == shop_id)
        rows = db.execute(among(db, unlocked, member.c.id, member_ids))
    return {row.id: row for row in rows}


def done(db: Connection, shop_id: int, member_ids: Collection[int]) -> list[Row[Any]]:
    """Everything these members did that a rule gave for, withdrawn or not."""
    chosen = select(member_action).where(member_action.c.shop_id == shop_id)
    return list(db.execute(among(db, chosen, member_action.c.member_id, member_ids)))


def budget(db: Connection, shop_id: int, rule_id: str, *, locked: bool = True) -> int | None:
    """What a rule gave everybody; None while nobody counts it."""
    chosen = select(action_budget.c.granted).where(
        action_budget.c.shop_id == shop_id, action_budget.c.rule_id == rule_id
    )
    return db.scalar(chosen.with_for_update() if locked else chosen)


def open_budget(db: Connection, shop_id: int, rule_id: str) -> int:
    """Begin to count what a rule gives everybody, with what it gave so far."""
    action = member_action.c
    so_far = select(func.coalesce(func.sum(action.counted), 0)).where(
        action.shop_id == shop_id, action.rule_id == rule_id, action.withdrawn_at.is_(None)
    )
    granted = int(db.scalar(so_far) or 0)
    row = {"shop_id": shop_id, "rule_id": rule_id, "granted": granted}
    db.execute(upsert(db, action_budget).values(**row).on_conflict_do_nothing())
    return budget(db, shop_id, rule_id) or 0


def spend_budget(db: Connection, shop_id: int, rule_id: str, counted: int) -> None:
    """Count what a rule gave (or took back) where somebody counts it."""
    db.execute(
        update(action_budget)
        .where(action_budget.c.shop_id == shop_id, action_budget.c.rule_id == rule_id)
        .values(granted=action_budget.c.granted + counted)
    )


def insert_done(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(db, member_action, rows)


def withdraw(db: Connection, shop_id: int, sources: Collection[str], now: datetime) -> None:
    """Say that what these actions gave is taken back."""
    db.execute(
        update(member_action)
        .where(member_action.c.shop_id == shop_id, member_action.c.source.in_(sources))
        .values(withdrawn_at=now)
    )


def restore(db: Connection, shop_id: int, member_id: int, source: str) -> None:
    """Say that what this action gave is this member's again."""
    db.execute(
        update(member_action)
        .where(member_action.c.shop_id == shop_id, member_action.c.source == source)
        .values(member_id=member_id, withdrawn_at=None)
    )


def move(db: Connection, shop_id: int, to_id: int, sources: Collection[str]) -> None:
    """These actions are another member's."""
    db.execute(
        update(member_action)
        .where(member_action.c.shop_id == shop_id, member_action.c.source.in_(sources))
        .values(member_id=to_id)
    )


def forget_keys(db: Connection, shop_id: int, member_id: int) -> None:
    """What was done stays counted; what it was done for may tell of the person."""
    db.execute(
        update(member_action)
        .where(member_action.c.shop_id == shop_id, member_action.c.member_id == member_id)
        .values(key=member_action.c.source)
    )


def streak(db: Connection, shop_id: int, member_id: int) -> tuple[int, str] | None:
    """(days in a row, the last one) a member came."""
    row = db.execute(
        select(action_streak.c.days, action_streak.c.last_day).where(
            action_streak.c.shop_id == shop_id, action_streak.c.member_id == member_id
        )
    ).one_or_none()
    return None if row is None else (row.days, row.last_day)


def put_streak(db: Connection, shop_id: int, member_id: int, days: int, last_day: str) -> None:
    row = {"shop_id": shop_id, "member_id": member_id, "days": days, "last_day": last_day}
    statement = upsert(db, action_streak).values(**row)
    taken = {"days": days, "last_day": last_day}
    db.execute(
        statement.on_conflict_do_update(index_elements=["shop_id", "member_id"], set_=taken)
    )


def occasions(
    db: Connection, shop_id: int, month_days: Collection[str], names: Collection[str]
) -> list[Row[Any]]:
    """Occasions on these days of a year (02-29), of living members who agreed to be greeted."""
    occasion = member_occasion.c
    same = (member.c.shop_id == occasion.shop_id) & (member.c.id == occasion.member_id)
    return list(
        db.execute(
            select(member_occasion)
            .join(member, same)
            .where(
                occasion.shop_id == shop_id,
                occasion.month_day.in_(month_days),
                occasion.name.in_(names),
                occasion.greet_at.is_not(None),
                member.c.state == "member",
            )
            .order_by(occasion.member_id)
        )
    )


def has_bought(db: Connection, shop_id: int, member_id: int) -> bool:
    """Whether a member ever paid for an order."""
    order = orders.c
    chosen = select(order.id).where(
        order.shop_id == shop_id, order.member_id == member_id, order.state.in_(_BOUGHT)
    )
    return db.scalar(chosen.limit(1)) is not None


def mismatches(db: Connection, shop_id: int) -> list[Row[Any]]:
    """What is kept otherwise than it is recomputed."""
    return list(db.execute(text(_CHECK), {"shop_id": shop_id}))
