"""Where members stand, from the paper: up at once, down one level after a promised day and grace.

A window of N months holds this month and the N before it. What a refund takes away of a level that
was reached a short while ago was never reached; any other loss waits for its day.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.programme.purse import day_of

WARNING = 30  # days of notice
ALWAYS = date.max


@dataclass
class Ladder:
    """What is counted (points, orders or spend) in how many months (0: ever), and the levels."""

    measure: str
    months: int
    steps: tuple[int, ...]
    percents: tuple[int, ...]
    gift: int = 0  # points for reaching each
    grace: int = 10
    settles: int = 14  # days


@dataclass
class Reach:
    """is_double: somebody who is one with them had its gift before."""

    level: int
    at: datetime
    until: datetime
    kept_before: date | None
    is_undone: bool = False
    is_double: bool = False


@dataclass
class Rung:
    """One member's place. ``keeps``: the last day on which nothing more is needed for it."""

    level: int = 0
    keeps: date | None = None
    amount: int = 0
    since: int = 0  # the first month counted then
    reached: list[Reach] = field(default_factory=list)


def months_of(day: date) -> int:
    return day.year * 12 + day.month - 1


Did = Counter[int]  # how much by month


def stand(ladder: Ladder, rung: Rung, fresh: list[Reach], did: Did, now: datetime) -> list[Reach]:
    """Move a member to where what they did puts them now; the levels that they reach."""
    today = day_of(now)
    fresh = [one for one in fresh if now < one.until and not (one.is_undone or one.is_double)]
    before, since = rung.level, months_of(today) - ladder.months if ladder.months else 0
    is_taken = rung.amount > _sum(did, rung.since)
    rung.amount, rung.since = _sum(did, since), since
    earned = sum(step <= rung.amount for step in ladder.steps)
    kept = rung.keeps
    for reach in sorted(fresh, key=lambda one: -one.level) if is_taken else ():
        if reach.level == rung.level > earned:
            rung.level, rung.keeps = rung.level - 1, reach.kept_before
            reach.is_undone = True  # it never was
    notice = _end_of_month(today + timedelta(days=WARNING))
    if earned >= rung.level:
        rung.level, rung.keeps = earned, _holds(ladder, did, earned, since)
    elif rung.keeps is None or is_taken:
        rung.keeps = min(rung.keeps or ALWAYS, notice)
    elif (today - rung.keeps).days > ladder.grace:
        rung.level -= 1
        is_safe = rung.level == earned
        rung.keeps = _holds(ladder, did, earned, since) if is_safe else notice
    until = now + timedelta(days=ladder.settles)
    found = [
        Reach(level, now, until, kept if level == before + 1 else None)
        for level in range(before + 1, rung.level + 1)
    ]
    rung.reached += found
    return found


def amount(ladder: Ladder, did: Did, now: datetime) -> int:
    """What counts now."""
    return _sum(did, months_of(day_of(now)) - ladder.months if ladder.months else 0)


def better(mine: Rung, theirs: Rung) -> None:
    """Two people are one: the higher place stays, or the one that is kept longer."""
    if (theirs.level, theirs.keeps or ALWAYS) > (mine.level, mine.keeps or ALWAYS):
        mine.level, mine.keeps = theirs.level, theirs.keeps
        mine.amount, mine.since = theirs.amount, theirs.since


def _holds(ladder: Ladder, did: Did, level: int, since: int) -> date | None:
    """The last day on which this level is earned if nothing more comes; None: always."""
    if not ladder.months or not level:
        return None
    for last in sorted(month for month in did if month >= since):
        if _sum(did, last + 1) < ladder.steps[level - 1]:
            year, month = divmod(last + ladder.months, 12)
            return _end_of_month(date(year, month + 1, 1))
    return None


def _sum(did: Did, since: int) -> int:
    return max(sum(amount for month, amount in did.items() if month >= since), 0)


def _end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
