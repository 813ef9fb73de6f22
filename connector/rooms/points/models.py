"""Tables of the points room."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from connector.core.db import Id, Json, Key, Utc, metadata

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
    # Frozen when the order began to earn; NULL where it is judged by its rate alone:
    Column("context", Json),
    Column("is_first", Boolean),  # the member's first order; NULL: nobody asked
    # What is posted so far:
    Column("posted", BigInteger, nullable=False),
    Column("pending", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("available_at", Utc),
    Column("qualifying", BigInteger, nullable=False, server_default="0"),  # of what is posted
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

points_grant = Table(  # what rules with a cap, or with a reward, gave an order
    "points_grant",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("rule_id", Key, primary_key=True),
    Column("member_id", Id, nullable=False),
    Column("day", Key, nullable=False),  # local, that caps count
    Column("allowance", BigInteger),  # what caps left when the order began to earn; None: no cap
    Column("ceiling", BigInteger),  # the most it may have been given when it was last judged
    Column("granted", BigInteger, nullable=False),  # points, or times of a reward
    Column("gift", Key),  # of a reward: waiting for the end of the hold, or given
    Column("available_at", Utc),  # of a gift that waits
    Column("gifts", Integer, nullable=False),  # how often it was given
    CheckConstraint("granted >= 0 AND (ceiling IS NULL OR granted <= ceiling)", name="granted"),
    CheckConstraint("gift IN ('waiting', 'given')", name="gift"),
)
Index(
    "ix_points_grant_member",
    points_grant.c.shop_id,
    points_grant.c.member_id,
    points_grant.c.rule_id,
)
Index(
    "ix_points_grant_waiting",
    points_grant.c.available_at,
    points_grant.c.shop_id,
    sqlite_where=points_grant.c.gift == "waiting",
    postgresql_where=points_grant.c.gift == "waiting",
)

points_budget = Table(  # the sum of what a rule gave by its grants
    "points_budget",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("rule_id", Key, primary_key=True),
    Column("granted", BigInteger, nullable=False),
)

points_member = Table(  # what tiers told
    "points_member",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("multiplier_percent", Integer, nullable=False),
    CheckConstraint("multiplier_percent >= 100", name="multiplier_percent"),
)

points_gift = Table(
    "points_gift",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("source", Key, nullable=False),
    Column("member_id", Id, nullable=False),
    Column("given_to", Id, nullable=False),  # before anybody merged
    Column("points", BigInteger, nullable=False),
    Column("qualifies", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("given_at", Utc, nullable=False),
    Column("withdrawn_at", Utc),
    Column("posted", BigInteger, nullable=False),
    Column("pending", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("available_at", Utc),
    UniqueConstraint("shop_id", "source"),
    CheckConstraint("points > 0", name="points"),
    CheckConstraint("pending >= 0 AND pending <= posted", name="pending"),
)
Index("ix_points_gift_member", points_gift.c.shop_id, points_gift.c.member_id)
Index(
    "ix_points_gift_due",
    points_gift.c.available_at,
    points_gift.c.shop_id,
    sqlite_where=points_gift.c.pending > 0,
    postgresql_where=points_gift.c.pending > 0,
)
