"""One member's points, as the paper has them: lots, what waits, what is owed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from zoneinfo import ZoneInfo

FAR = datetime.max.replace(tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
_numbers = count(1)


def day_of(moment: datetime) -> date:
    """The shop's day."""
    return moment.astimezone(ZONE).date()


@dataclass(eq=False)
class Lot:
    """``came``: on which day. ``by``: whose merge brought it."""

    origin: str
    left: int
    ends: datetime | None
    came: date
    by: str = ""
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def rank(self) -> tuple[datetime, int]:
        """What ends first goes first, then the oldest."""
        return self.ends or FAR, self.number


Taken = list[tuple[Lot, int]]


@dataclass(eq=False)
class Purse:
    """``debt`` is what is owed, above zero; ``moved``: the day something last came or went.

    told: by the day on which points lapse, the notices by their days and when each was shown.
    """

    lots: list[Lot] = field(default_factory=list)
    pending: Counter[str] = field(default_factory=Counter)
    debt: int = 0
    moved: date = date.min
    told: dict[date, dict[int, date | None]] = field(default_factory=dict)

    @property
    def usable(self) -> int:
        return sum(lot.left for lot in self.lots) - self.debt

    def arrive(self, lot: Lot, today: date) -> None:
        """What comes repays first."""
        self.moved = today
        repaid = min(lot.left, self.debt)
        self.debt -= repaid
        lot.left -= repaid
        if lot.left:
            self.lots.append(lot)

    def take(self, points: int, today: date, only: str | None = None) -> Taken:
        """Out of the lots that end first, then the oldest; as much as there is."""
        taken = []
        for lot in sorted(self.lots, key=lambda one: one.rank):
            step = min(points, lot.left) if only in (None, lot.origin) else 0
            if step:
                lot.left -= step
                points -= step
                taken.append((lot, step))
                self.moved = today
        self.lots = [lot for lot in self.lots if lot.left]
        return taken

    def claw(self, origin: str, points: int, lapsed: Counter[str], today: date) -> int:
        """Own pending, own lots, own that lapsed, others, debt. Returns how much had lapsed."""
        step = min(points, self.pending[origin])
        self.pending[origin] -= step
        points -= step
        points -= total(self.take(points, today, origin))
        step = min(points, lapsed[origin])
        lapsed[origin] -= step
        points -= step
        self.owe(points, today)
        return step

    def owe(self, points: int, today: date) -> Taken:
        """Take what there is; what is missing is owed."""
        taken = self.take(points, today)
        self.debt += points - total(taken)
        return taken


def total(taken: Taken) -> int:
    return sum(step for _, step in taken)
