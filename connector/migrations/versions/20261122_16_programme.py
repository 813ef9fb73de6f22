"""The earning programme: rules and terms in versions, and what each of them gives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Utc

revision = "20261122_16"
down_revision = "20261122_15"

_STATE = (
    "ALTER TABLE points_program ADD COLUMN state TEXT NOT NULL DEFAULT 'published'"
    " CONSTRAINT ck_points_program_state"
    " CHECK (state IN ('draft', 'scheduled', 'published', 'withdrawn'))"
)


def upgrade() -> None:
    _widen_program()
    _create_night()


def _widen_program() -> None:
    op.execute(_STATE)
    op.add_column("points_program", sa.Column("starts_at", Utc))
    op.add_column("points_program", sa.Column("rules", Json))
    op.add_column("points_program", sa.Column("terms", Json))
    for name in ("name", "note", "made_by"):
        column = sa.Column(name, sa.Text, nullable=False, server_default="")
        op.add_column("points_program", column)
    op.execute("UPDATE points_program SET starts_at = published_at")
    op.create_index(
        "ix_points_program_scheduled",
        "points_program",
        ["starts_at", "shop_id"],
        sqlite_where=sa.text("state = 'scheduled'"),
        postgresql_where=sa.text("state = 'scheduled'"),
    )


def _create_night() -> None:
    op.create_table(
        "program_night",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("due_at", Utc, nullable=False),
    )
    op.create_index("ix_program_night_due", "program_night", ["due_at", "shop_id"])


def downgrade() -> None:
    op.drop_table("program_night")
    op.drop_index("ix_points_program_scheduled", "points_program")
    for column in ("made_by", "note", "name", "terms", "rules", "starts_at"):
        op.drop_column("points_program", column)
    op.execute("ALTER TABLE points_program DROP COLUMN state")
