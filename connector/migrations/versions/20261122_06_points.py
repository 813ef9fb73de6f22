"""Points: the programme, what each order earned, and adjustments by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Utc

revision = "20261122_06"
down_revision = "20261122_05"


def upgrade() -> None:
    _create_points_program()
    _create_points_order()
    _create_points_adjustment()


def _create_points_program() -> None:
    op.create_table(
        "points_program",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("rates", Json, nullable=False),
        sa.Column("hold_days", sa.Integer, nullable=False),
        sa.Column("award_on", sa.Text, nullable=False),
        sa.Column("counts_tax", sa.Boolean, nullable=False),
        sa.Column("counts_fees", sa.Boolean, nullable=False),
        sa.Column("counts_history", sa.Boolean, nullable=False),
        sa.Column("published_at", Utc, nullable=False),
        sa.CheckConstraint("award_on IN ('paid', 'completed')", name="award_on"),
        sa.CheckConstraint("hold_days >= 0", name="hold_days"),
    )


def _create_points_order() -> None:
    op.create_table(
        "points_order",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("points_each", sa.Integer),
        sa.Column("per_minor", sa.BigInteger),
        sa.Column("hold_days", sa.Integer, nullable=False),
        sa.Column("award_on", sa.Text, nullable=False),
        sa.Column("counts_tax", sa.Boolean, nullable=False),
        sa.Column("counts_fees", sa.Boolean, nullable=False),
        sa.Column("retro", sa.Boolean, nullable=False),
        sa.Column("posted", sa.BigInteger, nullable=False),
        sa.Column("pending", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("available_at", Utc),
        sa.CheckConstraint("posted >= 0", name="posted"),
        sa.CheckConstraint("pending >= 0 AND pending <= posted", name="pending"),
    )
    op.create_index(
        "ix_points_order_due",
        "points_order",
        ["available_at", "shop_id"],
        sqlite_where=sa.text("pending > 0"),
        postgresql_where=sa.text("pending > 0"),
    )
    op.create_index("ix_points_order_member", "points_order", ["shop_id", "member_id"])


def _create_points_adjustment() -> None:
    op.create_table(
        "points_adjustment",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.CheckConstraint("points <> 0", name="points"),
    )
    op.create_index("ix_points_adjustment_member", "points_adjustment", ["shop_id", "member_id"])
