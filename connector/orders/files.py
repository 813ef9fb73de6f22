"""Orders in a file, as docs/import-format.md describes: read as a stream, one order at a time.

An order that cannot be meant is a ``Rejected`` of its own; what makes a whole file doubtful is
BadInput. Both name the line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from connector.core.errors import BadInput
from connector.orders.sheets import LINE_BYTES, Sheet, Together, sheets
from connector.orders.told import ToldOrder, check

LAYOUTS = ("jsonl", "csv")
_NUL = b"\\u0000"  # how JSON writes the one character that PostgreSQL keeps nowhere
_UNREADABLE = (BadInput, msgspec.DecodeError, UnicodeDecodeError)
_PLACE = re.compile(r"`\$\.(lines|refunds)\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Rejected:
    """An order that is not taken: where, why by a stable code, and in words."""

    line: int
    code: str
    message: str


@dataclass(slots=True)
class Record:
    """One order of a file, or why it is none. ``end`` is the byte where the next one begins.

    ``key`` is the order's, "" where it could not be read.
    """

    end: int
    key: str
    found: ToldOrder | Rejected


@dataclass(slots=True)
class Survey:
    """What is in a file. ``rejected`` counts orders by reason; they are in no other count."""

    orders: int = 0
    lines: int = 0
    refunds: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


def survey(path: Path, layout: str, now: datetime, on_record: Callable[[Record], None]) -> Survey:
    """Read the whole file and change nothing; ``on_record`` hears of each order."""
    counts, together = Survey(), Together()
    with path.open("rb") as file:
        for record in read(file, layout, now):
            on_record(record)
            if layout == "csv":
                together.note(record.key)
            if isinstance(record.found, Rejected):
                counts.rejected[record.found.code] += 1
                continue
            counts.orders += 1
            counts.lines += len(record.found.lines)
            counts.refunds += len(record.found.refunds)
        together.check(lambda: sheets(file))
    return counts


def read(file: BinaryIO, layout: str, now: datetime | None, start: int = 0) -> Iterator[Record]:
    """The orders of ``file`` from byte ``start`` on: 0, or the ``end`` of an earlier record.

    now: what their times are checked against; None where a survey found nothing to reject, which
    need not be checked again.
    """
    return _read_csv(file, now, start) if layout == "csv" else _read_jsonl(file, now, start)


def _read_jsonl(file: BinaryIO, now: datetime | None, start: int) -> Iterator[Record]:
    decode = msgspec.json.Decoder(ToldOrder).decode
    file.seek(start)
    line, end = 0, start
    found: ToldOrder | Rejected
    while raw := file.readline(LINE_BYTES):
        line += 1
        end += len(raw)
        told = None
        try:
            if len(raw) == LINE_BYTES:
                end += _skip_line(file, raw)
                raise BadInput("line_too_long", f"over {LINE_BYTES} bytes")
            if raw.isspace():
                continue
            found = told = decode(raw)
            if _NUL in raw and _has_nul(raw):
                raise BadInput("control_character", "a text holds the character NUL")
            if now is not None:
                check(told, now)
        except _UNREADABLE as problem:
            found = _rejected(line, problem)
        yield Record(end, told.key if told else "", found)


def _skip_line(file: BinaryIO, raw: bytes) -> int:
    """Read to the end of a line that is too long; returns how many bytes more that were."""
    skipped = 0
    while raw and not raw.endswith(b"\n"):
        raw = file.readline(LINE_BYTES)
        skipped += len(raw)
    return skipped


def _has_nul(raw: bytes) -> bool:
    """Whether the text has the character itself, and not a backslash before ``u0000``."""
    return _NUL in raw.replace(b"\\\\", b"")


def _read_csv(file: BinaryIO, now: datetime | None, start: int) -> Iterator[Record]:
    for sheet in sheets(file, start):
        found: ToldOrder | Rejected
        if sheet.problem is not None:
            found = Rejected(*sheet.problem)
        else:
            try:
                found = msgspec.convert(sheet.document, ToldOrder, strict=False)
                if now is not None:
                    check(found, now)
            except _UNREADABLE as problem:
                found = _rejected(_line_of(sheet, problem), problem)
        yield Record(sheet.end, sheet.key, found)


def _line_of(sheet: Sheet, problem: Exception) -> int:
    """The line of the row that is wrong, else the order's first."""
    place = _PLACE.search(str(problem))
    if place is None:
        return sheet.line
    return sheet.places[place[1]][int(place[2])]


def _rejected(line: int, problem: Exception) -> Rejected:
    if isinstance(problem, BadInput):
        return Rejected(line, problem.code, problem.message)
    if isinstance(problem, msgspec.ValidationError):
        return Rejected(line, "wrong_field", str(problem))
    return Rejected(line, "unreadable_line", str(problem))
