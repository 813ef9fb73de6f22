"""Tables of the book. One row is one movement; triggers of the migration refuse its change."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    and_,
    literal_column,
)

from connector.core.db import Id, Key, Utc, metadata

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("unit", Key, nullable=False),  # PTS or a currency
    Column("amount", BigInteger, nullable=False),
    Column("from_account", Key, nullable=False),
    Column("to_account", Key, nullable=False),
    Column("source", Key, nullable=False),
    Column("kind", Text, nullable=False),
    Column("occurred_at", Utc, nullable=False),
    Column("local_date", Text, nullable=False),
    Column("expires_at", Utc),
    Column("rule_version", Integer),
    Column(  # of the amount: what counts for tiers; NULL: nothing
        "qualifying",
        BigInteger,
        CheckConstraint("qualifying > 0 AND qualifying <= amount", name="qualifying"),
    ),
    UniqueConstraint("shop_id", "source"),
    CheckConstraint("amount > 0 AND amount <= 1000000000000000", name="amount"),
    CheckConstraint("from_account <> to_account", name="two_sides"),
)
Index(
    "ix_ledger_entry_from", ledger_entry.c.shop_id, ledger_entry.c.from_account, ledger_entry.c.id
)
Index("ix_ledger_entry_to", ledger_entry.c.shop_id, ledger_entry.c.to_account, ledger_entry.c.id)
# As text, so that statements say it as the index does.
IS_TAKEN_BACK = literal_column("to_account = 'program' AND qualifying IS NOT NULL", Boolean)
Index(
    "ix_ledger_entry_taken_back",
    ledger_entry.c.shop_id,
    ledger_entry.c.from_account,
    sqlite_where=IS_TAKEN_BACK,
    postgresql_where=IS_TAKEN_BACK,
)

ledger_account = Table(
    "ledger_account",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("unit", Key, primary_key=True),
    Column("name", Key, primary_key=True),
    Column("balance", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),  # entries that touched it
    CheckConstraint("balance >= 0 OR name LIKE 'debt:%'", name="balance"),
    CheckConstraint("balance <= 0 OR name NOT LIKE 'debt:%'", name="debt"),
    postgresql_with={"fillfactor": 80},  # room for the next balance beside the last
)

ledger_lot = Table(
    "ledger_lot",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),  # the entry that credited it
    Column("unit", Key, nullable=False),
    Column("account", Key, nullable=False),
    Column("origin", Key),  # what it was earned by, e.g. order:42
    Column("granted", BigInteger, nullable=False),
    Column("remaining", BigInteger, nullable=False),
    Column("expires_at", Utc),
    # For the index: it changes once in a lot's life, so that PostgreSQL draws of it in place.
    Column("is_open", Boolean, Computed("remaining > 0", persisted=True)),
    CheckConstraint("remaining >= 0 AND remaining <= granted", name="remaining"),
    postgresql_with={"fillfactor": 80},
)
Index(
    "ix_ledger_lot_open",
    ledger_lot.c.shop_id,
    ledger_lot.c.account,
    sqlite_where=ledger_lot.c.remaining > 0,
    postgresql_where=ledger_lot.c.is_open,
)

Index(
    "ix_ledger_lot_ends",
    ledger_lot.c.shop_id,
    ledger_lot.c.expires_at,
    sqlite_where=and_(ledger_lot.c.remaining > 0, ledger_lot.c.expires_at.is_not(None)),
    postgresql_where=and_(ledger_lot.c.is_open, ledger_lot.c.expires_at.is_not(None)),
)

ledger_consumption = Table(
    "ledger_consumption",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("entry_id", Id, primary_key=True, autoincrement=False),
    Column("lot_id", Id, primary_key=True, autoincrement=False),
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
)

# What counts for others than the entries under a stem name: see ``qualifying``.
ledger_moved = Table(
    "ledger_moved",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("stem", Key, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("local_date", Text, primary_key=True),
    Column("qualifying", BigInteger, nullable=False),  # less than 0: it counts for another
    CheckConstraint("qualifying <> 0", name="qualifying"),
)
Index("ix_ledger_moved_member", ledger_moved.c.shop_id, ledger_moved.c.member_id)

ledger_seal = Table(
    "ledger_seal",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("last_id", Id, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("sealed_at", Utc, nullable=False),
)
