"""The book: append-only, and the database says so too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Key, Utc

revision = "20261122_05"
down_revision = "20261122_04"


def upgrade() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("unit", Key, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("from_account", Key, nullable=False),
        sa.Column("to_account", Key, nullable=False),
        sa.Column("source", Key, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("occurred_at", Utc, nullable=False),
        sa.Column("local_date", sa.Text, nullable=False),
        sa.Column("expires_at", Utc),
        sa.Column("rule_version", sa.Integer),
        sa.UniqueConstraint("shop_id", "source"),
        sa.CheckConstraint("amount > 0 AND amount <= 1000000000000000", name="amount"),
        sa.CheckConstraint("from_account <> to_account", name="two_sides"),
    )
    op.create_index("ix_ledger_entry_from", "ledger_entry", ["shop_id", "from_account", "id"])
    op.create_index("ix_ledger_entry_to", "ledger_entry", ["shop_id", "to_account", "id"])
    op.create_table(
        "ledger_account",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("unit", Key, primary_key=True),
        sa.Column("name", Key, primary_key=True),
        sa.Column("balance", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("balance >= 0 OR name LIKE 'debt:%'", name="balance"),
        sa.CheckConstraint("balance <= 0 OR name NOT LIKE 'debt:%'", name="debt"),
    )
    op.create_table(
        "ledger_lot",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("unit", Key, nullable=False),
        sa.Column("account", Key, nullable=False),
        sa.Column("origin", Key),
        sa.Column("granted", sa.BigInteger, nullable=False),
        sa.Column("remaining", sa.BigInteger, nullable=False),
        sa.Column("expires_at", Utc),
        sa.CheckConstraint("remaining >= 0 AND remaining <= granted", name="remaining"),
    )
    op.create_index(
        "ix_ledger_lot_open",
        "ledger_lot",
        ["shop_id", "account"],
        sqlite_where=sa.text("remaining > 0"),
        postgresql_where=sa.text("remaining > 0"),
    )
    op.create_table(
        "ledger_consumption",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("entry_id", Id, primary_key=True, autoincrement=False),
        sa.Column("lot_id", Id, primary_key=True, autoincrement=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.CheckConstraint("amount > 0", name="amount"),
    )
    op.create_index("ix_ledger_consumption_lot", "ledger_consumption", ["shop_id", "lot_id"])
    op.create_table(
        "ledger_seal",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("last_id", Id, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("sealed_at", Utc, nullable=False),
    )
