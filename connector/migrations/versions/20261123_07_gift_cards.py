"""The catalogue: which products are gift cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_07"
down_revision = "20261123_03"


def upgrade() -> None:
    is_gift_card = sa.Column("is_gift_card", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("product", is_gift_card)


def downgrade() -> None:
    op.drop_column("product", "is_gift_card")
