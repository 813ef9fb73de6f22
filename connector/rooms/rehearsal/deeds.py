"""What members did without an order, and what a programme gives for it: pure.

A topic is what one kind of rule is about: joining, a page, a day of the year. What is known of
its past is the same for every rule about it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from connector.program import rules as kinds
from connector.program.rules import Program, Programs, Rule
from connector.rooms.rehearsal.rules import Tally

YEAR_DAYS = 365  # an occasion gives once in so many
Span = tuple[datetime, datetime | None]  # until: not included; None: still


class Topic(NamedTuple):
    """``name``: the page, event or occasion; "" where the kind says it all."""

    kind: str
    name: str = ""


class Deed(NamedTuple):
    """One thing a member did. points: what an event said itself; 0: the rule says it."""

    at: datetime
    day: str
    member_id: int
    points: int = 0


@dataclass(frozen=True, slots=True)
class Topical:
    """One topic: every rule that ever was about it, and when what was done was written down."""

    topic: Topic
    rules: dict[str, Rule]
    spans: Sequence[Span]

    def was_written(self, at: datetime) -> bool:
        """Whether what was done then is in the book of actions."""
        return any(since <= at and (until is None or at < until) for since, until in self.spans)

    def missing_days(self, since: datetime, now: datetime) -> int:
        """Of the days from ``since`` to now, on how many nobody wrote it down."""
        known = timedelta()
        for begins, ends in self.spans:
            known += max(min(ends or now, now) - max(begins, since), timedelta())
        return max((now - since - known).days, 0)


def topic_of(rule: Rule) -> Topic:
    """What a rule of members is about."""
    if rule.kind == kinds.OCCASION:
        return Topic(rule.kind, rule.occasion.casefold())
    named = rule.kind in (kinds.VISIT, kinds.CUSTOM)
    return Topic(rule.kind, rule.target if named else "")


def topics(told: Iterable[Program]) -> list[Topic]:
    """What these programmes' rules of members are about."""
    rules = (rule for one in told for rule in one.rules if not rule.is_of_orders)
    return list(dict.fromkeys(topic_of(rule) for rule in rules))


def history(topic: Topic, programs: Programs) -> Topical:
    """Every rule that was in force about a topic, and since when until when."""
    versions = [(since, one) for since, one in programs.published if one.state == "published"]
    found: dict[str, Rule] = {}
    spans: list[Span] = []
    for number, (since, program) in enumerate(versions):
        until = versions[number + 1][0] if number + 1 < len(versions) else None
        for rule in program.rules:
            if rule.is_of_orders or topic_of(rule) != topic:
                continue
            found[rule.id] = rule
            begins = max(since, rule.starts_at) if rule.starts_at else since
            ends = [at for at in (until, rule.ends_at) if at is not None]
            spans.append((begins, min(ends, default=None)))
    return Topical(topic, found, _joined(spans))


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans that touch or overlap as one."""
    found: list[Span] = []
    for begins, ends in sorted(spans, key=lambda one: one[0]):
        if ends is not None and ends <= begins:
            continue
        last = found[-1][1] if found else begins - timedelta.resolution
        if not found or (last is not None and last < begins):
            found.append((begins, ends))
        elif last is not None:
            found[-1] = (found[-1][0], None if ends is None else max(last, ends))
    return found


@dataclass(frozen=True, slots=True)
class Player:
    """One programme over what members did.

    is_open: whether a rule is tried at a moment. give: told of a member's points.
    """

    program: Program
    excluded: set[int]
    is_open: Callable[[Rule, datetime], bool]

    def play(self, topic: Topic, deeds: Sequence[Deed]) -> list[tuple[str, Deed, int]]:
        """(rule, deed, what it gives: points, or once a reward), in the sequence of deeds."""
        about = [one for one in self.program.rules if not one.is_of_orders]
        about = [rule for rule in about if topic_of(rule) == topic]
        if topic.kind == kinds.OCCASION:
            about = about[-1:]
        return [one for rule in about for one in self._of_rule(rule, deeds)]

    def _of_rule(self, rule: Rule, deeds: Sequence[Deed]) -> Iterable[tuple[str, Deed, int]]:
        tally = Tally(rule)
        counted: dict[int, int] = defaultdict(int)
        last: dict[int, date] = {}
        for deed in reached(rule.count, deeds) if rule.kind == kinds.STREAK else deeds:
            who = deed.member_id
            if who in self.excluded or not self.is_open(rule, deed.at):
                continue
            if rule.kind == kinds.SHARES:
                counted[who] += 1
                if counted[who] % rule.count:
                    continue
            elif rule.kind == kinds.OCCASION:
                day = date.fromisoformat(deed.day)
                if who in last and (day - last[who]).days < YEAR_DAYS:
                    continue
                last[who] = day
            wanted = 1 if rule.gives_reward else _points(rule, deed)
            left = tally.left(who, deed.day)
            given = wanted if left is None else min(wanted, left)
            if given:
                tally.give(who, deed.day, given)
                yield rule.id, deed, given


def _points(rule: Rule, deed: Deed) -> int:
    return min(deed.points, rule.most) if deed.points and rule.most else rule.points


def reached(count: int, visits: Sequence[Deed]) -> list[Deed]:
    """The visits, one a day and member, that make ``count`` days in a row full once more."""
    found = []
    for _, mine in groupby(sorted(visits, key=_by_member), key=attrgetter("member_id")):
        run, before = 0, date.min
        for deed in mine:
            day = date.fromisoformat(deed.day)
            if day == before:
                continue
            run = run + 1 if (day - before).days == 1 else 1
            before = day
            if run % count == 0:
                found.append(deed)
    return sorted(found)


def _by_member(deed: Deed) -> tuple[int, str]:
    return deed.member_id, deed.day
