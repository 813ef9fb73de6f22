"""Shops take turns: what is due in the outbox is found shop by shop."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_13"
down_revision = "20261122_12"

_WAITS = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["shop_id", "due_at"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index(
        "ix_outbox_due", "outbox", ["due_at"], sqlite_where=_WAITS, postgresql_where=_WAITS
    )
