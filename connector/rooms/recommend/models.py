"""Tables of the recommend room."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table

from connector.core.db import Id, Json, Key, Utc, metadata

# One row a product, not one a pair: a build writes twenty times fewer rows, and SQLite has one
# writer. Its list is read and replaced whole.
recommend_together = Table(
    "recommend_together",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("product_key", Key, primary_key=True),
    Column("others", Json, nullable=False),  # [key, orders together, score, evidence], best first
)

# Of members with a paid order. Who is erased loses the row at once, and the next build's numbers.
recommend_member = Table(
    "recommend_member",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("again", Json, nullable=False),  # [key, days it was bought on], best first
    Column("unseen", Json, nullable=False),  # [key, the bought product that speaks most for it]
)

recommend_build = Table(
    "recommend_build",
    metadata,
    Column("shop_id", Id, primary_key=True, autoincrement=False),
    Column("due_at", Utc),
    Column("marks", BigInteger, nullable=False),  # times it was marked; tells a build what it saw
    Column("claimed_until", Utc),  # somebody is building
    Column("built_at", Utc),
    Column("took_ms", Integer, nullable=False),
    Column("orders", Integer, nullable=False),  # paid orders the newest build read
    Column("products", Integer, nullable=False),  # products that have a list
    CheckConstraint("marks >= 0 AND took_ms >= 0", name="counts"),
)
Index(
    "ix_recommend_build_due",
    recommend_build.c.due_at,
    recommend_build.c.shop_id,
    sqlite_where=recommend_build.c.due_at.is_not(None),
    postgresql_where=recommend_build.c.due_at.is_not(None),
)
