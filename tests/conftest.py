"""Databases for tests: ask for ``database`` and the test runs on SQLite and on PostgreSQL.

``database``       a connector.core.db.Database, migrated and without rows
``database_url``   its URL, for tests that start programs
``sqlite_url``, ``postgres_url``   for what can be true on one of the two only
``empty_url``      a database without a single table, on both, for migrations
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

from connector.core.db import Database
from tests import postgres
from tests.programme.chance import draw_alike

BOTH = ["sqlite", "postgres"]
_RUN = pytest.StashKey[Path]()

# What one run draws the next one draws, wherever it runs; PERENNIAL_RUNS for a night draws others.
ALIKE = "PERENNIAL_RUNS" not in os.environ
# Two busy cores are no bug, so nothing has a deadline.
settings.register_profile("house", deadline=None, print_blob=True, derandomize=ALIKE)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    if ALIKE:
        draw_alike()
    if postgres.RUN_DIRECTORY not in os.environ:
        config.stash[_RUN] = postgres.start_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _RUN in config.stash:
        postgres.finish_run(config.stash[_RUN])


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    path = tmp_path / "perennial.db"
    shutil.copyfile(postgres.once("sqlite", _make_sqlite_template), path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    with postgres.clean_database() as url:
        yield url


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.dispose()


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with postgres.empty_database() as url:
        yield url


def _make_sqlite_template(run: Path) -> str:
    path = run / "template.db"
    postgres.migrated(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return str(path)
