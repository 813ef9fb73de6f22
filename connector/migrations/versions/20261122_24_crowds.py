"""Levels that a merchant puts members on, each decision; what was taken back by whose it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Utc

revision = "20261122_24"
down_revision = "20261122_22"


def upgrade() -> None:
    op.create_table(
        "tier_floor",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("level_id", Id, nullable=False),
        sa.Column("until", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("placed_at", Utc, nullable=False),
    )
    op.create_index("ix_tier_floor_member", "tier_floor", ["shop_id", "member_id"])
    is_taken_back = sa.text("to_account = 'program' AND qualifying IS NOT NULL")
    op.create_index(
        "ix_ledger_entry_taken_back",
        "ledger_entry",
        ["shop_id", "from_account"],
        sqlite_where=is_taken_back,
        postgresql_where=is_taken_back,
    )


def downgrade() -> None:
    op.drop_index("ix_ledger_entry_taken_back", "ledger_entry")
    op.drop_table("tier_floor")
