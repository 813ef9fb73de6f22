"""The one place that starts transactions, on SQLite and on PostgreSQL.

SQLite: the driver never begins by itself; ``write`` emits BEGIN IMMEDIATE and ``read`` BEGIN, and
a read is never upgraded. Every writer of every process passes a fair turnstile of two file locks,
so a busy worker cannot starve the door that keeps webhooks (docs/decisions/0006-turnstile.md).
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
_T = TypeVar("_T")
_BUSY_TIMEOUT_MS = 30_000
_RETRIES = 3
_TRUSTED_SECONDS = 1.0  # a connection that rested longer is asked whether it lives
_KNOWN = "known"


class Utc(TypeDecorator[datetime]):
    """An aware UTC time; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            message = "naive time: say which zone"
            raise ValueError(message)
        if value.tzinfo is not UTC:
            value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """A small document as JSON text; integers stay integers."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        return None if value is None else msgspec.json.decode(value)


Id = BigInteger  # 63 bits; see core/ids.py
Key = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")  # ordered by bytes


class Database:
    """A database by URL: ``sqlite:///path`` or ``postgresql+psycopg://...``."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        make = _sqlite_engine if self.is_sqlite else _postgres_engine
        self.engine = make(url, pool_size)
        self._reads = {} if self.is_sqlite else {"postgresql_readonly": True}
        self._committing = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        path = make_url(url).database
        self._turnstile = Turnstile(Path(path)) if self.is_sqlite and path else None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One write transaction: committed at the end, rolled back on any exception."""
        with self._turnstile.turn() if self._turnstile else nullcontext():
            connection = self.engine.connect().execution_options(writes=True)
            with connection, connection.begin(), _remembering(connection):
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One read transaction: a stable view; writing in it is refused."""
        connection = self.engine.connect().execution_options(**self._reads)
        with connection, connection.begin():
            yield connection

    def run(self, work: Callable[[Connection], _T], *, one_statement: bool = False) -> _T:
        """``work`` in a write transaction; a deadlock or serialization error is tried again.

        one_statement: PostgreSQL commits it by itself, without round trips to begin and commit.
        """
        alone = one_statement and not self.is_sqlite
        for attempt in range(_RETRIES):
            try:
                with self._committing.connect() if alone else self.write() as db:
                    return work(db)
            except DBAPIError as problem:
                if attempt == _RETRIES - 1 or not is_transient(problem):
                    raise
        message = "unreachable"
        raise AssertionError(message)

    def dispose(self) -> None:
        self.engine.dispose()


class Turnstile:
    """First come, first served, among processes and threads.

    Take next, take write, release next.
    """

    def __init__(self, database: Path) -> None:
        self._next = f"{database}.next"
        self._write = f"{database}.write"

    @contextmanager
    def turn(self) -> Iterator[None]:
        next_fd = os.open(self._next, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        write_fd = os.open(self._write, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(next_fd, fcntl.LOCK_EX)
            fcntl.flock(write_fd, fcntl.LOCK_EX)
            fcntl.flock(next_fd, fcntl.LOCK_UN)
            yield
        finally:
            os.close(write_fd)
            os.close(next_fd)


def known(db: Connection) -> dict[str, Any]:
    """What this write transaction has found out already; forgotten when it ends."""
    found: dict[str, Any] = db.info.get(_KNOWN, {})
    return found


@contextmanager
def _remembering(db: Connection) -> Iterator[None]:
    db.info[_KNOWN] = {}
    info = db.info
    try:
        yield
    finally:
        info[_KNOWN] = {}


def is_transient(problem: BaseException) -> bool:
    """Lock, deadlock, disconnect and disk errors: nothing is wrong with the work, try it again."""
    if not isinstance(problem, DBAPIError):
        return isinstance(problem, OSError)
    if problem.connection_invalidated:
        return True
    state = getattr(problem.orig, "sqlstate", None)
    if state is not None:
        return state[:2] in ("40", "53", "57", "58", "08") or state == "55P03"
    words = str(problem.orig)
    return any(word in words for word in ("locked", "disk", "unable to open"))


def try_shop_lock(db: Connection, shop_id: int) -> bool:
    """Become this shop's only worker until the transaction ends; False if another one is.

    On SQLite a write transaction is already alone.
    """
    if db.dialect.name == "sqlite":
        return True
    return bool(
        db.scalar(text("SELECT pg_try_advisory_xact_lock(:shop_id)"), {"shop_id": shop_id})
    )


def upsert(db: Connection, table: Table) -> Any:
    """The dialect's INSERT, with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return (sqlite if db.dialect.name == "sqlite" else postgresql).insert(table)


def _sqlite_engine(url: str, pool_size: int) -> Engine:
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    timeout = {"timeout": _BUSY_TIMEOUT_MS / 1000}
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args=timeout,
    )

    @event.listens_for(engine, "connect")
    def connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # the driver must not begin or commit on its own
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_TIMEOUT_MS}",
            "temp_store=MEMORY",
        ):
            dbapi.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql(f"PRAGMA query_only={0 if writes else 1}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres_engine(url: str, pool_size: int) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_size=pool_size, max_overflow=pool_size)

    @event.listens_for(engine, "connect")
    def connect(dbapi: Any, _record: Any) -> None:
        dbapi.autocommit = True
        with dbapi.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = '60s'")
            cursor.execute("SET lock_timeout = '30s'")
        dbapi.autocommit = False

    @event.listens_for(engine, "checkin")
    def checkin(_dbapi: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def checkout(dbapi: Any, record: Any, _proxy: Any) -> None:
        """Ask a connection that rested whether it lives; one used just now need not be asked."""
        rested = time.monotonic() - record.info.get("rests_since", time.monotonic())
        if rested > _TRUSTED_SECONDS:
            try:
                engine.dialect.do_ping(dbapi)
            except engine.dialect.loaded_dbapi.Error as problem:
                raise InvalidatePoolError from problem

    return engine
