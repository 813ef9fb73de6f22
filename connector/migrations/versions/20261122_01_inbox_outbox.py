"""Inbox and outbox: messages that came, and messages that wait to leave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_01"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("dedupe_key", Key, nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("flag", sa.Text),
        sa.Column("received_at", Utc, nullable=False),
        sa.Column("due_at", Utc),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("customer_key", Key),
        sa.Column("processed_at", Utc),
        sa.UniqueConstraint("shop_id", "dedupe_key"),
    )
    op.create_index("ix_inbox_customer", "inbox", ["shop_id", "customer_key"])
    op.create_index(
        "ix_inbox_due",
        "inbox",
        ["due_at", "shop_id"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_inbox_state", "inbox", ["shop_id", "state", "id"])
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["shop_id", "id"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "outbox",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", Utc),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.Text),
        sa.Column("created_at", Utc, nullable=False),
        sa.UniqueConstraint("shop_id", "key"),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
