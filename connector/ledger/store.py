"""All SQL of the book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from connector.core.bulk import among, insert_rows, rows_of
from connector.core.db import upsert
from connector.core.errors import InsufficientPoints
from connector.ledger.models import (
    ledger_account,
    ledger_consumption,
    ledger_entry,
    ledger_lot,
)
from connector.ledger.rules import Lot, Purse


def load_purses(
    db: Connection, shop_id: int, unit: str, member_ids: Sequence[int]
) -> dict[int, Purse]:
    """The members' balances, their rows locked in one order; a new member has zeros."""
    purses = {member_id: Purse(member_id) for member_id in member_ids}
    names = [
        f"{state}:{member_id}"
        for member_id in member_ids
        for state in ("member", "pending", "held", "debt")
    ]
    chosen = (
        select(ledger_account.c.name, ledger_account.c.balance)
        .where(ledger_account.c.shop_id == shop_id, ledger_account.c.unit == unit)
        .with_for_update()
    )
    for name, balance in db.execute(among(db, chosen, ledger_account.c.name, names)):
        state, _, member_id = name.partition(":")
        setattr(purses[int(member_id)], "available" if state == "member" else state, balance)
    return purses


def load_lots(
    db: Connection, shop_id: int, unit: str, member_ids: Sequence[int]
) -> dict[int, list[Lot]]:
    """Open lots of these members."""
    lots: dict[int, list[Lot]] = defaultdict(list)
    names = [f"member:{member_id}" for member_id in member_ids]
    chosen = select(ledger_lot).where(
        ledger_lot.c.shop_id == shop_id, ledger_lot.c.unit == unit, ledger_lot.c.remaining > 0
    )
    for row in db.execute(among(db, chosen, ledger_lot.c.account, names)):
        lots[int(row.account.partition(":")[2])].append(
            Lot(row.id, row.granted, row.remaining, row.origin, row.expires_at)
        )
    return lots


def lapsed(
    db: Connection, shop_id: int, member_id: int, origin: str, stem: str
) -> list[tuple[str, int]]:
    """How much of this origin's lots expired or was forfeited, by account.

    Less what entries under ``stem`` already took back from there.
    """
    entry, lot, taken = ledger_entry, ledger_lot, ledger_consumption
    rows = db.execute(
        select(entry.c.to_account, func.sum(taken.c.amount))
        .select_from(
            lot.join(
                taken, and_(taken.c.shop_id == lot.c.shop_id, taken.c.lot_id == lot.c.id)
            ).join(entry, and_(entry.c.shop_id == taken.c.shop_id, entry.c.id == taken.c.entry_id))
        )
        .where(
            lot.c.shop_id == shop_id,
            lot.c.account == f"member:{member_id}",
            lot.c.origin == origin,
            entry.c.to_account.in_(("expired", "forfeited")),
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


def insert_lots(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(db, ledger_lot, rows)


def insert_consumptions(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(db, ledger_consumption, rows)


def draw_lots(db: Connection, shop_id: int, taken: Mapping[int, int]) -> None:
    """Lower what remains of lots; InsufficientPoints if one holds less than is taken of it."""
    if not taken:
        return
    told = [{"lot_id": lot_id, "taken": amount} for lot_id, amount in sorted(taken.items())]
    lot, amount = ledger_lot.c, bindparam("taken", type_=BigInteger)
    done = db.execute(
        update(ledger_lot)
        .where(lot.shop_id == shop_id, lot.id == bindparam("lot_id"), lot.remaining >= amount)
        .values(remaining=lot.remaining - amount),
        told,
    )
    if done.rowcount != len(told):
        raise InsufficientPoints(f"a lot of {sorted(taken)} no longer holds what is taken of it")


def move_balances(
    db: Connection, shop_id: int, unit: str, deltas: Mapping[str, tuple[int, int]]
) -> None:
    """Change cached balances by name: (difference, entries).

    What may be the first movement of an account makes it. Debits and repayments of debt need one:
    they are conditional, and InsufficientPoints if an account holds less than is taken.
    """
    first: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for name, (amount, entries) in sorted(deltas.items()):
        makes = amount <= 0 if name.startswith("debt:") else amount >= 0
        told = {"name": name, "amount": amount, "entries": entries}
        (first if makes else others).append(told)
    if first:
        _raise_or_make(db, shop_id, unit, first)
    if others:
        _lower(db, shop_id, unit, others)


_MOVE = {"name": str, "amount": int, "entries": int}


def _raise_or_make(
    db: Connection, shop_id: int, unit: str, told: Sequence[Mapping[str, Any]]
) -> None:
    move, account = rows_of(db, _MOVE, told).c, ledger_account.c
    statement = upsert(db, ledger_account).from_select(
        ["shop_id", "unit", "name", "balance", "version"],
        # SQLite takes ON CONFLICT for part of a join unless the SELECT has a WHERE.
        select(literal(shop_id), literal(unit), move.name, move.amount, move.entries).where(
            true()
        ),
    )
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "unit", "name"],
            set_={
                "balance": account.balance + statement.excluded.balance,
                "version": account.version + statement.excluded.version,
            },
        )
    )


def _lower(db: Connection, shop_id: int, unit: str, told: Sequence[Mapping[str, Any]]) -> None:
    account, amount = ledger_account.c, bindparam("amount", type_=BigInteger)
    done = db.execute(
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
        [{"of_name": one["name"], **one} for one in told],
    )
    if done.rowcount != len(told):
        wanted = ", ".join(f"{-one['amount']} of {one['name']}" for one in told[:3])
        raise InsufficientPoints(f"an account holds less {unit} than is taken: {wanted}")
