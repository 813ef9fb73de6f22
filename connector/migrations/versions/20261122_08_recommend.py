"""Recommendations: what goes together, and which shops wait for a build."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_08"
down_revision = "20261122_07"


def upgrade() -> None:
    op.create_table(
        "recommend_together",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("product_key", Key, primary_key=True),
        sa.Column("others", Json, nullable=False),
    )
    op.create_table(
        "recommend_build",
        sa.Column("shop_id", Id, primary_key=True, autoincrement=False),
        sa.Column("due_at", Utc),
        sa.Column("marks", sa.BigInteger, nullable=False),
        sa.Column("claimed_until", Utc),
        sa.Column("built_at", Utc),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.Column("orders", sa.Integer, nullable=False),
        sa.Column("products", sa.Integer, nullable=False),
        sa.CheckConstraint("marks >= 0 AND took_ms >= 0", name="counts"),
    )
    op.create_index(
        "ix_recommend_build_due",
        "recommend_build",
        ["due_at", "shop_id"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
