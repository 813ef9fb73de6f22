"""The inbox: bytes first, thinking later.

One row per message, kept before it is understood. ``due_at`` set means it still waits; the same
``dedupe_key`` again is a no-op. Once read, the bytes stay only where we know whose they are, so
that an erasure finds them, and for KEEP_READ_DAYS; what is ignored or names nobody keeps none.
What could not be taken over waits for a person for KEEP_UNREAD_DAYS, and an erasure reads it too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    case,
    select,
    update,
)

from connector.core.bulk import insert_new
from connector.core.commerce import Delivery
from connector.core.db import Id, Json, Key, Utc, metadata
from connector.core.ids import new_id

KEEP_READ_DAYS = 7
KEEP_UNREAD_DAYS = 30
MAX_ATTEMPTS = 8

inbox = Table(
    "inbox",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),  # hook, fetch, poll or import
    Column("topic", Text, nullable=False),
    Column("dedupe_key", Key, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary),
    Column("flag", Text),
    Column("received_at", Utc, nullable=False),
    Column("due_at", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),  # new, done, ignored, quarantined, parked
    Column("code", Text),
    Column("error", Text),
    Column("customer_key", Key),
    Column("processed_at", Utc),
    UniqueConstraint("shop_id", "dedupe_key"),
)
Index(
    "ix_inbox_due",
    inbox.c.due_at,
    inbox.c.shop_id,
    sqlite_where=inbox.c.due_at.is_not(None),
    postgresql_where=inbox.c.due_at.is_not(None),
)
Index(
    "ix_inbox_waiting",
    inbox.c.shop_id,
    inbox.c.id,
    sqlite_where=inbox.c.due_at.is_not(None),
    postgresql_where=inbox.c.due_at.is_not(None),
)
Index("ix_inbox_customer", inbox.c.shop_id, inbox.c.customer_key)
Index("ix_inbox_state", inbox.c.shop_id, inbox.c.state, inbox.c.id)


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery and whose it is."""

    shop_id: int
    source: str
    delivery: Delivery
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """An inbox row as the drain sees it."""

    id: int
    topic: str
    delivery: Delivery
    attempts: int
    received_at: datetime
    source: str


def keep(db: Connection, received: Sequence[Received]) -> None:
    """Keep messages; one already kept is left as it is."""
    rows = [
        {
            "shop_id": one.shop_id,
            "id": new_id(),
            "source": one.source,
            "topic": one.delivery.topic,
            "dedupe_key": one.delivery.dedupe_key,
            "headers": dict(one.delivery.headers),
            "body": one.delivery.body,
            "flag": one.delivery.flag,
            "received_at": one.received_at,
            "due_at": one.received_at,
            "state": "new",
        }
        for one in received
    ]
    insert_new(db, inbox, rows)


def waiting(db: Connection, shop_id: int, now: datetime, limit: int) -> list[Waiting]:
    """The shop's due rows, oldest first."""
    rows = db.execute(
        select(
            inbox.c.id,
            inbox.c.topic,
            inbox.c.dedupe_key,
            inbox.c.headers,
            inbox.c.body,
            inbox.c.attempts,
            inbox.c.received_at,
            inbox.c.source,
        )
        .where(inbox.c.shop_id == shop_id, inbox.c.due_at.is_not(None), inbox.c.due_at <= now)
        .order_by(inbox.c.id)
        .limit(limit)
    )
    return [
        Waiting(
            id=row.id,
            topic=row.topic,
            delivery=Delivery(row.topic, row.dedupe_key, row.headers, row.body or b""),
            attempts=row.attempts,
            received_at=row.received_at,
            source=row.source,
        )
        for row in rows
    ]


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops with rows that wait."""
    due = select(inbox.c.shop_id).where(inbox.c.due_at.is_not(None), inbox.c.due_at <= now)
    return list(db.scalars(due.distinct()))


def still_waiting(db: Connection, shop_id: int, ids: Sequence[int]) -> set[int]:
    """Which of these rows nobody has finished meanwhile; asked under the shop's lock."""
    return set(
        db.scalars(
            select(inbox.c.id).where(
                inbox.c.shop_id == shop_id, inbox.c.id.in_(ids), inbox.c.due_at.is_not(None)
            )
        )
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: done, ignored or quarantined (with ``code`` and ``error``).

    ``customer_key`` says whose personal data its bytes carry, so that erasure finds it.
    """

    id: int
    state: str
    customer_key: str | None = None
    code: str | None = None
    error: str | None = None

    @property
    def keeps_bytes(self) -> bool:
        waits_for_a_person = self.state in ("quarantined", "parked")
        return waits_for_a_person or (self.state == "done" and bool(self.customer_key))


def finish(db: Connection, shop_id: int, outcomes: Sequence[Outcome], now: datetime) -> None:
    """These rows need nothing more."""
    statement = (
        update(inbox)
        .where(inbox.c.shop_id == shop_id, inbox.c.id == bindparam("row_id"))
        .values(
            state=bindparam("row_state"),
            code=bindparam("row_code"),
            error=bindparam("row_error"),
            customer_key=bindparam("row_customer"),
            due_at=None,
            processed_at=now,
        )
    )
    told: dict[bool, list[dict[str, object]]] = {True: [], False: []}
    for one in outcomes:
        values: dict[str, object] = {
            "row_id": one.id,
            "row_state": one.state,
            "row_code": one.code,
            "row_error": one.error and one.error[:500],
            "row_customer": one.customer_key,
        }
        told[one.keeps_bytes].append(values)
    if told[True]:
        db.execute(statement, told[True])
    if told[False]:
        db.execute(statement.values(body=None, headers={}), told[False])


def park(
    db: Connection,
    shop_id: int,
    row: Waiting,
    now: datetime,
    code: str,
    error: str,
    *,
    customer_key: str | None = None,
) -> None:
    """This row failed and only this: try later, give up after MAX_ATTEMPTS."""
    attempts = row.attempts + 1
    again = None if attempts >= MAX_ATTEMPTS else now + timedelta(seconds=2**attempts)
    db.execute(
        update(inbox)
        .where(inbox.c.shop_id == shop_id, inbox.c.id == row.id)
        .values(
            state="parked",
            attempts=attempts,
            due_at=again,
            code=code,
            error=error[:500],
            customer_key=customer_key,
        )
    )


def replay(db: Connection, shop_id: int, now: datetime, ids: Sequence[int] = ()) -> int:
    """Make quarantined and parked rows (or just ``ids``) due again; returns how many."""
    chosen = inbox.c.id.in_(ids) if ids else inbox.c.state.in_(("quarantined", "parked"))
    result = db.execute(
        update(inbox)
        .where(inbox.c.shop_id == shop_id, chosen, inbox.c.body.is_not(None))
        .values(state="new", due_at=now, attempts=0, code=None, error=None)
    )
    return result.rowcount


def need_a_look(db: Connection, shop_id: int, limit: int) -> list[Row[Any]]:
    """Quarantined and parked rows that will not be tried again by themselves, newest first."""
    return list(
        db.execute(
            select(inbox.c.id, inbox.c.topic, inbox.c.state, inbox.c.code, inbox.c.received_at)
            .where(
                inbox.c.shop_id == shop_id,
                inbox.c.state.in_(("quarantined", "parked")),
                inbox.c.due_at.is_(None),
            )
            .order_by(inbox.c.id.desc())
            .limit(limit)
        )
    )


def drop_bodies(db: Connection, shop_id: int, now: datetime) -> int:
    """Forget the bytes that were kept long enough; returns of how many rows."""
    read = (inbox.c.state == "done") & (inbox.c.received_at < now - timedelta(days=KEEP_READ_DAYS))
    unread = inbox.c.received_at < now - timedelta(days=KEEP_UNREAD_DAYS)
    old = inbox.c.due_at.is_(None) & inbox.c.body.is_not(None) & (read | unread)
    return _forget(db, shop_id, old, "too_old")


def unread(db: Connection, shop_id: int) -> list[Row[Any]]:
    """Id, topic and body of what could not be taken over, and so names nobody yet."""
    return list(
        db.execute(
            select(inbox.c.id, inbox.c.topic, inbox.c.body).where(
                inbox.c.shop_id == shop_id,
                inbox.c.state.in_(("quarantined", "parked")),
                inbox.c.customer_key.is_(None),
                inbox.c.body.is_not(None),
            )
        )
    )


def forget_people(db: Connection, shop_id: int, customer_keys: Collection[str]) -> None:
    """Erase the bytes of these people."""
    _forget(db, shop_id, inbox.c.customer_key.in_(customer_keys), "erased")


def forget_rows(db: Connection, shop_id: int, ids: Collection[int]) -> None:
    """Erase the bytes of these rows."""
    _forget(db, shop_id, inbox.c.id.in_(ids), "erased")


def _forget(db: Connection, shop_id: int, chosen: ColumnElement[bool], code: str) -> int:
    """Without bytes a row cannot be read again: one that still had to be is given up."""
    is_done = inbox.c.state == "done"
    result = db.execute(
        update(inbox)
        .where(inbox.c.shop_id == shop_id, chosen)
        .values(
            body=None,
            headers={},
            customer_key=None,
            due_at=None,
            error=None,
            code=case((is_done, inbox.c.code), else_=code),
            state=case((is_done, "done"), else_="ignored"),
        )
    )
    return result.rowcount


def drop_shop(db: Connection, shop_id: int) -> None:
    """Forget what still arrived for a shop that is gone."""
    db.execute(inbox.delete().where(inbox.c.shop_id == shop_id))
