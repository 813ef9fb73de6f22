"""Keep what was taken off an order's shipping, and why a claim was given nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_26"
down_revision = "20261122_24"


def upgrade() -> None:
    op.add_column("orders", sa.Column("shipping_off_minor", sa.BigInteger))
    op.add_column("referral_claim", sa.Column("refused", sa.Text))


def downgrade() -> None:
    op.drop_column("referral_claim", "refused")
    op.drop_column("orders", "shipping_off_minor")
