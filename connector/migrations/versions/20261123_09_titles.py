"""The catalogue: titles in other languages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Json

revision = "20261123_09"
down_revision = "20261123_08"


def upgrade() -> None:
    op.add_column("product", sa.Column("titles", Json))


def downgrade() -> None:
    op.drop_column("product", "titles")
