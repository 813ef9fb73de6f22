"""Recommendations: what members return for, and what is new to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json

revision = "20261122_35"
down_revision = "20261122_37"


def upgrade() -> None:
    op.create_table(
        "recommend_member",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("again", Json, nullable=False),
        sa.Column("unseen", Json, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("recommend_member")
