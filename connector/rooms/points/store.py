"""All SQL of the points room."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    func,
    insert,
    select,
    text,
    tuple_,
    union_all,
)

from connector.core.bulk import among, insert_rows
from connector.core.db import upsert
from connector.ledger.models import ledger_account, ledger_entry
from connector.orders.models import orders
from connector.program.basis import Basis, Context
from connector.program.caps import Grant
from connector.program.rules import PLAIN, Program, Programs
from connector.rooms.points.models import (
    points_adjustment,
    points_budget,
    points_gift,
    points_grant,
    points_order,
)

_CHECKS = [
    path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parent / "checks").glob("*.sql"))
]


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
    qualifying: int = 0
    is_first: bool | None = None
    is_new: bool = False  # not kept yet


_GRANT = tuple(name for name in Grant.__dataclass_fields__ if name != "is_changed")


def posted(
    db: Connection, shop_id: int, order_ids: Sequence[int], known: Programs
) -> dict[int, Posted]:
    """What is frozen and posted so far, by order id."""
    chosen = select(points_order).where(points_order.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, points_order.c.order_id, order_ids))
    programs: dict[int, Program] = {}
    found = {}
    for row in rows:
        program = programs.get(row.version)
        if program is None:
            program = programs[row.version] = known.numbered(row.version)
        found[row.order_id] = _posted(row, program)
    return found


def waiting(db: Connection, shop_id: int, order_ids: Collection[int]) -> list[Posted]:
    """The same of orders whose hold has ended, without the rules they were judged by."""
    chosen = select(points_order).where(points_order.c.shop_id == shop_id)
    return [
        _posted(row) for row in db.execute(among(db, chosen, points_order.c.order_id, order_ids))
    ]


def put_posted(db: Connection, shop_id: int, states: Sequence[Posted]) -> None:
    """Keep what is posted; of the frozen part only the currency may move, and the rate with it."""
    insert_rows(db, points_order, [_row(shop_id, state) for state in states if state.is_new])
    known = [_row(shop_id, state) for state in states if not state.is_new]
    if not known:
        return
    statement = upsert(db, points_order)
    rate = ("currency", "points_each", "per_minor")
    frozen = ("context", "is_first")  # once the order earns
    moving = ("posted", "pending", "entries", "available_at", "qualifying")
    taken = ("member_id", *rate, *frozen, *moving)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "order_id"],
            set_={name: statement.excluded[name] for name in taken},
        ),
        known,
    )


def due(db: Connection, now: datetime) -> set[int]:
    """Shops with pending points of confirmed orders, or of gifts, whose hold has ended."""
    seen = _seen(select(points_order.c.shop_id), points_order)
    order, gift = points_order.c, points_gift.c
    waits = seen.where(order.pending > 0, order.available_at <= now).distinct()
    rewards = _gifts_due(points_grant.c.shop_id, now).distinct()
    gifts = select(gift.shop_id).where(gift.pending > 0, gift.available_at <= now).distinct()
    return {shop_id for query in (waits, rewards, gifts) for shop_id in db.scalars(query)}


def due_orders(db: Connection, shop_id: int, now: datetime, limit: int) -> list[int]:
    """Confirmed orders of the shop whose pending points can be used now."""
    order = points_order.c
    waits = _seen(select(order.order_id), points_order).where(
        order.shop_id == shop_id, order.pending > 0, order.available_at <= now
    )
    return list(db.scalars(waits.order_by(order.order_id).limit(limit)))


def rewards_due(db: Connection, shop_id: int, now: datetime, limit: int) -> list[int]:
    """Orders of the shop whose rewards have waited for the end of the hold."""
    waits = _gifts_due(points_grant.c.order_id, now).where(points_grant.c.shop_id == shop_id)
    return list(db.scalars(waits.distinct().order_by(points_grant.c.order_id).limit(limit)))


def _gifts_due(column: ColumnElement[int], now: datetime) -> Select[Any]:
    grant = points_grant.c
    return _seen(select(column), points_grant).where(
        grant.gift == "waiting", grant.available_at <= now
    )


def _seen(chosen: Select[Any], table: Table) -> Select[Any]:
    """Only what is of orders that an authenticated read has seen."""
    same = (orders.c.shop_id == table.c.shop_id) & (orders.c.id == table.c.order_id)
    return chosen.join(orders, same).where(orders.c.confirmed_at.is_not(None))


def bought(db: Connection, shop_id: int, member_ids: Collection[int]) -> list[Row[Any]]:
    """What these members bought, and whether it was judged to be their first order."""
    same = (points_order.c.shop_id == orders.c.shop_id) & (points_order.c.order_id == orders.c.id)
    chosen = (
        select(
            orders.c.member_id,
            orders.c.id,
            orders.c.placed_at,
            orders.c.state,
            points_order.c.is_first,
        )
        .select_from(orders.outerjoin(points_order, same))
        .where(
            orders.c.shop_id == shop_id,
            orders.c.is_test.is_(False),
            orders.c.state.in_(("paid", "completed", "refunded")),
        )
    )
    return list(db.execute(among(db, chosen, orders.c.member_id, member_ids)))


def grants(db: Connection, shop_id: int, order_ids: Collection[int]) -> list[Grant]:
    """What rules with a cap or a reward gave these orders."""
    chosen = select(points_grant).where(points_grant.c.shop_id == shop_id)
    return [
        Grant(**{name: getattr(row, name) for name in _GRANT})
        for row in db.execute(among(db, chosen, points_grant.c.order_id, order_ids))
    ]


def granted(
    db: Connection, shop_id: int, member_ids: Collection[int]
) -> list[tuple[str, int, str, int]]:
    """(rule, member, day, sum) of what capped rules gave these members."""
    grant = points_grant.c
    chosen = select(grant.rule_id, grant.member_id, grant.day, grant.granted)
    chosen = chosen.where(grant.shop_id == shop_id, grant.granted > 0)
    found = among(db, chosen, grant.member_id, member_ids).subquery()
    keys = (found.c.rule_id, found.c.member_id, found.c.day)
    rows = db.execute(select(*keys, func.sum(found.c.granted)).group_by(*keys))
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]


def budgets(db: Connection, shop_id: int) -> dict[str, int]:
    """What rules with caps or rewards gave to everybody so far."""
    budget = points_budget.c
    rows = db.execute(select(budget.rule_id, budget.granted).where(budget.shop_id == shop_id))
    return {row[0]: row[1] for row in rows}


def put_grants(
    db: Connection, shop_id: int, changed: Sequence[Grant], spent: Mapping[str, int]
) -> None:
    """Keep what rules gave; ``spent``: to everybody so far, by rule."""
    rows = [
        {"shop_id": shop_id} | {name: getattr(one, name) for name in _GRANT} for one in changed
    ]
    put_rows(db, points_grant, rows, ("shop_id", "order_id", "rule_id"))
    told = [
        {"shop_id": shop_id, "rule_id": one, "granted": granted}
        for one, granted in sorted(spent.items())
    ]
    put_rows(db, points_budget, told, ("shop_id", "rule_id"))


def put_rows(
    db: Connection, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> None:
    """Insert rows, or overwrite those there are."""
    if rows:
        statement = upsert(db, table)
        taken = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        db.execute(
            statement.on_conflict_do_update(index_elements=list(keys), set_=taken), list(rows)
        )


def gifts_due(db: Connection, shop_id: int, now: datetime, limit: int) -> list[Row[Any]]:
    """Gifts whose hold has ended."""
    gift = points_gift.c
    chosen = select(points_gift).where(
        gift.shop_id == shop_id, gift.pending > 0, gift.available_at <= now
    )
    return list(db.execute(chosen.order_by(gift.id).limit(limit)))


def mismatches(db: Connection, shop_id: int) -> list[Row[Any]]:
    """What is kept beside what the book says, where they differ."""
    return [row for check in _CHECKS for row in db.execute(text(check), {"shop_id": shop_id})]


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
    parts = [
        select(table.c.available_at, table.c.pending).where(
            table.c.shop_id == shop_id,
            table.c.member_id == member_id,
            table.c.pending > 0,
            table.c.available_at.is_not(None),
        )
        for table in (points_order, points_gift)
    ]
    told = union_all(*parts).subquery().c
    row = db.execute(
        select(told.available_at, func.sum(told.pending))
        .group_by(told.available_at)
        .order_by(told.available_at)
        .limit(1)
    ).one_or_none()
    return (row[0], int(row[1])) if row else None


def entries_of(
    db: Connection, shop_id: int, member_id: int, before: int | None, limit: int
) -> list[Row[Any]]:
    """The member's entries in points, newest first by when they happened, after ``before``.

    What a reward had held and is spent now changes nothing that a member sees.
    """
    entry = ledger_entry.c
    names = [f"{state}:{member_id}" for state in ("member", "pending", "debt")]
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


def gifts(db: Connection, shop_id: int, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Gifts of points by id."""
    gift = points_gift.c
    chosen = select(points_gift).where(gift.shop_id == shop_id)
    return {row.id: row for row in db.execute(among(db, chosen, gift.id, ids))} if ids else {}


def _posted(row: Row[Any], program: Program | None = None) -> Posted:
    """``program``: the version it is judged by; what is only released needs none."""
    told = row.context
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
            rules=program.order_rules if program else (),
            terms=program.terms if program else PLAIN,
            context=None if told is None else msgspec.convert(told, Context),
        ),
        retro=row.retro,
        posted=row.posted,
        pending=row.pending,
        entries=row.entries,
        available_at=row.available_at,
        qualifying=row.qualifying,
        is_first=row.is_first,
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
        "context": basis.context,
        "is_first": state.is_first,
        "posted": state.posted,
        "pending": state.pending,
        "entries": state.entries,
        "available_at": state.available_at,
        "qualifying": state.qualifying,
    }
