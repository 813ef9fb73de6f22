"""Recommendations: what is similar, what sells lately, and what the merchant wants of the rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key

revision = "20261122_43"
down_revision = "20261122_40"


def upgrade() -> None:
    op.create_table(
        "recommend_product",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("product_key", Key, primary_key=True),
        sa.Column("similar", Json, nullable=False),
        sa.Column("buyers", sa.Integer, nullable=False),
        sa.Column("returners", sa.Integer, nullable=False),
        sa.CheckConstraint("returners >= 0 AND buyers >= returners", name="counts"),
    )
    op.create_table(
        "recommend_trend",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("category", Key, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("products", Json, nullable=False),
    )
    op.create_table(
        "recommend_wish",
        sa.Column("shop_id", Id, primary_key=True, autoincrement=False),
        sa.Column("wishes", Json, nullable=False),
    )
    op.add_column("recommend_build", sa.Column("apart", Json))
    op.execute("UPDATE recommend_build SET due_at = built_at WHERE due_at IS NULL")  # build anew


def downgrade() -> None:
    op.drop_column("recommend_build", "apart")
    for name in ("recommend_wish", "recommend_trend", "recommend_product"):
        op.drop_table(name)
