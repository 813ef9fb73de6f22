"""Days of a person's year: birthday, wedding, or any other the program names. Never the year.

A day counts thirty days after it was set, and a changed one from the next year on: nobody moves
a birthday to today. That one was removed is remembered, and setting it again is a change.

Telling a day is not agreeing to be greeted: that is asked for by itself, apart from newsletters.
Only who agreed has a greeting and a gift that day. Changing one's mind moves no day.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from connector.core.clock import local_date
from connector.core.errors import BadInput
from connector.core.facts import Fact, MemberChanged
from connector.members import sides
from connector.shops import service as shops

BIRTHDAY = "birthday"
WAIT_DAYS = 30
MOST = 12  # of one member
NAME_LENGTH = 40
_SIGNS = frozenset(" -_'\u2019.")  # beside letters, their marks and digits
_MONTH_DAY = re.compile(r"\d\d-\d\d", re.ASCII)
_LEAP_YEAR = 2000
_REMOVED = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One day of the year. ``counts_from``: the first date, in the shop's zone, it can be used."""

    name: str
    month_day: str
    set_at: datetime
    counts_from: str
    greet_at: datetime | None  # since when they agree to a greeting and a gift


def of_member(db: Connection, shop_id: int, member_id: int) -> list[Occasion]:
    """A member's occasions by name."""
    return [
        Occasion(row.name, row.month_day, row.set_at, row.counts_from, row.greet_at)
        for row in sides.occasions(db, shop_id, member_id)
        if row.month_day != _REMOVED
    ]


def of_members(
    db: Connection, shop_id: int, member_ids: Sequence[int]
) -> dict[int, dict[str, str]]:
    """The days of these members by name; who has none is missing."""
    found: dict[int, dict[str, str]] = {}
    for row in sides.occasions_of(db, shop_id, member_ids):
        if row.month_day != _REMOVED:
            found.setdefault(row.member_id, {})[row.name] = row.month_day
    return found


def put(
    db: Connection,
    shop_id: int,
    member_id: int,
    name: str,
    month_day: str,
    now: datetime,
    *,
    greet: bool = False,
) -> list[Fact]:
    """Set or change an occasion; setting what is set is nothing. BadInput for no such day.

    greet: they agree to a greeting and a gift that day.
    """
    check(name, month_day)
    known = {row.name: row for row in sides.occasions(db, shop_id, member_id)}
    before = known.get(name)
    if before is None and len(known) >= MOST:
        raise BadInput("occasions_many", f"at most {MOST} occasions", field="name")
    since = before.greet_at if before is not None else None
    greet_at = (since or now) if greet else None
    if before is not None and before.month_day == month_day:
        set_at, counts_from = before.set_at, before.counts_from
        if greet_at == since:
            return []
    else:
        today = date.fromisoformat(local_date(now, shops.get(db, shop_id).timezone))
        first = today + timedelta(days=WAIT_DAYS)
        if before is not None:
            first = max(first, date(today.year + 1, 1, 1))
        set_at, counts_from = now, first.isoformat()
    sides.put_occasion(
        db,
        shop_id=shop_id,
        member_id=member_id,
        name=name,
        month_day=month_day,
        set_at=set_at,
        counts_from=counts_from,
        greet_at=greet_at,
    )
    return [MemberChanged(shop_id, member_id)]


def put_new(
    db: Connection, shop_id: int, name: str, days: Mapping[int, str], now: datetime
) -> list[Fact]:
    """Set one occasion of many members who never had it, by member.

    They agreed to be greeted where they told it.
    """
    today = date.fromisoformat(local_date(now, shops.get(db, shop_id).timezone))
    counts_from = (today + timedelta(days=WAIT_DAYS)).isoformat()
    rows = []
    for member_id, month_day in days.items():
        check(name, month_day)
        rows.append(
            {
                "shop_id": shop_id,
                "member_id": member_id,
                "name": name,
                "month_day": month_day,
                "set_at": now,
                "counts_from": counts_from,
                "greet_at": now,
            }
        )
    sides.insert_occasions(db, rows)
    return [MemberChanged(shop_id, member_id) for member_id in days]


def remove(db: Connection, shop_id: int, member_id: int, name: str, now: datetime) -> list[Fact]:
    """Forget the day; that there was one stays known."""
    known = {row.name: row for row in sides.occasions(db, shop_id, member_id)}
    if name not in known or known[name].month_day == _REMOVED:
        return []
    values = {"month_day": _REMOVED, "set_at": now, "counts_from": known[name].counts_from}
    values["greet_at"] = None
    sides.put_occasion(db, shop_id=shop_id, member_id=member_id, name=name, **values)
    return [MemberChanged(shop_id, member_id)]


def check(name: str, month_day: str) -> None:
    """BadInput for what cannot be meant: ``occasion_name``, ``occasion_day`` (02-30)."""
    check_name(name)
    if _MONTH_DAY.fullmatch(month_day):
        try:
            date.fromisoformat(f"{_LEAP_YEAR}-{month_day}")
        except ValueError:
            pass
        else:
            return
    raise BadInput("occasion_day", "a day of the year as MM-DD", field="month_day")


def check_name(name: str, field: str = "name") -> None:
    """BadInput ``occasion_name`` for what is no name, or does not fit into an address."""
    known = all(one in _SIGNS or unicodedata.category(one)[0] in "LMN" for one in name)
    begins = name[:1].isalnum() and not name.endswith(" ")
    if not known or not begins or len(name) > NAME_LENGTH:
        said = f"letters, digits, spaces and hyphens, up to {NAME_LENGTH}"
        raise BadInput("occasion_name", said, field=field)
