"""Tables of the rewards room."""

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

reward = Table(
    "reward",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("problem", Text),  # why we paused it: the store's own code
    Column("failures", Integer, nullable=False),  # of the newest wishes, one after another
    Column("made_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    # What is offered (rules.Offer):
    Column("kind", Text, nullable=False),
    Column("names", Json, nullable=False),
    Column("notes", Json, nullable=False),
    Column("currency", Text, nullable=False),
    Column("points", BigInteger),
    Column("points_each", BigInteger),
    Column("per_minor", BigInteger),
    Column("least_minor", BigInteger),
    Column("most_minor", BigInteger),
    Column("value_minor", BigInteger, nullable=False),
    Column("percent", Integer, nullable=False),
    Column("product_key", Key),
    Column("cause_id", Id),
    Column("tier_days", Integer, nullable=False),
    Column("cost_minor", BigInteger, nullable=False),
    Column("minimum_minor", BigInteger, nullable=False),
    Column("valid_days", Integer, nullable=False),
    Column("stock", BigInteger),
    Column("budget_minor", BigInteger),
    Column("per_member", Integer),
    Column("tier_level", Integer, nullable=False),
    Column("returns_whole", Boolean, nullable=False),
    # What is gone of it so far:
    Column("taken", BigInteger, nullable=False),
    Column("spent_minor", BigInteger, nullable=False),
    CheckConstraint("state IN ('on', 'paused')", name="state"),
    CheckConstraint("taken >= 0 AND spent_minor >= 0", name="taken"),
)

redemption = Table(
    "redemption",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("member_id", Id, nullable=False),
    Column("account_id", Id, nullable=False),  # the member whose points these were, before a merge
    Column("reward_id", Id, nullable=False),
    Column("source", Key, nullable=False),  # a wish of its own, or the gift's
    Column("note", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("ending", Text),  # the state it gets once the store no longer has its code
    Column("problem", Text),
    # What was agreed, frozen:
    Column("kind", Text, nullable=False),
    Column("names", Json, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("value_minor", BigInteger, nullable=False),
    Column("percent", Integer, nullable=False),
    Column("product_key", Key),
    Column("cause_id", Id),
    Column("tier_days", Integer, nullable=False),
    Column("cost_minor", BigInteger, nullable=False),
    Column("minimum_minor", BigInteger, nullable=False),
    Column("valid_days", Integer, nullable=False),
    Column("returns_whole", Boolean, nullable=False),
    # What the store knows:
    Column("code", Key),
    Column("discount_key", Key),  # the store's key of the code
    Column("credit_before", Json),  # keys of arrivals of store credit, noted before ours
    Column("credit_key", Key),  # of our arrival
    Column("left_minor", BigInteger, nullable=False),  # of a code with a balance
    # What is posted so far:
    Column("held", BigInteger, nullable=False),
    Column("spent", BigInteger, nullable=False),  # captured, less what came back
    Column("entries", Integer, nullable=False),
    Column("due_at", Utc),  # when time alone changes it
    Column("reserved_at", Utc, nullable=False),
    Column("issued_at", Utc),
    Column("expires_at", Utc),
    Column("used_at", Utc),
    Column("ended_at", Utc),
    UniqueConstraint("shop_id", "source"),
    UniqueConstraint("shop_id", "code"),
    CheckConstraint(
        "state IN ('reserved', 'issued', 'used', 'expired', 'cancelled', 'failed', 'parked')",
        name="state",
    ),
    CheckConstraint("held >= 0 AND spent >= 0 AND held + spent <= points", name="posted"),
    CheckConstraint("left_minor >= 0 AND left_minor <= value_minor", name="left"),
)
Index("ix_redemption_member", redemption.c.shop_id, redemption.c.member_id, redemption.c.id)
Index("ix_redemption_reward", redemption.c.shop_id, redemption.c.reward_id, redemption.c.member_id)
Index(
    "ix_redemption_due",
    redemption.c.due_at,
    redemption.c.shop_id,
    sqlite_where=redemption.c.due_at.is_not(None),
    postgresql_where=redemption.c.due_at.is_not(None),
)

redemption_use = Table(
    "redemption_use",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("redemption_id", Id, primary_key=True, autoincrement=False),
    Column("order_id", Id, primary_key=True, autoincrement=False),
)
Index("ix_redemption_use_order", redemption_use.c.shop_id, redemption_use.c.order_id)

reward_member = Table(
    "reward_member",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("level", Integer, nullable=False),  # of the tier she stands on
)
