"""Tables of the points room."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table, Text

from connector.core.db import Id, Utc, metadata

points_order = Table(
    "points_order",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("member_id", Id, nullable=False),
    # The basis, frozen:
    Column("version", Integer, nullable=False),
    Column("currency", Text, nullable=False),  # the order's; it moves, and the rate with it
    Column("points_each", Integer),  # None: no rate for this currency
    Column("per_minor", BigInteger),
    Column("hold_days", Integer, nullable=False),
    Column("award_on", Text, nullable=False),
    Column("counts_tax", Boolean, nullable=False),
    Column("counts_fees", Boolean, nullable=False),
    Column("retro", Boolean, nullable=False),
    # What is posted so far:
    Column("posted", BigInteger, nullable=False),
    Column("pending", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("available_at", Utc),
    CheckConstraint("posted >= 0", name="posted"),
    CheckConstraint("pending >= 0 AND pending <= posted", name="pending"),
)
Index("ix_points_order_member", points_order.c.shop_id, points_order.c.member_id)
Index(
    "ix_points_order_due",
    points_order.c.available_at,
    points_order.c.shop_id,
    sqlite_where=points_order.c.pending > 0,
    postgresql_where=points_order.c.pending > 0,
)

points_adjustment = Table(
    "points_adjustment",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("member_id", Id, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),  # staff:<id> or api:<key id>
    Column("made_at", Utc, nullable=False),
    CheckConstraint("points <> 0", name="points"),
)
Index("ix_points_adjustment_member", points_adjustment.c.shop_id, points_adjustment.c.member_id)
