"""Everything a shop has with us, to take away: streamed, a page of rows at a time.

CSV for spreadsheets, where no cell is a formula; JSON, one object a line, for programs. Sealed
secrets stay: they open nothing elsewhere.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, LargeBinary, Row, Table, select, tuple_

from connector.core.bulk import among
from connector.core.commerce import Person
from connector.core.errors import NotFound
from connector.core.points import UNIT
from connector.ledger.models import ledger_consumption, ledger_entry, ledger_lot
from connector.listeners.models import listener
from connector.members import occasions, preferences, sheets
from connector.members.models import (
    import_mapping,
    member,
    member_block,
    member_import,
    member_merge,
    member_occasion,
    preference_answer,
    preference_question,
    privacy_request,
)
from connector.orders.models import (
    gift_product,
    order_code,
    order_line,
    order_refund,
    order_refund_line,
    orders,
    product,
)
from connector.program.models import points_program
from connector.rooms.actions.models import member_action
from connector.rooms.expiry.models import expiry_clock, expiry_notice
from connector.rooms.giving.models import (
    giving_batch,
    giving_batch_line,
    giving_campaign,
    giving_cause,
    giving_donation,
    giving_programme,
    giving_proof,
    giving_statement,
)
from connector.rooms.insight.models import insight_worth
from connector.rooms.points import service as points
from connector.rooms.points.models import (
    points_adjustment,
    points_gift,
    points_grant,
    points_order,
)
from connector.rooms.recommend.learning.models import learning_settings, learning_trial
from connector.rooms.recommend.models import recommend_wish
from connector.rooms.referrals.models import (
    referral,
    referral_claim,
    referral_code,
    referral_day,
    referral_link,
    referral_program,
)
from connector.rooms.rewards.models import redemption, redemption_use, reward
from connector.rooms.tiers import programs
from connector.rooms.tiers import store as tiers
from connector.rooms.tiers.models import (
    tier_days,
    tier_donation,
    tier_floor,
    tier_program,
    tier_reach,
    tier_standing,
    tier_trial,
)
from connector.runtime import Runtime
from connector.shops.service import Shop

PAGE = 1000
ALL = "everything"
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/x-ndjson",
    "zip": "application/zip",
}
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
    "birthday",
    "tier",
    "occasions",
    "preferences",
    "perennial_shop",
)


def stream(runtime: Runtime, shop: Shop, what: str, kind: str) -> Iterator[bytes]:
    """One export, piece by piece; NotFound ``export_not_found`` for one there is not.

    kind: csv or json; ``everything`` as zip is all of them. Rows are read a page a transaction,
    so it holds nobody up.
    """
    if (what, kind) == (ALL, "zip"):
        return _zip(runtime, shop)
    if what not in EXPORTS or kind not in ("csv", "json"):
        raise NotFound("export_not_found", f"one of {', '.join(EXPORTS)}, as csv or json")
    names, pages = EXPORTS[what](runtime, shop)
    return _csv(names, pages) if kind == "csv" else _json(pages)


def _zip(runtime: Runtime, shop: Shop) -> Iterator[bytes]:
    """Every export as CSV, packed while it is read."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as packed:
        for what in EXPORTS:
            with packed.open(f"{what}.csv", "w", force_zip64=True) as file:
                for piece in stream(runtime, shop, what, "csv"):
                    file.write(piece)
                    yield pipe.taken()
    yield pipe.taken()


class _Pipe(io.RawIOBase):
    """What was written and nobody has taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        found = bytes(self._held)
        self._held.clear()
        return found


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
        levels = _levels(db, shop.id, ids)
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
                | {"birthday": days.get(row.id, {}).get(occasions.BIRTHDAY)}
                | {"tier": levels.get(row.id)}
                | {"preferences": wishes.get(row.id, {}), "perennial_shop": shop.public_id}
            )
        return found

    living = member.c.state.in_(("member", "guest"))
    return _MEMBER, _pages(runtime, shop, member, told, living)


def _levels(db: Connection, shop_id: int, member_ids: Sequence[int]) -> dict[int, str]:
    """The names of the tiers these members earned; of guests, of those that wait for them."""
    published = programs.current(db, shop_id)
    if published is None:
        return {}
    names = {one.id: one.name("en") for one in published.program.levels}
    standing = tier_standing.c
    chosen = select(standing.member_id, standing.level_id).where(standing.shop_id == shop_id)
    rows = db.execute(among(db, chosen, standing.member_id, member_ids))
    earned = {row.member_id: names[row.level_id] for row in rows if row.level_id in names}
    floors = tiers.floors(db, shop_id, member_ids, published.program)
    levels = {one: published.program.numbered(floor.level) for one, floor in floors.items()}
    return {one: level.name("en") for one, level in levels.items() if level} | earned


def _table(
    tables: Sequence[Table], entries: ColumnElement[bool] | None
) -> Callable[[Runtime, Shop], _Export]:
    """Rows of tables as they are, each with the name of its table where there are several.

    entries: which of the ledger's, if it is among them.
    """
    names = ["table"] if len(tables) > 1 else []
    for table in tables:
        names += [name for name in _told(table) if name not in names]

    def export(runtime: Runtime, shop: Shop) -> _Export:
        return names, _all_of(runtime, shop, tables, entries)

    return export


def _all_of(
    runtime: Runtime,
    shop: Shop,
    tables: Sequence[Table],
    entries: ColumnElement[bool] | None,
) -> Iterator[_Page]:
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

        only = entries if table is ledger_entry else None
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
    only: ColumnElement[bool] | None,
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


TABLES: dict[str, Sequence[Table]] = {
    "people": (
        member_occasion,
        preference_question,
        preference_answer,
        member_block,
        member_merge,
        privacy_request,
        member_import,
    ),
    "entries": (ledger_entry,),
    "lots": (ledger_lot, ledger_consumption, expiry_notice),
    "awards": (points_order, points_grant, points_gift, points_adjustment, member_action),
    "orders": (orders,),
    "order_lines": (order_line, order_code, order_refund, order_refund_line),
    "products": (product,),
    "programs": (points_program, reward, tier_program, referral_program),
    "redemptions": (redemption, redemption_use),
    "referrals": (referral_link, referral_code, referral_claim, referral, referral_day),
    "tiers": (tier_standing, tier_reach, tier_floor, tier_days, tier_trial),
    "giving": (
        giving_cause,
        giving_campaign,
        giving_programme,
        giving_donation,
        giving_batch,
        giving_batch_line,
        giving_proof,
        giving_statement,
        tier_donation,
        ledger_entry,
    ),
    "settings": (
        expiry_clock,
        insight_worth,
        import_mapping,
        listener,
        gift_product,
        recommend_wish,
        learning_settings,
        learning_trial,
    ),
}
_ENTRIES = {"entries": ledger_entry.c.unit == UNIT, "giving": ledger_entry.c.unit != UNIT}
EXPORTS: dict[str, Callable[[Runtime, Shop], _Export]] = {
    "members": _members,
    **{what: _table(tables, _ENTRIES.get(what)) for what, tables in TABLES.items()},
}
