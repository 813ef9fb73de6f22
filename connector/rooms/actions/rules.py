"""Which rule gives for what was done, and how much its caps leave: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from connector.core.errors import BadInput
from connector.program import rules as kinds
from connector.program.rules import Caps, Rule

ONCE = "once"
YEAR_DAYS = 365
_MONTH = len("2026-11")
_FEBRUARY = 2


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing a member did, to be given for once by a rule. ``points`` None: the rule's."""

    member_id: int
    rule: Rule
    key: str
    day: str
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a rule gave for before. ``counted`` is 0 where the caps left nothing."""

    rule_id: str
    key: str
    source: str
    day: str
    counted: int
    is_withdrawn: bool = False


def meant(rules: Iterable[Rule], kind: str, target: str) -> list[Rule]:
    """The rules about doing this: of the kind, and of this page or event where it names one."""
    named = kind in (kinds.VISIT, kinds.CUSTOM)
    return [rule for rule in rules if rule.kind == kind and (not named or rule.target == target)]


def asked_points(rule: Rule, points: int | None) -> int | None:
    """What an event may say it gives; BadInput ``points_range`` beyond what the rule allows.

    ``points_missing`` where only the event can say.
    """
    if points is None:
        if rule.most and not rule.points:
            raise BadInput("points_missing", "say how many points", field="points")
        return None
    if rule.gives_reward or not rule.most or type(points) is not int:
        raise BadInput("points_fixed", "this rule says itself what it gives", field="points")
    if not 1 <= points <= rule.most:
        raise BadInput("points_range", f"1 to {rule.most} points", field="points")
    return points


def left(caps: Caps, day: str, done: Sequence[Done], budget: int | None) -> int | None:
    """How much the caps leave to a member on a day; None: no end.

    done: what this rule gave the member so far. budget: what it gave everybody.
    """
    counted = [one for one in done if not one.is_withdrawn]
    month = day[:_MONTH]
    so_far = (
        (caps.per_member, sum(one.counted for one in counted)),
        (caps.per_month, sum(one.counted for one in counted if one.day[:_MONTH] == month)),
        (caps.per_day, sum(one.counted for one in counted if one.day == day)),
        (caps.per_rule, budget or 0),
    )
    most = [cap - given for cap, given in so_far if cap is not None]
    return max(min(most), 0) if most else None


def surplus(rule: Rule, kept: Sequence[Done], came: Sequence[Done]) -> list[Done]:
    """Of what came with a merge, what one member may not have twice; the newest first.

    The same thing done once, an occasion within a year, and what is over a member's cap.
    """
    keys = {one.key for one in kept}
    days = [date.fromisoformat(one.day) for one in kept if one.counted and not one.is_withdrawn]
    left_over: list[Done] = []
    twice: list[Done] = []
    for one in came:
        near = rule.kind == kinds.OCCASION and any(
            abs(date.fromisoformat(one.day) - day).days < YEAR_DAYS for day in days
        )
        (twice if one.key in keys or near else left_over).append(one)
    cap = rule.caps.per_member
    if cap is not None:
        given = sum(one.counted for one in (*kept, *left_over) if not one.is_withdrawn)
        for one in reversed(left_over):
            if given > cap and one.counted and not one.is_withdrawn:
                given -= one.counted
                twice.append(one)
    return twice


def theirs(rule: Rule, groups: Sequence[Sequence[Done]]) -> list[Done]:
    """What was taken back from these, who are one, and would not be if they became one now.

    groups: what each of them did themselves, who leads first.
    """
    stand = [[one for one in group if not one.is_withdrawn] for group in groups]
    found: list[Done] = []
    for own, group in zip(stand, groups, strict=True):
        again = [replace(one, is_withdrawn=False) for one in group if one.is_withdrawn]
        others = [one for other in stand if other is not own for one in other]
        twice = {one.source for one in surplus(rule, own + others, again)} if others else set()
        own += [one for one in again if one.source not in twice]
        found += [one for one in again if one.source not in twice]
    return found


def days_of(day: date) -> set[str]:
    """The days of a year, as occasions name them, that are celebrated on ``day``.

    Who was born on 29 February celebrates on the 28th in plain years.
    """
    found = {f"{day:%m-%d}"}
    if (day.month, (day + timedelta(days=1)).month, day.day) == (_FEBRUARY, _FEBRUARY + 1, 28):
        found.add("02-29")
    return found
