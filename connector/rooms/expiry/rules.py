"""When points lapse, and what must have been said before: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_DAYS, LAST_DAYS = 30, 7


@dataclass(frozen=True, slots=True)
class Clock:
    """By which terms a shop's points lapse, and from which day on they run."""

    mode: str
    months: int
    since: date


@dataclass(frozen=True, slots=True)
class Notice:
    """What a member is to be told: so many points lapse on ``lapses_on`` unless they are used."""

    lapses_on: date
    days: int
    points: int
    delivered_on: date | None = None


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError(day)


def lot_lapses_on(month: str, clock: Clock) -> date:
    """When lots that came in a month (2026-11) lapse: at its end, ``clock.months`` later.

    Whole months, so that a member who buys often is told once a month and not for each order.
    """
    first = max(date.fromisoformat(f"{month}-01"), clock.since.replace(day=1))
    return months_after(first, clock.months + 1)


def inactive_lapses_on(last: date, clock: Clock) -> date:
    """When everything lapses of a member to whom nothing happened after ``last``."""
    return months_after(max(last, clock.since), clock.months)


def next_step(lapses_on: date, told: Mapping[int, Notice], today: date) -> str:
    """What is due: "first" or "last" to make a notice, "lapse", or "" to wait.

    told: the notices of this day, by their days. One that was delivered late moves what follows.
    """
    first, last = told.get(FIRST_DAYS), told.get(LAST_DAYS)
    if first is None:
        return "first" if today >= lapses_on - timedelta(days=FIRST_DAYS) else ""
    if first.delivered_on is None:
        return ""
    between = timedelta(days=FIRST_DAYS - LAST_DAYS)
    if last is None:
        due = max(lapses_on - timedelta(days=LAST_DAYS), first.delivered_on + between)
        return "last" if today >= due else ""
    if last.delivered_on is None:
        return ""
    return "lapse" if today >= ends_on(last) else ""


def ends_on(notice: Notice) -> date:
    """The day the points of a notice lapse: as announced, or later where it came late."""
    told_on = notice.delivered_on
    if told_on is None:
        return notice.lapses_on
    return max(notice.lapses_on, told_on + timedelta(days=notice.days))
