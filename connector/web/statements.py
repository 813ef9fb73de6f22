"""What a shop owes and sent its causes, line by line, as CSV: read while it is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from connector.core.money import exponent
from connector.members import sheets
from connector.rooms.giving import accounts, programmes, remitting, service
from connector.rooms.giving.accounts import Account, closing
from connector.rooms.giving.accounts.closing import Statement
from connector.rooms.giving.accounts.log import Search
from connector.rooms.giving.remitting import Batch
from connector.rooms.giving.rules import Programme
from connector.shops import service as shops
from connector.shops.service import Shop

PIECE = 1_000  # rows written at once
BATCH = ("order", "given_at", "kind", "programme", "gross", "refunded", "net", "currency")
LOG = (
    "order",
    "member_id",
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

ACCOUNT = (
    "programme",
    "first_day",
    "last_day",
    "kind",
    "cause",
    "payee",
    "registration",
    "currency",
    "gifts",
    "unit",
    "pieces",
    *closing.AMOUNTS,
)
CLOSING = (
    "store",
    "left_on",
    "cause",
    "payee",
    "registration",
    "programme",
    "kind",
    "currency",
    "gifts",
    "unit",
    "pieces",
    *closing.AMOUNTS,
)


def of_batch(db: Connection, shop_id: int, batch: Batch) -> Iterator[bytes]:
    """A batch's lines; the last rows say what they come to, and who owes it to whom."""
    names, digits = _names(db, shop_id), exponent(batch.currency)
    lines = remitting.lines(db, shop_id, batch.id)
    yield from _csv(BATCH, (_line(row, batch, names, digits) for row in lines))
    sums = (
        ("gross", batch.gross_minor),
        ("matched", batch.matched_minor),
        ("refunded", -batch.refunded_minor),
        ("fee", 0),
        ("net", batch.net_minor),
    )
    told = [
        (name, "", "", "", "", "", _decimal(minor, digits), batch.currency) for name, minor in sums
    ]
    texts = (
        ("shop", shops.get(db, shop_id).name),
        ("cause", service.cause(db, shop_id, batch.cause_id).name),
        ("payee", batch.payee),
        ("state", batch.state),
        ("reference", batch.reference),
    )
    told += [(name, "", "", sheets.neutral(text), "", "", "", "") for name, text in texts]
    yield _rows(told)


def of_log(db: Connection, shop_id: int, search: Search) -> Iterator[bytes]:
    """The donations log as searched, newest first."""
    names = _names(db, shop_id)
    told = (
        (
            sheets.neutral(row.number or ""),
            str(row.member_id or ""),
            row.given_at.isoformat(),
            row.kind,
            sheets.neutral(row.cause_name),
            names.get(row.programme_id, ""),
            *(
                _decimal(getattr(row, f"{name}_minor"), exponent(row.currency))
                for name in ("given", "pledged", "due", "locked")
            ),
            row.currency,
        )
        for row in service.whole_log(db, shop_id, search)
    )
    yield from _csv(LOG, told)


def of_months(db: Connection, shop_id: int) -> Iterator[bytes]:
    """What each month brought and sent each cause."""
    causes = _causes(db, shop_id)
    names = ("gross", "matched", "refunded", "net", "remitted")
    told = (
        (
            one.month,
            causes[one.cause_id],
            one.currency,
            *(_decimal(getattr(one, f"{name}_minor"), exponent(one.currency)) for name in names),
            "0",
        )
        for one in accounts.months(db, shop_id)
    )
    yield from _csv(("month", "cause", "currency", *names, "fee"), told)


def of_accounts(db: Connection, shop_id: int, given: Sequence[Account]) -> Iterator[bytes]:
    """What programmes gave, by the piece, in which days and to whom, and where it stands."""
    zone = ZoneInfo(shops.get(db, shop_id).timezone)
    known = {one.id: one for one in programmes.programmes(db, shop_id)}
    causes = {one.id: one for one in service.causes(db, shop_id)}
    told = (
        (
            sheets.neutral(known[one.programme_id].name),
            *_days(known[one.programme_id], zone),
            one.kind,
            *(
                sheets.neutral(getattr(causes[one.cause_id], name))
                for name in ("name", "payee", "registration")
            ),
            one.currency,
            str(one.gifts),
            _decimal(one.unit_minor, exponent(one.currency)) if one.unit_minor else "",
            "" if one.pieces is None else str(one.pieces),
            *(
                _decimal(getattr(one, f"{name}_minor"), exponent(one.currency))
                for name in closing.AMOUNTS
            ),
        )
        for one in given
    )
    yield from _csv(ACCOUNT, told)


def _days(one: Programme, zone: ZoneInfo) -> tuple[str, str]:
    """First and last day in the shop's zone."""
    if one.starts_at is None or one.ends_at is None:
        return "", ""
    last = one.ends_at - timedelta(seconds=1)
    first, end = (at.astimezone(zone).date().isoformat() for at in (one.starts_at, last))
    return first, end


def of_closing(shop: Shop, kept: Statement) -> Iterator[bytes]:
    """What stood when the shop left: what it owes to whom; older ones lack some columns' words."""
    left_on = kept.made_at.astimezone(ZoneInfo(shop.timezone)).date().isoformat()
    names = ("cause", "payee", "registration", "programme", "kind")
    told = (
        (
            sheets.neutral(shop.name),
            left_on,
            *(sheets.neutral(one.get(name, "")) for name in names),
            one["currency"],
            str(one["gifts"]),
            _decimal(one["unit"], exponent(one["currency"])) if one.get("unit") else "",
            "" if one["pieces"] is None else str(one["pieces"]),
            *(_decimal(one[name], exponent(one["currency"])) for name in closing.AMOUNTS),
        )
        for one in kept.rows
    )
    yield from _csv(CLOSING, told)


def _line(row: Row[Any], batch: Batch, names: dict[int, str], digits: int) -> tuple[str, ...]:
    gross, refunded = row.gross_minor, row.refunded_minor
    return (
        sheets.neutral(row.number or ""),
        row.given_at.isoformat(),
        row.kind,
        names.get(row.programme_id, ""),
        _decimal(gross, digits),
        _decimal(refunded, digits),
        _decimal(gross - refunded, digits),
        batch.currency,
    )


def _names(db: Connection, shop_id: int) -> dict[int, str]:
    found = programmes.programmes(db, shop_id)
    return {one.id: sheets.neutral(one.name) for one in found}


def _causes(db: Connection, shop_id: int) -> dict[int, str]:
    return {one.id: sheets.neutral(one.name) for one in service.causes(db, shop_id)}


def _decimal(minor: int, digits: int) -> str:
    """As ``Money.text``, for a million rows: "19.90", "-2405", "6.450"."""
    if not digits:
        return str(minor)
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:0{digits}}"


def _csv(names: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[bytes]:
    yield "\ufeff".encode()  # spreadsheets take it for another encoding otherwise
    yield _rows([tuple(names)])
    while held := list(islice(rows, PIECE)):
        yield _rows(held)


def _rows(rows: Sequence[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
