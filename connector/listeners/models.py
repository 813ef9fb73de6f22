"""Tables of the listeners."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from connector.core.db import Id, Json, Key, Utc, metadata

listener = Table(
    "listener",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("topics", Json, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # under the key ring
    Column("old_secret", LargeBinary),  # signs too, until
    Column("old_until", Utc),
    Column("off_at", Utc),
    Column("off_why", Text),  # by hand, failing or gone
    Column("failing_since", Utc),  # None: the last one arrived
    Column("failures", Integer, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
)

listener_message = Table(
    "listener_message",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("listener_id", Id, nullable=False),
    Column("topic", Key, nullable=False),
    Column("about", Key, nullable=False),  # the id of what it tells of
    Column("member_id", Id),  # by which an erasure finds it
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),  # to be sent, or once that is over, to be forgotten
    CheckConstraint("state IN ('new', 'open', 'sent', 'failed')", name="state"),
)
Index("ix_listener_message_due", listener_message.c.due_at)
Index(
    "ix_listener_message_log",
    listener_message.c.shop_id,
    listener_message.c.listener_id,
    listener_message.c.id,
)
Index("ix_listener_message_member", listener_message.c.shop_id, listener_message.c.member_id)
Index(
    "uq_listener_message_new",
    listener_message.c.shop_id,
    listener_message.c.listener_id,
    listener_message.c.topic,
    listener_message.c.about,
    unique=True,
    sqlite_where=listener_message.c.state == "new",
    postgresql_where=listener_message.c.state == "new",
)

listener_attempt = Table(
    "listener_attempt",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("message_id", Id, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("status", Integer),  # None: no answer
    Column("code", Text),  # None: it arrived
)
