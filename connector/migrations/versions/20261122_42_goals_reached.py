"""Keep when a goal was reached, so that it is told once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Utc

revision = "20261122_42"
down_revision = "20261122_36"


def upgrade() -> None:
    op.add_column("giving_campaign", sa.Column("reached_at", Utc))


def downgrade() -> None:
    op.drop_column("giving_campaign", "reached_at")
