"""Tables of the actions room."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from connector.core.db import Id, Key, Utc, metadata

member_action = Table(
    "member_action",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("rule_id", Key, primary_key=True),
    Column("key", Key, primary_key=True),  # what it was done for, once
    Column("source", Key, nullable=False),  # of the gift it caused
    Column("did_by", Id, nullable=False),  # before anybody merged
    Column("day", Text, nullable=False),  # local, that caps count
    Column("points", BigInteger, nullable=False),
    Column("counted", BigInteger, nullable=False),  # by caps: the points, or 1 for a reward
    Column("acted_at", Utc, nullable=False),
    Column("withdrawn_at", Utc),
    UniqueConstraint("shop_id", "source"),
    CheckConstraint("points >= 0 AND counted >= 0", name="points"),
)
Index("ix_member_action_rule", member_action.c.shop_id, member_action.c.rule_id)

action_budget = Table(  # what rules gave everybody, once one had a cap for that
    "action_budget",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("rule_id", Key, primary_key=True),
    Column("granted", BigInteger, nullable=False),
)

action_streak = Table(
    "action_streak",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("days", Integer, nullable=False),  # in a row, the last one included
    Column("last_day", Text, nullable=False),  # local
    CheckConstraint("days >= 1", name="days"),
)
