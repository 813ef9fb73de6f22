"""Listeners: addresses of merchants' own programs, what is told to them, and how it was tried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_20"
down_revision = "20261122_19"


def upgrade() -> None:
    op.create_table(
        "listener",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("topics", Json, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("old_secret", sa.LargeBinary),
        sa.Column("old_until", Utc),
        sa.Column("off_at", Utc),
        sa.Column("off_why", sa.Text),
        sa.Column("failing_since", Utc),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
    )
    op.create_table(
        "listener_message",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("listener_id", Id, nullable=False),
        sa.Column("topic", Key, nullable=False),
        sa.Column("about", Key, nullable=False),
        sa.Column("member_id", Id),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("due_at", Utc, nullable=False),
        sa.CheckConstraint("state IN ('new', 'open', 'sent', 'failed')", name="state"),
    )
    op.create_index("ix_listener_message_due", "listener_message", ["due_at"])
    for name, columns in (("log", ["listener_id", "id"]), ("member", ["member_id"])):
        op.create_index(f"ix_listener_message_{name}", "listener_message", ["shop_id", *columns])
    op.create_index(
        "uq_listener_message_new",
        "listener_message",
        ["shop_id", "listener_id", "topic", "about"],
        unique=True,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_table(
        "listener_attempt",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("message_id", Id, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", Utc, nullable=False),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("code", sa.Text),
    )


def downgrade() -> None:
    for table in ("listener_attempt", "listener_message", "listener"):
        op.drop_table(table)
