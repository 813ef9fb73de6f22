"""What points are owed, in points and in money: definitions 14 to 16, without a database.

Money is in minor units of the shop's currency and rounded down once, at the end of a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from fractions import Fraction

ENOUGH_MONTHS = 6  # of a programme's life before its redemption can be foreseen
PER_POINTS = 1000  # a value is told for so many points, as one point is worth less than a cent
_FINE = 10**6  # parts of a minor unit in which orders are added up, and of an expected share


@dataclass(frozen=True, slots=True)
class Flow:
    """What changed the points that can be used or are held, signed, in one month of booking.

    adjusted: by hand; forgiven: debt written off; brought: by files, from another program. Pending
    points are not in it.
    """

    earned: int = 0
    taken_back: int = 0
    redeemed: int = 0
    returned: int = 0
    expired: int = 0
    forfeited: int = 0
    adjusted: int = 0
    forgiven: int = 0
    brought: int = 0

    @property
    def issued(self) -> int:
        """All that may be redeemed: what was earned here, given by hand, and brought."""
        return self.earned + self.taken_back + self.adjusted + self.brought

    @property
    def net(self) -> int:
        return sum(getattr(self, one.name) for one in fields(self))

    def __add__(self, other: Flow) -> Flow:
        return Flow(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


_LINES = {
    ("pending", "member"): ("earned", 1),
    ("program", "member"): ("earned", 1),
    ("member", "program"): ("taken_back", -1),
    ("debt", "program"): ("taken_back", -1),
    ("held", "redeemed"): ("redeemed", -1),
    ("member", "redeemed"): ("redeemed", -1),
    ("redeemed", "member"): ("returned", 1),
    ("member", "expired"): ("expired", -1),
    ("member", "forfeited"): ("forfeited", -1),
    ("program", "debt"): ("forgiven", 1),
}
_OWN_LINES = {"adjustment": "adjusted", "brought": "brought"}
_MERGES = ("merge", "unmerge")  # from one member to another: nothing for the shop


def flow(movements: Sequence[tuple[str, str, str, int]]) -> Flow:
    """Sum (from, to, kind, points), accounts by their short names; others than ours count not."""
    sums: dict[str, int] = {}
    for from_, to, kind, points in movements:
        line = _LINES.get((from_, to))
        if line is None or kind in _MERGES:
            continue
        name = _OWN_LINES.get(kind, line[0])
        sums[name] = sums.get(name, 0) + line[1] * points
    return Flow(**sums)


@dataclass(frozen=True, slots=True)
class MonthOwed:
    """One month of the roll-forward; ``starts_on`` is its first day."""

    starts_on: date
    opening: int
    flow: Flow

    @property
    def closing(self) -> int:
        return self.opening + self.flow.net


def roll_forward(flows: Sequence[tuple[date, Flow]]) -> list[MonthOwed]:
    """Months in order, each opening where the one before closed; the first opens at 0."""
    months: list[MonthOwed] = []
    opening = 0
    for starts_on, one in flows:
        months.append(MonthOwed(starts_on, opening, one))
        opening = months[-1].closing
    return months


@dataclass(frozen=True, slots=True)
class Worth:
    """What PER_POINTS points are worth to a member; the share that gets used, if assumed.

    margin_percent: how much less than their worth they cost the shop, as it is on its own goods.
    """

    value_minor: int
    redemption_percent: int | None
    margin_percent: int = 0

    @property
    def cost_minor(self) -> int:
        """What PER_POINTS points cost the shop."""
        return self.cost_of(PER_POINTS)

    def cost_of(self, points: int, share: Fraction = Fraction(1)) -> int:
        """What points cost the shop when ``share`` of them gets used."""
        value = Fraction(points * self.value_minor, PER_POINTS)
        return int(value * Fraction(100 - self.margin_percent, 100) * share)


@dataclass(frozen=True, slots=True)
class Owed:
    """Points owed as of a moment. ``redemption``: measured, None while the programme is young.

    without_sale: of the points that can be used, those that no order gave. granted: by month
    granted, month it happened and whether an order gave them, the points given and used.
    """

    as_of: datetime
    currency: str
    months: Sequence[MonthOwed]
    pending: int
    redemption: Fraction | None
    worth: Worth | None
    without_sale: int = 0
    granted: Sequence[tuple[str, str, bool, int, int]] = ()

    @property
    def outstanding(self) -> int:
        return self.months[-1].closing

    @property
    def total(self) -> Flow:
        return sum((month.flow for month in self.months), Flow())

    @property
    def redemption_used(self) -> Fraction | None:
        """The share that is reckoned with: assumed, else measured."""
        if self.worth is not None and self.worth.redemption_percent is not None:
            return Fraction(self.worth.redemption_percent, 100)
        return self.redemption

    @property
    def redemption_left(self) -> Fraction | None:
        """The share of what is outstanding that will be used: what is expected less what was."""
        share, outstanding = self.redemption_used, self.outstanding
        if share is None or outstanding <= 0:
            return None
        total = self.total
        used = -total.redeemed - total.returned
        return min(max((share * total.issued - used) / outstanding, Fraction(0)), Fraction(1))

    @property
    def cost_of_all_minor(self) -> int | None:
        """What all outstanding points would cost, were every one used."""
        return None if self.worth is None else self.worth.cost_of(max(self.outstanding, 0))

    @property
    def liability_minor(self) -> int | None:
        """What they are expected to cost."""
        if self.worth is None or self.redemption_left is None:
            return None
        return self.worth.cost_of(max(self.outstanding, 0), self.redemption_left)

    @property
    def provision_minor(self) -> int | None:
        """What points without a sale are expected to cost: they defer nothing."""
        if self.worth is None or self.redemption_left is None:
            return None
        return self.worth.cost_of(self.without_sale, self.redemption_left)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Points granted in one month, and how many of them were used, net, by age in months."""

    month: str
    granted: int
    used: tuple[int, ...]


def ultimate_redemption(cohorts: Sequence[Cohort]) -> Fraction | None:
    """The share of granted points that will ever be used, by chain ladder; None when too young.

    Each age's growth is the one all cohorts that reached it show together. Ages nobody reached
    are taken to add nothing: the figure is a lower bound, and says how old the data is.
    """
    known = [one for one in cohorts if one.granted > 0]
    oldest = max((len(one.used) for one in known), default=0)
    if oldest < ENOUGH_MONTHS:
        return None
    summed = [_summed(one.used) for one in known]
    factors = [Fraction(1)] * oldest
    for age in range(1, oldest):
        reached = [used for used in summed if len(used) > age]
        before = sum(used[age - 1] for used in reached)
        factors[age] = (
            Fraction(sum(used[age] for used in reached), before) if before else factors[0]
        )
    used_in_the_end = Fraction(0)
    for used in summed:
        grown = Fraction(used[-1])
        for factor in factors[len(used) :]:
            grown *= factor
        used_in_the_end += grown
    granted = sum(one.granted for one in known)
    return min(max(used_in_the_end / granted, Fraction(0)), Fraction(1))


def _summed(used: Sequence[int]) -> list[int]:
    total, found = 0, []
    for one in used:
        total += one
        found.append(total)
    return found


def deferred_minor(price_minor: int, points_worth: Fraction | int) -> int:
    """The part of a price that pays for the points given with it (IFRS 15, relative prices).

    points_worth: stand-alone price of the points, minor units: points x value x expected use.
    """
    whole = price_minor + points_worth
    return int(Fraction(price_minor) * points_worth / whole) if whole > 0 else 0


def released_minor(deferred: int, redeemed: int, expected: Fraction | int) -> int:
    """How much of what was deferred is earned by now: as the points used are to those expected."""
    if expected <= 0:
        return 0
    return int(min(Fraction(deferred) * redeemed / expected, Fraction(deferred)))


@dataclass(frozen=True, slots=True)
class Sales:
    """The orders of one month that gave points, and how many points of orders got used in it.

    orders: (price, points, how many alike) of those in the shop's currency. points: of all.
    """

    starts_on: date
    orders: Sequence[tuple[int, int, int]]
    points: int
    used: int

    def deferred(self, value_minor: int, redemption: Fraction) -> int:
        """What the points of these orders defer, each order for itself."""
        share = redemption.limit_denominator(_FINE)
        each, per = value_minor * share.numerator, PER_POINTS * share.denominator
        fine = 0
        for price, points, count in self.orders:
            if price > 0:
                worth = points * each
                fine += count * (price * worth * _FINE // (price * per + worth))
        return fine // _FINE


@dataclass(frozen=True, slots=True)
class Deferral:
    """One month of deferred revenue in minor units."""

    starts_on: date
    opening: int
    deferred: int
    released: int

    @property
    def closing(self) -> int:
        return self.opening + self.deferred - self.released


def deferrals(
    months: Sequence[Sales], value_minor: int, redemptions: Sequence[Fraction]
) -> list[Deferral]:
    """Deferred revenue by month of the order that gave the points.

    value_minor: of PER_POINTS points, to a member. redemptions: what was expected to be used, as
    of the end of each month. One pool: what is released by the end of a month is all that was
    deferred by then, times points used of points expected to be used. A new expectation changes
    the months after it, never those before. Points that no order gave are in none of it: only
    what was promised with a sale defers revenue.
    """
    found: list[Deferral] = []
    pool = released = issued = used = 0
    for one, redemption in zip(months, redemptions, strict=True):
        deferred = one.deferred(value_minor, redemption)
        pool += deferred
        issued += one.points
        used += one.used
        earned_by_now = max(released_minor(pool, used, issued * redemption), 0)
        opening = found[-1].closing if found else 0
        found.append(Deferral(one.starts_on, opening, deferred, earned_by_now - released))
        released = earned_by_now
    return found
