"""The schema's history: Alembic revisions, one table group each, date first.

``migrate`` brings a database to the newest one. It is safe to start anywhere and at once: a second
one waits for the first and finds nothing to do. A revision that fails leaves nothing behind.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from connector.core.db import Database

_LOCK = 0x70657265  # any number, as long as every migration takes the same
_TURN_TIMEOUT = "10min"  # for another migration to end
_TABLE_TIMEOUT = "10s"  # a table in use is not worth stopping a shop for: try again later


def migrate(url: str) -> None:
    """Bring the database of ``url`` to the newest schema, in one transaction; adds no rows."""
    database = Database(url, pool_size=1)
    try:
        with database.write() as db:
            if not database.is_sqlite:
                _take_turn(db)
            config = Config()
            config.set_main_option(
                "script_location", str(Path(__file__).parent).replace("%", "%%")
            )
            config.attributes["connection"] = db
            command.upgrade(config, "head")
    finally:
        database.dispose()


def _take_turn(db: Connection) -> None:
    db.execute(text(f"SET LOCAL lock_timeout = '{_TURN_TIMEOUT}'"))
    db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    db.execute(text(f"SET LOCAL lock_timeout = '{_TABLE_TIMEOUT}'"))
