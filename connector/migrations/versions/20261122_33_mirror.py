"""What stores keep of members for themes and Flow; and whether accounts are tagged by level."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key

revision = "20261122_33"
down_revision = "20261122_31"

_STALE = sa.text("changes > seen")
_MEMBERS = """
INSERT INTO mirror (shop_id, member_id, told, changes, seen, failures)
SELECT member.shop_id, member.id, '{}', 1, 0, 0
FROM member JOIN shop ON shop.id = member.shop_id
WHERE shop.platform = 'shopify' AND shop.state = 'active'
  AND member.state = 'member' AND member.customer_key IS NOT NULL
"""
_ERRANDS = """
INSERT INTO outbox (shop_id, id, kind, key, payload, due_at, created_at)
SELECT id, 1, 'mirror', 'mirror:definitions', '{"about": "definitions"}',
       installed_at, installed_at
FROM shop WHERE platform = 'shopify' AND state = 'active'
UNION ALL
SELECT id, 2, 'mirror', 'mirror:members', '{"about": "members"}',
       installed_at, installed_at
FROM shop WHERE platform = 'shopify' AND state = 'active'
"""


def upgrade() -> None:
    wants = sa.Column("tags_levels", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("shop", wants)
    op.create_table(
        "mirror",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("customer_key", Key),
        sa.Column("told", Json, nullable=False),
        sa.Column("tag", sa.Text),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
    )
    op.create_index(
        "ix_mirror_stale",
        "mirror",
        ["shop_id", "member_id"],
        sqlite_where=_STALE,
        postgresql_where=_STALE,
    )
    # In shops that are there already everybody is told of once.
    op.get_bind().exec_driver_sql(_MEMBERS)
    op.get_bind().exec_driver_sql(_ERRANDS)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DELETE FROM outbox WHERE kind = 'mirror'")
    op.drop_table("mirror")
    op.drop_column("shop", "tags_levels")
