"""The book: append-only, and the database says so too."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Key, Utc

revision = "20261122_05"
down_revision = "20261122_04"

_WHY = "is append-only: a mistake is corrected by a new row, never by changing an old one"


def upgrade() -> None:
    _create_tables()
    refuse = _refuse_on_sqlite if op.get_bind().dialect.name == "sqlite" else _refuse_on_postgresql
    refuse("ledger_entry", ("id", "source"))
    refuse("ledger_seal", ("number",))


def _create_tables() -> None:
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


def _refuse_on_sqlite(table: str, keys: Sequence[str]) -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} {_WHY}'); END"
        )
    # REPLACE removes rows without asking the triggers above.
    taken = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE shop_id = NEW.shop_id AND {key} = NEW.{key})"  # noqa: S608 - names above
        for key in keys
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} "
        f"BEGIN SELECT RAISE(ABORT, '{table} has this {' or '.join(keys)} and {_WHY}'); END"
    )


def _refuse_on_postgresql(table: str, _keys: Sequence[str]) -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '% {_WHY}', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
    )
