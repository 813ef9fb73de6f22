"""Where a shop keeps its things: one SQLite file a face, documents with the columns we ask by."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from devstore.model import Customer, Order, Product, Status

Thing = TypeVar("Thing", Product, Customer, Order)
Kept = TypeVar("Kept")

SCHEMA = """
CREATE TABLE IF NOT EXISTS product (id INTEGER PRIMARY KEY, sku TEXT UNIQUE, created INTEGER,
    modified INTEGER, doc BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS customer (id INTEGER PRIMARY KEY, email TEXT UNIQUE, created INTEGER,
    modified INTEGER, doc BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS "order" (id INTEGER PRIMARY KEY, number INTEGER UNIQUE, status TEXT,
    customer_id INTEGER, email TEXT, created INTEGER, modified INTEGER, doc BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS order_modified ON "order" (modified, id);
CREATE INDEX IF NOT EXISTS order_customer ON "order" (customer_id, id);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS bag (bucket TEXT, key TEXT, doc BLOB NOT NULL,
    PRIMARY KEY (bucket, key)) WITHOUT ROWID;
"""
TABLES: dict[type, str] = {Product: "product", Customer: "customer", Order: '"order"'}


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for. Bounds: ``after`` exclusive, ``since`` and ``before`` as their names say.

    sort: created, modified or id, ties by id. ``statuses`` None leaves out the trash.
    ``search`` matches an order's or customer's e-mail exactly.
    """

    modified_after: datetime | None = None
    modified_since: datetime | None = None
    modified_before: datetime | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    statuses: tuple[Status, ...] | None = None
    customer_id: int | None = None
    search: str | None = None
    ids: tuple[int, ...] | None = None
    sort: str = "created"
    descending: bool = False
    offset: int = 0
    limit: int = 100


class Shelf:
    """Documents of one shop. Writes that belong together go inside ``with shelf.change():``."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)
        self._depth = 0

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """One transaction, one thread at a time; an inner one joins the outer."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth == 1:
                    self._db.execute("BEGIN IMMEDIATE")
                yield
                if self._depth == 1:
                    self._db.execute("COMMIT")
            except BaseException:
                if self._depth == 1:
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def next_id(self, counter: str, start: int, step: int = 1) -> int:
        """The next number of a counter, the first being ``start``."""
        row = self._one(
            "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name)"
            " DO UPDATE SET value = value + ? RETURNING value",
            (counter, start, step),
        )
        assert row is not None  # noqa: S101  # RETURNING always answers an upsert
        return int(row[0])

    def keep(self, thing: Product | Customer | Order) -> None:
        """Insert or replace one thing."""
        doc = msgspec.json.encode(thing)
        if isinstance(thing, Order):
            row: tuple[Any, ...] = (
                thing.id,
                thing.number,
                thing.status.value,
                thing.buyer.customer_id,
                thing.buyer.email,
                _epoch(thing.placed_at),
                _epoch(thing.modified_at),
                doc,
            )
        else:
            name = thing.sku if isinstance(thing, Product) else thing.email
            row = (thing.id, name, _epoch(thing.created_at), _epoch(thing.modified_at), doc)
        marks = ", ".join("?" * len(row))
        table = TABLES[type(thing)]
        with self._lock:
            self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", row)  # noqa: S608

    def get(self, kind: type[Thing], key: int | str) -> Thing | None:
        """By id, or by sku or e-mail when ``key`` is text."""
        named = "sku" if TABLES[kind] == "product" else "email"
        column = "id" if isinstance(key, int) else named
        row = self._one(f"SELECT doc FROM {TABLES[kind]} WHERE {column} = ?", (key,))  # noqa: S608
        return msgspec.json.decode(row[0], type=kind) if row else None

    def drop(self, kind: type[Thing], key: int) -> None:
        with self._lock:
            self._db.execute(f"DELETE FROM {TABLES[kind]} WHERE id = ?", (key,))  # noqa: S608

    def find(self, kind: type[Thing], query: Query) -> tuple[list[Thing], int]:
        """The page asked for, and how many there are altogether."""
        where, values = _where(kind, query)
        way = "DESC" if query.descending else "ASC"
        order = f"id {way}" if query.sort == "id" else f"{query.sort} {way}, id {way}"
        page = f"ORDER BY {order} LIMIT {query.limit} OFFSET {query.offset}"
        with self._lock:
            total = self._one(f"SELECT count(*) FROM {TABLES[kind]} {where}", values)  # noqa: S608
            rows = self._db.execute(
                f"SELECT doc FROM {TABLES[kind]} {where} {page}",  # noqa: S608
                values,
            ).fetchall()
        return [msgspec.json.decode(row[0], type=kind) for row in rows], total[0] if total else 0

    def put(self, bucket: str, key: str, value: object) -> None:
        """Keep something of the face's own: webhooks, tokens, nonces, switches."""
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO bag VALUES (?, ?, ?)",
                (bucket, key, msgspec.json.encode(value)),
            )

    def take(self, bucket: str, key: str, kind: type[Kept]) -> Kept | None:
        row = self._one("SELECT doc FROM bag WHERE bucket = ? AND key = ?", (bucket, key))
        return msgspec.json.decode(row[0], type=kind) if row else None

    def all(self, bucket: str, kind: type[Kept]) -> dict[str, Kept]:
        """Everything in a bucket, by key, in the keys' text order."""
        with self._lock:
            rows = self._db.execute(
                "SELECT key, doc FROM bag WHERE bucket = ? ORDER BY key", (bucket,)
            ).fetchall()
        return {key: msgspec.json.decode(doc, type=kind) for key, doc in rows}

    def discard(self, bucket: str, key: str) -> bool:
        """Take it out; True if it was there, so that one of two takers wins."""
        with self._lock:
            gone = self._db.execute("DELETE FROM bag WHERE bucket = ? AND key = ?", (bucket, key))
        return gone.rowcount == 1

    def _one(self, sql: str, values: Sequence[object]) -> tuple[Any, ...] | None:
        with self._lock:
            rows = self._db.execute(sql, values).fetchall()
        return rows[0] if rows else None


def _epoch(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp())


def _where(kind: type[Thing], query: Query) -> tuple[str, list[object]]:
    parts: list[str] = []
    values: list[object] = []
    bounds = (
        ("modified > ?", query.modified_after),
        ("modified >= ?", query.modified_since),
        ("modified < ?", query.modified_before),
        ("created > ?", query.created_after),
        ("created < ?", query.created_before),
    )
    for text, bound in bounds:
        if bound is not None:
            parts.append(text)
            values.append(_epoch(bound))
    if TABLES[kind] == '"order"':
        if query.statuses is None:
            parts.append("status <> 'trash'")
        else:
            parts.append(f"status IN ({', '.join('?' * len(query.statuses))})")
            values.extend(status.value for status in query.statuses)
        if query.customer_id is not None:
            parts.append("customer_id IS ?")
            values.append(query.customer_id or None)
    if query.search is not None:
        parts.append("sku = ?" if TABLES[kind] == "product" else "email = ?")
        values.append(query.search)
    if query.ids is not None:
        parts.append(f"id IN ({', '.join('?' * len(query.ids))})")
        values.extend(query.ids)
    return ("WHERE " + " AND ".join(parts) if parts else "", values)
