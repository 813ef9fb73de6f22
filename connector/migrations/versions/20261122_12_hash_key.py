"""The key of the hashes, sealed: the ring's own keys may then be exchanged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_12"
down_revision = "20261122_11"


def upgrade() -> None:
    op.create_table(
        "hash_key",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("id = 1", name="only_one"),
    )


def downgrade() -> None:
    op.drop_table("hash_key")
