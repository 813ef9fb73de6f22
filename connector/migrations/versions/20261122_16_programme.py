"""The earning programme: rules and terms in versions, and what each of them gives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_16"
down_revision = "20261122_15"

_STATE = (
    "ALTER TABLE points_program ADD COLUMN state TEXT DEFAULT 'published' NOT NULL"
    " CONSTRAINT ck_points_program_state"
    " CHECK (state IN ('draft', 'scheduled', 'published', 'withdrawn'))"
)


def upgrade() -> None:
    _widen_program()
    _create_night()
    _widen_orders()
    _create_grants()
    _create_gifts()
    _create_actions()
    _create_expiry()
    _create_rehearsal()


def _widen_program() -> None:
    op.execute(_STATE)
    op.add_column("points_program", sa.Column("starts_at", Utc))
    op.add_column("points_program", sa.Column("rules", Json))
    op.add_column("points_program", sa.Column("terms", Json))
    for name in ("name", "note", "made_by"):
        column = sa.Column(name, sa.Text, nullable=False, server_default="")
        op.add_column("points_program", column)
    op.execute("UPDATE points_program SET starts_at = published_at")
    op.create_index(
        "ix_points_program_scheduled",
        "points_program",
        ["starts_at", "shop_id"],
        sqlite_where=sa.text("state = 'scheduled'"),
        postgresql_where=sa.text("state = 'scheduled'"),
    )


def _create_night() -> None:
    op.create_table(
        "program_night",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("due_at", Utc, nullable=False),
    )
    op.create_index("ix_program_night_due", "program_night", ["due_at", "shop_id"])


def _widen_orders() -> None:
    op.add_column("orders", sa.Column("bought_by", Id))
    op.add_column("points_order", sa.Column("context", Json))
    op.add_column("points_order", sa.Column("is_first", sa.Boolean))
    op.add_column(
        "points_order",
        sa.Column("qualifying", sa.BigInteger, nullable=False, server_default="0"),
    )


def _create_grants() -> None:
    op.create_table(
        "points_grant",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("rule_id", Key, primary_key=True),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("day", Key, nullable=False),
        sa.Column("allowance", sa.BigInteger),
        sa.Column("ceiling", sa.BigInteger),
        sa.Column("granted", sa.BigInteger, nullable=False),
        sa.Column("gift", Key),
        sa.Column("available_at", Utc),
        sa.Column("gifts", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "granted >= 0 AND (ceiling IS NULL OR granted <= ceiling)", name="granted"
        ),
        sa.CheckConstraint("gift IN ('waiting', 'given')", name="gift"),
    )
    op.create_index("ix_points_grant_member", "points_grant", ["shop_id", "member_id", "rule_id"])
    op.create_index(
        "ix_points_grant_waiting",
        "points_grant",
        ["available_at", "shop_id"],
        sqlite_where=sa.text("gift = 'waiting'"),
        postgresql_where=sa.text("gift = 'waiting'"),
    )
    op.create_table(
        "points_budget",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("rule_id", Key, primary_key=True),
        sa.Column("granted", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "points_member",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("multiplier_percent", sa.Integer, nullable=False),
        sa.CheckConstraint("multiplier_percent >= 100", name="multiplier_percent"),
    )


def _create_gifts() -> None:
    op.create_table(
        "points_gift",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("source", Key, nullable=False),
        sa.Column("member_id", Id, nullable=False),
        sa.Column("given_to", Id, nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("qualifies", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("given_at", Utc, nullable=False),
        sa.Column("withdrawn_at", Utc),
        sa.Column("posted", sa.BigInteger, nullable=False),
        sa.Column("pending", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("available_at", Utc),
        sa.UniqueConstraint("shop_id", "source"),
        sa.CheckConstraint("points > 0", name="points"),
        sa.CheckConstraint("pending >= 0 AND pending <= posted", name="pending"),
    )
    op.create_index("ix_points_gift_member", "points_gift", ["shop_id", "member_id"])
    op.create_index(
        "ix_points_gift_due",
        "points_gift",
        ["available_at", "shop_id"],
        sqlite_where=sa.text("pending > 0"),
        postgresql_where=sa.text("pending > 0"),
    )


def _create_actions() -> None:
    op.create_table(
        "member_action",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("rule_id", Key, primary_key=True),
        sa.Column("key", Key, primary_key=True),
        sa.Column("source", Key, nullable=False),
        sa.Column("did_by", Id, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("counted", sa.BigInteger, nullable=False),
        sa.Column("acted_at", Utc, nullable=False),
        sa.Column("withdrawn_at", Utc),
        sa.UniqueConstraint("shop_id", "source"),
        sa.CheckConstraint("points >= 0 AND counted >= 0", name="points"),
    )
    op.create_index("ix_member_action_rule", "member_action", ["shop_id", "rule_id"])
    op.create_table(
        "action_budget",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("rule_id", Key, primary_key=True),
        sa.Column("granted", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "action_streak",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("last_day", sa.Text, nullable=False),
        sa.CheckConstraint("days >= 1", name="days"),
    )


def _create_expiry() -> None:
    op.create_table(
        "expiry_clock",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("months", sa.Integer, nullable=False),
        sa.Column("since", Utc, nullable=False),
        sa.CheckConstraint("mode IN ('off', 'lot', 'inactivity')", name="mode"),
    )
    op.create_table(
        "expiry_notice",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("lapses_on", Key, primary_key=True),
        sa.Column("days", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("delivered_at", Utc),
        sa.Column("lapsed_at", Utc),
        sa.CheckConstraint("points > 0", name="points"),
    )
    op.create_index(
        "ix_ledger_lot_ends",
        "ledger_lot",
        ["shop_id", "expires_at"],
        sqlite_where=sa.text("remaining > 0 AND expires_at IS NOT NULL"),
        postgresql_where=sa.text("remaining > 0 AND expires_at IS NOT NULL"),
    )


def _create_rehearsal() -> None:
    op.create_table(
        "rehearsal",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("against", sa.Integer, nullable=False),
        sa.Column("asked_at", Utc, nullable=False),
        sa.Column("due_at", Utc),
        sa.Column("code", sa.Text),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("result", Json),
        sa.Column("finished_at", Utc),
    )
    op.create_index(
        "ix_rehearsal_due",
        "rehearsal",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.execute(
        "CREATE VIEW insight_points_member AS"
        " SELECT shop_id, member_id, multiplier_percent FROM points_member"
    )


def downgrade() -> None:
    op.execute("DROP VIEW insight_points_member")
    op.drop_table("rehearsal")
    op.drop_index("ix_ledger_lot_ends", "ledger_lot")
    for table in ("expiry_notice", "expiry_clock"):
        op.drop_table(table)
    for table in ("action_streak", "action_budget", "member_action"):
        op.drop_table(table)
    for table in ("points_gift", "points_member", "points_budget", "points_grant"):
        op.drop_table(table)
    for column in ("qualifying", "is_first", "context"):
        op.drop_column("points_order", column)
    op.drop_column("orders", "bought_by")
    op.drop_table("program_night")
    op.drop_index("ix_points_program_scheduled", "points_program")
    for column in ("made_by", "note", "name", "terms", "rules", "starts_at"):
        op.drop_column("points_program", column)
    op.execute("ALTER TABLE points_program DROP COLUMN state")
