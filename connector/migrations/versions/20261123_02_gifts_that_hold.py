"""Count gifts of which something stands, and number batches when they are approved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_02"
down_revision = "20261123_01"

_EMPTY = "UPDATE giving_tally SET gifts = 0"
_TALLIES = """
UPDATE giving_tally
SET gifts = found.gifts
FROM (
    SELECT shop_id, programme_id, cause_id, currency, kind, COUNT(*) AS gifts
    FROM giving_donation
    WHERE pledged_minor + due_minor > 0
    GROUP BY shop_id, programme_id, cause_id, currency, kind
) AS found
WHERE found.shop_id = giving_tally.shop_id
  AND found.programme_id = giving_tally.programme_id
  AND found.cause_id = giving_tally.cause_id
  AND found.currency = giving_tally.currency
  AND found.kind = giving_tally.kind
"""
_BATCHES = """
UPDATE giving_batch
SET gifts = (
    SELECT COUNT(*) FROM giving_batch_line AS line
    WHERE line.shop_id = giving_batch.shop_id AND line.batch_id = giving_batch.id
      AND line.gross_minor > line.refunded_minor
)
"""
# What nobody approved may still be taken apart; numbers go on after the last that stays.
_UNNUMBERED = "UPDATE giving_batch SET number = NULL WHERE state = 'reconciled'"
_LAST = """
UPDATE giving_cause
SET batches = COALESCE((
    SELECT MAX(number) FROM giving_batch
    WHERE giving_batch.shop_id = giving_cause.shop_id AND giving_batch.cause_id = giving_cause.id
), 0)
"""
_NUMBERED = """
UPDATE giving_batch
SET number = (
    SELECT MAX(cause.batches) + COUNT(*)
    FROM giving_cause AS cause
    JOIN giving_batch AS older ON older.shop_id = cause.shop_id AND older.cause_id = cause.id
    WHERE cause.shop_id = giving_batch.shop_id AND cause.id = giving_batch.cause_id
      AND older.state = 'reconciled' AND older.id <= giving_batch.id
)
WHERE number IS NULL
"""


def upgrade() -> None:
    _may_lack_its_number(True)
    for statement in (_EMPTY, _TALLIES, _BATCHES, _UNNUMBERED, _LAST):
        op.execute(statement)


def downgrade() -> None:
    for statement in (_NUMBERED, _LAST):
        op.execute(statement)
    _may_lack_its_number(False)


def _may_lack_its_number(is_so: bool) -> None:  # noqa: FBT001 - up or down
    with op.batch_alter_table("giving_batch") as table:
        table.alter_column("number", existing_type=sa.Integer, nullable=is_so)
        for name in ("reference", "receipt"):  # SQLite's copy would write their default otherwise
            table.alter_column(name, existing_type=sa.Text, server_default="")
