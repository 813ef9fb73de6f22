"""When points lapse, from the paper: after both notices were shown, and never sooner.

A lot lapses whole months after the month it came in, or everything after so many months without
points coming or going. The clock begins when its terms do.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tests.programme.purse import FAR, ZONE, Purse, day_of

AHEAD = timedelta(days=31)


@dataclass
class Clock:
    """By which terms points lapse now, and since when."""

    mode: str = "off"
    months: int = 0
    since: date = date.min


def night(
    clock: Clock, wanted: tuple[str, int], purses: list[Purse], lapsed: Counter[str], now: datetime
) -> None:
    """Take over new terms; then notices are made, and what was announced in full lapses."""
    if (clock.mode, clock.months) != wanted:
        clock.mode, clock.months, clock.since = *wanted, day_of(now)
        for purse in purses:
            purse.told = {}
            for lot in purse.lots:
                lot.ends = None
    for purse in purses:
        if clock.mode == "lot":
            _date(purse, clock)
        if clock.mode != "off":
            _tell_and_lapse(purse, clock, lapsed, now)


def show(purse: Purse, today: date) -> None:
    """The panel shows what there is to tell."""
    for told in purse.told.values():
        for days, shown in told.items():
            told[days] = shown or today


def _date(purse: Purse, clock: Clock) -> None:
    for lot in purse.lots:
        if lot.ends is None:
            first = max(lot.came, clock.since).replace(day=1)
            lot.ends = _midnight(_later(first, clock.months + 1))


def _due(purse: Purse, clock: Clock, now: datetime) -> list[date]:
    """Days on which something lapses, that are near."""
    if clock.mode == "inactivity":
        day = _later(max(purse.moved, clock.since), clock.months)
        return [day] if purse.lots else []
    ends = {lot.ends for lot in purse.lots if lot.ends is not None and lot.ends <= now + AHEAD}
    return sorted({_over(one) for one in ends})


def _tell_and_lapse(purse: Purse, clock: Clock, lapsed: Counter[str], now: datetime) -> None:
    due, today = _due(purse, clock, now), day_of(now)
    if due:
        purse.told = {day: told for day, told in purse.told.items() if day in due}
    known = defaultdict(dict, {day: dict(told) for day, told in purse.told.items()})
    for day in due:
        step = _step(day, known[day], today)
        if step in (30, 7):
            purse.told.setdefault(day, {})[step] = None
        elif step is not None:
            _lapse(purse, FAR if clock.mode == "inactivity" else _midnight(day), lapsed, today)
            purse.told = {one: notes for one, notes in purse.told.items() if one > day}


def _step(day: date, told: dict[int, date | None], today: date) -> int | None:
    """30 or 7: that notice is due; 0: it lapses; None: wait."""
    if 30 not in told:
        return 30 if (day - today).days <= 30 else None
    first = told[30]
    if first is None:
        return None
    if 7 not in told:
        is_near = (day - today).days <= 7 and (today - first).days >= 23
        return 7 if is_near else None
    last = told[7]
    is_over = last is not None and today >= day and (today - last).days >= 7
    return 0 if is_over else None


def _lapse(purse: Purse, until: datetime, lapsed: Counter[str], today: date) -> None:
    over = [lot for lot in purse.lots if (lot.ends or FAR) <= until]
    for lot in over:
        lapsed[lot.origin] += lot.left
        lot.left = 0
        purse.moved = today
    purse.lots = [lot for lot in purse.lots if lot.left]


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def _over(ends: datetime) -> date:
    """The first whole day after it."""
    day = day_of(ends)
    return day if _midnight(day) >= ends else day + timedelta(days=1)
