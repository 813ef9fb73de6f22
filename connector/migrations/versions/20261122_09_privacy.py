"""What customers asked for through their platform: kept as proof, without personal data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Utc

revision = "20261122_09"
down_revision = "20261122_08"


def upgrade() -> None:
    op.create_table(
        "privacy_request",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("member_id", Id),
        sa.Column("received_at", Utc, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("privacy_request")
