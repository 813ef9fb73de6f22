"""What a rehearsal found, and how it is summed up."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from datetime import datetime

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
    are about, what the past is not known of. owed_now: points owed; owed_draft: the same, had the
    draft given instead of what was really booked over the time. Both leave out what is pending and
    what the book never had; nobody owes less than nothing, or than today.
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
    owed_now: int = 0
    owed_draft: int = 0


class Sums:
    """Points by both programmes, by member and by month, while they are counted."""

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._points = array("q"), array("q")
        self._more = array("q")  # than was booked, by the draft
        self.owed_now = self.owed_draft = 0
        self._months: dict[str, list[int]] = {}

    def count_order(self, one: Sold, now: int, draft: int) -> None:
        month = self._month(one.placed)
        month[0] += 1
        if now or draft or one.settled:
            month[1] += now
            month[2] += draft
            place = self._place(one.member_id)
            self._points[0][place] += now
            self._points[1][place] += draft
            if one.settled is not None:
                self._more[place] += draft - one.settled

    def count_deed(self, deed: Deed, at: int, given: int, *, booked_from: datetime) -> None:
        """``at``: by which of the two."""
        self._month(deed.day)[1 + at] += given
        place = self._place(deed.member_id)
        self._points[at][place] += given
        if at == 1 and deed.at >= booked_from:
            self._more[place] += given

    def count_booked(self, member_id: int, given: int) -> None:
        """What was really given for what a member did."""
        self._more[self._place(member_id)] -= given

    def count_owed(self, held: Iterable[tuple[int, int]]) -> None:
        """What everybody holds, and would. What is used or lapsed stays so."""
        more = self._more[:]
        for member_id, balance in held:
            place = self._places.get(member_id)
            self.owed_now += balance
            self.owed_draft += balance
            if place is not None:
                self.owed_draft += max(more[place], min(-balance, 0))
                more[place] = 0
        self.owed_draft += sum(one for one in more if one > 0)

    def people(self, others: Iterable[int]) -> list[Person]:
        """Everybody who has points by either, and others."""
        wanted = set(others)
        for member_id in wanted:
            self._place(member_id)
        now, draft = self._points
        return [
            Person(member_id, now[place], draft[place])
            for member_id, place in self._places.items()
            if now[place] or draft[place] or member_id in wanted
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
            for points in (*self._points, self._more):
                points.append(0)
        return place
