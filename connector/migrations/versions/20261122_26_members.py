"""Accounts that join first, consent to a greeting, what was taken off shipping, refused claims."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Utc

revision = "20261122_26"
down_revision = "20261122_24"


def upgrade() -> None:
    op.add_column("orders", sa.Column("shipping_off_minor", sa.BigInteger))
    op.add_column("referral_claim", sa.Column("refused", sa.Text))
    joins_first = sa.Column("joins_first", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("shop", joins_first)
    op.add_column("member_occasion", sa.Column("greet_at", Utc))
    # Who told a day before this was asked did so for the gift.
    op.execute("UPDATE member_occasion SET greet_at = set_at WHERE month_day <> ''")
    _guests("state = 'guest' AND customer_key IS NULL")


def downgrade() -> None:
    _guests("state = 'guest'")
    op.drop_column("member_occasion", "greet_at")
    op.drop_column("shop", "joins_first")
    op.drop_column("referral_claim", "refused")
    op.drop_column("orders", "shipping_off_minor")


def _guests(where: str) -> None:
    """One guest for each mailbox; an account that has not joined is another matter."""
    op.drop_index("uq_member_guest", "member")
    op.create_index(
        "uq_member_guest",
        "member",
        ["shop_id", "email_hash"],
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
