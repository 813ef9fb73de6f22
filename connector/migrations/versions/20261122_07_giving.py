"""Giving: causes, and what each order gave to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Key, Utc

revision = "20261122_07"
down_revision = "20261122_06"


def upgrade() -> None:
    op.create_table(
        "giving_cause",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("story", sa.Text, nullable=False, server_default=""),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.UniqueConstraint("shop_id", "key"),
    )
    op.create_index(
        "uq_giving_cause_default",
        "giving_cause",
        ["shop_id"],
        unique=True,
        sqlite_where=sa.text("is_default IS 1"),
        postgresql_where=sa.text("is_default IS true"),
    )
    op.create_table(
        "giving_donation",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("line_key", Key, primary_key=True),
        sa.Column("cause_id", Id, nullable=False),
        sa.Column("member_id", Id),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("given_minor", sa.BigInteger, nullable=False),
        sa.Column("pledged_minor", sa.BigInteger, nullable=False),
        sa.Column("due_minor", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("given_at", Utc, nullable=False),
        sa.CheckConstraint(
            "pledged_minor >= 0 AND due_minor >= 0 AND pledged_minor + due_minor <= given_minor",
            name="standing",
        ),
    )
    op.create_index("ix_giving_donation_cause", "giving_donation", ["shop_id", "cause_id"])
    op.create_index("ix_giving_donation_given", "giving_donation", ["shop_id", "given_at"])
