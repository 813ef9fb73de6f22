"""What a rehearsal found, and how it is summed up."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping

from msgspec import Struct

from connector.rooms.rehearsal.deeds import Deed
from connector.rooms.rehearsal.rules import Sold

_MONTH = len("2026-11")


class Month(Struct, frozen=True):
    """One month: orders, and points by the programme in force and by the draft."""

    month: str
    orders: int
    now: int
    draft: int


class Person(Struct, frozen=True):
    """One member's points over the time, by both."""

    member_id: int
    now: int
    draft: int


class Gap(Struct, frozen=True):
    """What nobody wrote down on all days: it was on ``known_days`` of ``days``.

    ``name``: the page, event or occasion; "" where the kind says it all.
    """

    kind: str
    name: str
    known_days: int
    days: int


class Result(Struct, frozen=True):
    """What a rehearsal found.

    gain, lose, same: members by whether the draft gives them more. ``rules``: by the draft's rule
    ids ("" is the rate), points, or times where a rule gives a reward; ``rules_now`` by today's.
    gifted, gifted_now: members whom rules give a reward; of who gets the same points, who gets
    more rewards gains. deeds: things members did without an order. gaps: of what the draft's rules
    are about, what the past is not known of.
    """

    since: str
    orders: int
    now: int
    draft: int
    gain: int
    lose: int
    same: int
    months: tuple[Month, ...]
    top_gain: tuple[Person, ...]
    top_lose: tuple[Person, ...]
    rules: Mapping[str, int]
    rules_now: Mapping[str, int] = {}
    deeds: int = 0
    gaps: tuple[Gap, ...] = ()
    gifted: int = 0
    gifted_now: int = 0


class Sums:
    """Points by both programmes, by member and by month, while they are counted."""

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._points = array("q"), array("q")
        self._months: dict[str, list[int]] = {}

    def count_order(self, one: Sold, now: int, draft: int) -> None:
        month = self._month(one.placed)
        month[0] += 1
        if now or draft:
            month[1] += now
            month[2] += draft
            place = self._place(one.member_id)
            self._points[0][place] += now
            self._points[1][place] += draft

    def count_deed(self, deed: Deed, at: int, given: int) -> None:
        """``at``: by which of the two."""
        self._month(deed.day)[1 + at] += given
        self._points[at][self._place(deed.member_id)] += given

    def people(self, others: Iterable[int]) -> list[Person]:
        """Everybody who has points by either, and others."""
        for member_id in others:
            self._place(member_id)
        return [
            Person(member_id, self._points[0][place], self._points[1][place])
            for member_id, place in self._places.items()
        ]

    def months(self) -> tuple[Month, ...]:
        return tuple(Month(month, *self._months[month]) for month in sorted(self._months))

    def _month(self, day: str) -> list[int]:
        month = day[:_MONTH]
        found = self._months.get(month)
        if found is None:
            found = self._months[month] = [0, 0, 0]
        return found

    def _place(self, member_id: int) -> int:
        place = self._places.get(member_id)
        if place is None:
            place = self._places[member_id] = len(self._places)
            for points in self._points:
                points.append(0)
        return place
