"""All SQL of the expiry room."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    delete,
    func,
    literal,
    select,
    true,
    tuple_,
    update,
)

from connector.core.bulk import among, rows_of
from connector.core.db import Utc, upsert
from connector.core.ids import first_id
from connector.core.points import UNIT
from connector.ledger.models import ledger_account, ledger_entry, ledger_lot
from connector.ledger.store import is_open
from connector.rooms.expiry.models import expiry_clock, expiry_notice

_MEMBER = "member:"
_DAY: Mapping[str, type[int | str]] = {"member_id": int, "lapses_on": str}
_NOTICE: Mapping[str, type[int | str]] = {**_DAY, "days": int, "points": int}


def clock(db: Connection, shop_id: int) -> Row[Any] | None:
    chosen = select(expiry_clock).where(expiry_clock.c.shop_id == shop_id)
    return db.execute(chosen).one_or_none()


def put_clock(db: Connection, shop_id: int, mode: str, months: int, since: datetime) -> None:
    values = {"mode": mode, "months": months, "since": since}
    statement = upsert(db, expiry_clock).values(shop_id=shop_id, **values)
    db.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_=values))


def undate(db: Connection, shop_id: int) -> None:
    """No open lot has an end, and nobody is told of one: the clock starts anew."""
    lot, notice = ledger_lot.c, expiry_notice.c
    db.execute(
        update(ledger_lot)
        .where(
            lot.shop_id == shop_id,
            lot.unit == UNIT,
            is_open(db),
            lot.expires_at.is_not(None),
        )
        .values(expires_at=None)
    )
    db.execute(delete(expiry_notice).where(notice.shop_id == shop_id, notice.lapsed_at.is_(None)))


def undated_months(db: Connection, shop_id: int) -> list[str]:
    """Months in which open lots came that have no end yet."""
    lot, entry = ledger_lot.c, ledger_entry.c
    month = func.substr(entry.local_date, 1, 7)
    same = (entry.shop_id == lot.shop_id) & (entry.id == lot.id)
    chosen = select(month).select_from(ledger_lot.join(ledger_entry, same))
    return list(
        db.scalars(
            chosen.where(
                lot.shop_id == shop_id,
                lot.unit == UNIT,
                is_open(db),
                lot.expires_at.is_(None),
            ).distinct()
        )
    )


def date_lots(db: Connection, shop_id: int, month: str, expires_at: datetime) -> None:
    """Open lots that came in a month and have no end get one."""
    lot, entry = ledger_lot.c, ledger_entry.c
    came = (
        select(literal(1))
        .where(
            entry.shop_id == shop_id,
            entry.id == lot.id,
            func.substr(entry.local_date, 1, 7) == month,
        )
        .exists()
    )
    db.execute(
        update(ledger_lot)
        .where(
            lot.shop_id == shop_id,
            lot.unit == UNIT,
            is_open(db),
            lot.expires_at.is_(None),
            came,
        )
        .values(expires_at=expires_at)
    )


def ending(db: Connection, shop_id: int, until: datetime, after: str, limit: int) -> list[str]:
    """Accounts of members with lots that end by ``until``."""
    lot = ledger_lot.c
    found = (
        select(lot.account)
        .where(
            lot.shop_id == shop_id,
            lot.unit == UNIT,
            is_open(db),
            lot.expires_at <= until,
            lot.account > after,
        )
        .distinct()
        .order_by(lot.account)
        .limit(limit)
    )
    return list(db.scalars(found))


def due_of(
    db: Connection, shop_id: int, accounts: Collection[str], until: datetime
) -> list[tuple[str, datetime, int]]:
    """(account, when, points) of all lots of these accounts that end by ``until``."""
    lot = ledger_lot.c
    chosen = select(lot.account, lot.expires_at, lot.remaining).where(
        lot.shop_id == shop_id,
        lot.unit == UNIT,
        is_open(db),
        lot.expires_at <= until,
    )
    rows = db.execute(among(db, chosen, lot.account, accounts))
    return [(row[0], row[1], row[2]) for row in rows]


def resting(
    db: Connection, shop_id: int, until: datetime, after: str, limit: int
) -> list[tuple[str, int, int]]:
    """(account, newest movement, points) of members with points to whom nothing happened lately.

    A movement's id tells when it was booked; what was booked before ``until`` has a lower one.
    """
    account = ledger_account.c
    came, went = _newest_movements()
    rows = db.execute(
        select(account.name, came.label("came"), went.label("went"), account.balance)
        .where(
            account.shop_id == shop_id,
            account.unit == UNIT,
            account.name.startswith(_MEMBER),
            account.name > after,
            account.balance > 0,
            came < first_id(until),
            went < first_id(until),
        )
        .order_by(account.name)
        .limit(limit)
    )
    return [(row.name, max(row.came, row.went), row.balance) for row in rows]


def newest_movement(db: Connection, shop_id: int, member_id: int) -> tuple[int, int]:
    """(id, points): the last movement of what a member can use, and what there is."""
    account = ledger_account.c
    came, went = _newest_movements()
    row = db.execute(
        select(came.label("came"), went.label("went"), account.balance).where(
            account.shop_id == shop_id,
            account.unit == UNIT,
            account.name == f"{_MEMBER}{member_id}",
        )
    ).one_or_none()
    return (0, 0) if row is None else (max(row.came, row.went), row.balance)


def _newest_movements() -> list[ColumnElement[int]]:
    account, entry = ledger_account.c, ledger_entry.c
    return [
        func.coalesce(
            select(func.max(entry.id))
            .where(entry.shop_id == account.shop_id, side == account.name)
            .correlate(ledger_account)
            .scalar_subquery(),
            0,
        )
        for side in (entry.to_account, entry.from_account)
    ]


def notices(db: Connection, shop_id: int, member_ids: Collection[int]) -> list[Row[Any]]:
    """What these members are to be told, or were, and what has not lapsed; the newest last."""
    notice = expiry_notice.c
    chosen = select(expiry_notice).where(notice.shop_id == shop_id, notice.lapsed_at.is_(None))
    rows = db.execute(among(db, chosen, notice.member_id, member_ids))
    return sorted(rows, key=lambda row: (row.member_id, row.lapses_on, -row.days))


def add_notices(
    db: Connection, shop_id: int, rows: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """What members are to be told from now on; a notice that is there already stays."""
    if not rows:
        return
    new = rows_of(db, _NOTICE, rows).c
    statement = upsert(db, expiry_notice).from_select(
        ["shop_id", "made_at", *_NOTICE],
        # SQLite takes ON CONFLICT for part of a join unless the SELECT has a WHERE.
        select(literal(shop_id), literal(now, Utc), *(new[name] for name in _NOTICE)).where(
            true()
        ),
    )
    db.execute(statement.on_conflict_do_nothing())


def note_delivered(db: Connection, shop_id: int, member_id: int, now: datetime) -> None:
    """Everything there is to tell a member was told."""
    notice = expiry_notice.c
    db.execute(
        update(expiry_notice)
        .where(
            notice.shop_id == shop_id,
            notice.member_id == member_id,
            notice.delivered_at.is_(None),
            notice.lapsed_at.is_(None),
        )
        .values(delivered_at=now)
    )


def note_lapsed(
    db: Connection, shop_id: int, days: Collection[tuple[int, date]], now: datetime
) -> None:
    """What these members were told of these days, and of days before, is over."""
    if not days:
        return
    notice, over = expiry_notice.c, rows_of(db, _DAY, _days(days)).c
    db.execute(
        update(expiry_notice)
        .where(
            notice.shop_id == shop_id,
            notice.member_id == over.member_id,
            notice.lapses_on <= over.lapses_on,
            notice.lapsed_at.is_(None),
        )
        .values(lapsed_at=now)
    )


def drop_days(db: Connection, shop_id: int, days: Collection[tuple[int, date]]) -> None:
    """Forget what these members were to be told of these days, unless it is over."""
    if not days:
        return
    notice, void = expiry_notice.c, rows_of(db, _DAY, _days(days))
    gone = select(void.c.member_id, void.c.lapses_on)
    db.execute(
        delete(expiry_notice).where(
            notice.shop_id == shop_id,
            tuple_(notice.member_id, notice.lapses_on).in_(gone),
            notice.lapsed_at.is_(None),
        )
    )


def drop_notices(db: Connection, shop_id: int, member_id: int) -> None:
    """Forget everything a member was told, or was to be."""
    notice = expiry_notice.c
    mine = (notice.shop_id == shop_id) & (notice.member_id == member_id)
    db.execute(delete(expiry_notice).where(mine))


def _days(days: Collection[tuple[int, date]]) -> list[dict[str, object]]:
    return [{"member_id": one, "lapses_on": str(day)} for one, day in days]
