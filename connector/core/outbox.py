"""The outbox: HTTP leaves the house last, after commit, idempotent by key.

Kinds: ``fetch`` asks the platform for one thing and puts the answer in the inbox; every other kind
is an ``Errand`` of the room that wants it. A row that is asked for again while it is being carried
out runs once more (``revision``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    select,
    update,
)
from sqlalchemy import delete as sql_delete

from connector.core.commerce import NeedsFetch, ShopClient
from connector.core.db import Id, Json, Key, Utc, metadata, upsert
from connector.core.facts import Fact
from connector.core.ids import new_id

LEASE_SECONDS = 120
MAX_DELAY_SECONDS = 3600

outbox = Table(
    "outbox",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("key", Key, nullable=False),
    Column("payload", Json, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("due_at", Utc),  # None: given up, needs a person
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("shop_id", "key"),
)
Index(
    "ix_outbox_due",
    outbox.c.shop_id,
    outbox.c.due_at,
    sqlite_where=outbox.c.due_at.is_not(None),
    postgresql_where=outbox.c.due_at.is_not(None),
)


@dataclass(frozen=True, slots=True)
class Task:
    """An outbox row that is ours until its lease ends."""

    shop_id: int
    id: int
    kind: str
    payload: dict[str, str]
    revision: int
    attempts: int


class Errand(Protocol):
    """What rows of one kind do at a shop's platform: look, act, keep what came of it.

    It may run again about the same thing at any time: it first finds what an earlier run, whose
    end nobody saw, left behind.
    """

    def prepare(self, db: Connection, shop_id: int, about: str, now: datetime) -> Any:
        """What there is to do by now, read from our tables; None: nothing any more."""
        ...

    def carry_out(self, client: ShopClient, todo: Any) -> Any:
        """HTTP, outside any transaction; the answer. Raises what clients raise."""
        ...

    def finish(
        self, db: Connection, shop_id: int, about: str, answer: Any, now: datetime
    ) -> Sequence[Fact]:
        """Keep the answer, under the shop's lock; the facts it causes."""
        ...

    def fail(
        self, db: Connection, shop_id: int, about: str, code: str, now: datetime
    ) -> Sequence[Fact]:
        """The platform will not do it: undo what was promised; the facts that causes."""
        ...


def ask(db: Connection, shop_id: int, wants: Sequence[NeedsFetch], now: datetime) -> None:
    """Ask for things to be fetched; asking twice before it happens is asking once."""
    _put(
        db,
        [
            {
                "shop_id": shop_id,
                "id": new_id(),
                "kind": "fetch",
                "key": f"fetch:{want.what}:{want.key}",
                "payload": {"what": want.what, "key": want.key},
                "due_at": now,
                "created_at": now,
            }
            for want in dict.fromkeys(wants)
        ],
    )


def send(db: Connection, shop_id: int, kind: str, about: Sequence[str], now: datetime) -> None:
    """Have errands of this kind run about these things; twice before it happens is once."""
    _put(
        db,
        [
            {
                "shop_id": shop_id,
                "id": new_id(),
                "kind": kind,
                "key": f"{kind}:{one}",
                "payload": {"about": one},
                "due_at": now,
                "created_at": now,
            }
            for one in dict.fromkeys(about)
        ],
    )


def _put(db: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    statement = upsert(db, outbox)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "key"],
            set_={"revision": outbox.c.revision + 1, "due_at": statement.excluded.due_at},
        ),
        list(rows),
    )


def claim(db: Connection, shop_id: int, now: datetime, limit: int) -> list[Task]:
    """Take the shop's due rows for LEASE_SECONDS; a worker that dies gives them back by time."""
    due = (
        select(outbox.c.id)
        .where(outbox.c.shop_id == shop_id, outbox.c.due_at.is_not(None), outbox.c.due_at <= now)
        .order_by(outbox.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    tasks = []
    for row_id in db.scalars(due).all():
        row = db.execute(
            update(outbox)
            .where(outbox.c.shop_id == shop_id, outbox.c.id == row_id, outbox.c.due_at <= now)
            .values(due_at=now + timedelta(seconds=LEASE_SECONDS), attempts=outbox.c.attempts + 1)
            .returning(outbox.c.kind, outbox.c.payload, outbox.c.revision, outbox.c.attempts)
        ).one_or_none()
        if row is not None:
            tasks.append(Task(shop_id, row_id, row.kind, row.payload, row.revision, row.attempts))
    return tasks


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops of which something is to be asked."""
    due = select(outbox.c.shop_id).where(outbox.c.due_at.is_not(None), outbox.c.due_at <= now)
    return list(db.scalars(due.distinct()))


def finish(db: Connection, task: Task, now: datetime) -> None:
    """The task is done: gone, unless it was asked for again meanwhile."""
    done = sql_delete(outbox).where(
        outbox.c.shop_id == task.shop_id,
        outbox.c.id == task.id,
        outbox.c.revision == task.revision,
    )
    if db.execute(done).rowcount == 0:
        db.execute(
            update(outbox)
            .where(outbox.c.shop_id == task.shop_id, outbox.c.id == task.id)
            .values(due_at=now, attempts=0)
        )


def postpone(
    db: Connection, task: Task, now: datetime, error: str, *, seconds: float | None = None
) -> None:
    """Try again later, an hour at most; with ``seconds`` < 0 it waits until ``revive``."""
    delay = _delay(task) if seconds is None else seconds
    given_up = delay < 0
    db.execute(
        update(outbox)
        .where(outbox.c.shop_id == task.shop_id, outbox.c.id == task.id)
        .values(
            due_at=None if given_up else now + timedelta(seconds=delay),
            error=error[:500],
        )
    )


def hush(
    db: Connection, task: Task, now: datetime, error: str, *, seconds: float | None = None
) -> None:
    """The shop does not answer: all that is asked of it waits as long as this task.

    Each time it is silent again the first of its tasks stands for all, so the wait grows.
    """
    again = now + timedelta(seconds=_delay(task) if seconds is None else seconds)
    soon = outbox.c.due_at <= now + timedelta(seconds=LEASE_SECONDS)
    db.execute(
        update(outbox)
        .where(outbox.c.shop_id == task.shop_id, outbox.c.due_at.is_not(None), soon)
        .values(due_at=again, attempts=task.attempts, error=error[:500])
    )


def _delay(task: Task) -> float:
    return float(min(2 ** min(task.attempts, 12), MAX_DELAY_SECONDS))


def revive(db: Connection, shop_id: int, now: datetime) -> None:
    """The shop answers again: what was given up is tried once more."""
    db.execute(
        update(outbox)
        .where(outbox.c.shop_id == shop_id, outbox.c.due_at.is_(None))
        .values(due_at=now, attempts=0)
    )


def drop_shop(db: Connection, shop_id: int) -> None:
    """Forget what was asked of a shop that is gone."""
    db.execute(sql_delete(outbox).where(outbox.c.shop_id == shop_id))
