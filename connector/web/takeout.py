"""Everything a shop has with us, to take away: streamed, a page of rows at a time.

CSV for spreadsheets, where no cell is a formula; JSON, one object a line, for programs. Sealed
secrets stay: they open nothing elsewhere.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, LargeBinary, Row, Table, select, tuple_

from connector.core.commerce import Person
from connector.core.errors import NotFound
from connector.core.points import UNIT
from connector.ledger.models import ledger_entry
from connector.members import occasions, preferences, sheets
from connector.members.models import member
from connector.orders.models import orders
from connector.program.models import points_program
from connector.rooms.points import service as points
from connector.rooms.referrals.models import (
    referral,
    referral_claim,
    referral_link,
    referral_program,
)
from connector.rooms.rewards.models import redemption, redemption_use, reward
from connector.rooms.tiers.models import tier_program, tier_standing
from connector.runtime import Runtime
from connector.shops.service import Shop

PAGE = 1000
FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/x-ndjson"}
_Page = list[Mapping[str, Any]]
_Export = tuple[Sequence[str], Iterator[_Page]]  # names of the columns, and the rows
_MEMBER = (
    "id",
    "customer_key",
    "state",
    "email",
    "name",
    "locale",
    "available",
    "pending",
    "held",
    "debt",
    "created_at",
    "joined_at",
    "email_verified",
    "accepts_marketing",
    "tags",
    "blocked_at",
    "occasions",
    "preferences",
)


def stream(runtime: Runtime, shop: Shop, what: str, kind: str) -> Iterator[bytes]:
    """One export, piece by piece; NotFound ``export_not_found`` for one there is not.

    kind: csv or json. Rows are read a page a transaction, so it holds nobody up.
    """
    if what not in EXPORTS or kind not in FORMATS:
        raise NotFound("export_not_found", f"one of {', '.join(EXPORTS)}, as csv or json")
    names, pages = EXPORTS[what](runtime, shop)
    return _csv(names, pages) if kind == "csv" else _json(pages)


def _csv(names: Sequence[str], pages: Iterator[_Page]) -> Iterator[bytes]:
    yield "\ufeff".encode()  # spreadsheets take it for another encoding otherwise
    for page in _with_header(names, pages):
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(page)
        yield text.getvalue().encode()


def _with_header(names: Sequence[str], pages: Iterator[_Page]) -> Iterator[list[list[Any]]]:
    yield [list(names)]
    for page in pages:
        yield [[_cell(row.get(name)) for name in names] for row in page]


def _json(pages: Iterator[_Page]) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    for page in pages:
        yield b"".join(
            encode({name: _whole(one) for name, one in row.items()}) + b"\n" for row in page
        )


def _cell(value: Any) -> Any:
    """As a spreadsheet is to show it, and never to carry it out."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        value = msgspec.json.encode(value).decode() if value else ""
    return sheets.neutral(value) if isinstance(value, str) else value


def _whole(value: Any) -> Any:
    """Ids have more digits than JavaScript counts."""
    is_id = isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53
    return str(value) if is_id else value


def _members(runtime: Runtime, shop: Shop) -> _Export:
    def told(db: Connection, rows: Sequence[Row[Any]]) -> _Page:
        ids = [row.id for row in rows]
        people = runtime.members.people(db, shop.id, ids)
        have = points.balances(db, shop.id, ids)
        days = occasions.of_members(db, shop.id, ids)
        wishes = preferences.of_members(db, shop.id, ids)
        found: _Page = []
        for row in rows:
            person, balance = people.get(row.id, Person()), have[row.id]
            found.append(
                {name: getattr(row, name) for name in _MEMBER if name in row._fields}
                | {name: getattr(person, name) for name in ("email", "name", "locale")}
                | {
                    name: getattr(balance, name)
                    for name in ("available", "pending", "held", "debt")
                }
                | {"id": str(row.id), "occasions": days.get(row.id, {})}
                | {"preferences": wishes.get(row.id, {})}
            )
        return found

    living = member.c.state.in_(("member", "guest"))
    return _MEMBER, _pages(runtime, shop, member, told, living)


def _table(*tables: Table, only: Any = None) -> Callable[[Runtime, Shop], _Export]:
    """Rows of tables as they are, each with the name of its table where there are several."""
    names = ["table"] if len(tables) > 1 else []
    for table in tables:
        names += [name for name in _told(table) if name not in names]

    def export(runtime: Runtime, shop: Shop) -> _Export:
        return names, _all_of(runtime, shop, tables, only)

    return export


def _all_of(runtime: Runtime, shop: Shop, tables: Sequence[Table], only: Any) -> Iterator[_Page]:
    for table in tables:
        first = {"table": str(table.name)} if len(tables) > 1 else {}
        columns = _told(table)

        def told(
            _db: Connection,
            rows: Sequence[Row[Any]],
            first: Mapping[str, str] = first,
            columns: Sequence[str] = columns,
        ) -> _Page:
            return [{**first, **{name: getattr(row, name) for name in columns}} for row in rows]

        yield from _pages(runtime, shop, table, told, only)


def _told(table: Table) -> list[str]:
    return [
        str(column.name)
        for column in table.columns
        if column.name != "shop_id" and not isinstance(column.type, LargeBinary)
    ]


def _pages(
    runtime: Runtime,
    shop: Shop,
    table: Table,
    told: Callable[[Connection, Sequence[Row[Any]]], _Page],
    only: Any,
) -> Iterator[_Page]:
    """A table's rows in the sequence of their key, a page a transaction."""
    key = [column for column in table.primary_key.columns if column.name != "shop_id"]
    chosen = select(table).where(table.c.shop_id == shop.id).order_by(*key).limit(PAGE)
    if only is not None:
        chosen = chosen.where(only)
    page = chosen
    while True:
        with runtime.database.read() as db:
            rows = db.execute(page).all()
            found = told(db, rows)
        if found:
            yield found
        if len(rows) < PAGE:
            return
        page = chosen.where(tuple_(*key) > tuple(getattr(rows[-1], one.name) for one in key))


EXPORTS: dict[str, Callable[[Runtime, Shop], _Export]] = {
    "members": _members,
    "entries": _table(ledger_entry, only=ledger_entry.c.unit == UNIT),
    "orders": _table(orders),
    "programs": _table(points_program, reward, tier_program, referral_program),
    "redemptions": _table(redemption, redemption_use),
    "referrals": _table(referral_link, referral_claim, referral),
    "tiers": _table(tier_standing),
}
