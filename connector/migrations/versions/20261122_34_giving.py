"""Giving: programmes and campaigns, what shops add, tallies, and batches that are remitted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_34"
down_revision = "20261122_33"

_OLD = (
    "shop_id, order_id, line_key, cause_id, member_id, currency, given_minor, pledged_minor,"
    " due_minor, entries, given_at"
)
_STANDING = "pledged_minor >= 0 AND due_minor >= 0 AND pledged_minor + due_minor <= given_minor"
_POINTS = """
INSERT INTO giving_donation (shop_id, order_id, kind, line_key, cause_id, member_id, currency,
                             given_minor, pledged_minor, due_minor, entries, given_at)
SELECT entry.shop_id, CAST(SUBSTR(entry.source, 15, LENGTH(entry.source) - 22) AS BIGINT),
       'points', '', CAST(SUBSTR(entry.to_account, 7) AS BIGINT), redemption.member_id,
       entry.unit, entry.amount, 0, entry.amount, 1, entry.occurred_at
FROM ledger_entry AS entry
LEFT JOIN redemption
  ON redemption.shop_id = entry.shop_id
 AND redemption.id = CAST(SUBSTR(entry.source, 15, LENGTH(entry.source) - 22) AS BIGINT)
WHERE entry.source LIKE 'giving:points:%:cause:0'
"""
_TALLIES = """
INSERT INTO giving_tally (shop_id, programme_id, cause_id, currency, kind, gifts, given_minor,
                          pledged_minor, due_minor, locked_minor, remitted_minor)
SELECT shop_id, 0, cause_id, currency, kind, COUNT(*), SUM(given_minor), SUM(pledged_minor),
       SUM(due_minor), 0, 0
FROM giving_donation
GROUP BY shop_id, cause_id, currency, kind
"""
_LEVELS = """
INSERT INTO giving_member (shop_id, member_id, level)
SELECT shop_id, member_id, level FROM reward_member
"""
_NEW_TABLES = (
    "giving_proof",
    "giving_batch_line",
    "giving_batch",
    "giving_tally",
    "giving_programme",
    "giving_campaign",
    "giving_member",
)


def upgrade() -> None:
    for column in _of_cause():
        op.add_column("giving_cause", column)
    _remake_donations()
    _create_programmes()
    _create_tally()
    _create_batches()
    op.execute(_POINTS)
    op.execute(_TALLIES)
    op.execute(_LEVELS)


def downgrade() -> None:
    for name in _NEW_TABLES:
        op.drop_table(name)
    op.execute(
        f"CREATE TEMPORARY TABLE kept AS SELECT {_OLD} FROM giving_donation WHERE kind = 'gift'"  # noqa: S608 - names only
    )
    op.drop_table("giving_donation")
    op.create_table(
        "giving_donation",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("line_key", Key, primary_key=True),
        *_amounts(),
        sa.CheckConstraint(_STANDING, name="standing"),
    )
    _index_donations()
    _bring_back()
    for column in _of_cause():
        op.drop_column("giving_cause", column.name)


def _of_cause() -> list[sa.Column[Any]]:
    return [
        sa.Column("names", Json),
        sa.Column("stories", Json),
        sa.Column("picture_url", sa.Text, nullable=False, server_default=""),
        sa.Column("registration", sa.Text, nullable=False, server_default=""),
        sa.Column("country", sa.Text, nullable=False, server_default=""),
        sa.Column("payee", sa.Text, nullable=False, server_default=""),
        sa.Column("agreement", sa.Text, nullable=False, server_default=""),
        sa.Column("agreed_on", sa.Text),
        sa.Column("is_offered", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("closed_at", Utc),
        sa.Column("batches", sa.Integer, nullable=False, server_default="0"),
    ]


def _amounts() -> list[sa.Column[Any]]:
    return [
        sa.Column("cause_id", Id, nullable=False),
        sa.Column("member_id", Id),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("given_minor", sa.BigInteger, nullable=False),
        sa.Column("pledged_minor", sa.BigInteger, nullable=False),
        sa.Column("due_minor", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("given_at", Utc, nullable=False),
    ]


def _index_donations() -> None:
    op.create_index("ix_giving_donation_cause", "giving_donation", ["shop_id", "cause_id"])
    op.create_index("ix_giving_donation_given", "giving_donation", ["shop_id", "given_at"])


def _bring_back() -> None:
    op.execute(f"INSERT INTO giving_donation ({_OLD}) SELECT {_OLD} FROM kept")  # noqa: S608
    op.execute("DROP TABLE kept")


def _remake_donations() -> None:
    """The primary key gets another column: a table is made anew for that on SQLite."""
    op.execute(f"CREATE TEMPORARY TABLE kept AS SELECT {_OLD} FROM giving_donation")  # noqa: S608
    op.drop_table("giving_donation")
    op.create_table(
        "giving_donation",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("kind", Key, primary_key=True, server_default="gift"),
        sa.Column("line_key", Key, primary_key=True),
        *_amounts(),
        sa.Column("programme_id", Id, nullable=False, server_default="0"),
        sa.Column("basis", Json),
        sa.Column("locked_minor", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("locks", sa.Integer, nullable=False, server_default="0"),
        sa.CheckConstraint(_STANDING, name="standing"),
    )
    _index_donations()
    op.create_index("ix_giving_donation_member", "giving_donation", ["shop_id", "member_id"])
    is_open = sa.text("due_minor <> locked_minor")
    op.create_index(
        "ix_giving_donation_open",
        "giving_donation",
        ["shop_id", "cause_id", "currency", "given_at"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    _bring_back()


def _create_programmes() -> None:
    op.create_table(
        "giving_member",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("level", sa.Integer, nullable=False, server_default="0"),
        sa.Column("cause_id", Id),
    )
    op.create_table(
        "giving_campaign",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("names", Json, nullable=False),
        sa.Column("stories", Json, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("goal_minor", sa.BigInteger, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("closed_at", Utc),
        sa.UniqueConstraint("shop_id", "key"),
        sa.CheckConstraint("goal_minor > 0", name="goal"),
    )
    op.create_table(
        "giving_programme",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("campaign_id", Id),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("terms", Json, nullable=False),
        sa.Column("causes", Json, nullable=False),
        sa.Column("starts_at", Utc),
        sa.Column("ends_at", Utc),
        sa.Column("minimum_minor", sa.BigInteger),
        sa.Column("cap_minor", sa.BigInteger),
        sa.Column("used_minor", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("disclosures", Json),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("published_at", Utc),
        sa.Column("closed_at", Utc),
        sa.CheckConstraint(
            "used_minor >= 0 AND (cap_minor IS NULL OR used_minor <= cap_minor)", name="cap"
        ),
    )


def _create_tally() -> None:
    op.create_table(
        "giving_tally",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("programme_id", Id, primary_key=True, autoincrement=False),
        sa.Column("cause_id", Id, primary_key=True, autoincrement=False),
        sa.Column("currency", Key, primary_key=True),
        sa.Column("kind", Key, primary_key=True),
        sa.Column("gifts", sa.BigInteger, nullable=False),
        sa.Column("given_minor", sa.BigInteger, nullable=False),
        sa.Column("pledged_minor", sa.BigInteger, nullable=False),
        sa.Column("due_minor", sa.BigInteger, nullable=False),
        sa.Column("locked_minor", sa.BigInteger, nullable=False),
        sa.Column("remitted_minor", sa.BigInteger, nullable=False),
    )


def _create_batches() -> None:
    op.create_table(
        "giving_batch",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("cause_id", Id, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("through", sa.Text, nullable=False),
        sa.Column("gifts", sa.BigInteger, nullable=False),
        sa.Column("gross_minor", sa.BigInteger, nullable=False),
        sa.Column("matched_minor", sa.BigInteger, nullable=False),
        sa.Column("refunded_minor", sa.BigInteger, nullable=False),
        sa.Column("net_minor", sa.BigInteger, nullable=False),
        sa.Column("payee", sa.Text, nullable=False),
        sa.Column("locked_at", Utc, nullable=False),
        sa.Column("locked_by", sa.Text, nullable=False),
        sa.Column("approved_at", Utc),
        sa.Column("approved_by", sa.Text),
        sa.Column("sent_on", sa.Text),
        sa.Column("sent_at", Utc),
        sa.Column("sent_by", sa.Text),
        sa.Column("reference", sa.Text, nullable=False, server_default=""),
        sa.Column("receipted_at", Utc),
        sa.Column("receipt", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("shop_id", "cause_id", "number"),
        sa.CheckConstraint(
            "state IN ('reconciled', 'approved', 'remitted', 'receipted')", name="state"
        ),
        sa.CheckConstraint(
            "net_minor > 0 AND net_minor = gross_minor + matched_minor - refunded_minor",
            name="net",
        ),
    )
    op.create_table(
        "giving_batch_line",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("batch_id", Id, primary_key=True, autoincrement=False),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("kind", Key, primary_key=True),
        sa.Column("line_key", Key, primary_key=True),
        sa.Column("gross_minor", sa.BigInteger, nullable=False),
        sa.Column("refunded_minor", sa.BigInteger, nullable=False),
        sa.CheckConstraint("gross_minor >= 0 AND refunded_minor >= 0", name="amounts"),
    )
    op.create_index("ix_giving_batch_line_order", "giving_batch_line", ["shop_id", "order_id"])
    op.create_table(
        "giving_proof",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("batch_id", Id, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("added_at", Utc, nullable=False),
    )
    op.create_index("ix_giving_proof_batch", "giving_proof", ["shop_id", "batch_id"])
