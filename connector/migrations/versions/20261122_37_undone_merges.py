"""What a merge that is undone leaves behind: whose what counts for levels is, doubled gifts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Key, Utc

revision = "20261122_37"
down_revision = "20261122_39"


def upgrade() -> None:
    op.create_table(
        "ledger_moved",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("stem", Key, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("local_date", sa.Text, primary_key=True),
        sa.Column("qualifying", sa.BigInteger, nullable=False),
        sa.CheckConstraint("qualifying <> 0", name="qualifying"),
    )
    op.create_index("ix_ledger_moved_member", "ledger_moved", ["shop_id", "member_id"])
    op.add_column("tier_reach", sa.Column("doubled_at", Utc))


def downgrade() -> None:
    op.drop_column("tier_reach", "doubled_at")
    op.drop_table("ledger_moved")
