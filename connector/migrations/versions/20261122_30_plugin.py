"""The plugin inside a store: what it runs, the knock of its installation, spent sign-ins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Key, Utc

revision = "20261122_30"
down_revision = "20261122_25"


def upgrade() -> None:
    op.create_table(
        "shop_plugin",
        sa.Column("shop_id", Id, sa.ForeignKey("shop.id"), primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("woocommerce", sa.Text, nullable=False),
        sa.Column("wordpress", sa.Text, nullable=False),
        sa.Column("php", sa.Text, nullable=False),
        sa.Column("admin_url", sa.Text, nullable=False),
        sa.Column("paired_at", Utc),
        sa.Column("seen_at", Utc, nullable=False),
    )
    op.create_table(
        "spent_token",
        sa.Column("shop_id", Id, sa.ForeignKey("shop.id"), primary_key=True),
        sa.Column("token_hash", Key, primary_key=True),
        sa.Column("expires_at", Utc, nullable=False),
    )
    op.create_index("ix_spent_token_age", "spent_token", ["expires_at"])
    op.add_column("install_intent", sa.Column("knock", sa.LargeBinary))
    op.add_column("install_intent", sa.Column("admin_url", sa.Text))


def downgrade() -> None:
    op.drop_column("install_intent", "admin_url")
    op.drop_column("install_intent", "knock")
    op.drop_table("spent_token")
    op.drop_table("shop_plugin")
