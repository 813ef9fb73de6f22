"""Let back-tests read what orders really gave: points owed by a draft begin with that."""

from __future__ import annotations

from alembic import op

revision = "20261122_39"
down_revision = "20261122_34"

_TIER = {
    "postgresql": "(context::json ->> 'tier')::int",
    "sqlite": "json_extract(context, '$.tier')",
}
_VIEW = """
    CREATE VIEW insight_points_order AS
    SELECT shop_id, order_id, is_first,
           CASE WHEN context IS NULL THEN 100 ELSE COALESCE({tier}, 100) END AS percent{settled}
    FROM points_order
"""
_SETTLED = ", CASE WHEN pending > 0 THEN NULL ELSE posted END AS settled"


def upgrade() -> None:
    _make(_SETTLED)
    op.execute("DELETE FROM rehearsal")  # their points owed were something else


def downgrade() -> None:
    _make("")


def _make(settled: str) -> None:
    tier = _TIER[op.get_bind().dialect.name]
    op.execute("DROP VIEW insight_points_order")
    op.execute(_VIEW.replace("{tier}", tier).replace("{settled}", settled))
