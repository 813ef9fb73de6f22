"""All SQL of the book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from connector.core.bulk import COPY_ROWS, among, insert_rows, rows_of
from connector.core.db import upsert
from connector.core.errors import InsufficientPoints
from connector.ledger import page as small_page
from connector.ledger.models import (
    ledger_account,
    ledger_consumption,
    ledger_entry,
    ledger_lot,
)
from connector.ledger.rules import Lot, Purse

_STATES = ("member", "pending", "held", "debt")
_FEW_NAMES = 16


def load_purses(
    db: Connection, shop_id: int, unit: str, member_ids: Sequence[int]
) -> dict[int, Purse]:
    """The members' balances, their rows locked in one order; a new member has zeros."""
    purses = {member_id: Purse(member_id) for member_id in member_ids}
    names = [f"{state}:{member_id}" for member_id in member_ids for state in _STATES]
    for row in _of_names(db, _accounts, shop_id, unit, names):
        state, _, member_id = row.name.partition(":")
        setattr(purses[int(member_id)], "available" if state == "member" else state, row.balance)
    return purses


def load_lots(
    db: Connection, shop_id: int, unit: str, member_ids: Sequence[int]
) -> dict[int, list[Lot]]:
    """Open lots of these members."""
    lots: dict[int, list[Lot]] = defaultdict(list)
    names = [f"member:{member_id}" for member_id in member_ids]
    for row in _of_names(db, _open_lots, shop_id, unit, names):
        lots[int(row.account.partition(":")[2])].append(
            Lot(row.id, row.granted, row.remaining, row.origin, row.expires_at)
        )
    return lots


_Chosen = Callable[[str], tuple[Select[Any], ColumnElement[Any]]]  # by the dialect's name


def _accounts(_dialect: str) -> tuple[Select[Any], ColumnElement[Any]]:
    account = ledger_account.c
    chosen = select(account.name, account.balance).where(
        account.shop_id == bindparam("of_shop"), account.unit == bindparam("of_unit")
    )
    return chosen.with_for_update(), account.name


def _open_lots(dialect: str) -> tuple[Select[Any], ColumnElement[Any]]:
    lot = ledger_lot.c
    chosen = select(lot.id, lot.account, lot.origin, lot.granted, lot.remaining, lot.expires_at)
    return chosen.where(
        lot.shop_id == bindparam("of_shop"), lot.unit == bindparam("of_unit"), _is_open(dialect)
    ), lot.account


def _of_names(
    db: Connection, chosen: _Chosen, shop_id: int, unit: str, names: Sequence[str]
) -> CursorResult[Any]:
    """Rows of accounts with these names.

    A few names are each a parameter of a statement that is built once, and planned once: of an
    array PostgreSQL expects ten values, so that it would plan again for every shorter one.
    """
    told: dict[str, Any] = {"of_shop": shop_id, "of_unit": unit}
    if not 0 < len(names) <= _FEW_NAMES:
        statement, name = chosen(db.dialect.name)
        return db.execute(among(db, statement, name, names), told)
    told |= {f"name_{number}": one for number, one in enumerate(sorted(names))}
    return db.execute(_of_few(chosen, db.dialect.name, len(names)), told)


@cache
def _of_few(chosen: _Chosen, dialect: str, count: int) -> Select[Any]:
    """The same look-up of each value by the column's index as of ``among``."""
    statement, name = chosen(dialect)
    places = [bindparam(f"name_{number}", type_=Text()) for number in range(count)]
    if dialect == "sqlite":
        return statement.where(name.in_(places))
    told = func.unnest(postgresql.array(places))  # VALUES would be compiled each time
    value = told.table_valued("value").render_derived()
    found = statement.where(name == value.c.value).offset(0).lateral()
    return select(*found.c).select_from(value.join(found, true()))


def lapsed(
    db: Connection, shop_id: int, member_id: int, origin: str, stem: str
) -> list[tuple[str, int]]:
    """How much of this origin's lots expired or was forfeited, by account.

    Less what entries under ``stem`` already took back from there. What it brought may have gone
    to another member, who became part of this one.
    """
    entry, lot, taken = ledger_entry, ledger_lot, ledger_consumption
    brought = select(entry.c.to_account).where(
        entry.c.shop_id == shop_id,
        entry.c.source.startswith(f"{stem}:", autoescape=True),
        entry.c.to_account.startswith("member:"),
    )
    accounts = {f"member:{member_id}", *db.scalars(brought.distinct())}
    rows = db.execute(
        select(entry.c.to_account, func.sum(taken.c.amount))
        .select_from(
            entry.join(
                taken, and_(taken.c.shop_id == entry.c.shop_id, taken.c.entry_id == entry.c.id)
            ).join(lot, and_(lot.c.shop_id == taken.c.shop_id, lot.c.id == taken.c.lot_id))
        )
        .where(
            entry.c.shop_id == shop_id,
            entry.c.from_account.in_(sorted(accounts)),
            entry.c.to_account.in_(("expired", "forfeited")),
            lot.c.origin == origin,
        )
        .group_by(entry.c.to_account)
    ).all()
    found = []
    for account, amount in rows:
        back = db.scalar(
            select(func.coalesce(func.sum(entry.c.amount), 0)).where(
                entry.c.shop_id == shop_id,
                entry.c.from_account == account,
                entry.c.source.startswith(f"{stem}:", autoescape=True),
            )
        )
        if amount > (back or 0):
            found.append((str(account), int(amount) - int(back or 0)))
    return found


def returnable(
    db: Connection, shop_id: int, member_id: int, stem: str, amount: int
) -> list[tuple[str | None, datetime | None, int]]:
    """(origin, expires_at, points) of what was taken under ``stem``, taken last first.

    Leaves out what came back before; together they are ``amount``, or InsufficientPoints.
    """
    entry, lot, taken = ledger_entry, ledger_lot, ledger_consumption
    mine = (entry.c.shop_id == shop_id) & entry.c.source.startswith(f"{stem}:", autoescape=True)
    before = db.scalar(
        select(func.coalesce(func.sum(entry.c.amount), 0)).where(
            mine,
            entry.c.to_account == f"member:{member_id}",
            entry.c.from_account.in_((f"held:{member_id}", "redeemed")),
        )
    )
    rows = db.execute(
        select(lot.c.origin, lot.c.expires_at, taken.c.amount)
        .select_from(
            entry.join(
                taken, and_(taken.c.shop_id == entry.c.shop_id, taken.c.entry_id == entry.c.id)
            ).join(lot, and_(lot.c.shop_id == taken.c.shop_id, lot.c.id == taken.c.lot_id))
        )
        .where(mine, entry.c.to_account.in_((f"held:{member_id}", "redeemed")))
        .order_by(lot.c.expires_at.is_(None).desc(), lot.c.expires_at.desc(), lot.c.id.desc())
    )
    # What was spent into debt took of no lot; it returns first, to no origin, and repays.
    owed = db.scalar(
        select(func.coalesce(func.sum(entry.c.amount), 0)).where(
            mine, entry.c.from_account.startswith("debt:"), entry.c.to_account == "redeemed"
        )
    )
    skip, left, found = int(before or 0), amount, []
    for origin, expires_at, granted in chain([(None, None, int(owed or 0))], rows):
        passed = min(skip, granted)
        skip -= passed
        if step := min(granted - passed, left):
            found.append((origin, expires_at, step))
            left -= step
    if left:
        raise InsufficientPoints(f"{stem} took less than the {amount} points that return")
    return found


def insert_entries(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append movements; a source booked before is an error, never swallowed."""
    insert_rows(db, ledger_entry, rows)


@dataclass(slots=True)
class Page:
    """What a book has to write. deltas: by account, the difference and how many entries made it.

    What may be the first movement of an account makes it. Debits and repayments of debt need one.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    lots: list[dict[str, Any]] = field(default_factory=list)
    consumptions: list[dict[str, Any]] = field(default_factory=list)
    drawn: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    deltas: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))


def write(db: Connection, shop_id: int, unit: str, page: Page) -> None:
    """Write a page; InsufficientPoints if a lot or an account holds less than is taken of it."""
    raised: list[dict[str, Any]] = []
    lowered: list[dict[str, Any]] = []
    for name, (amount, entries) in sorted(page.deltas.items()):
        makes = amount <= 0 if name.startswith("debt:") else amount >= 0
        (raised if makes else lowered).append({"name": name, "amount": amount, "entries": entries})
    drawn = [{"lot_id": one, "taken": amount} for one, amount in sorted(page.drawn.items())]
    parts = {
        "e": page.entries,
        "l": page.lots,
        "c": page.consumptions,
        "r": raised,
        "d": drawn,
        "w": lowered,
    }
    is_small = sum(map(len, parts.values())) <= small_page.MOST_ROWS
    if is_small and db.dialect.name == "postgresql":
        done = small_page.write(db, shop_id, unit, parts)
    else:
        insert_rows(db, ledger_entry, page.entries)
        insert_rows(db, ledger_lot, page.lots)
        insert_rows(db, ledger_consumption, page.consumptions)
        done = _draw(db, shop_id, drawn), _lower(db, shop_id, unit, lowered)
        _raise_or_make(db, shop_id, unit, raised)
    if done[0] != len(drawn):
        raise InsufficientPoints(f"a lot of {sorted(page.drawn)} no longer holds what is taken")
    if done[1] != len(lowered):
        wanted = ", ".join(f"{-one['amount']} of {one['name']}" for one in lowered[:3])
        raise InsufficientPoints(f"an account holds less {unit} than is taken: {wanted}")


def _draw(db: Connection, shop_id: int, told: Sequence[Mapping[str, Any]]) -> int:
    """Lower what remains of lots; how many held enough."""
    if not told:
        return 0
    lot = ledger_lot.c
    if _is_crowd(db, told):
        draw = rows_of(db, _DRAW, told).c
        return db.execute(
            update(ledger_lot)
            .where(lot.shop_id == shop_id, lot.id == draw.lot_id, lot.remaining >= draw.taken)
            .values(remaining=lot.remaining - draw.taken)
        ).rowcount
    amount = bindparam("taken", type_=BigInteger)
    return db.execute(
        update(ledger_lot)
        .where(lot.shop_id == shop_id, lot.id == bindparam("lot_id"), lot.remaining >= amount)
        .values(remaining=lot.remaining - amount),
        list(told),
    ).rowcount


def is_open(db: Connection) -> ColumnElement[bool]:
    """Lots that hold something, as each database's index says it."""
    return _is_open(db.dialect.name)


def _is_open(dialect: str) -> ColumnElement[bool]:
    return ledger_lot.c.is_open if dialect == "postgresql" else ledger_lot.c.remaining > 0


_MOVE = {"name": str, "amount": int, "entries": int}
_DRAW: Mapping[str, type[int | str]] = {"lot_id": int, "taken": int}


def _is_crowd(db: Connection, told: Sequence[Mapping[str, Any]]) -> bool:
    """Whether so many rows are worth one statement; SQLite has no way to them to save."""
    return db.dialect.name != "sqlite" and len(told) >= COPY_ROWS


def _raise_or_make(
    db: Connection, shop_id: int, unit: str, told: Sequence[Mapping[str, Any]]
) -> None:
    if not told:
        return
    if _is_crowd(db, told):
        move = rows_of(db, _MOVE, told).c
        rows = select(literal(shop_id), literal(unit), move.name, move.amount, move.entries)
        columns = [column.name for column in ledger_account.c]
        db.execute(_raising(upsert(db, ledger_account).from_select(columns, rows)))
        return
    db.execute(
        _raising_each(db.dialect.name),
        [
            {
                "shop_id": shop_id,
                "unit": unit,
                "name": one["name"],
                "balance": one["amount"],
                "version": one["entries"],
            }
            for one in told
        ],
    )


@cache
def _raising_each(dialect: str) -> Any:
    return _raising((sqlite if dialect == "sqlite" else postgresql).insert(ledger_account))


def _raising(statement: Any) -> Any:
    account = ledger_account.c
    return statement.on_conflict_do_update(
        index_elements=["shop_id", "unit", "name"],
        set_={
            "balance": account.balance + statement.excluded.balance,
            "version": account.version + statement.excluded.version,
        },
    )


def _lower(db: Connection, shop_id: int, unit: str, told: Sequence[Mapping[str, Any]]) -> int:
    """Lower accounts, each only if it holds that much; how many did."""
    if not told:
        return 0
    account = ledger_account.c
    if _is_crowd(db, told):
        move = rows_of(db, _MOVE, told).c
        return db.execute(
            update(ledger_account)
            .where(
                account.shop_id == shop_id,
                account.unit == unit,
                account.name == move.name,
                or_(account.balance + move.amount >= 0, account.name.startswith("debt:")),
            )
            .values(balance=account.balance + move.amount, version=account.version + move.entries)
        ).rowcount
    amount = bindparam("amount", type_=BigInteger)
    return db.execute(
        update(ledger_account)
        .where(
            account.shop_id == shop_id,
            account.unit == unit,
            account.name == bindparam("of_name"),
            or_(account.balance + amount >= 0, account.name.startswith("debt:")),
        )
        .values(
            balance=account.balance + amount,
            version=account.version + bindparam("entries", type_=BigInteger),
        ),
        [
            {"of_name": one["name"], "amount": one["amount"], "entries": one["entries"]}
            for one in told
        ],
    ).rowcount
