"""Write one index less for each lot drawn of: who asks comes from the movement, by the key."""

from __future__ import annotations

from alembic import op

revision = "20261122_25"
down_revision = "20261122_27"


def upgrade() -> None:
    op.drop_index("ix_ledger_consumption_lot", "ledger_consumption")


def downgrade() -> None:
    op.create_index("ix_ledger_consumption_lot", "ledger_consumption", ["shop_id", "lot_id"])
