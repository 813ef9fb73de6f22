"""What a shop owes and sent its causes, line by line, as CSV: read while it is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from connector.core.money import Money
from connector.members import sheets
from connector.rooms.giving import programmes, remitting, service
from connector.rooms.giving.remitting import Batch
from connector.rooms.giving.store import Search

PIECE = 1_000  # rows written at once
BATCH = ("order", "given_at", "kind", "programme", "gross", "refunded", "net", "currency")
LOG = (
    "order",
    "given_at",
    "kind",
    "cause",
    "programme",
    "given",
    "pledged",
    "due",
    "locked",
    "currency",
)


def of_batch(db: Connection, shop_id: int, batch: Batch) -> Iterator[bytes]:
    """A batch's lines; the last rows say what they come to, and who owes it to whom."""
    names = {one.id: one.name for one in programmes.programmes(db, shop_id)}
    yield from _csv(
        BATCH, (_line(row, batch, names) for row in remitting.lines(db, shop_id, batch.id))
    )
    sums = (
        ("gross", batch.gross_minor),
        ("matched", batch.matched_minor),
        ("refunded", -batch.refunded_minor),
        ("fee", 0),
        ("net", batch.net_minor),
    )
    told = [
        (name, "", "", "", "", "", _text(minor, batch.currency), batch.currency)
        for name, minor in sums
    ]
    told.append(("payee", batch.payee, batch.state, batch.reference, "", "", "", ""))
    yield _rows(told)


def of_log(db: Connection, shop_id: int, search: Search, most: int = 1_000_000) -> Iterator[bytes]:
    """The donations log as searched, newest first."""
    names = {one.id: one.name for one in programmes.programmes(db, shop_id)}
    rows = service.log(db, shop_id, most, 0, search)
    told = (
        (
            row.number or "",
            row.given_at.isoformat(),
            row.kind,
            row.cause_name,
            names.get(row.programme_id, ""),
            *(
                _text(getattr(row, f"{name}_minor"), row.currency)
                for name in ("given", "pledged", "due", "locked")
            ),
            row.currency,
        )
        for row in rows
    )
    yield from _csv(LOG, told)


def _line(row: Row[Any], batch: Batch, names: dict[int, str]) -> tuple[str, ...]:
    net = row.gross_minor - row.refunded_minor
    amounts = (row.gross_minor, row.refunded_minor, net)
    return (
        row.number or "",
        row.given_at.isoformat(),
        row.kind,
        names.get(row.programme_id, ""),
        *(_text(minor, batch.currency) for minor in amounts),
        batch.currency,
    )


def _text(minor: int, currency: str) -> str:
    return Money(minor, currency).text()


def _csv(names: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[bytes]:
    yield "\ufeff".encode()  # spreadsheets take it for another encoding otherwise
    held: list[tuple[str, ...]] = [tuple(names)]
    for row in rows:
        held.append(row)
        if len(held) == PIECE:
            yield _rows(held)
            held.clear()
    yield _rows(held)


def _rows(rows: Sequence[tuple[str, ...]]) -> bytes:
    """Texts that a spreadsheet would carry out are not; amounts are left as they are."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [one if _is_amount(one) else sheets.neutral(one) for one in row] for row in rows
    )
    return text.getvalue().encode()


def _is_amount(cell: str) -> bool:
    return cell[:1] == "-" and cell[1:].replace(".", "", 1).isdigit()
