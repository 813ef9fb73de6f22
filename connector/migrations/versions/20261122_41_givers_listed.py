"""Let goals list who gave most, of those who ask to be listed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_41"
down_revision = "20261122_43"


def upgrade() -> None:
    op.add_column("giving_member", sa.Column("listed_as", sa.Text))
    op.add_column(
        "giving_campaign",
        sa.Column("lists_givers", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("giving_campaign", "lists_givers")
    op.drop_column("giving_member", "listed_as")
