"""All SQL of the listeners."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, true, update

from connector.core.bulk import among
from connector.core.db import upsert
from connector.listeners.models import listener, listener_attempt, listener_message

UNSENT = ("new", "open")


def all_of(db: Connection, shop_id: int) -> list[Row[Any]]:
    chosen = select(listener).where(listener.c.shop_id == shop_id)
    return list(db.execute(chosen.order_by(listener.c.id)))


def get(db: Connection, shop_id: int, listener_id: int) -> Row[Any] | None:
    chosen = select(listener).where(listener.c.shop_id == shop_id, listener.c.id == listener_id)
    return db.execute(chosen).one_or_none()


def insert_listener(db: Connection, **values: object) -> None:
    db.execute(insert(listener).values(**values))


def change(db: Connection, shop_id: int, listener_id: int, **values: object) -> None:
    own = (listener.c.shop_id == shop_id) & (listener.c.id == listener_id)
    db.execute(update(listener).where(own).values(**values))


def remove(db: Connection, shop_id: int, listener_id: int) -> None:
    """A listener, and all that was or is to be told to it."""
    own = (listener_message.c.shop_id == shop_id) & (listener_message.c.listener_id == listener_id)
    drop_messages(db, shop_id, own)
    db.execute(delete(listener).where(listener.c.shop_id == shop_id, listener.c.id == listener_id))


def put_messages(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Queue messages; one about the same thing that nobody began to send says it, too."""
    if rows:
        db.execute(upsert(db, listener_message).on_conflict_do_nothing(), list(rows))


def message(db: Connection, shop_id: int, message_id: int) -> Row[Any] | None:
    chosen = select(listener_message).where(
        listener_message.c.shop_id == shop_id, listener_message.c.id == message_id
    )
    return db.execute(chosen).one_or_none()


def change_message(db: Connection, shop_id: int, message_id: int, **values: object) -> None:
    own = (listener_message.c.shop_id == shop_id) & (listener_message.c.id == message_id)
    db.execute(update(listener_message).where(own).values(**values))


def claim(
    db: Connection, shop_id: int, now: datetime, until: datetime, limit: int
) -> list[Row[Any]]:
    """Take the oldest messages that are due, until then: they are somebody else's after it."""
    due = (
        select(listener_message.c.id)
        .where(
            listener_message.c.shop_id == shop_id,
            listener_message.c.due_at <= now,
            listener_message.c.state.in_(UNSENT),
        )
        .order_by(listener_message.c.due_at, listener_message.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(db.scalars(due))
    taken = (
        update(listener_message)
        .where(listener_message.c.shop_id == shop_id, listener_message.c.id.in_(ids))
        .values(state="open", due_at=until, attempts=listener_message.c.attempts + 1)
        .returning(listener_message)
    )
    return sorted(db.execute(taken), key=lambda row: int(row.id)) if ids else []


def put_off(
    db: Connection, shop_id: int, listener_id: int, until: datetime, **values: object
) -> None:
    """All that is to be told to a listener waits until then."""
    waiting = (
        (listener_message.c.shop_id == shop_id)
        & (listener_message.c.listener_id == listener_id)
        & listener_message.c.state.in_(UNSENT)
    )
    if not values:
        waiting = waiting & (listener_message.c.due_at < until)
    db.execute(update(listener_message).where(waiting).values(due_at=until, **values))


def add_attempt(db: Connection, **values: object) -> None:
    db.execute(upsert(db, listener_attempt).values(**values).on_conflict_do_nothing())


def log(
    db: Connection, shop_id: int, listener_id: int, before: int | None, limit: int
) -> list[Row[Any]]:
    """Messages to a listener, newest first, below the id ``before``."""
    older = listener_message.c.id < before if before is not None else true()
    chosen = select(listener_message).where(
        listener_message.c.shop_id == shop_id, listener_message.c.listener_id == listener_id, older
    )
    return list(db.execute(chosen.order_by(listener_message.c.id.desc()).limit(limit)))


def attempts(
    db: Connection, shop_id: int, message_ids: Collection[int]
) -> dict[int, list[Row[Any]]]:
    """How messages were tried, by message, the first attempt first."""
    chosen = select(listener_attempt).where(listener_attempt.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, listener_attempt.c.message_id, message_ids))
    found: dict[int, list[Row[Any]]] = {one: [] for one in message_ids}
    for row in sorted(rows, key=lambda one: int(one.number)):
        found[row.message_id].append(row)
    return found


def drop_messages(db: Connection, shop_id: int, which: ColumnElement[bool]) -> None:
    gone = select(listener_message.c.id).where(which)
    db.execute(
        delete(listener_attempt).where(
            listener_attempt.c.shop_id == shop_id, listener_attempt.c.message_id.in_(gone)
        )
    )
    db.execute(delete(listener_message).where(which))


def drop_over(db: Connection, shop_id: int, now: datetime) -> None:
    """Forget messages that are over long enough."""
    over = (
        (listener_message.c.shop_id == shop_id)
        & (listener_message.c.due_at <= now)
        & listener_message.c.state.not_in(UNSENT)
    )
    drop_messages(db, shop_id, over)


def drop_of_member(db: Connection, shop_id: int, member_id: int) -> None:
    of_member = (listener_message.c.shop_id == shop_id) & (
        listener_message.c.member_id == member_id
    )
    drop_messages(db, shop_id, of_member)


def move_to_member(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    own = (listener_message.c.shop_id == shop_id) & (listener_message.c.member_id == gone_id)
    db.execute(update(listener_message).where(own).values(member_id=kept_id))


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops with a message to send, or to forget."""
    due = select(listener_message.c.shop_id).where(listener_message.c.due_at <= now)
    return list(db.scalars(due.distinct()))
