"""Files of members as durable rows: kept sealed in chunks, gone through twice.

First everything is only checked, then, when the merchant has seen what would happen, taken. Both
go chunk by chunk, each a transaction that notes how far it came. The same file again goes on where
it was, or finds that nothing is left to book.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Any

import msgspec
from msgspec import structs
from sqlalchemy import Connection, Row, delete, insert, select, update

from connector.core.bulk import among, insert_rows
from connector.core.db import Database
from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.ids import new_id
from connector.core.keyring import KeyRing
from connector.members import sheets
from connector.members.models import (
    member_import,
    member_import_chunk,
    member_import_line,
    member_import_problem,
)
from connector.members.sheets import Layout, Sheet

CHUNK = 500  # lines in one transaction
LEASE = timedelta(minutes=5)
KEPT_DAYS = 7  # a file that nobody decided on
NAME_LENGTH = 80
SHOWN = 20
_OPEN = ("check", "checked", "take")


@dataclass(frozen=True, slots=True)
class Import:
    """One file of one shop. ``report`` counts by name, of the step it is in or went through last.

    step: check -> checked -> take -> done; dropped: given up, or decided against.
    """

    id: int
    file_hash: str
    file_name: str
    mapping: dict[str, Any]
    lines: int
    chunks: int
    step: str
    next_chunk: int
    report: dict[str, int]
    due_at: datetime | None
    made_by: str
    started_at: datetime
    finished_at: datetime | None

    @property
    def is_stopped(self) -> bool:
        """Something went wrong on our side; a person may let it go on."""
        return self.step in ("check", "take") and self.due_at is None

    @property
    def header(self) -> list[str]:
        return list(self.mapping["header"])

    @property
    def layout(self) -> Layout:
        return _layout(self.mapping)


_FIELDS = tuple(Import.__dataclass_fields__)


class _Hashed:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.hash = hashlib.sha256()

    def readline(self, limit: int = -1, /) -> bytes:
        line = self._file.readline(limit)
        self.hash.update(line)
        return line


def keep(
    database: Database,
    keys: KeyRing,
    shop_id: int,
    file: IO[bytes],
    file_name: str,
    layout: Layout | None,
    *,
    made_by: str,
    now: datetime,
) -> int:
    """Keep a file, to be checked by the worker; the import's id.

    The same file by the same layout, while one waits to be decided on, is that one. BadInput for
    what is no CSV; nothing of it is kept.
    """
    source = _Hashed(file)
    sheet = Sheet(source)
    chosen = layout or Layout()
    if not chosen.columns:
        chosen = structs.replace(chosen, columns=sheets.guess(sheet.header))
    sheets.check(chosen, sheet.header)
    mapping = {"header": sheet.header, **structs.asdict(chosen)}
    import_id = new_id()
    with database.write() as db:
        db.execute(
            insert(member_import).values(
                shop_id=shop_id,
                id=import_id,
                file_hash="",
                file_name=file_name[-NAME_LENGTH:],
                mapping=mapping,
                lines=0,
                chunks=0,
                step="check",
                next_chunk=0,
                report={},
                made_by=made_by,
                started_at=now,
            )
        )
    try:
        lines, chunks = _keep_chunks(database, keys, shop_id, import_id, sheet)
    except BadInput:
        with database.write() as db:
            _forget(db, shop_id, import_id, everything=True)
        raise
    with database.write() as db:
        return _settle(
            db, shop_id, import_id, source.hash.hexdigest(), mapping, lines, chunks, now
        )


def _keep_chunks(
    database: Database, keys: KeyRing, shop_id: int, import_id: int, sheet: Sheet
) -> tuple[int, int]:
    """Keep every line, a chunk a transaction; (lines, chunks)."""
    lines, chunks, rows = 0, 0, iter(sheet)
    while chunk := list(islice(rows, CHUNK)):
        sealed = keys.encrypt(shop_id, msgspec.json.encode(chunk))
        row = {"shop_id": shop_id, "import_id": import_id, "number": chunks, "sealed": sealed}
        with database.write() as db:
            insert_rows(db, member_import_chunk, [row])
        chunks, lines = chunks + 1, lines + len(chunk)
    if not lines:
        raise BadInput("file_empty", "there is nobody in this file", field="file")
    return lines, chunks


def _settle(
    db: Connection,
    shop_id: int,
    import_id: int,
    file_hash: str,
    mapping: Mapping[str, Any],
    lines: int,
    chunks: int,
    now: datetime,
) -> int:
    """The whole file is kept: have it checked, unless it waits already."""
    chosen = select(member_import).where(
        member_import.c.shop_id == shop_id,
        member_import.c.file_hash == file_hash,
        member_import.c.step.in_(_OPEN),
    )
    for row in db.execute(chosen):
        if row.mapping == mapping:
            _forget(db, shop_id, import_id, everything=True)
            return int(row.id)
    save(db, shop_id, import_id, file_hash=file_hash, lines=lines, chunks=chunks, due_at=now)
    return import_id


def get(db: Connection, shop_id: int, import_id: int) -> Import:
    """One import; NotFound ``import_not_found``."""
    row = db.execute(_one(shop_id, import_id)).one_or_none()
    if row is None:
        raise NotFound("import_not_found", "no such import")
    return _import(row)


def newest(db: Connection, shop_id: int) -> list[Import]:
    """The shop's imports, newest first."""
    chosen = select(member_import).where(
        member_import.c.shop_id == shop_id, member_import.c.file_hash != ""
    )
    return [
        _import(row) for row in db.execute(chosen.order_by(member_import.c.id.desc()).limit(SHOWN))
    ]


def places(db: Connection, shop_id: int, import_ids: Sequence[int]) -> dict[int, str]:
    """Where the members of these files came from, as far as somebody said."""
    if not import_ids:
        return {}
    chosen = select(member_import.c.id, member_import.c.mapping).where(
        member_import.c.shop_id == shop_id
    )
    rows = db.execute(among(db, chosen, member_import.c.id, import_ids))
    return {row.id: _layout(row.mapping).place for row in rows}


def take(db: Connection, shop_id: int, import_id: int, now: datetime) -> None:
    """The merchant has seen what would happen: let it happen. Twice is once.

    What stopped on our side goes on. Conflict ``import_not_checked`` while it is being checked.
    """
    found = get(db, shop_id, import_id)
    if found.is_stopped:
        save(db, shop_id, import_id, due_at=now)
    elif found.step == "checked":
        _forget_lines(db, shop_id, import_id)
        save(db, shop_id, import_id, step="take", next_chunk=0, report={}, due_at=now)
    elif found.step not in ("take", "done"):
        raise Conflict("import_not_checked", "wait until it is checked")


def drop(db: Connection, shop_id: int, import_id: int, now: datetime) -> None:
    """Decide against it: the file goes. What was taken already stays taken."""
    found = get(db, shop_id, import_id)
    if found.step == "take":
        raise Conflict("import_running", "it is being taken over")
    if found.step in _OPEN:
        save(db, shop_id, import_id, step="dropped", due_at=None, finished_at=now)
        _forget(db, shop_id, import_id)


def finish(db: Connection, shop_id: int, job: Import, now: datetime) -> None:
    """This step is through."""
    if job.step == "check":
        save(db, shop_id, job.id, step="checked", due_at=None)
    else:
        save(db, shop_id, job.id, step="done", due_at=None, finished_at=now)
        _forget(db, shop_id, job.id)


def forget_undecided(db: Connection, shop_id: int, now: datetime) -> None:
    """Drop files that nobody decided on for KEPT_DAYS, and half ones that never arrived whole."""
    old = select(member_import.c.id).where(
        member_import.c.shop_id == shop_id,
        member_import.c.due_at.is_(None),
        member_import.c.step.in_(("check", "checked")),
        member_import.c.started_at < now - timedelta(days=KEPT_DAYS),
    )
    for import_id in db.scalars(old).all():
        drop(db, shop_id, import_id, now)


# ------------------------------------------------------------------------------- for the worker


def shops_due(db: Connection, now: datetime) -> list[int]:
    due = select(member_import.c.shop_id).where(
        member_import.c.due_at.is_not(None), member_import.c.due_at <= now
    )
    return list(db.scalars(due.distinct()))


def claim(db: Connection, shop_id: int, now: datetime) -> Import | None:
    """The shop's oldest due import, ours until its lease ends."""
    oldest = (
        select(member_import.c.id)
        .where(
            member_import.c.shop_id == shop_id,
            member_import.c.due_at.is_not(None),
            member_import.c.due_at <= now,
        )
        .order_by(member_import.c.id)
        .limit(1)
        .scalar_subquery()
    )
    row = db.execute(
        update(member_import)
        .where(member_import.c.shop_id == shop_id, member_import.c.id == oldest)
        .values(due_at=now + LEASE)
        .returning(member_import)
    ).one_or_none()
    return _import(row) if row else None


def save(db: Connection, shop_id: int, import_id: int, **values: object) -> None:
    """How far it came; in the transaction of what was done."""
    db.execute(
        update(member_import)
        .where(member_import.c.shop_id == shop_id, member_import.c.id == import_id)
        .values(**values)
    )


def _one(shop_id: int, import_id: int) -> Any:
    return select(member_import).where(
        member_import.c.shop_id == shop_id, member_import.c.id == import_id
    )


def _import(row: Row[Any]) -> Import:
    return Import(**{name: getattr(row, name) for name in _FIELDS})


def _layout(mapping: Mapping[str, Any]) -> Layout:
    told = {name: one for name, one in mapping.items() if name != "header"}
    return msgspec.convert(told, Layout)


def _forget_lines(db: Connection, shop_id: int, import_id: int) -> None:
    for table in (member_import_line, member_import_problem):
        db.execute(delete(table).where(table.c.shop_id == shop_id, table.c.import_id == import_id))


def _forget(db: Connection, shop_id: int, import_id: int, *, everything: bool = False) -> None:
    """Drop a file's lines; what was wrong with them stays, unless ``everything`` goes."""
    for table in (member_import_chunk, member_import_line):
        db.execute(delete(table).where(table.c.shop_id == shop_id, table.c.import_id == import_id))
    if everything:
        db.execute(
            delete(member_import).where(
                member_import.c.shop_id == shop_id, member_import.c.id == import_id
            )
        )
