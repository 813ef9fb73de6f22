"""Let back-tests read what rooms keep of the past: levels of orders, what members did."""

from __future__ import annotations

from alembic import op

revision = "20261122_27"
down_revision = "20261122_26"

_TIER = {
    "postgresql": "(context::json ->> 'tier')::int",
    "sqlite": "json_extract(context, '$.tier')",
}
_VIEWS = {
    "insight_points_order": """
        SELECT shop_id, order_id, is_first,
               CASE WHEN context IS NULL THEN 100 ELSE COALESCE({tier}, 100) END AS percent
        FROM points_order
    """,
    "insight_member_action": """
        SELECT shop_id, member_id, rule_id, key, day, points, acted_at
        FROM member_action WHERE withdrawn_at IS NULL
    """,
    "insight_action_streak": "SELECT shop_id, member_id, days, last_day FROM action_streak",
    "insight_referral_visit": """
        SELECT d.shop_id, l.member_id, d.local_date, d.visits FROM referral_day AS d
        JOIN referral_link AS l ON l.shop_id = d.shop_id AND l.code = d.code
        WHERE d.visits > 0
    """,
}


def upgrade() -> None:
    tier = _TIER[op.get_bind().dialect.name]
    for name, chosen in _VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {chosen.replace('{tier}', tier)}")


def downgrade() -> None:
    for name in _VIEWS:
        op.execute(f"DROP VIEW {name}")
