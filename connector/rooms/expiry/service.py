"""The expiry room's verbs: the night, and what a member is to be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from connector.core.clock import local_date
from connector.core.facts import Fact, PointsChanged
from connector.core.ids import given_at, new_id
from connector.core.points import UNIT
from connector.ledger import Book, Voucher
from connector.program import service as programs
from connector.rooms.expiry import rules, store
from connector.rooms.expiry.rules import Clock, Notice
from connector.shops import service as shops

_LONGEST = timedelta(days=rules.FIRST_DAYS + 1)


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to show a member: so many points lapse on ``ends_on``; ``days`` before that."""

    points: int
    ends_on: date
    days: int


def prepare(db: Connection, shop_id: int, now: datetime) -> Clock:
    """Before a night: take over changed terms, and date the lots that have come since.

    Terms that changed start the clock anew: nobody loses by terms they were not told.
    """
    terms = programs.newest(db, shop_id).terms
    zone = shops.get(db, shop_id).timezone
    known = store.clock(db, shop_id)
    wanted = (terms.expiry, terms.expiry_months if terms.expiry != "off" else 0)
    if known is None or (known.mode, known.months) != wanted:
        store.undate(db, shop_id)
        store.put_clock(db, shop_id, *wanted, now)
        since = now
    else:
        since = known.since
    clock = Clock(*wanted, date.fromisoformat(local_date(since, zone)))
    if clock.mode == "lot":
        for month in store.undated_months(db, shop_id):
            day = rules.lot_lapses_on(month, clock)
            store.date_lots(db, shop_id, month, _midnight(day, zone))
    return clock


def night(
    db: Connection, shop_id: int, clock: Clock, now: datetime, after: str, limit: int
) -> tuple[str | None, list[Fact]]:
    """Make the notices that are due and let lapse what was announced, of some members.

    Returns where to go on, None at the end, and what changed.
    """
    if clock.mode == "off":
        return None, []
    zone = shops.get(db, shop_id).timezone
    ahead = now + _LONGEST
    if clock.mode == "lot":
        accounts = store.ending(db, shop_id, ahead, after, limit)
        due = _due_lots(store.due_of(db, shop_id, accounts, ahead), zone)
    else:
        until = _before(ahead, clock.months, zone)
        resting = store.resting(db, shop_id, until, after, limit)
        accounts = [name for name, _, _ in resting]
        due = {
            _member(name): [(_inactive_day(movement, clock, zone), balance)]
            for name, movement, balance in resting
        }
    facts = _tell_and_lapse(db, shop_id, clock, due, now)
    return (accounts[-1] if len(accounts) == limit else None), facts


def notices(db: Connection, shop_id: int, member_id: int, now: datetime) -> list[Told]:
    """What a member is to be told now: the newest notice of each day, the next to lapse first.

    Points that were used since are not told of.
    """
    rows = store.notices(db, shop_id, [member_id])
    clock = store.clock(db, shop_id) if rows else None
    if clock is None or clock.mode == "off":
        return []
    zone = shops.get(db, shop_id).timezone
    today = date.fromisoformat(local_date(now, zone))
    movement, balance = store.newest_movement(db, shop_id, member_id)
    found: dict[str, Told] = {}
    for row in rows:
        notice = _notice(row, zone)
        points = balance
        if clock.mode == "lot":
            until = _midnight(notice.lapses_on, zone)
            lots = store.due_of(db, shop_id, [f"member:{member_id}"], until)
            points = sum(remaining for *_, remaining in lots)
        elif given_at(movement) > row.made_at:
            points = 0
        if points:
            shown = notice if notice.delivered_on else replace(notice, delivered_on=today)
            found[row.lapses_on] = Told(points, rules.ends_on(shown), row.days)
    return list(found.values())


def show_notices(db: Connection, shop_id: int, member_id: int, now: datetime) -> list[Told]:
    """The same, delivered by being shown: what was told counts from now on."""
    store.note_delivered(db, shop_id, member_id, now)
    return notices(db, shop_id, member_id, now)


def forget(db: Connection, shop_id: int, member_id: int) -> None:
    """Who became part of another, or is gone, was told nothing that counts."""
    store.drop_notices(db, shop_id, member_id)


def _tell_and_lapse(
    db: Connection,
    shop_id: int,
    clock: Clock,
    due: dict[int, list[tuple[date, int]]],
    now: datetime,
) -> list[Fact]:
    zone = shops.get(db, shop_id).timezone
    today = date.fromisoformat(local_date(now, zone))
    told = _told(store.notices(db, shop_id, due), zone)
    book = Book(db, shop_id, UNIT, zone, list(due))
    new, lapsed, void = [], list[tuple[int, date]](), list[tuple[int, date]]()
    for member_id, days in sorted(due.items()):
        coming = {day for day, _ in days}
        void += [(member_id, day) for day in told[member_id] if day not in coming]
        for day, amount in sorted(days):
            step = rules.next_step(day, told[member_id].get(day, {}), today)
            if step == "lapse":
                _lapse(book, member_id, clock, _midnight(day, zone), now)
                lapsed.append((member_id, day))
            elif step:
                before = rules.FIRST_DAYS if step == "first" else rules.LAST_DAYS
                new.append(
                    {
                        "member_id": member_id,
                        "lapses_on": str(day),
                        "days": before,
                        "points": amount,
                    }
                )
    book.close()
    store.drop_days(db, shop_id, void)
    store.add_notices(db, shop_id, new, now)
    store.note_lapsed(db, shop_id, lapsed, now)
    return [PointsChanged(shop_id, one) for one in sorted({one for one, _ in lapsed})]


def _lapse(book: Book, member_id: int, clock: Clock, until: datetime, now: datetime) -> None:
    why = Voucher(stem=f"expiry:lapse:{new_id()}", kind="expired", occurred_at=now)
    if clock.mode == "lot":
        book.expire(member_id, until, why)
    else:
        book.lapse(member_id, why)


def _due_lots(
    rows: Sequence[tuple[str, datetime, int]], zone: str
) -> dict[int, list[tuple[date, int]]]:
    """By member: the days on which lots end, and how many points are over by each of them."""
    days: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for account, expires_at, remaining in rows:
        days[_member(account)][_day_of_end(expires_at, zone)] += remaining
    found: dict[int, list[tuple[date, int]]] = {}
    for member_id, by_day in days.items():
        points = 0
        found[member_id] = []
        for day in sorted(by_day):
            points += by_day[day]
            found[member_id].append((day, points))
    return found


def _told(rows: Iterable[Row[Any]], zone: str) -> dict[int, dict[date, dict[int, Notice]]]:
    found: dict[int, dict[date, dict[int, Notice]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        notice = _notice(row, zone)
        found[row.member_id][notice.lapses_on][notice.days] = notice
    return found


def _notice(row: Row[Any], zone: str) -> Notice:
    delivered = row.delivered_at and date.fromisoformat(local_date(row.delivered_at, zone))
    return Notice(date.fromisoformat(row.lapses_on), row.days, row.points, delivered)


def _inactive_day(movement: int, clock: Clock, zone: str) -> date:
    last = date.fromisoformat(local_date(given_at(movement), zone))
    return rules.inactive_lapses_on(last, clock)


def _before(moment: datetime, months: int, zone: str) -> datetime:
    """So many months before; a day late, so that no month's length hides anybody."""
    day = rules.months_after(date.fromisoformat(local_date(moment, zone)), -months)
    return _midnight(day + timedelta(days=2), zone)


def _day_of_end(expires_at: datetime, zone: str) -> date:
    """The first local day on which a lot is over."""
    day = date.fromisoformat(local_date(expires_at, zone))
    return day if _midnight(day, zone) >= expires_at else day + timedelta(days=1)


@lru_cache(maxsize=1_000)
def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _member(account: str) -> int:
    return int(account.partition(":")[2])
