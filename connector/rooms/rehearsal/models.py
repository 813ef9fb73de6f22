"""Tables of the rehearsal room."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from connector.core.db import Id, Json, Utc, metadata

rehearsal = Table(
    "rehearsal",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),  # of the programme
    Column("against", Integer, nullable=False),  # the version in force when it was asked for
    Column("asked_at", Utc, nullable=False),
    Column("due_at", Utc),  # None: finished, or given up with ``code``
    Column("code", Text),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("result", Json),
    Column("finished_at", Utc),
)
Index(
    "ix_rehearsal_due",
    rehearsal.c.due_at,
    sqlite_where=rehearsal.c.due_at.is_not(None),
    postgresql_where=rehearsal.c.due_at.is_not(None),
)
