"""What counts for levels: qualifying points the program gave, and what went back to it.

An entry counts for the member whose account it names. Where what brought the points is another
member's by now, because a merge was undone, ``ledger_moved`` counts the difference: for each
order or gift as much for its owner as it takes off the others, month by month.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    Select,
    Text,
    and_,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    true,
)

from connector.core.bulk import among, insert_rows, rows_of
from connector.core.points import UNIT
from connector.ledger.models import IS_TAKEN_BACK, ledger_entry, ledger_moved

_ACCOUNTS = ("member", "pending", "debt")
_LAPSED = ("expired", "forfeited")


def counted(db: Connection, shop_id: int, member_ids: Sequence[int] | None) -> list[Select[Any]]:
    """(member_id, local_date, qualifying) of these members, or of everybody; less than 0 too."""
    entry, moved = ledger_entry.c, ledger_moved.c
    found = [_of_members(_lapsed(shop_id), -1)]
    for side, which, sign in (
        (entry.to_account, entry.from_account == "program", 1),
        (entry.from_account, IS_TAKEN_BACK, -1),
    ):
        chosen: Select[Any] = select(side.label("name"), entry.local_date, entry.qualifying)
        chosen = chosen.where(
            entry.shop_id == shop_id, entry.unit == UNIT, entry.qualifying.is_not(None), which
        )
        if member_ids is None:
            chosen = chosen.where(or_(*(side.like(f"{one}:%") for one in _ACCOUNTS)))
        else:
            names = [f"{one}:{member_id}" for member_id in member_ids for one in _ACCOUNTS]
            chosen = among(db, chosen, side, names)
        found.append(_of_members(chosen, sign))
    others = select(moved.member_id, moved.local_date, moved.qualifying).where(
        moved.shop_id == shop_id
    )
    if member_ids is not None:
        others = among(db, others, moved.member_id, member_ids)
    return [*found, others]


def _of_members(chosen: Select[Any], sign: int) -> Select[Any]:
    """Rows of accounts as rows of their members."""
    told = chosen.subquery()
    bare: Any = told.c.name
    for one in _ACCOUNTS:
        bare = func.replace(bare, f"{one}:", "")
    who = cast(bare, BigInteger).label("member_id")
    return select(who, told.c.local_date, (told.c.qualifying * sign).label("qualifying"))


def _lapsed(shop_id: int) -> Select[Any]:
    """What was taken back after it had lapsed, of everybody: it is rare, and has an index.

    No account names whose it was. Its source begins like that of the movement which brought it,
    number 0 of its stem.
    """
    entry, first = ledger_entry.c, ledger_entry.alias("first").c
    taken = (
        select(entry.from_account, entry.source, entry.local_date, entry.qualifying)
        .where(entry.shop_id == shop_id, entry.unit == UNIT, IS_TAKEN_BACK)
        .where(entry.from_account.in_(_LAPSED))
        .subquery("taken")
    )
    place = literal(":", Text) + taken.c.from_account + ":"
    stem = func.replace(func.rtrim(taken.c.source, "0123456789"), place, "")
    brought = [stem + f":{one}:0" for one in ("member", "pending")]
    return select(first.to_account.label("name"), taken.c.local_date, taken.c.qualifying).where(
        first.shop_id == shop_id, first.source.in_(brought)
    )


def reassign(
    db: Connection, shop_id: int, stems: Collection[str], owner_id: int, with_: Collection[int]
) -> None:
    """What entries under these stems count is this owner's, whoever's accounts they name.

    with_: who is one with the owner; theirs counts for the owner already. Saying it twice, or
    after more was booked, is saying it once: what was noted before is forgotten.
    """
    if not stems:
        return
    moved = ledger_moved.c
    known = among(db, select(moved.stem).where(moved.shop_id == shop_id), moved.stem, stems)
    db.execute(
        delete(ledger_moved).where(
            moved.shop_id == shop_id, moved.stem.in_(known.scalar_subquery())
        )
    )
    own = {owner_id, *with_}
    rows = []
    for stem, entries in groupby(_entries(db, shop_id, stems), attrgetter("stem")):
        theirs: Counter[tuple[int, str]] = Counter()
        for who, local_date, points in _whose(list(entries)):
            if who not in own:
                theirs[who, local_date] -= points
                theirs[owner_id, local_date] += points
        rows += [
            {
                "shop_id": shop_id,
                "stem": stem,
                "member_id": who,
                "local_date": local_date,
                "qualifying": points,
            }
            for (who, local_date), points in theirs.items()
            if points
        ]
    insert_rows(db, ledger_moved, rows)


def _entries(db: Connection, shop_id: int, stems: Collection[str]) -> list[Row[Any]]:
    """Entries under these stems, those of each together and in the order they were booked."""
    entry = ledger_entry.c
    told = rows_of(db, {"stem": str}, [{"stem": one} for one in sorted(stems)])
    columns = entry.id, entry.from_account, entry.to_account, entry.local_date, entry.qualifying
    under = (
        entry.shop_id == shop_id,
        entry.source > told.c.stem + ":",
        entry.source < told.c.stem + ";",
    )
    # Stem by stem, by the index of sources: SQLite turns a plain join round and reads the book.
    if db.dialect.name == "sqlite":
        joined = told.outerjoin(ledger_entry, and_(*under))
        chosen: Select[Any] = select(told.c.stem, *columns).select_from(joined)
    else:
        found = select(*columns).where(*under).correlate(told).offset(0).lateral()
        chosen = select(told.c.stem, *found.c).select_from(told.join(found, true()))
    rows = [row for row in db.execute(chosen) if row.id is not None]
    return sorted(rows, key=lambda row: (row.stem, row.id))


def _whose(entries: Sequence[Row[Any]]) -> Iterator[tuple[int, str, int]]:
    """(member, local date, qualifying) as ``counted`` has it, of the entries of one stem."""
    earner = _member(entries[0].to_account)
    for row in entries:
        if row.qualifying is None:
            continue
        gives = row.from_account == "program"
        who = _member(row.to_account if gives else row.from_account)
        if row.from_account in _LAPSED:
            who = earner
        if who is not None:
            yield who, row.local_date, row.qualifying if gives else -row.qualifying


def _member(account: str) -> int | None:
    state, _, member_id = account.partition(":")
    return int(member_id) if state in _ACCOUNTS else None
