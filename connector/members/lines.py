"""The lines of members' files: in chunks, whom they spoke of, what was wrong, what was booked.

And the layouts a merchant gave names to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from connector.core.bulk import among, insert_new, insert_rows
from connector.core.db import upsert
from connector.core.errors import BadInput, NotFound
from connector.core.keyring import KeyRing
from connector.members import sheets, store
from connector.members.models import (
    import_mapping,
    imported_balance,
    member_import_chunk,
    member_import_line,
    member_import_problem,
)
from connector.members.sheets import Layout

NAME_LENGTH = 80


def chunk(
    db: Connection, keys: KeyRing, shop_id: int, import_id: int, number: int
) -> list[tuple[int, list[str]]]:
    """(line, cells) of one chunk."""
    sealed = db.scalar(
        select(member_import_chunk.c.sealed).where(
            member_import_chunk.c.shop_id == shop_id,
            member_import_chunk.c.import_id == import_id,
            member_import_chunk.c.number == number,
        )
    )
    if sealed is None:
        raise NotFound("chunk_not_found", f"chunk {number} of import {import_id} is gone")
    return msgspec.json.decode(keys.decrypt(shop_id, sealed), type=list[tuple[int, list[str]]])


def first_lines(
    db: Connection, shop_id: int, import_id: int, told: Mapping[str, int]
) -> dict[str, int]:
    """The first line that spoke of each identity, after these lines are noted too."""
    if told:
        rows = [
            {"shop_id": shop_id, "import_id": import_id, "identity": identity, "line": line}
            for identity, line in told.items()
        ]
        insert_new(db, member_import_line, rows)
    chosen = select(member_import_line.c.identity, member_import_line.c.line).where(
        member_import_line.c.shop_id == shop_id, member_import_line.c.import_id == import_id
    )
    rows_ = db.execute(among(db, chosen, member_import_line.c.identity, list(told)))
    return {row.identity: row.line for row in rows_}


def note_problems(
    db: Connection, shop_id: int, import_id: int, found: Sequence[sheets.Refused]
) -> None:
    rows = [
        {
            "shop_id": shop_id,
            "import_id": import_id,
            "line": one.line,
            "field": one.field,
            "code": one.code,
        }
        for one in found
    ]
    insert_rows(db, member_import_problem, rows)


def problems(
    db: Connection, shop_id: int, import_id: int, after: int, limit: int
) -> list[Row[Any]]:
    """Lines that were refused, in the file's sequence, after line ``after``."""
    chosen = select(member_import_problem).where(
        member_import_problem.c.shop_id == shop_id,
        member_import_problem.c.import_id == import_id,
        member_import_problem.c.line > after,
    )
    return list(db.execute(chosen.order_by(member_import_problem.c.line).limit(limit)))


def balances(db: Connection, shop_id: int, member_ids: Sequence[int]) -> dict[int, int]:
    """Points that files said so far, by member: of the member, else of who became part of them."""
    parts = store.became(db, shop_id, member_ids)
    chosen = select(imported_balance.c.member_id, imported_balance.c.points).where(
        imported_balance.c.shop_id == shop_id
    )
    rows = db.execute(among(db, chosen, imported_balance.c.member_id, [*member_ids, *parts]))
    said = {row.member_id: row.points for row in rows}
    found = {one: said[one] for one in member_ids if one in said}
    for gone_id, kept_id in parts.items():
        if kept_id not in said and gone_id in said:
            found[kept_id] = found.get(kept_id, 0) + said[gone_id]
    return found


def put_balances(db: Connection, shop_id: int, told: Mapping[int, int]) -> None:
    if told:
        statement = upsert(db, imported_balance)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["shop_id", "member_id"],
                set_={"points": statement.excluded.points},
            ),
            [
                {"shop_id": shop_id, "member_id": member_id, "points": points}
                for member_id, points in told.items()
            ],
        )


def layouts(db: Connection, shop_id: int) -> dict[str, Layout]:
    """Layouts the merchant saved, by name."""
    chosen = select(import_mapping).where(import_mapping.c.shop_id == shop_id)
    return {
        row.name: msgspec.convert(row.mapping, Layout)
        for row in db.execute(chosen.order_by(import_mapping.c.name))
    }


def layout(db: Connection, shop_id: int, name: str) -> Layout:
    """The layout saved by this name, else the one of the program called so."""
    found = layouts(db, shop_id).get(name) or sheets.PRESETS.get(name)
    if found is None:
        raise BadInput("layout_not_found", "no columns are saved by this name", field="layout")
    return found


def save_layout(db: Connection, shop_id: int, name: str, layout: Layout, now: datetime) -> None:
    """Keep a layout under a name; the same name again replaces it."""
    name = name.strip()
    if not 1 <= len(name) <= NAME_LENGTH:
        raise BadInput("name_length", f"1 to {NAME_LENGTH} letters", field="layout_name")
    told = msgspec.to_builtins(layout)
    statement = upsert(db, import_mapping).values(
        shop_id=shop_id, name=name, mapping=told, saved_at=now
    )
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "name"], set_={"mapping": told, "saved_at": now}
        )
    )
