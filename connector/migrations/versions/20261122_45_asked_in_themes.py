"""Shopify shops that are there already are told what is asked: now, and when another begins."""

from __future__ import annotations

from alembic import op

revision = "20261122_45"
down_revision = "20261123_02"

_NOW = """
INSERT INTO outbox (shop_id, id, kind, key, payload, due_at, created_at)
SELECT id, 3, 'asked', 'asked:all', '{"about": "all"}', installed_at, installed_at
FROM shop WHERE platform = 'shopify' AND state = 'active'
"""
_LATER = """
INSERT INTO outbox (shop_id, id, kind, key, payload, due_at, created_at)
SELECT one.shop_id, one.id, 'asked', 'asked:giving:' || one.id,
       '{"about": "giving:' || one.id || '"}', one.starts_at, one.published_at
FROM giving_programme AS one JOIN shop ON shop.id = one.shop_id
WHERE shop.platform = 'shopify' AND shop.state = 'active'
  AND one.published_at IS NOT NULL AND one.closed_at IS NULL
  AND one.kind IN ('round_up', 'add_on') AND one.starts_at > one.published_at
"""


def upgrade() -> None:
    for statement in (_NOW, _LATER):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DELETE FROM outbox WHERE kind = 'asked'")
