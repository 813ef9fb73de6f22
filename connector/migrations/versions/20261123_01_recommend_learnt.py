"""Recommendations: orders of each product, page views that asked for a row, what was shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Key

revision = "20261123_01"
down_revision = "20261122_41"


def upgrade() -> None:
    op.add_column(
        "recommend_product",
        sa.Column("orders", sa.Integer, nullable=False, server_default="0"),
    )
    op.add_column(
        "learning_row",
        sa.Column("pages", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "learning_shown",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("product_key", Key, primary_key=True),
        sa.Column("day", Key, nullable=False),
    )
    op.execute("UPDATE recommend_build SET due_at = built_at WHERE due_at IS NULL")  # build anew


def downgrade() -> None:
    op.drop_table("learning_shown")
    op.drop_column("learning_row", "pages")
    op.drop_column("recommend_product", "orders")
