"""Sums of giving by month, what a batch holds, and indexes for searches that find little."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Key, Utc

revision = "20261123_03"
down_revision = "20261122_45"

_SUMS = ("gross_minor", "matched_minor", "refunded_minor", "remitted_minor")
_MONTHS = """
INSERT INTO giving_month (shop_id, month, cause_id, currency, gross_minor, matched_minor,
                          refunded_minor, remitted_minor)
SELECT shop_id, month, CAST(REPLACE(REPLACE(account, 'cause:', ''), 'pledged:', '') AS BIGINT),
       unit,
       SUM(CASE WHEN from_account IN ('donors', 'program') AND is_match = 0
                THEN amount ELSE 0 END),
       SUM(CASE WHEN from_account IN ('donors', 'program') AND is_match = 1
                THEN amount ELSE 0 END),
       SUM(CASE WHEN to_account IN ('donors', 'program') THEN amount ELSE 0 END),
       SUM(CASE WHEN to_account = 'remitted' THEN amount ELSE 0 END)
FROM (
    SELECT shop_id, substr(local_date, 1, 7) AS month, unit, amount, from_account, to_account,
           CASE WHEN to_account LIKE 'cause:%' OR to_account LIKE 'pledged:%'
                THEN to_account ELSE from_account END AS account,
           CASE WHEN kind IN ('match', 'match_refund') THEN 1 ELSE 0 END AS is_match
    FROM ledger_entry
    WHERE unit <> 'PTS'
      AND (from_account LIKE 'cause:%' OR from_account LIKE 'pledged:%'
           OR to_account LIKE 'cause:%' OR to_account LIKE 'pledged:%')
) AS moved
GROUP BY shop_id, month, REPLACE(REPLACE(account, 'cause:', ''), 'pledged:', ''), unit
"""
_PARTS = """
SELECT line.shop_id, line.batch_id, donation.programme_id, donation.kind, COUNT(*) AS lines,
       COUNT(*) FILTER (WHERE line.gross_minor > line.refunded_minor) AS gifts,
       SUM(line.gross_minor) AS gross_minor, SUM(line.refunded_minor) AS refunded_minor
FROM giving_batch_line AS line
JOIN giving_donation AS donation
  ON donation.shop_id = line.shop_id AND donation.order_id = line.order_id
 AND donation.kind = line.kind AND donation.line_key = line.line_key
GROUP BY line.shop_id, line.batch_id, donation.programme_id, donation.kind
ORDER BY line.shop_id, line.batch_id, donation.programme_id, donation.kind
"""
_KEEP = "UPDATE giving_batch SET parts = :parts WHERE shop_id = :shop_id AND id = :batch_id"
_PARTIAL = {
    "due": "due_minor > 0 AND due_minor <> locked_minor",
    "pledged": "pledged_minor > 0",
    "back": "pledged_minor = 0 AND due_minor = 0",
}


def upgrade() -> None:
    op.create_table(
        "giving_month",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("month", Key, primary_key=True),
        sa.Column("cause_id", Id, primary_key=True, autoincrement=False),
        sa.Column("currency", Key, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _SUMS),
    )
    op.execute(_MONTHS)
    op.create_table(
        "giving_answers",
        sa.Column("shop_id", Id, primary_key=True, autoincrement=False),
        sa.Column("currency", Key, primary_key=True),
        sa.Column("taken_at", Utc, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
    )
    op.create_index("ix_giving_answers_taken", "giving_answers", ["taken_at"])
    op.add_column("giving_batch", sa.Column("parts", sa.Text, nullable=False, server_default="[]"))
    _keep_parts()
    for name in ("cause_id", "kind"):
        columns = ["shop_id", name, "given_at"]
        op.create_index(f"ix_giving_donation_{name}", "giving_donation", columns)
    for name, words in _PARTIAL.items():
        op.create_index(
            f"ix_giving_donation_{name}",
            "giving_donation",
            ["shop_id", "given_at"],
            sqlite_where=sa.text(words),
            postgresql_where=sa.text(words),
        )


def downgrade() -> None:
    for name in ("cause_id", "kind", *_PARTIAL):
        op.drop_index(f"ix_giving_donation_{name}", "giving_donation")
    op.drop_column("giving_batch", "parts")
    op.drop_table("giving_answers")
    op.drop_table("giving_month")


def _keep_parts() -> None:
    held: dict[tuple[int, int], list[dict[str, object]]] = {}
    for row in op.get_bind().execute(sa.text(_PARTS)):
        told = row._asdict()
        key = told.pop("shop_id"), told.pop("batch_id")
        told |= {name: int(told[name]) for name in ("gross_minor", "refunded_minor")}
        held.setdefault(key, []).append(told)
    for (shop_id, batch_id), parts in held.items():
        values = {"parts": json.dumps(parts), "shop_id": shop_id, "batch_id": batch_id}
        op.get_bind().execute(sa.text(_KEEP), values)
