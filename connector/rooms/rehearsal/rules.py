"""Judge many orders by one programme in whole numbers: the order engine's answer, far faster.

An order without refunds is a few sums by the rules that name its goods; whatever is more is
judged by the engine itself (``connector.program.earning``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import lcm

from msgspec import structs

from connector.core.commerce import Order
from connector.core.points import LIMIT
from connector.program import basis as bases
from connector.program import earning
from connector.program import rules as kinds
from connector.program.basis import Basis, Context, folded
from connector.program.rules import Program, Rule

YEAR = timedelta(days=364)  # whole weeks: a bonus week of next year is that week of last year
_PLAIN = earning.PLAIN_PERCENT
_MONTH = len("2026-11")
_RATE = ""
_EVERYTHING = 1  # the bit that every product has


@dataclass(slots=True)
class Sold:
    """One order, summed. ``parts``: by the rules that name its goods (a mask), what counts of it.

    goods, fees: (net, with tax) in minor units.
    """

    order_id: int
    member_id: int
    placed_at: datetime
    day: str  # local, on which it began to earn
    state: str
    currency: str
    paid_at: datetime | None
    completed_at: datetime | None
    tags: Sequence[str] = ()
    gift_minor: int = 0
    parts: list[tuple[int, tuple[int, int], tuple[int, int]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Buyer:
    """What of a member decides what they earn, beside the order."""

    percent: int = _PLAIN
    excluded: str = ""


@dataclass(slots=True)
class _Tally:
    """What one rule gave so far, for its caps."""

    rule: Rule
    is_capped: bool
    everybody: int = 0
    by_period: dict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))

    def left(self, member_id: int, day: str) -> int | None:
        caps = self.rule.caps
        if not self.is_capped:
            return None
        most = [
            cap - given
            for cap, given in (
                (caps.per_member, self.by_period[member_id, ""]),
                (caps.per_month, self.by_period[member_id, day[:_MONTH]]),
                (caps.per_day, self.by_period[member_id, day]),
                (caps.per_rule, self.everybody),
            )
            if cap is not None
        ]
        return max(min(most), 0)

    def give(self, member_id: int, day: str, given: int) -> None:
        self.everybody += given
        for period in ("", day[:_MONTH], day) if self.is_capped else ():
            self.by_period[member_id, period] += given


class Judge:
    """One programme over orders that come in the sequence they were placed.

    masks: the bit of each scoped rule, by id. bought: members who bought before the first order.
    """

    def __init__(
        self, program: Program, masks: Mapping[str, int], bought: set[int], now: datetime
    ) -> None:
        self.program = program
        self.given: dict[str, int] = defaultdict(int)  # by rule: points, or times of a reward
        self._now = now
        self._bought = set(bought)
        self._frozen: dict[str, Basis] = {}
        self._tallies = {rule.id: _Tally(rule, bool(rule.caps)) for rule in program.order_rules}
        self._windowed = {
            rule.id for rule in program.order_rules if rule.starts_at or rule.ends_at
        }
        self._bits = {
            rule.id: masks.get(rule.id, 0) if rule.scope else _EVERYTHING
            for rule in program.order_rules
        }
        self._wholes: dict[tuple[int, ...], int] = {}
        self._order_tags = folded(program.terms.order_tags)
        self._adding = [one for one in program.order_rules if one.kind != kinds.MULTIPLIER]
        self._multipliers = program.of_kind(kinds.MULTIPLIER)
        self._is_plain = not program.order_rules

    def points(self, sold: Sold, buyer: Buyer) -> int:
        """Points of an order without refunds."""
        is_first = self._is_first(sold)
        if self._stops(sold, buyer):
            return 0
        with_tax, with_fees = self.program.counts_tax, self.program.counts_fees
        goods = [
            (mask | _EVERYTHING, part[with_tax] + (fee[with_tax] if with_fees else 0))
            for mask, part, fee in sold.parts
        ]
        base = sum([minor for _, minor in goods])
        rate = self.program.rates.get(sold.currency)
        if self._is_plain and buyer.percent == _PLAIN:
            points = 0 if rate is None else bases.spend_points(base, rate)
            self.given[_RATE] += points
            return points
        exact = self._exact(sold, buyer, goods, base, rate, is_first=is_first)
        return self._round(sold, exact)

    def points_of(
        self, sold: Sold, order: Order, buyer: Buyer, matches: Mapping[str, tuple[str, ...]]
    ) -> int:
        """Points of any order, by the engine itself. matches: scoped rules by product key."""
        is_first = self._is_first(sold)
        if self._stops(sold, buyer):
            return 0
        lines = {line.key: matches.get(line.product_key or "", ()) for line in order.lines}
        context = Context(tier=buyer.percent, is_first=is_first, day=sold.day, matches=lines)
        opened = tuple(
            structs.replace(rule, starts_at=None, ends_at=None)
            for rule in self.program.order_rules
            if self._is_open(rule, sold.placed_at)
        )
        ceilings = {}
        for rule in opened:
            left = self._tallies[rule.id].left(sold.member_id, sold.day)
            if left is not None:
                ceilings[rule.id] = left
        frozen = self._frozen.setdefault(sold.currency, bases.freeze(self.program, sold.currency))
        basis = replace(frozen, rules=opened, context=context, ceilings=ceilings)
        trace = earning.trace(order, basis)
        for told in trace.rules:
            self.given[told.rule_id] += told.kept
            if told.rule_id:
                self._tallies[told.rule_id].give(sold.member_id, sold.day, told.kept)
        return trace.points

    def _is_first(self, sold: Sold) -> bool:
        """Whether nothing was bought before; whatever was paid for is bought from now on."""
        is_first = sold.member_id not in self._bought
        if sold.state in ("paid", "completed", "refunded"):
            self._bought.add(sold.member_id)
        return is_first

    def _stops(self, sold: Sold, buyer: Buyer) -> bool:
        if sold.state not in ("paid", "completed") or buyer.excluded:
            return True
        if self.program.award_on == "completed":
            if sold.state != "completed" or sold.completed_at is None:
                return True
        elif sold.paid_at is None and sold.completed_at is None:
            return True
        if not sold.tags:
            return False
        if "b2b" in sold.tags and not self.program.terms.counts_b2b:
            return True
        return not self._order_tags.isdisjoint(folded(sold.tags))

    def _is_open(self, rule: Rule, placed_at: datetime) -> bool:
        """In its window; one that is still to come, or goes on, is tried a year earlier."""
        if rule.id not in self._windowed or rule.is_open(placed_at):
            return True
        is_over = rule.ends_at is not None and rule.ends_at <= self._now
        return not is_over and rule.is_open(placed_at + YEAR)

    def _is_closed(self, rule: Rule, sold: Sold, base: int) -> bool:
        if not self._is_open(rule, sold.placed_at):
            return True
        least = rule.minimum.get(sold.currency) if rule.minimum else 0
        return least is None or base < least

    def _exact(
        self,
        sold: Sold,
        buyer: Buyer,
        goods: Sequence[tuple[int, int]],
        base: int,
        rate: tuple[int, int] | None,
        *,
        is_first: bool,
    ) -> list[tuple[str, int, int]]:
        """(rule, numerator, denominator) of every part, caps applied."""
        found: list[tuple[str, int, int]] = []
        if rate is not None:
            found.append((_RATE, base * rate[0], rate[1]))
            found += self._multiplied(sold, buyer, goods, base, rate)
        for rule in self._adding:
            if self._is_closed(rule, sold, base):
                continue
            if rule.kind == kinds.FIRST_ORDER and not is_first:
                continue
            weight = (
                sold.gift_minor
                if rule.kind == kinds.DONATION
                else sum([minor for mask, minor in goods if mask & self._bits[rule.id]])
            )
            if not weight:
                continue
            if rule.gives_reward:
                self._reward(rule, sold)
            elif rule.kind != kinds.SPEND:
                found.append(self._capped(rule, sold, rule.points, 1))
            elif sold.currency in rule.rates:
                each, per = rule.rates[sold.currency]
                found.append(self._capped(rule, sold, weight * each, per))
        return found

    def _multiplied(
        self,
        sold: Sold,
        buyer: Buyer,
        goods: Sequence[tuple[int, int]],
        base: int,
        rate: tuple[int, int],
    ) -> list[tuple[str, int, int]]:
        offers: list[tuple[int, int, Rule | None]] = []
        if buyer.percent > _PLAIN:
            offers.append((buyer.percent, 0, None))
        offers += [
            (rule.percent, rule.priority, rule)
            for rule in self._multipliers
            if not self._is_closed(rule, sold, base)
            and self._tallies[rule.id].left(sold.member_id, sold.day) != 0
        ]
        weights = [0] * len(offers)
        for mask, minor in goods if offers else ():
            best = -1
            for at, offer in enumerate(offers):
                rule = offer[2]
                if rule is not None and not mask & self._bits[rule.id]:
                    continue
                if best < 0 or offer[:2] > offers[best][:2]:
                    best = at
            if best >= 0:
                weights[best] += minor * (offers[best][0] - _PLAIN)
        found = []
        for (*_, rule), weight in zip(offers, weights, strict=True):
            part = (weight * rate[0], rate[1] * _PLAIN)
            found.append((_RATE, *part) if rule is None else self._capped(rule, sold, *part))
        return found

    def _capped(
        self, rule: Rule, sold: Sold, numerator: int, denominator: int
    ) -> tuple[str, int, int]:
        left = self._tallies[rule.id].left(sold.member_id, sold.day)
        if left is not None and numerator > left * denominator:
            return rule.id, left, 1
        return rule.id, numerator, denominator

    def _reward(self, rule: Rule, sold: Sold) -> None:
        tally = self._tallies[rule.id]
        if tally.left(sold.member_id, sold.day) != 0:
            tally.give(sold.member_id, sold.day, 1)
            self.given[rule.id] += 1

    def _round(self, sold: Sold, exact: Sequence[tuple[str, int, int]]) -> int:
        """The sum, rounded down once; what each rule has of it, by largest remainders."""
        if not exact:
            return 0
        pers = tuple([per for *_, per in exact])
        whole = self._wholes.get(pers)
        if whole is None:
            whole = self._wholes[pers] = lcm(*pers)
        scaled = [number * (whole // per) for _, number, per in exact]
        total = min(sum(scaled) // whole, LIMIT)
        parts = [one // whole for one in scaled]
        missing = total - sum(parts)
        if missing:
            ranked = sorted(range(len(exact)), key=lambda at: -(scaled[at] % whole))
            for at in ranked[:missing]:
                parts[at] += 1
        for (rule_id, *_), given in zip(exact, parts, strict=True):
            self.given[rule_id] += given
            if rule_id and given:
                self._tallies[rule_id].give(sold.member_id, sold.day, given)
        return total
