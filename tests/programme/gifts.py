"""Gifts for reaching a level: who is one has one of each, the first; two have theirs again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from tests.programme.levels import Reach
from tests.programme.purse import Lot, Purse, day_of, total


@dataclass(eq=False)
class Gift:
    """``missing``: how much of it was taken back because somebody else's was earlier."""

    number: int
    member: str
    reach: Reach
    points: int
    missing: int = 0
    is_released: bool = False

    @property
    def origin(self) -> str:
        return f"gift {self.number}"


class Gifts:
    """All that were ever given, the oldest first. purse: of whoever a member is by now."""

    def __init__(self, purse: Callable[[str], Purse], who: Callable[[str], str]) -> None:
        self._given: list[Gift] = []
        self._purse, self._who = purse, who

    def give(self, member: str, reaches: Iterable[Reach], points: int, now: datetime) -> None:
        for reach in reaches:
            gift = Gift(len(self._given), member, reach, points)
            self._given.append(gift)
            self._come(gift, points, now, now)

    def undo(self, now: datetime) -> None:
        """Levels that were never reached give nothing."""
        for gift in self._given:
            if gift.points and gift.reach.is_undone:
                self._take(gift, now)
                gift.points = 0

    def release(self, now: datetime) -> None:
        """What has waited long enough can be used."""
        for gift in self._given:
            if not gift.is_released and gift.reach.until <= now:
                points = self._purse(gift.member).pending.pop(gift.origin, 0)
                gift.is_released = True
                if points:
                    self._come(gift, points, gift.reach.until, now)

    def regroup(self, member: str, now: datetime) -> None:
        """Of the n-th gift of a level that each of those who are one had, the first one stays."""
        groups: dict[tuple[int, int], list[Gift]] = defaultdict(list)
        counted: dict[tuple[str, int], int] = defaultdict(int)
        for gift in self._given:
            if gift.points and self._who(gift.member) == self._who(member):
                counted[gift.member, gift.reach.level] += 1
                nth = counted[gift.member, gift.reach.level]
                groups[gift.reach.level, nth].append(gift)
        changed = [
            (gift, place > 0)
            for group in groups.values()
            for place, gift in enumerate(sorted(group, key=lambda one: (one.reach.at, one.number)))
            if gift.reach.is_double != (place > 0)
        ]
        for gift, is_double in sorted(changed, key=lambda one: one[0].number):
            gift.reach.is_double = is_double
            if is_double:
                gift.missing = self._take(gift, now)
            elif gift.missing:
                self._come(gift, gift.missing, now, now)
                gift.missing = 0

    def own(self, member: str) -> set[str]:
        return {one.origin for one in self._given if self._who(one.member) == member}

    def _come(self, gift: Gift, points: int, at: datetime, now: datetime) -> None:
        purse = self._purse(gift.member)
        if gift.reach.until > now:
            purse.pending[gift.origin] += points
        else:
            purse.arrive(Lot(gift.origin, points, None, day_of(at)), day_of(now))

    def _take(self, gift: Gift, now: datetime) -> int:
        """As much of it as is left."""
        purse = self._purse(gift.member)
        points = purse.pending.pop(gift.origin, 0)
        return points + total(purse.take(gift.points - points, day_of(now), gift.origin))
