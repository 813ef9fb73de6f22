"""Seals: proof that what was booked is still there, unchanged, and nothing was slipped in below.

A seal covers the movements after the one before it, in order of ids, and its sha256 goes over the
seal before and each movement as a JSON list of its columns (the last, ``qualifying``, only where
there is some), times as ``YYYY-MM-DD HH:MM:SS.ffffff`` in UTC: the same bytes on every database.
Anybody who keeps one seal elsewhere can prove the whole book before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    func,
    insert,
    select,
    type_coerce,
)

from connector.core.ids import first_id
from connector.ledger.difference import Difference
from connector.ledger.models import ledger_entry, ledger_seal

# Ids of several processes are in order of their clocks only, and a transaction commits after its
# ids were made. An hour is far more than clocks differ and transactions last together; should it
# ever not be, the late movement shows as a difference in count.
MARGIN = timedelta(hours=1)
BATCH = 5_000  # movements under one seal: some 50 ms of writing
FIRST = "0" * 64  # what the first seal is chained to


def seal(db: Connection, shop_id: int, now: datetime) -> int:
    """Seal up to BATCH movements older than MARGIN; returns how many. Call again until 0."""
    newest = db.execute(_seals(shop_id).order_by(ledger_seal.c.number.desc()).limit(1)).first()
    number, before, after = 1, FIRST, 0
    if newest:
        number, before, after = newest.number + 1, newest.sha256, newest.last_id
    movements = _movements(db, shop_id, after, first_id(now - MARGIN) - 1, BATCH)
    if movements:
        db.execute(
            insert(ledger_seal).values(
                shop_id=shop_id,
                number=number,
                last_id=movements[-1].id,
                count=len(movements),
                sha256=_sha256(before, movements),
                sealed_at=now,
            )
        )
    return len(movements)


def differences(db: Connection, shop_id: int) -> Iterator[Difference]:
    """Seals that no longer fit what they sealed."""
    before, after = FIRST, 0
    seals = db.execute(_seals(shop_id).order_by(ledger_seal.c.number)).all()
    for number, one in enumerate(seals, 1):
        place = f"seal {number}"
        if one.number != number:
            yield Difference("seal_number", "", place, one.number, number)
            return
        movements = _movements(db, shop_id, after, one.last_id)
        found = _sha256(before, movements)
        if len(movements) != one.movements:
            yield Difference("seal_count", "", place, one.movements, len(movements))
        elif found != one.sha256:
            yield Difference("seal_sha256", "", place, one.sha256, found)
        before, after = one.sha256, one.last_id


def _seals(shop_id: int) -> Select[Any]:
    of = ledger_seal.c
    columns = (of.number, of.last_id, of.count.label("movements"), of.sha256)
    return select(*columns).where(of.shop_id == shop_id)


def _movements(
    db: Connection, shop_id: int, after: int, last: int, limit: int | None = None
) -> Sequence[Row[Any]]:
    entry = ledger_entry.c
    columns: Sequence[ColumnElement[Any]] = (
        entry.shop_id,
        entry.id,
        entry.unit,
        entry.amount,
        entry.from_account,
        entry.to_account,
        entry.source,
        entry.kind,
        _utc_text(db, entry.occurred_at),
        entry.local_date,
        _utc_text(db, entry.expires_at),
        entry.rule_version,
        entry.qualifying,
    )
    return db.execute(
        select(*columns)
        .where(entry.shop_id == shop_id, entry.id > after, entry.id <= last)
        .order_by(entry.id)
        .limit(limit)
    ).all()


def _utc_text(db: Connection, column: ColumnElement[datetime]) -> ColumnElement[str]:
    if db.dialect.name == "sqlite":
        return type_coerce(column, Text)  # how it is stored
    return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24:MI:SS.US")


def _sha256(before: str, movements: Sequence[Row[Any]]) -> str:
    digest = hashlib.sha256(before.encode())
    for row in movements:
        told = tuple(row) if row.qualifying is not None else tuple(row)[:-1]
        digest.update(b"\n" + msgspec.json.encode(told))
    return digest.hexdigest()
