"""Points above which a second person of the business confirms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id

revision = "20261122_14"
down_revision = "20261122_13"


def upgrade() -> None:
    op.add_column("business", sa.Column("approval_above", Id))


def downgrade() -> None:
    op.drop_column("business", "approval_above")
