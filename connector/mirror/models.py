"""The table of what a store was told of its members."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from connector.core.db import Id, Json, Key, metadata

mirror = Table(
    "mirror",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("customer_key", Key),  # of the account that was told; None: none was
    Column("told", Json, nullable=False),  # field -> value
    Column("tag", Text),  # that we gave; "" is not known
    Column("changes", Integer, nullable=False),
    Column("seen", Integer, nullable=False),  # of the changes
    Column("failures", Integer, nullable=False),  # in a row
)
_STALE = mirror.c.changes > mirror.c.seen
Index(
    "ix_mirror_stale",
    mirror.c.shop_id,
    mirror.c.member_id,
    sqlite_where=_STALE,
    postgresql_where=_STALE,
)
