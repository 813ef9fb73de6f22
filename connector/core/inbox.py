"""The inbox: bytes first, thinking later.

One row per message, kept before it is understood. ``due_at`` set means it still waits; the same
``dedupe_key`` again is a no-op. Bodies of processed rows are dropped after seven days.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    select,
    update,
)

from connector.core.bulk import insert_new
from connector.core.commerce import Delivery
from connector.core.db import Database, Id, Json, Key, Utc, metadata
from connector.core.ids import new_id

BATCH = 64
KEEP_BODY_DAYS = 7
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


def finish(db: Connection, shop_id: int, outcomes: Sequence[Outcome], now: datetime) -> None:
    """These rows need nothing more."""
    if not outcomes:
        return
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
    db.execute(
        statement,
        [
            {
                "row_id": one.id,
                "row_state": one.state,
                "row_code": one.code,
                "row_error": one.error and one.error[:500],
                "row_customer": one.customer_key,
            }
            for one in outcomes
        ],
    )


def park(db: Connection, shop_id: int, row: Waiting, now: datetime, code: str, error: str) -> None:
    """This row failed and only this: try later, give up after MAX_ATTEMPTS."""
    attempts = row.attempts + 1
    again = None if attempts >= MAX_ATTEMPTS else now + timedelta(seconds=2**attempts)
    db.execute(
        update(inbox)
        .where(inbox.c.shop_id == shop_id, inbox.c.id == row.id)
        .values(state="parked", attempts=attempts, due_at=again, code=code, error=error[:500])
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


def drop_bodies(db: Connection, shop_id: int, before: datetime) -> int:
    """Forget the bytes of rows processed before ``before``; quarantined ones stay."""
    result = db.execute(
        update(inbox)
        .where(
            inbox.c.shop_id == shop_id,
            inbox.c.state.in_(("done", "ignored")),
            inbox.c.processed_at < before,
            inbox.c.body.is_not(None),
        )
        .values(body=None, headers={})
    )
    return result.rowcount


def forget_customer(db: Connection, shop_id: int, customer_key: str) -> None:
    """Erase what the inbox still holds of one customer."""
    db.execute(
        update(inbox)
        .where(inbox.c.shop_id == shop_id, inbox.c.customer_key == customer_key)
        .values(body=None, headers={}, customer_key=None, due_at=None)
    )


def drop_shop(db: Connection, shop_id: int) -> None:
    """Forget what still arrived for a shop that is gone."""
    db.execute(inbox.delete().where(inbox.c.shop_id == shop_id))


class Keeper:
    """Keeps messages durably before it returns.

    On SQLite one thread commits what waits, up to BATCH at a time, so that a synced commit is
    shared (four times the rate of a commit each). PostgreSQL groups commits itself.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[tuple[Received, _Receipt]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def keep(self, received: Received) -> None:
        """Returns once the row is committed; raises what the commit raised."""
        if not self._database.is_sqlite:
            self._database.run(lambda db: keep(db, [received]), one_statement=True)
            return
        self._start()
        receipt = _Receipt()
        self._queue.put((received, receipt))
        receipt.wait()

    def _start(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._commit, name="keeper", daemon=True
                    )
                    self._thread.start()

    def _commit(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < BATCH:
                try:
                    batch.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            try:
                with self._database.write() as db:
                    keep(db, [received for received, _ in batch])
            except Exception:  # noqa: BLE001 - each waiter gets its own outcome below
                self._one_by_one(batch)
            else:
                for _, receipt in batch:
                    receipt.done()

    def _one_by_one(self, batch: Sequence[tuple[Received, _Receipt]]) -> None:
        for received, receipt in batch:
            try:
                with self._database.write() as db:
                    keep(db, [received])
            except Exception as problem:  # noqa: BLE001 - handed to the thread that waits for it
                receipt.done(problem)
            else:
                receipt.done()


class _Receipt:
    """One waiter's outcome."""

    __slots__ = ("_lock", "_problem")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self._problem: BaseException | None = None

    def done(self, problem: BaseException | None = None) -> None:
        self._problem = problem
        self._lock.release()

    def wait(self) -> None:
        self._lock.acquire()
        if self._problem is not None:
            raise self._problem
