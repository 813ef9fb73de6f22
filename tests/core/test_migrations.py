"""The migrations make exactly what the models say, on both databases."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from connector import migrations
from connector.core.db import Database, metadata
from connector.migrations import migrate
from tests.postgres import empty_database
from tests.test_house import import_every_table

_POSTGRES_COLUMNS = """
SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull,
       COALESCE(pg_get_expr(adbin, adrelid), ''), COALESCE(collname, '')
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
LEFT JOIN pg_collation ON pg_collation.oid = attcollation
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0
"""
_POSTGRES_RULES = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""
_OLD_ORDER = """
INSERT INTO orders (shop_id, id, key, number, state, currency, placed_at, local_date, modified_at,
                    historic, is_test, taxes_included, total_minor, shipping_minor, tax_minor,
                    goods_minor, revision, digest)
VALUES (1, 2, '3', '3', 'paid', 'JPY', '2026-01-01 00:00:00', '2026-01-01', '2026-01-01 00:00:00',
        false, false, false, 500, 0, 0, 500, 1, 'x')
"""
_OLD_POINTS = """
INSERT INTO points_order (shop_id, order_id, member_id, version, hold_days, award_on, counts_tax,
                          counts_fees, retro, posted, pending, entries)
VALUES (1, 2, 4, 0, 14, 'paid', false, false, false, 0, 0, 0)
"""
_SQLITE_THINGS = "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index')"


def test_autogenerate_finds_nothing_to_do(empty_url):
    import_every_table()
    migrate(empty_url)
    database = Database(empty_url)
    with database.read() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    database.dispose()


def test_columns_checks_and_partial_indexes_are_those_of_the_models(empty_url, tmp_path):
    import_every_table()
    migrate(empty_url)
    if empty_url.startswith("sqlite"):
        assert things(empty_url) == things_of_models(f"sqlite:///{tmp_path / 'models.db'}")
        return
    with empty_database() as other_url:
        assert things(empty_url) == things_of_models(other_url)


def test_migrating_again_changes_nothing_and_no_row_is_added(empty_url):
    migrate(empty_url)
    before = things(empty_url)
    migrate(empty_url)
    assert things(empty_url) == before
    engine = create_engine(empty_url)
    with engine.connect() as db:
        names = set(inspect(db).get_table_names()) - {"alembic_version"}
        assert names
        for name in names:
            assert db.scalar(text(f"SELECT count(*) FROM {name}")) == 0, name  # noqa: S608
    engine.dispose()


def test_two_migrations_at_once_wait_for_each_other(empty_url):
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(migrate, [empty_url] * 3)) == [None] * 3


def test_a_migration_that_fails_leaves_nothing_behind(empty_url):
    database = Database(empty_url)
    with database.write() as db:
        db.execute(text("CREATE TABLE giving_cause (in_the_way integer)"))
    with pytest.raises(Exception, match="already exists"):
        migrate(empty_url)
    with database.read() as db:
        assert inspect(db).get_table_names() == ["giving_cause"]
    database.dispose()


def test_what_was_earned_before_orders_had_a_rates_currency_gets_its_orders(empty_url):
    migrate(empty_url)
    database = Database(empty_url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with database.write() as db:
        config.attributes["connection"] = db
        command.downgrade(config, "20261122_09")
        db.execute(text(_OLD_ORDER))
        db.execute(text(_OLD_POINTS))
        command.upgrade(config, "head")
        assert db.scalar(text("SELECT currency FROM points_order")) == "JPY"
    database.dispose()


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_seal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET shop_id = 2", "DELETE FROM {}"])
def test_the_book_cannot_be_changed_by_sql(database, table, statement):
    with database.write() as db:
        write_one_of_each(db)
    with pytest.raises(IntegrityError, match=f"{table} is append-only"), database.write() as db:
        db.execute(text(statement.format(table)))


def test_the_book_cannot_be_truncated(postgres_url):
    database = Database(postgres_url)
    for table in ("ledger_entry", "ledger_seal"):
        with pytest.raises(IntegrityError, match="append-only"), database.write() as db:
            db.execute(text(f"TRUNCATE {table}"))
    database.dispose()


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_seal"])
def test_the_book_cannot_be_replaced_on_sqlite(sqlite_url, table):
    database = Database(sqlite_url)
    with database.write() as db:
        write_one_of_each(db)
    with pytest.raises(IntegrityError, match="append-only"), database.write() as db:
        db.execute(text(f"REPLACE INTO {table} SELECT * FROM {table}"))  # noqa: S608
    database.dispose()


# ------------------------------------------------------------------------------------------------


def write_one_of_each(db: Connection) -> None:
    db.execute(
        text(
            "INSERT INTO ledger_entry (shop_id, id, unit, amount, from_account, to_account,"
            " source, kind, occurred_at, local_date) VALUES (1, 1, 'PTS', 5, 'program',"
            " 'member:1', 's', 'earned', '2026-01-01 00:00:00', '2026-01-01')"
        )
    )
    db.execute(text("INSERT INTO ledger_seal VALUES (1, 1, 1, 1, 'x', '2026-01-01 00:00:00')"))


def things_of_models(url: str) -> dict[str, Any]:
    engine = create_engine(url)
    metadata.create_all(engine)
    return things(url, engine)


def things(url: str, engine: Engine | None = None) -> dict[str, Any]:
    """Everything the database says about its tables, but not in which order columns came."""
    engine = engine or create_engine(url)
    with engine.connect() as db:
        if url.startswith("sqlite"):
            rows = {name: sorted(_lines(sql)) for name, sql in db.execute(text(_SQLITE_THINGS))}
        else:
            columns = {
                tuple(row[:2]): tuple(row[2:]) for row in db.execute(text(_POSTGRES_COLUMNS))
            }
            rules = {tuple(row[:2]): row[2] for row in db.execute(text(_POSTGRES_RULES))}
            rows = {".".join(name): value for name, value in (columns | rules).items()}
    engine.dispose()
    return {name: told for name, told in rows.items() if "alembic_version" not in name}


def _lines(sql: str | None) -> list[str]:
    """Of a table's own text; SQLite quotes the name of one that was built anew.

    A column that was added stands behind the one before it, on its line.
    """
    text = re.sub(r", (?=[a-z_]+ [A-Z])", "\n", (sql or "").replace('"', ""))
    return [line.strip(" ,\t") for line in text.splitlines()]
