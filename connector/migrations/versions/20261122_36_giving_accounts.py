"""Programmes of giving that end by themselves, and what stood when a shop left.

No plan used the index on causes: it was written with every donation for nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Utc

revision = "20261122_36"
down_revision = "20261122_35"

_IS_RUNNING = sa.text("published_at IS NOT NULL AND closed_at IS NULL")


def upgrade() -> None:
    op.drop_index("ix_giving_donation_cause", "giving_donation")
    op.create_index(
        "ix_giving_programme_ends",
        "giving_programme",
        ["ends_at"],
        sqlite_where=_IS_RUNNING,
        postgresql_where=_IS_RUNNING,
    )
    op.create_table(
        "giving_statement",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("rows", Json, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("giving_statement")
    op.drop_index("ix_giving_programme_ends", "giving_programme")
    op.create_index("ix_giving_donation_cause", "giving_donation", ["shop_id", "cause_id"])
