"""Find what has outlived its use without reading all that has not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_11"
down_revision = "20261122_10"

_AGES = (
    ("install_intent", "expires_at"),
    ("signin_link", "expires_at"),
    ("staff_session", "expires_at"),
    ("idempotent_reply", "created_at"),
)


def upgrade() -> None:
    for table, column in _AGES:
        op.create_index(f"ix_{table}_age", table, [column])
    op.create_index("ix_install_intent_shop", "install_intent", ["shop_id"])
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_shop_pending", "shop", ["id"], sqlite_where=pending, postgresql_where=pending
    )


def downgrade() -> None:
    op.drop_index("ix_shop_pending", "shop")
    op.drop_index("ix_install_intent_shop", "install_intent")
    for table, _ in _AGES:
        op.drop_index(f"ix_{table}_age", table)
