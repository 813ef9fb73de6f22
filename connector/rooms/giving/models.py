"""Tables of the giving room."""

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

from connector.core.db import Id, Key, Utc, metadata

giving_cause = Table(
    "giving_cause",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("story", Text, nullable=False, server_default=""),
    Column("is_default", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("shop_id", "key"),
)
Index(
    "uq_giving_cause_default",
    giving_cause.c.shop_id,
    unique=True,
    sqlite_where=giving_cause.c.is_default.is_(True),
    postgresql_where=giving_cause.c.is_default.is_(True),
)

giving_donation = Table(
    "giving_donation",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("line_key", Key, primary_key=True),
    Column("cause_id", Id, nullable=False),
    Column("member_id", Id),
    Column("currency", Text, nullable=False),
    Column("given_minor", BigInteger, nullable=False),
    Column("pledged_minor", BigInteger, nullable=False),
    Column("due_minor", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("given_at", Utc, nullable=False),
    CheckConstraint(
        "pledged_minor >= 0 AND due_minor >= 0 AND pledged_minor + due_minor <= given_minor",
        name="standing",
    ),
)
Index("ix_giving_donation_cause", giving_donation.c.shop_id, giving_donation.c.cause_id)
Index("ix_giving_donation_given", giving_donation.c.shop_id, giving_donation.c.given_at)
