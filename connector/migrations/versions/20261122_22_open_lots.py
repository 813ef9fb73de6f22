"""Draw of lots and move balances in place: an index that a draw does not touch, room on pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_22"
down_revision = "20261122_21"


def upgrade() -> None:
    is_open = sa.Column("is_open", sa.Boolean, sa.Computed("remaining > 0", persisted=True))
    if op.get_bind().dialect.name != "postgresql":
        with op.batch_alter_table("ledger_lot", recreate="always") as lots:
            lots.add_column(is_open)
        return
    op.add_column("ledger_lot", is_open)
    _index("is_open")
    for table in ("ledger_lot", "ledger_account"):
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 80)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _index("remaining > 0")
        for table in ("ledger_lot", "ledger_account"):
            op.execute(f"ALTER TABLE {table} RESET (fillfactor)")
        op.drop_column("ledger_lot", "is_open")
        return
    with op.batch_alter_table("ledger_lot", recreate="always") as lots:
        lots.drop_column("is_open")


def _index(is_open: str) -> None:
    """Both indexes of open lots, by what says that one is open."""
    for name, columns, where in (
        ("ix_ledger_lot_open", ["shop_id", "account"], is_open),
        ("ix_ledger_lot_ends", ["shop_id", "expires_at"], f"{is_open} AND expires_at IS NOT NULL"),
    ):
        op.drop_index(name, "ledger_lot")
        op.create_index(name, "ledger_lot", columns, postgresql_where=sa.text(where))
