"""What a level takes, and where a member stands: pure functions of the program and the months.

A window of N months holds the month of today and the N before it, so what is earned counts for
N months at least. Nothing changes within a month but by what a member does.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

PLAIN_PERCENT = 100
MOST_LEVELS = 8
LEVEL_CODE = "perennial-level-"  # what a store without tags calls a discount of a level
_Percent = Annotated[int, Meta(ge=0, le=100)]
_Share = Annotated[int, Meta(ge=1, le=100)]
_Days = Annotated[int, Meta(ge=0, le=365)]
_Weight = Annotated[int, Meta(ge=0, le=1_000_000)]
_Rate = Annotated[int, Meta(ge=1, le=1_000_000)]
_Amount = Annotated[int, Meta(ge=0, le=10**15)]
_Line = Annotated[str, Meta(max_length=80)]


class Parts(NamedTuple):
    """What a member did: qualifying points, net spend, orders, and gifts to causes."""

    points: int = 0
    spend_minor: int = 0
    orders: int = 0
    gifts: int = 0


NOTHING = Parts()


class Month(NamedTuple):
    """The same of one month, e.g. "2026-11"."""

    month: str
    parts: Parts


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """A mixed score: so much for each point, whole unit of money, order and gift to a cause."""

    point: _Weight = 1
    money: _Weight = 1
    order: _Weight = 0
    gift: _Weight = 0


class Early(Struct, frozen=True, forbid_unknown_fields=True):
    """A page that a level's members are told of from one time until another."""

    title: Annotated[str, Meta(min_length=1, max_length=80)]
    url: Annotated[str, Meta(pattern=r"^https://[^\s]+$", max_length=500)]
    starts_at: datetime
    ends_at: datetime


class Perks(Struct, frozen=True, forbid_unknown_fields=True):
    """What standing on a level gives, without a code."""

    discount_percent: _Percent = 0
    free_shipping: bool = False
    collection: _Line = ""  # by its title
    collection_percent: _Percent = 0
    early: Early | None = None


class Level(Struct, frozen=True, forbid_unknown_fields=True):
    """One level. ``threshold`` is of the program's measure; ``names`` by language tag."""

    id: int
    names: Mapping[str, _Line]
    threshold: _Amount
    multiplier_percent: Annotated[int, Meta(ge=PLAIN_PERCENT, le=1000)] = PLAIN_PERCENT
    gift_points: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    gift_reward_id: int | None = None
    perks: Perks = Perks()

    def name(self, tag: str) -> str:
        return self.names.get(tag) or self.names["en"]


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    threshold: Annotated[int, Meta(ge=1, le=10**15)]
    percent: _Share


class Ladder(Struct, frozen=True, forbid_unknown_fields=True):
    """A discount that stays and grows with all orders ever, or all spend."""

    measure: Literal["orders", "spend"]
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=20)]


class Trial(Struct, frozen=True, forbid_unknown_fields=True):
    """Free days on a level, once for each person."""

    days: Annotated[int, Meta(ge=1, le=90)]
    level_id: int


class Program(Struct, frozen=True, forbid_unknown_fields=True):
    """What levels there are and what they take.

    window_months: None counts everything ever. settle_days: a level that a refund undoes so soon
    was never reached. rates: other currencies as (minor units here, for so many of theirs).
    ``unit``: minor units in a whole one of the shop's currency. gifts_for_placed: who stands on a
    level on the day the program begins gets its entry gift, too.
    """

    version: int = 0
    measure: Literal["points", "spend", "orders", "score"] = "points"
    weights: Weights = Weights()
    window_months: Annotated[int, Meta(ge=1, le=60)] | None = 12
    levels: Annotated[tuple[Level, ...], Meta(max_length=MOST_LEVELS)] = ()
    grace_days: _Days = 30
    warning_days: _Days = 30
    settle_days: _Days = 14
    rates: Mapping[str, tuple[_Rate, _Rate]] = {}
    ladder: Ladder | None = None
    trial: Trial | None = None
    unit: int = 100
    gifts_for_placed: bool = False

    @property
    def reads_points(self) -> bool:
        return self.measure in ("points", "score") and bool(self.levels)

    @property
    def reads_orders(self) -> bool:
        return (self.measure != "points" and bool(self.levels)) or self.ladder is not None

    @property
    def reads_gifts(self) -> bool:
        return self.measure == "score" and self.weights.gift > 0 and bool(self.levels)

    def early_pages(self) -> Iterator[tuple[Level, range]]:
        """Levels with a page that is early for them, and the numbers of those it opens to."""
        for number, level in enumerate(self.levels, 1):
            if level.perks.early is not None:
                yield level, range(number, len(self.levels) + 1)

    def amount(self, parts: Parts) -> int:
        """The measure in one number, from 0."""
        return max(self.net(parts), 0)

    def net(self, parts: Parts) -> int:
        """The same before that: below 0 when more was taken back than the window holds."""
        if self.measure == "spend":
            return parts.spend_minor
        if self.measure == "orders":
            return parts.orders
        if self.measure == "points":
            return parts.points
        each = self.weights
        told = each.point * parts.points + each.money * (parts.spend_minor // self.unit)
        return told + each.order * parts.orders + each.gift * parts.gifts

    def level_of(self, amount: int) -> int:
        """How many levels this reaches."""
        return sum(level.threshold <= amount for level in self.levels)

    def numbered(self, level: int) -> Level | None:
        return self.levels[level - 1] if 1 <= level <= len(self.levels) else None

    def number_of(self, level_id: int) -> int:
        """Where a level stands, from 1; 0 for one that is gone."""
        return next((n for n, one in enumerate(self.levels, 1) if one.id == level_id), 0)

    @property
    def vip_level(self) -> int:
        """Which level days are on, unless they say another; 0: there is none."""
        return self.number_of(self.trial.level_id) if self.trial else len(self.levels)

    def multiplier(self, level: int) -> int:
        found = self.numbered(level)
        return found.multiplier_percent if found else PLAIN_PERCENT

    def window_from(self, today: date) -> str:
        """The first month that counts; empty: all do."""
        return "" if self.window_months is None else month_text(_of(today) - self.window_months)

    def window_until(self, today: date) -> date | None:
        """The last day on which something of today still counts; None: always."""
        if self.window_months is None:
            return None
        return month_end(_first_day(_of(today) + self.window_months))

    def ladder_percent(self, months: Iterable[Month]) -> int:
        """The discount that all of a member's custom has grown to."""
        if self.ladder is None:
            return 0
        custom = ladder_amount(self.ladder, total(months))
        reached = (step.percent for step in self.ladder.steps if step.threshold <= custom)
        return max(reached, default=0)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands, as far as it is earned.

    keeps_until: the last day on which nothing more is needed; None: no such day. lands_on: the
    day on which the level is lost unless it is earned again.
    """

    version: int = 0
    level: int = 0
    level_id: int = 0
    reached_at: datetime | None = None
    keeps_until: date | None = None
    lands_on: date | None = None
    window_from: str = ""
    parts: Parts = NOTHING
    amount: int = 0
    ladder_percent: int = 0


@dataclass(frozen=True, slots=True)
class Reach:
    """A level was reached. keeps_before: until when the one below was kept."""

    id: int
    level: int
    keeps_before: date | None


class Floor(NamedTuple):
    """A merchant's decision: this level counts as earned. until: the last day; None: for good."""

    level: int
    until: date | None


@dataclass(frozen=True, slots=True)
class Decision:
    standing: Standing
    reached: Sequence[int] = ()  # levels, the lowest first
    undone: Sequence[Reach] = ()


def decide(
    program: Program,
    before: Standing,
    months: Sequence[Month],
    fresh: Sequence[Reach],
    now: datetime,
    today: date,
    floors: Sequence[Floor] = (),
) -> Decision:
    """Where a member stands now. ``fresh``: reachings that are not settled yet.

    Up at once. What a refund undoes of fresh reachings was never reached. Any other loss waits
    for its day: what was promised is kept, and after its grace the way down is one level.
    """
    window_from = program.window_from(today)
    parts = total(months, window_from)
    amount = program.amount(parts)
    floors = [one for one in floors if one.until is None or today <= one.until]
    earned = max(program.level_of(amount), *(one.level for one in floors), 0)
    level, keeps, undone = before.level, before.keeps_until, list[Reach]()
    is_taken = before.version == program.version and before.amount > program.amount(
        total(months, before.window_from)
    )
    if is_taken:
        for reach in sorted(fresh, key=lambda one: -one.level):
            if reach.level == level > earned:
                undone.append(reach)
                level, keeps = level - 1, reach.keeps_before
    notice = month_end(today + timedelta(days=program.warning_days))
    if earned >= level:
        level, keeps = earned, safe_until(program, months, earned, today, floors)
    elif keeps is None or is_taken:
        keeps = min(keeps or notice, notice)
    elif today > keeps + timedelta(days=program.grace_days):
        level -= 1
        is_safe = level == earned
        keeps = safe_until(program, months, level, today, floors) if is_safe else notice
    found = program.numbered(level)
    standing = Standing(
        version=program.version,
        level=level,
        level_id=found.id if found else 0,
        reached_at=before.reached_at if level == before.level else now,
        keeps_until=keeps,
        lands_on=keeps and keeps + timedelta(days=program.grace_days + 1),
        window_from=window_from,
        parts=parts,
        amount=amount,
        ladder_percent=program.ladder_percent(months),
    )
    return Decision(standing, range(before.level + 1, level + 1), undone)


def carried(old: Program, before: Standing, new: Program) -> Standing:
    """The same standing on another version's levels: by the level itself, else by its height."""
    level = new.number_of(before.level_id)
    gone = old.numbered(before.level)
    if not level and gone is not None:
        same = old.measure == new.measure
        level = new.level_of(gone.threshold) if same else min(before.level, len(new.levels))
    found = new.numbered(level)
    keeps = before.keeps_until if found else None
    return replace(before, level=level, level_id=found.id if found else 0, keeps_until=keeps)


def better(one: Standing, other: Standing) -> Standing:
    """The higher of two standings; of two equal ones the one that is kept longer."""
    kept = {standing: standing.keeps_until or date.max for standing in (one, other)}
    return max((one, other), key=lambda standing: (standing.level, kept[standing]))


def safe_until(
    program: Program, months: Sequence[Month], level: int, today: date, floors: Sequence[Floor]
) -> date | None:
    """The last day on which a level that is earned is safe without more; None: always."""
    found = program.numbered(level)
    threshold = found.threshold if found else 0
    days = [one.until for one in floors if one.level >= level]
    if not days or program.amount(total(months, program.window_from(today))) >= threshold:
        days.append(holds_until(program, months, threshold, today))
    known = [one for one in days if one is not None]
    return max(known) if len(known) == len(days) else None


def holds_until(
    program: Program, months: Sequence[Month], amount: int, today: date
) -> date | None:
    """The last day on which the window still holds this much, if nothing more comes."""
    if program.window_months is None or amount <= 0:
        return None
    window_from = program.window_from(today)
    counted = sorted(one for one in months if one.month >= window_from)
    for last in sorted({one.month for one in counted}):  # to leave the window, one by one
        if program.amount(total(one for one in counted if one.month > last)) < amount:
            day = date.fromisoformat(f"{last}-01")
            return program.window_until(day)
    return None


def needed_to_keep(
    program: Program, months: Sequence[Month], standing: Standing, today: date
) -> int:
    """How much is missing to keep the level beyond its day."""
    found = program.numbered(standing.level)
    if found is None or standing.keeps_until is None:
        return 0
    window_from = ""
    if program.window_months is not None:
        when = max(_of(standing.keeps_until) + 1, _of(today))
        window_from = month_text(when - program.window_months)
    return max(found.threshold - program.net(total(months, window_from)), 0)


def state(program: Program, standing: Standing, today: date) -> str:
    """none, rising, safe, at_risk or grace."""
    if standing.level == 0:
        return "none"
    if standing.keeps_until is None:
        return "rising" if standing.level < len(program.levels) else "safe"
    if today > standing.keeps_until:
        return "grace"
    warned = standing.keeps_until - timedelta(days=program.warning_days)
    return "at_risk" if today >= warned else "safe"


def total(months: Iterable[Month], window_from: str = "") -> Parts:
    """All months from this one on, together."""
    found = [one.parts for one in months if one.month >= window_from]
    return Parts(*map(sum, zip(*found, strict=True))) if found else Parts()


def ladder_amount(ladder: Ladder, parts: Parts) -> int:
    return parts.orders if ladder.measure == "orders" else parts.spend_minor


def month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_text(number: int) -> str:
    """A month by its number since year 0."""
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _of(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_day(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
