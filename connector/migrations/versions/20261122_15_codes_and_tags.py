"""What orders and people tell since rewards exist: codes, tags, consent, occasions, merges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_15"
down_revision = "20261122_14"

_QUALIFYING = (
    "ALTER TABLE ledger_entry ADD COLUMN qualifying BIGINT CONSTRAINT ck_ledger_entry_qualifying"
    " CHECK (qualifying > 0 AND qualifying <= amount)"
)


def upgrade() -> None:
    op.execute(_QUALIFYING)
    op.add_column("orders", sa.Column("tags", Json))
    op.add_column("orders", sa.Column("referral", sa.Text))
    op.add_column("product", sa.Column("collections", Json))
    op.add_column("product", sa.Column("tags", Json))
    op.create_table(
        "order_code",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("code", Key, primary_key=True),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_order_code_code", "order_code", ["shop_id", "code"])
    op.add_column("member", sa.Column("joined_at", Utc))
    op.add_column("member", sa.Column("tags", Json))
    op.add_column("member", sa.Column("accepts_marketing", sa.Boolean))
    op.add_column("member", sa.Column("email_verified", sa.Boolean))
    op.add_column("member", sa.Column("blocked_at", Utc))
    _create_people_tables()
    op.create_table(
        "fact_noticed",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("fact", sa.Text, nullable=False),
        sa.Column("told", Json, nullable=False),
        sa.Column("noticed_at", Utc, nullable=False),
        sa.Column("parked_at", Utc),
    )
    op.create_table(
        "insight_worth",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("value_minor", sa.BigInteger, nullable=False),
        sa.Column("redemption_percent", sa.Integer),
        sa.Column("set_at", Utc, nullable=False),
        sa.CheckConstraint("value_minor >= 0", name="value_minor"),
        sa.CheckConstraint("redemption_percent BETWEEN 0 AND 100", name="redemption_percent"),
    )


def _create_people_tables() -> None:
    op.create_table(
        "member_occasion",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("name", Key, primary_key=True),
        sa.Column("month_day", Key, nullable=False),
        sa.Column("set_at", Utc, nullable=False),
        sa.Column("counts_from", sa.Text, nullable=False),
    )
    op.create_index("ix_member_occasion_day", "member_occasion", ["shop_id", "month_day"])
    op.create_table(
        "member_sign",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("kind", Key, primary_key=True),
        sa.Column("sign_hash", Key, primary_key=True),
        sa.Column("seen_at", Utc, nullable=False),
    )
    op.create_index("ix_member_sign_hash", "member_sign", ["shop_id", "sign_hash"])
    op.create_table(
        "member_merge",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("gone_id", Id, primary_key=True, autoincrement=False),
        sa.Column("merged_at", Utc, primary_key=True),
        sa.Column("kept_id", Id, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text),
        sa.Column("gone_key", Key),
        sa.Column("gone_state", sa.Text, nullable=False),
        sa.Column("undone_at", Utc),
        sa.Column("undone_by", sa.Text),
    )
    op.create_index("ix_member_merge_kept", "member_merge", ["shop_id", "kept_id"])


def downgrade() -> None:
    for table in (
        "insight_worth",
        "fact_noticed",
        "member_merge",
        "member_sign",
        "member_occasion",
        "order_code",
    ):
        op.drop_table(table)
    for column in ("blocked_at", "email_verified", "accepts_marketing", "tags", "joined_at"):
        op.drop_column("member", column)
    for column in ("tags", "collections"):
        op.drop_column("product", column)
    for column in ("referral", "tags"):
        op.drop_column("orders", column)
    op.execute("ALTER TABLE ledger_entry DROP COLUMN qualifying")
