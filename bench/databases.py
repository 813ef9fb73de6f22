"""Databases for benchmarks: as durable as in production, and gone afterwards."""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from connector.migrations import migrate
from tests import postgres

# What tests switch off for speed, as a server comes.
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")


@contextmanager
def sqlite() -> Iterator[str]:
    """The URL of a new migrated SQLite database."""
    with tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'perennial.db'}"
        migrate(url)
        yield url


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a new migrated database on a PostgreSQL that syncs every commit."""
    _cluster()
    with postgres.empty_database() as url:
        migrate(url)
        yield url


@cache
def _cluster() -> None:
    """One server for all benchmarks of this process; one that is named is taken as it is."""
    run = postgres.start_run()
    atexit.register(postgres.finish_run, run)
    if "TEST_DATABASE_URL" in os.environ:
        return
    with postgres.empty_database() as url:
        plain = make_url(url).set(drivername="postgresql")
        with psycopg.connect(
            plain.render_as_string(hide_password=False), autocommit=True
        ) as server:
            for name in _DURABLE:
                server.execute(sql.SQL("ALTER SYSTEM SET {} = on").format(sql.Identifier(name)))
            server.execute("SELECT pg_reload_conf()")
