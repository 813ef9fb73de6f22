"""All SQL of the book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, select, update

from connector.core.db import upsert
from connector.core.errors import InsufficientPoints
from connector.ledger.models import (
    ledger_account,
    ledger_consumption,
    ledger_entry,
    ledger_lot,
)
from connector.ledger.rules import Lot, Purse

CHUNK = 500  # names in one IN list


def load_purses(
    db: Connection, shop_id: int, unit: str, member_ids: Sequence[int]
) -> dict[int, Purse]:
    """The members' balances, their rows locked in one order; a new member has zeros."""
    purses = {member_id: Purse(member_id) for member_id in member_ids}
    names = sorted(
        f"{state}:{member_id}"
        for member_id in member_ids
        for state in ("member", "pending", "held", "debt")
    )
    for start in range(0, len(names), CHUNK):
        rows = db.execute(
            select(ledger_account.c.name, ledger_account.c.balance)
            .where(
                ledger_account.c.shop_id == shop_id,
                ledger_account.c.unit == unit,
                ledger_account.c.name.in_(names[start : start + CHUNK]),
            )
            .order_by(ledger_account.c.name)
            .with_for_update()
        )
        for name, balance in rows:
            state, _, member_id = name.partition(":")
            setattr(purses[int(member_id)], "available" if state == "member" else state, balance)
    return purses


def load_lots(
    db: Connection, shop_id: int, unit: str, member_ids: Sequence[int]
) -> dict[int, list[Lot]]:
    """Open lots of these members."""
    lots: dict[int, list[Lot]] = defaultdict(list)
    names = [f"member:{member_id}" for member_id in member_ids]
    for start in range(0, len(names), CHUNK):
        rows = db.execute(
            select(ledger_lot).where(
                ledger_lot.c.shop_id == shop_id,
                ledger_lot.c.account.in_(names[start : start + CHUNK]),
                ledger_lot.c.unit == unit,
                ledger_lot.c.remaining > 0,
            )
        )
        for row in rows:
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


def insert_entries(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append movements; a source booked before is an error, never swallowed."""
    if rows:
        db.execute(ledger_entry.insert(), list(rows))


def insert_lots(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        db.execute(ledger_lot.insert(), list(rows))


def insert_consumptions(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        db.execute(ledger_consumption.insert(), list(rows))


def draw_lots(db: Connection, shop_id: int, taken: Mapping[int, int]) -> None:
    """Lower what remains of lots; refused by the database if one would go below zero."""
    for lot_id, amount in sorted(taken.items()):
        done = db.execute(
            update(ledger_lot)
            .where(
                ledger_lot.c.shop_id == shop_id,
                ledger_lot.c.id == lot_id,
                ledger_lot.c.remaining >= amount,
            )
            .values(remaining=ledger_lot.c.remaining - amount)
        )
        if done.rowcount != 1:
            raise InsufficientPoints(f"lot {lot_id} no longer holds {amount}")


def move_balances(
    db: Connection, shop_id: int, unit: str, deltas: Mapping[str, tuple[int, int]]
) -> None:
    """Change cached balances by name: (difference, entries). One conditional UPDATE a debit."""
    rises = [
        {"shop_id": shop_id, "unit": unit, "name": name, "balance": amount, "version": entries}
        for name, (amount, entries) in sorted(deltas.items())
        if amount >= 0 and not name.startswith("debt:")
    ]
    if rises:
        statement = upsert(db, ledger_account)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["shop_id", "unit", "name"],
                set_={
                    "balance": ledger_account.c.balance + statement.excluded.balance,
                    "version": ledger_account.c.version + statement.excluded.version,
                },
            ),
            rises,
        )
    for name, (amount, entries) in sorted(deltas.items()):
        if name.startswith("debt:"):
            _move_debt(db, shop_id, unit, name, amount, entries)
        elif amount < 0:
            _debit(db, shop_id, unit, name, amount, entries)


def _debit(db: Connection, shop_id: int, unit: str, name: str, amount: int, entries: int) -> None:
    account = ledger_account.c
    done = db.execute(
        update(ledger_account)
        .where(
            account.shop_id == shop_id,
            account.unit == unit,
            account.name == name,
            account.balance >= -amount,
        )
        .values(balance=account.balance + amount, version=account.version + entries)
    )
    if done.rowcount != 1:
        raise InsufficientPoints(f"{name} holds less than {-amount} {unit}")


def _move_debt(
    db: Connection, shop_id: int, unit: str, name: str, amount: int, entries: int
) -> None:
    account = ledger_account.c
    key = {"shop_id": shop_id, "unit": unit, "name": name}
    db.execute(
        upsert(db, ledger_account).on_conflict_do_nothing(), {**key, "balance": 0, "version": 0}
    )
    db.execute(
        update(ledger_account)
        .where(account.shop_id == shop_id, account.unit == unit, account.name == name)
        .values(balance=account.balance + amount, version=account.version + entries)
    )
