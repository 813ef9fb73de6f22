"""Tables of the tiers room."""

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

tier_program = Table(
    "tier_program",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("body", Json, nullable=False),  # rules.Program
    Column("has_standing", Boolean, nullable=False),  # the platform has tags and such discounts
    Column("made_by", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("published_at", Utc),
    Column("newcomers_from", Id),  # members with ids from here on came after it
    Column("placed_to", Id),  # members up to this id stand on it; NULL: all do
    CheckConstraint("state IN ('draft', 'published')", name="state"),
)
Index(
    "ix_tier_program_placing",
    tier_program.c.shop_id,
    sqlite_where=tier_program.c.placed_to.is_not(None),
    postgresql_where=tier_program.c.placed_to.is_not(None),
)

tier_standing = Table(
    "tier_standing",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),  # of the program that judged last
    # What is earned (rules.Standing):
    Column("level", Integer, nullable=False),
    Column("level_id", Id, nullable=False),
    Column("reached_at", Utc),
    Column("keeps_until", Text),
    Column("lands_on", Text),
    Column("window_from", Key, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("spend_minor", BigInteger, nullable=False),
    Column("orders", BigInteger, nullable=False),
    Column("gifts", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("ladder_percent", Integer, nullable=False),
    # VIP days:
    Column("overlay_level", Integer, nullable=False),
    Column("overlay_until", Utc),
    # What others were told:
    Column("told_level", Integer, nullable=False),
    Column("told_percent", Integer, nullable=False),
    Column("tagged", Json, nullable=False),  # at the platform
    Column("due_at", Utc),  # when time alone changes something
)
Index("ix_tier_standing_level", tier_standing.c.shop_id, tier_standing.c.level)
Index(
    "ix_tier_standing_due",
    tier_standing.c.due_at,
    tier_standing.c.shop_id,
    sqlite_where=tier_standing.c.due_at.is_not(None),
    postgresql_where=tier_standing.c.due_at.is_not(None),
)

tier_reach = Table(
    "tier_reach",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("member_id", Id, nullable=False),
    Column("level_id", Id, nullable=False),
    Column("level", Integer, nullable=False),
    Column("number", Integer, nullable=False),  # of this level by this member, from 1
    Column("reached_at", Utc, nullable=False),
    Column("settles_at", Utc, nullable=False),
    Column("keeps_before", Text),
    Column("gift", Key),  # its source; NULL: none was given
    Column("undone_at", Utc),
)
Index("ix_tier_reach_member", tier_reach.c.shop_id, tier_reach.c.member_id)

tier_days = Table(
    "tier_days",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("member_id", Id, nullable=False),
    Column("source", Key, nullable=False),
    Column("level_id", Id, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("is_over", Boolean, nullable=False),
    Column("seen_at", Utc),  # the summary was
    UniqueConstraint("shop_id", "source"),
    CheckConstraint("ends_at >= starts_at", name="ends_at"),
)
Index("ix_tier_days_member", tier_days.c.shop_id, tier_days.c.member_id)

tier_trial = Table(
    "tier_trial",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("email_hash", Key),
    Column("level_id", Id, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("made_by", Text, nullable=False),
    UniqueConstraint("shop_id", "email_hash"),
)

tier_donation = Table(
    "tier_donation",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("redemption_id", Id, primary_key=True, autoincrement=False),
    Column("member_id", Id, nullable=False),
    Column("local_date", Text, nullable=False),
)
Index("ix_tier_donation_member", tier_donation.c.shop_id, tier_donation.c.member_id)

tier_discount = Table(
    "tier_discount",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("about", Key, primary_key=True),
    Column("title", Text, nullable=False),  # what stands at the platform
    Column("put_at", Utc, nullable=False),
)
