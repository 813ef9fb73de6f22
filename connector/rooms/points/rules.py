"""What an order should have earned by now: pure functions of the order and its frozen basis.

Points are rounded down once per order and spread over its lines by largest remainder; a refund
takes back a line's spread in proportion (quantity, or money where no quantity is told), and money
off without a line takes its share of all of them. What is kept is rounded down once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from connector.core.commerce import EARNING_STATES, LineKind, Order, OrderLine, OrderState, Refund
from connector.core.errors import BadInput
from connector.core.i18n import SOURCE
from connector.core.money import Money, exponent, spread
from connector.core.points import LIMIT

MAX_POINTS_EACH = 1_000_000
MAX_PER_MINOR = 10**9
MAX_HOLD_DAYS = 365
DEFAULT_HOLD_DAYS = 14


@dataclass(frozen=True, slots=True)
class Program:
    """The earning rule: ``points_each`` for every full ``per_minor`` spent, by currency."""

    version: int
    rates: Mapping[str, tuple[int, int]]  # currency -> (points_each, per_minor)
    hold_days: int
    award_on: str  # paid or completed
    counts_tax: bool
    counts_fees: bool
    counts_history: bool  # orders from before we were installed earn too

    def rate(self, currency: str) -> tuple[int, int]:
        """(points_each, per_minor) in a currency; 0 points per whole unit where it has none."""
        return self.rates.get(currency, (0, 10 ** exponent(currency)))


@dataclass(frozen=True, slots=True)
class Programs:
    """Every rule a shop published and since when, oldest first; and the one it began with."""

    first: Program
    published: Sequence[tuple[datetime, Program]]

    @property
    def newest(self) -> Program:
        return self.published[-1][1] if self.published else self.first

    def at(self, moment: datetime) -> Program:
        """The rule in force at ``moment``, which platforms tell in whole seconds."""
        found = self.first
        for published_at, program in self.published:
            if published_at.replace(microsecond=0) <= moment:
                found = program
        return found

    def numbered(self, version: int) -> Program:
        known = (program for _, program in self.published if program.version == version)
        return next(known, self.first)


@dataclass(frozen=True, slots=True)
class Basis:
    """What an order is judged by, frozen when it was first seen.

    ``rate`` is the one of the order's ``currency``; None: there is none.
    """

    version: int
    currency: str
    rate: tuple[int, int] | None
    hold_days: int
    award_on: str
    counts_tax: bool
    counts_fees: bool


@dataclass(frozen=True, slots=True)
class LineTrace:
    """One line's part. base_minor: what counts of it; earned: its spread; kept: after refunds."""

    key: str
    title: str
    kind: str
    quantity: int
    base_minor: int
    earned: int
    kept: int


@dataclass(frozen=True, slots=True)
class Trace:
    """The answer and its reason. ``reason`` is a stable code, "earned" when points > 0."""

    points: int
    reason: str
    earned: int = 0
    lines: Sequence[LineTrace] = field(default_factory=tuple)


def beginning(currency: str) -> Program:
    """The rule of a shop that published none: 1 point per whole unit of its currency, 14 days."""
    return Program(
        version=0,
        rates={currency: (1, 10 ** exponent(currency))},
        hold_days=DEFAULT_HOLD_DAYS,
        award_on="paid",
        counts_tax=False,
        counts_fees=False,
        counts_history=False,
    )


def check(program: Program, shop_currency: str) -> None:
    """BadInput for a rule that cannot be meant; ``field`` names the form's field."""
    if shop_currency not in program.rates:
        raise BadInput("rate_missing", f"say what {shop_currency} earns", field="points_each")
    for currency, (points_each, per_minor) in program.rates.items():
        exponent(currency)
        if not 0 <= points_each <= MAX_POINTS_EACH:
            raise BadInput(
                "rate_range", f"points must be 0 to {MAX_POINTS_EACH}", field="points_each"
            )
        if not 1 <= per_minor <= MAX_PER_MINOR:
            raise BadInput("rate_range", "the amount must be above zero", field="per")
    if not 0 <= program.hold_days <= MAX_HOLD_DAYS:
        raise BadInput("hold_range", f"0 to {MAX_HOLD_DAYS} days", field="hold_days")
    if program.award_on not in ("paid", "completed"):
        raise BadInput("award_on", "paid or completed", field="award_on")


def freeze(program: Program, currency: str) -> Basis:
    """The basis of an order in ``currency`` that ``program`` judges."""
    return Basis(
        version=program.version,
        currency=currency,
        rate=program.rates.get(currency),
        hold_days=program.hold_days,
        award_on=program.award_on,
        counts_tax=program.counts_tax,
        counts_fees=program.counts_fees,
    )


def sentence(basis: Basis, currency: str) -> str:
    """The frozen rule in plain English, for machines' logs and the API."""
    if basis.rate is None:
        return f"no rate for {currency}"
    points_each, per_minor = basis.rate
    tax = "with tax" if basis.counts_tax else "without tax"
    amount = Money(per_minor, currency).text()
    return (
        f"{SOURCE.counted('point', points_each)} for every {amount} {currency} {tax},"
        f" once {basis.award_on}; usable after {SOURCE.counted('day', basis.hold_days)}"
    )


def earned_at(order: Order, basis: Basis) -> datetime | None:
    """When the order began to earn; None while it does not."""
    if order.state not in EARNING_STATES or order.is_test:
        return None
    if basis.award_on == "completed":
        return order.completed_at if order.state is OrderState.COMPLETED else None
    return order.paid_at or order.completed_at


def available_at(order: Order, basis: Basis) -> datetime | None:
    """When its points can be used; None while it does not earn."""
    start = earned_at(order, basis)
    return None if start is None else start + timedelta(days=basis.hold_days)


def spend_points(base_minor: int, rate: tuple[int, int]) -> int:
    """Points for an amount, rounded down; never more than the book holds in one movement."""
    points_each, per_minor = rate
    return min(base_minor * points_each // per_minor, LIMIT)


def line_base_minor(line: OrderLine, basis: Basis) -> int:
    """What counts of one line: its price after every discount, with tax only if the rule says."""
    counts = line.kind is LineKind.GOODS or (line.kind is LineKind.FEE and basis.counts_fees)
    if not counts:
        return 0
    return max(line.total_minor + (line.tax_minor if basis.counts_tax else 0), 0)


def target(order: Order, basis: Basis) -> int:
    """Points this order should have earned by now."""
    if order.refunds:
        return trace(order, basis).points
    base_minor = sum([line_base_minor(line, basis) for line in order.lines])
    if basis.rate is None or _stop(order, basis, base_minor) != "earned":
        return 0
    return spend_points(base_minor, basis.rate)


def trace(order: Order, basis: Basis) -> Trace:
    """Points this order should have earned by now, line by line, and why."""
    bases = [line_base_minor(line, basis) for line in order.lines]
    reason = _stop(order, basis, sum(bases))
    earned = spend_points(sum(bases), basis.rate) if basis.rate else 0
    parts = spread(earned, bases)
    kept = _kept(order, bases, parts) if reason == "earned" else [Fraction(0)] * len(parts)
    points = int(sum(kept, Fraction(0)))
    if reason == "earned" and points == 0:
        reason = "refunded" if earned else "below_one_point"
    whole = spread(points, [int(part * 1_000_000) for part in kept])
    lines = tuple(
        LineTrace(line.key, line.title, line.kind, line.quantity, base, part, now)
        for line, base, part, now in zip(order.lines, bases, parts, whole, strict=True)
    )
    return Trace(points, reason, earned, lines)


def _stop(order: Order, basis: Basis, base_minor: int) -> str:
    """The first thing that keeps the order from earning, or "earned"."""
    if order.is_test:
        return "test_order"
    if order.state in (OrderState.CANCELLED, OrderState.REFUNDED, OrderState.DELETED):
        return str(order.state)
    if earned_at(order, basis) is None:
        return "not_completed" if basis.award_on == "completed" else "not_paid"
    if basis.rate is None:
        return "no_rate"
    if basis.rate[0] == 0:
        return "zero_rate"
    return "earned" if base_minor else "nothing_counts"


def _kept(order: Order, bases: Sequence[int], parts: Sequence[int]) -> list[Fraction]:
    """Each line's points after refunds, exact."""
    taken, other_minor = _refunded(order.refunds)
    kept = []
    for line, part in zip(order.lines, parts, strict=True):
        quantity, money = taken.get(line.key, (0, 0))
        share = Fraction(0)
        if quantity and line.quantity:
            share += Fraction(quantity, line.quantity)
        if money and line.total_minor:
            share += Fraction(money, line.total_minor)
        kept.append(part * max(1 - share, Fraction(0)))
    gross = sum(
        line.total_minor + line.tax_minor
        for line, base in zip(order.lines, bases, strict=True)
        if base
    )
    if other_minor and gross:
        left = max(1 - Fraction(other_minor, gross) * _ratio(parts, kept), Fraction(0))
        kept = [part * left for part in kept]
    return kept


def _ratio(parts: Sequence[int], kept: Sequence[Fraction]) -> Fraction:
    """Money off is a share of the whole order; of what line refunds left it is a larger one."""
    left = sum(kept, Fraction(0))
    return Fraction(sum(parts)) / left if left else Fraction(0)


def _refunded(refunds: Sequence[Refund]) -> tuple[dict[str, tuple[int, int]], int]:
    """(quantity, money where no quantity is told) by line, and money off without a line."""
    taken: dict[str, tuple[int, int]] = {}
    other_minor = 0
    for refund in refunds:
        other_minor += refund.other_minor
        for one in refund.lines:
            quantity, money = taken.get(one.line_key, (0, 0))
            if one.quantity:
                quantity += one.quantity
            else:
                money += one.total_minor
            taken[one.line_key] = (quantity, money)
    return taken, other_minor
