"""Members in a CSV file: which column says what, and what a line means.

A layout says which column is which field; a line is read into a ``Told`` or refused for one
stable reason. Pure: no table is asked.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import msgspec

from connector.core.errors import BadInput

FIELDS = ("customer_key", "email", "name", "points", "birthday", "tier", "shop")
KEYS = ("known", "own", "other")
DAY_ORDERS = ("ymd", "mdy", "dmy")
LINE_BYTES = 100_000
MOST_COLUMNS = 200
MOST_LINES = 2_000_000
TEXT_LENGTH = 200
PLACE_LENGTH = 80
MOST_POINTS = 1_000_000_000  # what one adjustment may be
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would carry out
_DELIMITERS = ",;\t"
_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_POINTS = re.compile(r"\d{1,3}(?:[,\u2019' \u00a0\u202f]\d{3})+|\d+", re.ASCII)
_NUMBERS = re.compile(r"\d+", re.ASCII)
_LEAP_YEAR = 2000
_KNOWN = {  # what columns are called by many programs, in small letters and digits
    "customer_key": ("customerid", "customerkey", "shopifycustomerid", "userid", "externalid"),
    "email": ("email", "emailaddress", "customeremail", "useremail", "mail"),
    "name": ("name", "fullname", "customername", "displayname"),
    "points": ("points", "pointsbalance", "pointbalance", "balance", "currentpoints", "available"),
    "birthday": ("birthday", "birthdate", "dateofbirth", "dob"),
    "tier": ("tier", "viptier", "tiername", "level", "viplevel", "rank", "membershiptype"),
    "shop": ("perennialshop",),
}


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``columns``: field -> column, guessed while none is named.

    ``days``: how a birthday is written, ymd, mdy or dmy; ``place``: where members come from, as
    they are told. ``keys``: whose accounts customer_key tells, where a line tells no shop. known:
    of this store where it has such an account, else who it is by e-mail; own: of this store;
    other: of another one.
    """

    columns: dict[str, str] = msgspec.field(default_factory=dict)
    days: str = "ymd"
    place: str = ""
    keys: str = KEYS[0]


PRESETS = {  # of programs whose makers say what the columns of their export are called
    "Joy Loyalty": Layout(  # help.joy.so/customers-activities/customers-activities/
        {  # import-and-export-customer-data: "Export Customer"
            "email": "Email",
            "name": "Name",
            "tier": "Membership Type",
            "points": "Points",
            "birthday": "Birthday",
        },
        "mdy",
        "Joy Loyalty",
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One member, as a line tells: None is not told."""

    line: int
    customer_key: str | None
    email: str | None
    name: str | None
    points: int | None
    birthday: str | None  # 02-29
    tier: str | None = None  # its name
    shop: str | None = None  # the public id of the shop it was exported from


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that cannot be taken, and why. ``points``: what it told of them, if it could."""

    line: int
    field: str
    code: str
    points: int = 0


class Readable(Protocol):
    """All that is asked of a file."""

    def readline(self, limit: int = ..., /) -> bytes: ...


class Sheet:
    """A file's header, and its lines as (number, cells); BadInput where it is no CSV."""

    def __init__(self, file: Readable) -> None:
        self._source = _Lines(file)
        first = next(self._source, None)
        if first is None:
            raise BadInput("file_empty", "there is no line in this file", field="file")
        self._delimiter = max(_DELIMITERS, key=first.count)
        self.header = [name.strip() for name in next(self._rows([first]), [])]
        if not any(self.header) or len(self.header) > MOST_COLUMNS:
            raise BadInput("wrong_column", "the first line names the columns", field="file")
        twice = {name for name in self.header if name and self.header.count(name) > 1}
        if twice:
            raise BadInput("wrong_column", f"{twice.pop()!r} stands there twice", field="file")

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        rows = self._rows(self._source)
        while True:
            line = self._source.line + 1
            row = next(rows, None)
            if row is None:
                return
            if line > MOST_LINES:
                raise BadInput("file_too_long", f"at most {MOST_LINES} lines", field="file")
            if any(row):
                yield line, row

    def _rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        rows = csv.reader(lines, delimiter=self._delimiter, strict=True)
        while True:
            try:
                row = next(rows, None)
            except csv.Error as problem:
                raise BadInput(
                    "unreadable_line", f"line {self._source.line}: {problem}", field="file"
                ) from None
            if row is None:
                return
            yield row


class _Lines:
    """Decoded lines of a file, and how many have been read."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(LINE_BYTES)
        if not raw:
            raise StopIteration
        self.line += 1
        if len(raw) == LINE_BYTES:
            raise BadInput("line_too_long", f"line {self.line}", field="file")
        try:
            return raw.decode("utf-8-sig" if self.line == 1 else "utf-8")
        except UnicodeDecodeError:
            raise BadInput(
                "unreadable_line", f"line {self.line}: not UTF-8", field="file"
            ) from None


def guess(header: Sequence[str]) -> dict[str, str]:
    """What the columns probably are, by what they are called."""
    found: dict[str, str] = {}
    for field, names in _KNOWN.items():
        called = {re.sub(r"[^a-z0-9]", "", one.casefold()): one for one in reversed(header)}
        match = next((called[name] for name in names if name in called), None)
        if match is not None:
            found[field] = match
    return found


def check(layout: Layout, header: Sequence[str]) -> None:
    """BadInput for a layout that this header cannot be read by."""
    if layout.days not in DAY_ORDERS:
        raise BadInput("day_order", f"one of {', '.join(DAY_ORDERS)}", field="days")
    if layout.keys not in KEYS:
        raise BadInput("keys_of", f"one of {', '.join(KEYS)}", field="keys")
    if len(layout.place) > PLACE_LENGTH:
        raise BadInput("name_length", f"up to {PLACE_LENGTH} letters", field="place")
    for field, column in layout.columns.items():
        if field not in FIELDS:
            raise BadInput("unknown_field", f"{field!r} is no field of a member", field=field)
        if column not in header:
            raise BadInput("column_missing", f"the file has no column {column!r}", field=field)
    if not layout.columns.keys() & {"customer_key", "email"}:
        raise BadInput("identity_column", "say which column tells who it is", field="email")


def read(line: int, cells: Sequence[str], header: Sequence[str], layout: Layout) -> Told | Refused:
    """What one line means."""
    if len(cells) != len(header):
        return Refused(line, "", "wrong_columns")
    by_column = dict(zip(header, cells, strict=True))
    told = {field: _plain(by_column[column]) for field, column in layout.columns.items()}
    points = _points(told.get("points", ""))
    for field, text in told.items():
        problem = _problem(field, text, layout.days)
        if problem:
            return Refused(line, field, problem, points or 0)
    if not (told.get("customer_key") or told.get("email")):
        return Refused(line, "email", "identity_missing", points or 0)
    birthday = told.get("birthday")
    return Told(
        line=line,
        customer_key=told.get("customer_key") or None,
        email=told.get("email") or None,
        name=told.get("name") or None,
        points=points,
        birthday=_month_day(birthday, layout.days) if birthday else None,
        tier=told.get("tier") or None,
        shop=told.get("shop") or None,
    )


def neutral(text: str) -> str:
    """A cell that no spreadsheet carries out; ``read`` takes the sign off again."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _plain(cell: str) -> str:
    text = cell.strip()
    is_neutral = text.startswith("'") and text[1:].startswith(FORMULA)
    return text[1:].strip() if is_neutral else text


def _problem(field: str, text: str, days: str) -> str | None:
    """Why this cell cannot be meant; None when it can."""
    if "\0" in text:
        return "control_character"
    if len(text) > TEXT_LENGTH:
        return "text_length"
    return f"{field}_format" if text and _is_wrong(field, text, days) else None


def _is_wrong(field: str, text: str, days: str) -> bool:
    if field == "email":
        return not _EMAIL.fullmatch(text)
    if field == "points":
        return _points(text) is None
    return field == "birthday" and _month_day(text, days) is None


def _points(text: str) -> int | None:
    """Whole points, with or without marks between thousands."""
    if not _POINTS.fullmatch(text):
        return None
    points = int(re.sub(r"\D", "", text))
    return points if points <= MOST_POINTS else None


def _month_day(text: str, days: str) -> str | None:
    """The day of a year that a date says, in the order of its parts; the year may be missing."""
    parts = [int(one) for one in _NUMBERS.findall(text)]
    order = [one for one in days if len(parts) == len(days) or one != "y"]
    if len(parts) != len(order) or re.sub(r"[\d\s./-]", "", text):
        return None
    by_part = dict(zip(order, parts, strict=True))
    try:
        return f"{date(_LEAP_YEAR, by_part['m'], by_part['d']):%m-%d}"
    except ValueError:
        return None
