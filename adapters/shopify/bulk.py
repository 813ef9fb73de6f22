"""A shop's whole history by bulk operation: start it, wait, download one file, read it in pages.

The file has a line for every order and for every part of one (``__parentId``), in no order to rely
on. A first pass notes where the parts of each order stand, in an SQLite file beside it; pages then
read whole orders straight from the file. Memory stays flat, whatever the size of the shop.

The cursor is ``operation|byte offset|try``: enough to go on after a crash or on another machine,
which downloads the file again (Shopify keeps it for 7 days).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from adapters.shopify.admin_api import AdminApi
from adapters.shopify.documents import document
from connector.core.errors import PlatformBusy, PlatformError, PlatformMissing, PlatformRefused
from connector.core.http import Http

T = TypeVar("T")

ROOTS = 500  # orders or products in one page
POLL_SECONDS = 10.0
BUSY_SECONDS = 60.0
TRIES = 3  # operations that fail on Shopify's side are started anew this often
MAX_FILE_BYTES = 50_000_000_000
KEEP_SECONDS = 8 * 86_400
BATCH = 10_000
UNTIL = "1970-01-01T00:00:00Z"  # stands in the documents for the moment asked
_GID_KIND = re.compile(r"gid://shopify/([A-Za-z]+)/")
# Which field of a body takes which parts; a shipping line may come without an id.
_PARTS = {
    "orders": {"LineItem": "lines", "ShippingLine": "shipping", "": "shipping"},
    "products": {"Collection": "collections"},
}
_WORKING = {"CREATED", "RUNNING", "CANCELING"}


class _UserError(msgspec.Struct):
    message: str = ""
    code: str | None = None


class _Operation(msgspec.Struct, rename="camel"):
    id: str
    status: str
    error_code: str | None = None
    object_count: int | str = 0
    root_object_count: int | str = 0
    url: str | None = None


class _Started(msgspec.Struct, rename="camel"):
    bulk_operation: _Operation | None = None
    user_errors: list[_UserError] = []


class _StartAnswer(msgspec.Struct, rename="camel"):
    bulk_operation_run_query: _Started | None = None


class _StatusAnswer(msgspec.Struct, rename="camel"):
    bulk_operation: _Operation | None = None


class _Line(msgspec.Struct):
    id: str | None = None
    parent: str | None = msgspec.field(default=None, name="__parentId")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bodies of history and where to go on (None: done); or how long to wait for it."""

    bodies: tuple[bytes, ...]
    cursor: str | None
    total: int | None = None
    wait_seconds: float = 0


class History:
    """The bulk history of one shop. Files lie in ``workdir``, readable by us alone."""

    def __init__(self, api: AdminApi, http: Http, workdir: Path, shop_key: str) -> None:
        self._api = api
        self._http = http
        self._workdir = workdir
        self._shop_key = shop_key

    def page(self, what: str, until: str, cursor: str | None) -> Piece:
        """The next piece. ``until`` counts where an operation is started, and is kept by it."""
        if what not in _PARTS:
            raise PlatformError("cannot_fetch", f"Shopify is not asked for {what}")
        if cursor is None:
            return self._start(what, until, 1)
        operation, offset, tries = cursor.split("|")
        file = self._file(operation, what)
        if not file.is_ready():
            found = self._status(operation)
            if found.status in _WORKING:
                total = int(found.root_object_count)
                return Piece((), cursor, total, wait_seconds=POLL_SECONDS)
            if found.status == "COMPLETED" and found.url is None and not int(found.object_count):
                return Piece((), None, 0)
            if found.status != "COMPLETED" or found.url is None:
                return self._again(what, until, found, int(tries))
            self._http.download(found.url, file.path, max_bytes=MAX_FILE_BYTES)
            file.make_index()
        bodies, next_offset = file.read(int(offset))
        if next_offset is None:
            file.remove()
            return Piece(bodies, None)
        return Piece(bodies, f"{operation}|{next_offset}|{tries}", file.total())

    def _start(self, what: str, until: str, tries: int) -> Piece:
        text = document(f"{what}_bulk").replace(UNTIL, until)
        query = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        answer = self._api.ask("bulk_start", {"query": query})
        started = _decode(answer.data, _StartAnswer).bulk_operation_run_query or _Started()
        for problem in started.user_errors:
            if problem.code in ("LIMIT_REACHED", "OPERATION_IN_PROGRESS"):
                raise PlatformBusy("bulk_busy", problem.code, retry_after_seconds=BUSY_SECONDS)
            raise PlatformError("bulk_refused", problem.message)
        if started.bulk_operation is None:
            raise PlatformError("unreadable_answer", "no bulk operation was started")
        cursor = f"{started.bulk_operation.id}|0|{tries}"
        return Piece((), cursor, wait_seconds=POLL_SECONDS)

    def _status(self, operation: str) -> _Operation:
        found = _decode(
            self._api.ask("bulk_status", {"id": operation}).data, _StatusAnswer
        ).bulk_operation
        if found is None:
            raise PlatformMissing("platform_missing", "Shopify does not have this bulk operation")
        return found

    def _again(self, what: str, until: str, found: _Operation, tries: int) -> Piece:
        """Start anew what failed or whose file is gone; what is read twice changes nothing."""
        if found.error_code == "ACCESS_DENIED":
            raise PlatformRefused("access_denied", "the app may not read the history")
        if tries >= TRIES:
            raise PlatformError("bulk_failed", f"{found.status} {found.error_code or ''}".strip())
        return self._start(what, until, tries + 1)

    def _file(self, operation: str, what: str) -> BulkFile:
        self._workdir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._workdir.stat().st_uid != os.getuid():
            raise PermissionError(f"{self._workdir} belongs to someone else")
        _sweep(self._workdir)
        name = hashlib.sha256(f"{self._shop_key} {operation}".encode()).hexdigest()[:24]
        return BulkFile(self._workdir / f"{name}.jsonl", what)


class BulkFile:
    """One downloaded file and the index beside it."""

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        self._index = path.with_suffix(".index")
        self._thing = what.removesuffix("s")
        self._parts = _PARTS[what]

    def is_ready(self) -> bool:
        """Whether file and index are whole; the index gets its name when it is."""
        return self.path.exists() and self._index.exists()

    def make_index(self) -> None:
        """First pass: where the parts of each order or product stand."""
        part = self._index.with_suffix(".part")
        part.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("CREATE TABLE part (parent TEXT, field TEXT, at INTEGER, size INTEGER)")
            db.execute("BEGIN")
            roots = 0
            batch: list[tuple[str, str, int, int]] = []
            for at, text, line in self._lines(0):
                if line.parent is None:
                    roots += 1
                    continue
                batch.append((line.parent, self._field(line), at, len(text)))
                if len(batch) == BATCH:
                    db.executemany("INSERT INTO part VALUES (?, ?, ?, ?)", batch)
                    batch.clear()
            db.executemany("INSERT INTO part VALUES (?, ?, ?, ?)", batch)
            db.execute("CREATE INDEX by_parent ON part (parent, at)")
            db.execute(f"PRAGMA user_version = {roots}")
            db.execute("COMMIT")
        part.replace(self._index)

    def total(self) -> int:
        """Orders or products in the file."""
        with contextlib.closing(sqlite3.connect(self._index)) as db:
            return int(db.execute("PRAGMA user_version").fetchone()[0])

    def read(self, offset: int) -> tuple[tuple[bytes, ...], int | None]:
        """Whole bodies from ``offset`` on, and the offset after them; None at the end."""
        bodies: list[bytes] = []
        with contextlib.closing(sqlite3.connect(self._index)) as db, self.path.open("rb") as file:
            for at, text, line in self._lines(offset):
                if line.parent is not None:
                    continue
                if len(bodies) == ROOTS:
                    return tuple(bodies), at
                bodies.append(self._body(db, file.fileno(), text, line.id))
        return tuple(bodies), None

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self._index.unlink(missing_ok=True)

    def _body(self, db: sqlite3.Connection, file: int, root: bytes, key: str | None) -> bytes:
        parts: dict[str, list[bytes]] = {field: [] for field in self._parts.values()}
        found = db.execute("SELECT field, at, size FROM part WHERE parent = ? ORDER BY at", (key,))
        for field, at, size in found:
            parts[field].append(os.pread(file, size, at))
        beside = b"".join(
            b',"%s":[%s]' % (field.encode(), b",".join(texts)) for field, texts in parts.items()
        )
        return b'{"%s":%s%s}' % (self._thing.encode(), root, beside)

    def _lines(self, offset: int) -> Iterator[tuple[int, bytes, _Line]]:
        with self.path.open("rb") as file:
            file.seek(offset)
            at = offset
            for raw in file:
                text = raw.strip()
                if text:
                    yield at, text, _decode(text, _Line)
                at += len(raw)

    def _field(self, line: _Line) -> str:
        found = _GID_KIND.match(line.id or "")
        field = self._parts.get(found[1] if found else "")
        if field is None:
            raise PlatformError("unreadable_answer", "a bulk file has a part we did not ask for")
        return field


def _decode(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise PlatformError("unreadable_answer", f"a bulk operation: {problem}") from None


def _sweep(workdir: Path) -> None:
    """Files of imports nobody finished go after the time Shopify keeps them."""
    oldest = time.time() - KEEP_SECONDS
    for path in workdir.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
