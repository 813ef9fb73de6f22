"""Rewards, their redemptions, the orders that used them, and the tier each member stands on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_17"
down_revision = "20261122_16"


def upgrade() -> None:
    _create_reward()
    _create_redemption()
    op.create_table(
        "redemption_use",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("redemption_id", Id, primary_key=True, autoincrement=False),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
    )
    op.create_index("ix_redemption_use_order", "redemption_use", ["shop_id", "order_id"])
    op.create_table(
        "reward_member",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("level", sa.Integer, nullable=False),
    )


def _create_reward() -> None:
    op.create_table(
        "reward",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("names", Json, nullable=False),
        sa.Column("notes", Json, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("points", sa.BigInteger),
        sa.Column("points_each", sa.BigInteger),
        sa.Column("per_minor", sa.BigInteger),
        sa.Column("least_minor", sa.BigInteger),
        sa.Column("most_minor", sa.BigInteger),
        sa.Column("value_minor", sa.BigInteger, nullable=False),
        sa.Column("percent", sa.Integer, nullable=False),
        sa.Column("product_key", Key),
        sa.Column("cause_id", Id),
        sa.Column("tier_days", sa.Integer, nullable=False),
        sa.Column("cost_minor", sa.BigInteger, nullable=False),
        sa.Column("minimum_minor", sa.BigInteger, nullable=False),
        sa.Column("valid_days", sa.Integer, nullable=False),
        sa.Column("stock", sa.BigInteger),
        sa.Column("budget_minor", sa.BigInteger),
        sa.Column("per_member", sa.Integer),
        sa.Column("tier_level", sa.Integer, nullable=False),
        sa.Column("returns_whole", sa.Boolean, nullable=False),
        sa.Column("taken", sa.BigInteger, nullable=False),
        sa.Column("spent_minor", sa.BigInteger, nullable=False),
        sa.CheckConstraint("state IN ('on', 'paused')", name="state"),
        sa.CheckConstraint("taken >= 0 AND spent_minor >= 0", name="taken"),
    )


def _create_redemption() -> None:
    op.create_table(
        "redemption",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("reward_id", Id, nullable=False),
        sa.Column("source", Key, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ending", sa.Text),
        sa.Column("problem", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("names", Json, nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("value_minor", sa.BigInteger, nullable=False),
        sa.Column("percent", sa.Integer, nullable=False),
        sa.Column("product_key", Key),
        sa.Column("cause_id", Id),
        sa.Column("tier_days", sa.Integer, nullable=False),
        sa.Column("cost_minor", sa.BigInteger, nullable=False),
        sa.Column("minimum_minor", sa.BigInteger, nullable=False),
        sa.Column("valid_days", sa.Integer, nullable=False),
        sa.Column("returns_whole", sa.Boolean, nullable=False),
        sa.Column("code", Key),
        sa.Column("discount_key", Key),
        sa.Column("credit_before", Json),
        sa.Column("credit_key", Key),
        sa.Column("left_minor", sa.BigInteger, nullable=False),
        sa.Column("held", sa.BigInteger, nullable=False),
        sa.Column("spent", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("due_at", Utc),
        sa.Column("reserved_at", Utc, nullable=False),
        sa.Column("issued_at", Utc),
        sa.Column("expires_at", Utc),
        sa.Column("used_at", Utc),
        sa.Column("ended_at", Utc),
        sa.UniqueConstraint("shop_id", "source"),
        sa.UniqueConstraint("shop_id", "code"),
        sa.CheckConstraint(
            "state IN ('reserved', 'issued', 'used', 'expired', 'cancelled', 'failed', 'parked')",
            name="state",
        ),
        sa.CheckConstraint("held >= 0 AND spent >= 0 AND held + spent <= points", name="posted"),
        sa.CheckConstraint("left_minor >= 0 AND left_minor <= value_minor", name="left"),
    )
    op.create_index("ix_redemption_member", "redemption", ["shop_id", "member_id", "id"])
    op.create_index("ix_redemption_reward", "redemption", ["shop_id", "reward_id", "member_id"])
    waits = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_redemption_due",
        "redemption",
        ["due_at", "shop_id"],
        sqlite_where=waits,
        postgresql_where=waits,
    )


def downgrade() -> None:
    for table in ("reward_member", "redemption_use", "redemption", "reward"):
        op.drop_table(table)
