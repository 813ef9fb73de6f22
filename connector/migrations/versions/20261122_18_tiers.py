"""Tables of the tiers room: programs, standings, levels reached, VIP days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_18"
down_revision = "20261122_17"


def upgrade() -> None:
    _create_standing_tables()
    _create_event_tables()


def _create_standing_tables() -> None:
    op.create_table(
        "tier_program",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("has_standing", sa.Boolean, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("published_at", Utc),
        sa.Column("newcomers_from", Id),
        sa.Column("placed_to", Id),
        sa.CheckConstraint("state IN ('draft', 'published')", name="state"),
    )
    op.create_index(
        "ix_tier_program_placing",
        "tier_program",
        ["shop_id"],
        sqlite_where=sa.text("placed_to IS NOT NULL"),
        postgresql_where=sa.text("placed_to IS NOT NULL"),
    )
    op.create_table(
        "tier_standing",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("level_id", Id, nullable=False),
        sa.Column("reached_at", Utc),
        sa.Column("keeps_until", sa.Text),
        sa.Column("lands_on", sa.Text),
        sa.Column("window_from", Key, nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("spend_minor", sa.BigInteger, nullable=False),
        sa.Column("orders", sa.BigInteger, nullable=False),
        sa.Column("gifts", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("ladder_percent", sa.Integer, nullable=False),
        sa.Column("overlay_level", sa.Integer, nullable=False),
        sa.Column("overlay_until", Utc),
        sa.Column("told_level", sa.Integer, nullable=False),
        sa.Column("told_percent", sa.Integer, nullable=False),
        sa.Column("tagged", Json, nullable=False),
        sa.Column("due_at", Utc),
    )
    op.create_index("ix_tier_standing_level", "tier_standing", ["shop_id", "level"])
    op.create_index(
        "ix_tier_standing_due",
        "tier_standing",
        ["due_at", "shop_id"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def _create_event_tables() -> None:
    op.create_table(
        "tier_reach",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("level_id", Id, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("reached_at", Utc, nullable=False),
        sa.Column("settles_at", Utc, nullable=False),
        sa.Column("keeps_before", sa.Text),
        sa.Column("gift", Key),
        sa.Column("undone_at", Utc),
    )
    op.create_index("ix_tier_reach_member", "tier_reach", ["shop_id", "member_id"])
    op.create_table(
        "tier_days",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("source", Key, nullable=False),
        sa.Column("level_id", Id, nullable=False),
        sa.Column("starts_at", Utc, nullable=False),
        sa.Column("ends_at", Utc, nullable=False),
        sa.Column("is_over", sa.Boolean, nullable=False),
        sa.Column("seen_at", Utc),
        sa.UniqueConstraint("shop_id", "source"),
        sa.CheckConstraint("ends_at >= starts_at", name="ends_at"),
    )
    op.create_index("ix_tier_days_member", "tier_days", ["shop_id", "member_id"])
    op.create_table(
        "tier_trial",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("email_hash", Key),
        sa.Column("level_id", Id, nullable=False),
        sa.Column("starts_at", Utc, nullable=False),
        sa.Column("ends_at", Utc, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.UniqueConstraint("shop_id", "email_hash"),
    )
    op.create_table(
        "tier_donation",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("redemption_id", Id, primary_key=True, autoincrement=False),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("local_date", sa.Text, nullable=False),
    )
    op.create_index("ix_tier_donation_member", "tier_donation", ["shop_id", "member_id"])
    op.create_table(
        "tier_discount",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("about", Key, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("put_at", Utc, nullable=False),
    )


def downgrade() -> None:
    for table in (
        "tier_discount",
        "tier_donation",
        "tier_trial",
        "tier_days",
        "tier_reach",
        "tier_standing",
        "tier_program",
    ):
        op.drop_table(table)
