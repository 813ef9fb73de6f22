"""Orders in CSV: rows of one order, which stand together, put into the shape of the JSONL."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, BinaryIO

import numpy as np

from connector.core.errors import BadInput

LINE_BYTES = 4_000_000  # the longest line that is read, here and in JSONL
_BOM = b"\xef\xbb\xbf"
_ORDER = {
    "order": "key",
    "number": "number",
    "placed_at": "placed_at",
    "paid_at": "paid_at",
    "completed_at": "completed_at",
    "modified_at": "modified_at",
    "state": "state",
    "currency": "currency",
    "is_test": "is_test",
    "taxes_included": "taxes_included",
    "shipping": "shipping",
    "order_tax": "tax",
    "order_total": "total",
}
_CUSTOMER = {"customer": "key", "email": "email", "name": "name", "locale": "locale"}
_LINE = {
    "line": "key",
    "kind": "kind",
    "title": "title",
    "product": "product",
    "sku": "sku",
    "quantity": "quantity",
    "subtotal": "subtotal",
    "total": "total",
    "tax": "tax",
    "cause": "cause",
}
_REFUND = {"refund": "key", "refunded_at": "refunded_at", "refund_amount": "amount"}
_TAKEN = {"line": "line", "quantity": "quantity", "total": "total", "tax": "tax"}
_COLUMNS = {*_ORDER, *_CUSTOMER, *_LINE, *_REFUND}
_NEEDED = ("order", "placed_at", "state", "currency")


@dataclass(slots=True)
class Sheet:
    """The rows of one order. ``end`` is the byte where the next one begins.

    places: the line in the file of each of the document's ``lines`` and ``refunds``.
    problem: (line, code, message) of a row that cannot belong to it as it is.
    """

    key: str
    line: int
    end: int = 0
    document: dict[str, Any] = field(default_factory=dict)
    places: dict[str, list[int]] = field(default_factory=lambda: {"lines": [], "refunds": []})
    problem: tuple[int, str, str] | None = None


def sheets(file: BinaryIO, start: int = 0) -> Iterator[Sheet]:
    """Orders from byte ``start`` on; BadInput where rows cannot be told apart."""
    file.seek(0)
    source = _Lines(file)
    rows = csv.reader(source, strict=True)
    header = _header(_next(rows, source))
    if start:
        source.go_to(start)
    current: Sheet | None = None
    while True:
        offset, line = source.offset, source.line + 1
        row = _next(rows, source)
        if row is None:
            break
        if not row:
            continue
        cells = {name: cell for name, cell in zip(header, row, strict=False) if cell}
        key = cells.get("order", "")
        if current is None or key != current.key:
            if current is not None:
                current.end = offset
                yield current
            current = Sheet(key, line)
        if len(row) != len(header):
            _note(current, line, "wrong_columns", f"{len(row)} cells under {len(header)} columns")
        else:
            _take(current, line, cells)
    if current is not None:
        current.end = source.offset
        yield current


class Together:
    """Finds orders whose rows do not stand together, in eight bytes an order."""

    def __init__(self) -> None:
        self._seen = array("Q")

    def note(self, key: str) -> None:
        self._seen.append(_short(key))

    def check(self, again: Callable[[], Iterator[Sheet]]) -> None:
        """BadInput ``order_split`` with the line where an order goes on; ``again`` reads anew."""
        hashes = np.frombuffer(self._seen, np.uint64)
        hashes.sort()
        twice = set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())
        met: set[str] = set()
        for sheet in again() if twice else ():
            if sheet.key in met:
                raise BadInput(
                    "order_split",
                    f"line {sheet.line}: rows of order {sheet.key!r} stood further up already;"
                    " sort the file by order",
                )
            if _short(sheet.key) in twice:
                met.add(sheet.key)


class _Lines:
    """Decoded lines of a file, and how far they have been read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.offset = 0
        self.line = 0

    def go_to(self, offset: int) -> None:
        self._file.seek(offset)
        self.offset = offset

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(LINE_BYTES)
        if not raw:
            raise StopIteration
        self.line += 1
        if len(raw) == LINE_BYTES:
            raise BadInput("line_too_long", f"line {self.line}: over {LINE_BYTES} bytes")
        text = raw.removeprefix(_BOM) if self.offset == 0 else raw
        self.offset += len(raw)
        try:
            return text.decode()
        except UnicodeDecodeError:
            raise BadInput("unreadable_line", f"line {self.line}: not UTF-8") from None


def _next(rows: Iterator[list[str]], source: _Lines) -> list[str] | None:
    try:
        return next(rows, None)
    except csv.Error as problem:
        raise BadInput("unreadable_line", f"line {source.line}: {problem}") from problem


def _header(row: Sequence[str] | None) -> list[str]:
    names = [name.strip() for name in row or ()]
    for name in names:
        if name not in _COLUMNS:
            raise BadInput("wrong_column", f"line 1: {name!r} is no column of the format")
        if names.count(name) > 1:
            raise BadInput("wrong_column", f"line 1: {name!r} stands there twice")
    for name in _NEEDED:
        if name not in names:
            raise BadInput("wrong_column", f"line 1: the column {name!r} is missing")
    return names


def _take(sheet: Sheet, line: int, cells: Mapping[str, str]) -> None:
    """Put one row into its order: the order's own cells, and a line or a refund's part."""
    if any("\0" in cell for cell in cells.values()):
        _note(sheet, line, "control_character", "a cell holds the character NUL")
        return
    document = sheet.document
    customer = _picked(cells, _CUSTOMER)
    for target, told in ((document, _picked(cells, _ORDER)), (None, customer)):
        known = target if target is not None else document.setdefault("customer", {})
        for name, value in told.items():
            if known.setdefault(name, value) != value:
                _note(sheet, line, "rows_differ", f"{name} differs among the rows of one order")
    if "refund" in cells or "refunded_at" in cells:
        _take_refund(sheet, line, cells)
    elif told_line := _picked(cells, _LINE):
        document.setdefault("lines", []).append(told_line)
        sheet.places["lines"].append(line)


def _take_refund(sheet: Sheet, line: int, cells: Mapping[str, str]) -> None:
    """A row with a refund: what it took of the line it names, or money off where it names none."""
    head = _picked(cells, _REFUND)
    refunds = sheet.document.setdefault("refunds", [])
    if not refunds or refunds[-1].get("key") != head.get("key"):
        refunds.append({})
        sheet.places["refunds"].append(line)
    refund = refunds[-1]
    for name, value in head.items():
        if refund.setdefault(name, value) != value:
            _note(sheet, line, "rows_differ", f"{name} differs among the rows of one refund")
    if "line" in cells:
        refund.setdefault("lines", []).append(_picked(cells, _TAKEN))
    elif "total" in cells:
        if "other" in refund:
            _note(sheet, line, "rows_differ", "money off without a line is told twice")
        refund["other"] = cells["total"]


def _note(sheet: Sheet, line: int, code: str, message: str) -> None:
    sheet.problem = sheet.problem or (line, code, message)


def _picked(cells: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {field: cells[column] for column, field in names.items() if column in cells}


def _short(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "little")
