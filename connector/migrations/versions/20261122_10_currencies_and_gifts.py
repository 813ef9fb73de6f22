"""Which currency an order's rate is of, and whose word a gift's cause is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_10"
down_revision = "20261122_09"

_BACKFILL = """
UPDATE points_order
SET currency = COALESCE((
    SELECT orders.currency FROM orders
    WHERE orders.shop_id = points_order.shop_id AND orders.id = points_order.order_id
), '')
"""


def upgrade() -> None:
    op.add_column("points_order", sa.Column("currency", sa.Text))
    op.execute(_BACKFILL)
    with op.batch_alter_table("points_order") as table:
        table.alter_column("currency", nullable=False)
    with op.batch_alter_table("order_line") as table:
        table.add_column(
            sa.Column("cause_by_shopper", sa.Boolean, nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    op.drop_column("order_line", "cause_by_shopper")
    op.drop_column("points_order", "currency")
