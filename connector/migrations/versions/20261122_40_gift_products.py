"""Let a merchant say which products are gifts where a browser marks lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Key, Utc

revision = "20261122_40"
down_revision = "20261122_44"


def upgrade() -> None:
    op.create_table(
        "gift_product",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("key", Key, primary_key=True),
        sa.Column("kept_by", sa.Text, nullable=False),
        sa.Column("kept_at", Utc, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("gift_product")
