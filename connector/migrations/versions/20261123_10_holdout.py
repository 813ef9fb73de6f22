"""Learning: the share of the holdout before this one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_10"
down_revision = "20261123_09"


def upgrade() -> None:
    op.add_column("learning_settings", sa.Column("was_percent", sa.Integer))
    op.add_column("learning_settings", sa.Column("was_since", sa.Text))


def downgrade() -> None:
    op.drop_column("learning_settings", "was_since")
    op.drop_column("learning_settings", "was_percent")
