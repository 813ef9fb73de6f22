"""Introductions: what is given for them, links, visits, claims, and whose first order they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_19"
down_revision = "20261122_18"


def upgrade() -> None:
    _create_program_and_links()
    _create_claims()
    _create_referrals()


def _create_program_and_links() -> None:
    op.create_table(
        "referral_program",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("friend_points", sa.BigInteger, nullable=False),
        sa.Column("friend_reward_id", Id),
        sa.Column("advocate_points", sa.BigInteger, nullable=False),
        sa.Column("advocate_reward_id", Id),
        sa.Column("min_minor", sa.BigInteger, nullable=False),
        sa.Column("hold_days", sa.Integer, nullable=False),
        sa.Column("window_days", sa.Integer, nullable=False),
        sa.Column("cap_per_month", sa.Integer),
        sa.Column("held_from", sa.Integer, nullable=False),
        sa.Column("published_at", Utc, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
    )
    op.create_table(
        "referral_link",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("code", Key, primary_key=True),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("made_for", Id, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.UniqueConstraint("shop_id", "made_for"),
    )
    op.create_index("ix_referral_link_member", "referral_link", ["shop_id", "member_id"])
    op.create_table(
        "referral_day",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("local_date", sa.Text, primary_key=True),
        sa.Column("code", Key, primary_key=True),
        sa.Column("visits", sa.Integer, nullable=False),
        sa.Column("shares", sa.Integer, nullable=False),
    )
    op.create_table(
        "referral_visitor",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("code", Key, primary_key=True),
        sa.Column("visitor_hash", Key, primary_key=True),
        sa.Column("forget_at", Utc, nullable=False),
    )
    op.create_index("ix_referral_visitor_forget", "referral_visitor", ["forget_at"])


def _create_claims() -> None:
    op.create_table(
        "referral_claim",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("token_hash", Key, nullable=False),
        sa.Column("code", Key, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("decoy", Key, nullable=False),
        sa.Column("network_hash", Key),
        sa.Column("friend_id", Id),
        sa.Column("gifts", sa.Integer, nullable=False),
        sa.Column("stands", sa.Boolean, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("due_at", Utc),
        sa.Column("forget_at", Utc),
        sa.UniqueConstraint("shop_id", "token_hash"),
    )
    for name, column in (
        ("code", "code"),
        ("friend", "friend_id"),
        ("network", "network_hash"),
        ("made", "made_at"),
    ):
        op.create_index(f"ix_referral_claim_{name}", "referral_claim", ["shop_id", column])
    for name in ("due", "forget"):
        _create_due_index("referral_claim", name)
    op.create_table(
        "referral_code",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("code", Key, primary_key=True),
        sa.Column("shown", Key, nullable=False),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("source", Key, nullable=False),
    )
    op.create_index("ix_referral_code_source", "referral_code", ["shop_id", "source"])


def _create_referrals() -> None:
    states = "state IN ('waiting', 'held', 'kept', 'refused', 'void')"
    op.create_table(
        "referral",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("advocate_id", Id, nullable=False),
        sa.Column("friend_id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("code", Key, nullable=False),
        sa.Column("claim_id", Id),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("is_capped", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("score", sa.Integer),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("decision", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_because", sa.Text),
        sa.Column("decided_at", Utc),
        sa.Column("gifts", sa.Integer, nullable=False),
        sa.Column("stands", sa.Boolean, nullable=False),
        sa.Column("ordered_at", Utc, nullable=False),
        sa.Column("local_date", sa.Text, nullable=False),
        sa.Column("due_at", Utc),
        sa.Column("made_at", Utc, nullable=False),
        sa.UniqueConstraint("shop_id", "friend_id"),
        sa.CheckConstraint("advocate_id <> friend_id", name="two_people"),
        sa.CheckConstraint(states, name="state"),
        sa.CheckConstraint("decision IN ('approved', 'refused')", name="decision"),
    )
    for name, columns in (
        ("advocate", ["shop_id", "advocate_id"]),
        ("order", ["shop_id", "order_id"]),
        ("date", ["shop_id", "local_date"]),
        ("state", ["shop_id", "state", "id"]),
    ):
        op.create_index(f"ix_referral_{name}", "referral", columns)
    _create_due_index("referral", "due")


def _create_due_index(table: str, name: str) -> None:
    there = sa.text(f"{name}_at IS NOT NULL")
    op.create_index(
        f"ix_{table}_{name}",
        table,
        [f"{name}_at"],
        sqlite_where=there,
        postgresql_where=there,
    )


def downgrade() -> None:
    for table in ("referral", "referral_code", "referral_claim"):
        op.drop_table(table)
    for table in ("referral_visitor", "referral_day", "referral_link", "referral_program"):
        op.drop_table(table)
