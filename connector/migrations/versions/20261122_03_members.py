"""Members, their sealed side rows, and what must not come back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Key, Utc

revision = "20261122_03"
down_revision = "20261122_02"


def upgrade() -> None:
    op.create_table(
        "member",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("customer_key", Key),
        sa.Column("email_hash", Key),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("merged_into", Id),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("modified_at", Utc),
        sa.UniqueConstraint("shop_id", "customer_key"),
        sa.CheckConstraint("state IN ('member', 'guest', 'merged', 'erased')", name="state"),
    )
    op.create_index("ix_member_email", "member", ["shop_id", "email_hash"])
    op.create_index(
        "ix_member_merged",
        "member",
        ["shop_id", "merged_into"],
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "uq_member_guest",
        "member",
        ["shop_id", "email_hash"],
        unique=True,
        sqlite_where=sa.text("state = 'guest'"),
        postgresql_where=sa.text("state = 'guest'"),
    )
    op.create_table(
        "member_person",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["shop_id", "member_id"], ["member.shop_id", "member.id"]),
    )
    op.create_table(
        "member_key",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["shop_id", "member_id"], ["member.shop_id", "member.id"]),
    )
    op.create_table(
        "member_word",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("word_hash", Key, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
    )
    op.create_index("ix_member_word_member", "member_word", ["shop_id", "member_id"])
    op.create_table(
        "tombstone",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("identity_hash", Key, primary_key=True),
        sa.Column("until", Utc, nullable=False),
    )
