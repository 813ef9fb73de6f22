"""What points are worth to members apart from the merchant's margin; points by order, to read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_31"
down_revision = "20261122_30"


def upgrade() -> None:
    # What was said before was a cost: without a margin it stays one.
    margin = sa.Column("margin_percent", sa.Integer, nullable=False, server_default="0")
    op.add_column("insight_worth", margin)
    op.execute(
        "CREATE VIEW insight_order_points AS"
        " SELECT shop_id, order_id, posted AS points FROM points_order WHERE posted > 0"
    )


def downgrade() -> None:
    op.execute("DROP VIEW insight_order_points")
    op.drop_column("insight_worth", "margin_percent")
