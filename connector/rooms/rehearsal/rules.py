"""Judge many orders by one programme in whole numbers: the order engine's answer, far faster.

An order without refunds is a few sums by the rules that name its goods; whatever is more is
judged by the engine itself (``connector.program.earning``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import lcm
from typing import NamedTuple

from msgspec import json, structs

from connector.core.commerce import Order
from connector.core.points import LIMIT
from connector.program import basis as bases
from connector.program import earning
from connector.program import rules as kinds
from connector.program.basis import Basis, Context, folded
from connector.program.rules import Program, Rule

EVERYTHING = 1  # the bit that every product has, and every order in a rule's window
_PLAIN = earning.PLAIN_PERCENT
_RATE = ""
_MONTH = len("2026-11")
_EVER = ""


class Sold(NamedTuple):
    """One paid order. ``days``: by programme, the local day it began to earn; "": it does not.

    parts: (mask of the rules that name these goods, what counts of them by each programme). tags:
    as they are stored. windows: the bits of rules whose window it is in. is_first None: nobody
    asked whether it was. settled: the points it really gave; None where the book does not have
    it, or they are pending.
    """

    order_id: int
    member_id: int
    currency: str
    days: tuple[str, str]
    parts: Sequence[tuple[int, int, int]]
    placed: str  # local day
    percent: int = _PLAIN
    windows: int = EVERYTHING
    is_first: int | None = None  # as databases say yes and no
    gift_minor: int = 0
    tags: str | None = None
    settled: int | None = None


class Tally:
    """What one rule gave so far, by member and period, as far as its caps ask for it."""

    __slots__ = ("_caps", "_everybody", "_periods", "is_capped")

    def __init__(self, rule: Rule) -> None:
        self._caps = rule.caps
        self._everybody = 0
        self._periods: dict[str, dict[int, int]] = defaultdict(dict)
        self.is_capped = bool(rule.caps)

    def left(self, member_id: int, day: str) -> int | None:
        """How much the caps leave a member on a local day; None: no end."""
        if not self.is_capped:
            return None
        caps = self._caps
        most = [] if caps.per_rule is None else [caps.per_rule - self._everybody]
        for cap, period in (
            (caps.per_member, _EVER),
            (caps.per_month, day[:_MONTH]),
            (caps.per_day, day),
        ):
            if cap is not None:
                most.append(cap - self._periods[period].get(member_id, 0))
        return max(min(most), 0)

    def give(self, member_id: int, day: str, given: int) -> None:
        """Count what it gave."""
        if not self.is_capped:
            return
        caps = self._caps
        self._everybody += given
        for cap, period in (
            (caps.per_member, _EVER),
            (caps.per_month, day[:_MONTH]),
            (caps.per_day, day),
        ):
            if cap is not None:
                so_far = self._periods[period]
                so_far[member_id] = so_far.get(member_id, 0) + given

    def forget(self, before: str) -> None:
        """Drop days and months that ended before a local day."""
        for period in [one for one in self._periods if one and one < before[: len(one)]]:
            del self._periods[period]


@dataclass(frozen=True, slots=True)
class Bits:
    """By rule: the bit of its scope in masks, and of its window in ``Sold.windows``."""

    scopes: Mapping[str, int]
    windows: Mapping[str, int]


_Part = tuple[str, int, Tally | None]  # rule, parts of a point, what its caps count


@dataclass(slots=True)
class _Step:
    """One rule made ready for one currency. Amounts are in parts of a point (``_Plan.whole``)."""

    rule: Rule
    tally: Tally
    scope: int
    window: int
    least: int
    percent: int
    priority: int
    fixed: int  # what it adds to any order, or
    each: int  # what it adds for a minor unit
    is_first: bool
    is_gift: bool
    gives_reward: bool


@dataclass(slots=True)
class _Plan:
    """A programme in one currency: ``whole`` parts are a point."""

    whole: int
    each: int  # parts for a minor unit, by the rate
    extra: int  # parts for a minor unit and percent over 100
    has_rate: bool
    multipliers: list[_Step] = field(default_factory=list)
    adding: list[_Step] = field(default_factory=list)


class Judge:
    """One programme over orders that come in the sequence they were placed.

    at: which of two programmes it is. excluded: members who earn nothing by it. bought: who bought
    before the first order.
    """

    def __init__(
        self, program: Program, at: int, bits: Bits, excluded: set[int], bought: set[int]
    ) -> None:
        self.given: dict[str, int] = defaultdict(int)  # by rule: points, or times of a reward
        self.gifts: dict[int, int] = defaultdict(int)  # by member: rewards
        self._rewarding = {rule.id for rule in program.rules if rule.gives_reward}
        self._program, self._at, self._bits = program, at, bits
        self._excluded = excluded
        self._bought = set(bought)
        self._asks_first = bool(program.of_kind(kinds.FIRST_ORDER))
        self._frozen: dict[str, Basis] = {}
        self._tallies = {rule.id: Tally(rule) for rule in program.order_rules}
        self._order_tags = folded(program.terms.order_tags)
        self._by_tags: dict[str, bool] = {}
        self._plans: dict[str, _Plan] = {}

    def forget(self, before: str) -> None:
        """Nothing that began to earn before a local day comes any more."""
        for tally in self._tallies.values():
            tally.forget(before)

    def points(self, sold: Sold) -> int:
        """Points of an order without refunds."""
        is_first = self._is_first(sold) if self._asks_first else False
        if self.stops(sold):
            return 0
        plan = self._plans.get(sold.currency) or self._plan(sold.currency)
        at = 1 + self._at
        goods = [(part[0], part[at]) for part in sold.parts]
        base = sum([minor for _, minor in goods])
        found: list[_Part] = [(_RATE, base * plan.each, None)] if plan.has_rate else []
        if plan.has_rate and (plan.multipliers or sold.percent > _PLAIN):
            found += self._multiplied(plan, sold, goods, base)
        if plan.adding:
            found += self._added(plan, sold, goods, base, is_first=is_first)
        return self._round(plan.whole, sold, found)

    def points_of(self, sold: Sold, order: Order, matches: Mapping[str, tuple[str, ...]]) -> int:
        """Points of any order, by the engine itself. matches: scoped rules by product key."""
        is_first = self._is_first(sold) if self._asks_first else False
        if self.stops(sold):
            return 0
        day = sold.days[self._at]
        lines = {line.key: matches.get(line.product_key or "", ()) for line in order.lines}
        context = Context(tier=sold.percent, is_first=is_first, day=day, matches=lines)
        opened = tuple(
            structs.replace(rule, starts_at=None, ends_at=None)
            for rule in self._program.order_rules
            if sold.windows & self._bits.windows.get(rule.id, EVERYTHING)
        )
        ceilings = {}
        for rule in opened:
            left = self._tallies[rule.id].left(sold.member_id, day)
            if left is not None:
                ceilings[rule.id] = left
        frozen = self._frozen.get(sold.currency)
        if frozen is None:
            frozen = self._frozen[sold.currency] = bases.freeze(self._program, sold.currency)
        basis = replace(frozen, rules=opened, context=context, ceilings=ceilings)
        trace = earning.trace(order, basis)
        for told in trace.rules:
            self._give(sold, told.rule_id, told.kept)
        return trace.points

    def stops(self, sold: Sold) -> bool:
        """Whether nothing of the order earns, whatever the rules."""
        if not sold.days[self._at] or sold.member_id in self._excluded:
            return True
        if sold.tags is None:
            return False
        found = self._by_tags.get(sold.tags)
        if found is None:
            tags = folded(json.decode(sold.tags, type=tuple[str, ...]))
            is_b2b = "b2b" in tags and not self._program.terms.counts_b2b
            found = self._by_tags[sold.tags] = is_b2b or not self._order_tags.isdisjoint(tags)
        return found

    def _is_first(self, sold: Sold) -> bool:
        """As it was said when it began to earn; else whether nothing was bought before."""
        is_first = sold.member_id not in self._bought
        self._bought.add(sold.member_id)
        return is_first if sold.is_first is None else bool(sold.is_first)

    def _plan(self, currency: str) -> _Plan:
        """Make the programme ready for a currency."""
        rate = self._program.rates.get(currency)
        rules = self._program.order_rules
        pers = [rule.rates[currency][1] for rule in rules if currency in rule.rates]
        whole = lcm(_PLAIN * (rate[1] if rate else 1), *pers)
        each = rate[0] * whole // rate[1] if rate else 0
        plan = _Plan(whole, each, each // _PLAIN, rate is not None)
        for rule in rules:
            if rule.minimum and currency not in rule.minimum:
                continue
            is_spend = rule.kind == kinds.SPEND
            if is_spend and currency not in rule.rates:
                continue
            points_each, per = rule.rates.get(currency, (0, 1))
            step = _Step(
                rule,
                self._tallies[rule.id],
                scope=self._bits.scopes.get(rule.id, 0) if rule.scope else EVERYTHING,
                window=self._bits.windows.get(rule.id, EVERYTHING),
                least=rule.minimum.get(currency, 0),
                percent=rule.percent,
                priority=rule.priority,
                fixed=0 if is_spend else rule.points * whole,
                each=points_each * whole // per if is_spend else 0,
                is_first=rule.kind == kinds.FIRST_ORDER,
                is_gift=rule.kind == kinds.DONATION,
                gives_reward=rule.gives_reward,
            )
            (plan.multipliers if rule.kind == kinds.MULTIPLIER else plan.adding).append(step)
        self._plans[currency] = plan
        return plan

    def _added(
        self,
        plan: _Plan,
        sold: Sold,
        goods: Sequence[tuple[int, int]],
        base: int,
        *,
        is_first: bool,
    ) -> list[_Part]:
        found: list[_Part] = []
        for step in plan.adding:
            if base < step.least or not sold.windows & step.window:
                continue
            if step.is_first and not is_first:
                continue
            if step.is_gift:
                weight = sold.gift_minor
            elif step.scope == EVERYTHING:
                weight = base
            else:
                weight = sum([minor for mask, minor in goods if mask & step.scope])
            if not weight:
                continue
            if step.gives_reward:
                self._reward(step, sold)
            else:
                exact = step.fixed or weight * step.each
                found.append(self._capped(plan, step, sold, exact))
        return found

    def _multiplied(
        self, plan: _Plan, sold: Sold, goods: Sequence[tuple[int, int]], base: int
    ) -> list[_Part]:
        """On each line the best multiplier counts, once; of equal ones the first."""
        offers: list[tuple[int, int, _Step | None]] = []
        if sold.percent > _PLAIN:
            offers.append((sold.percent, 0, None))
        day = sold.days[self._at]
        offers += [
            (step.percent, step.priority, step)
            for step in plan.multipliers
            if sold.windows & step.window
            and base >= step.least
            and step.tally.left(sold.member_id, day) != 0
        ]
        weights = [0] * len(offers)
        for mask, minor in goods if offers else ():
            best = -1
            for at, (percent, priority, step) in enumerate(offers):
                if step is not None and step.scope != EVERYTHING and not mask & step.scope:
                    continue
                if best < 0 or (percent, priority) > offers[best][:2]:
                    best = at
            if best >= 0:
                weights[best] += minor * (offers[best][0] - _PLAIN)
        return [
            (_RATE, weight * plan.extra, None)
            if step is None
            else self._capped(plan, step, sold, weight * plan.extra)
            for (_, _, step), weight in zip(offers, weights, strict=True)
        ]

    def _capped(self, plan: _Plan, step: _Step, sold: Sold, exact: int) -> _Part:
        if step.tally.is_capped:
            left = step.tally.left(sold.member_id, sold.days[self._at])
            if left is not None and exact > left * plan.whole:
                exact = left * plan.whole
            return step.rule.id, exact, step.tally
        return step.rule.id, exact, None

    def _reward(self, step: _Step, sold: Sold) -> None:
        if step.tally.left(sold.member_id, sold.days[self._at]) != 0:
            self._give(sold, step.rule.id, 1)

    def _round(self, whole: int, sold: Sold, exact: Sequence[_Part]) -> int:
        """The sum, rounded down once; what each rule has of it, by largest remainders."""
        if not exact:
            return 0
        scaled = [one[1] for one in exact]
        total = sum(scaled) // whole
        if total > LIMIT:
            scaled, whole, total = [one * LIMIT for one in scaled], whole * total, LIMIT
        if len(scaled) == 1:
            self._give(sold, exact[0][0], total)
            return total
        parts = [one // whole for one in scaled]
        missing = total - sum(parts)
        if missing:
            ranked = sorted(range(len(exact)), key=lambda at: -(scaled[at] % whole))
            for at in ranked[:missing]:
                parts[at] += 1
        for (rule_id, _, tally), given in zip(exact, parts, strict=True):
            self.given[rule_id] += given
            if tally is not None and given:
                tally.give(sold.member_id, sold.days[self._at], given)
        return total

    def count(self, rule_id: str, member_id: int, given: int) -> bool:
        """Count what a rule gave a member; whether that is points and no reward."""
        self.given[rule_id] += given
        is_reward = rule_id in self._rewarding
        if is_reward and given:
            self.gifts[member_id] += given
        return not is_reward

    def _give(self, sold: Sold, rule_id: str, given: int) -> None:
        self.count(rule_id, sold.member_id, given)
        if rule_id and given:
            self._tallies[rule_id].give(sold.member_id, sold.days[self._at], given)
