"""What members should have, worked out from the paper (table v of the reference, design 2 and 3).

Shares no code with the product: plain Python over plain values, one thing after another. What the
paper leaves to the builder (who gets the odd point of a spread) is written down here once more, so
that a change of it is noticed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from tests.programme.sales import EARNING, Promise, Sale, began, earned, returned

FAR = datetime.max.replace(tzinfo=UTC)
RETURNED = timedelta(days=30)  # what comes back lives so long at least


@dataclass
class Lot:
    origin: str
    left: int
    ends: datetime | None
    number: int


@dataclass
class Purse:
    """One member's points. ``debt`` is what is owed, above zero."""

    lots: list[Lot] = field(default_factory=list)
    pending: Counter[str] = field(default_factory=Counter)
    held: int = 0
    debt: int = 0
    lapsed: Counter[str] = field(default_factory=Counter)

    @property
    def usable(self) -> int:
        return sum(lot.left for lot in self.lots) - self.debt

    def arrive(self, origin: str, points: int, ends: datetime | None, number: int) -> None:
        """What comes repays first."""
        repaid = min(points, self.debt)
        self.debt -= repaid
        if points > repaid:
            self.lots.append(Lot(origin, points - repaid, ends, number))

    def take(self, points: int, only: str | None = None) -> list[tuple[str, datetime | None, int]]:
        """Out of the lots that end first, then the oldest; as much as there is."""
        taken = []
        ranked = sorted(
            (lot for lot in self.lots if only is None or lot.origin == only),
            key=lambda lot: (lot.ends is None, lot.ends or FAR, lot.number),
        )
        for lot in ranked:
            step = min(points, lot.left)
            if step:
                lot.left -= step
                points -= step
                taken.append((lot.origin, lot.ends, step))
        self.lots = [lot for lot in self.lots if lot.left]
        return taken

    def claw(self, origin: str, points: int) -> None:
        """Own pending, own lots, own that lapsed, others, debt."""
        step = min(points, self.pending[origin])
        self.pending[origin] -= step
        points -= step
        points -= sum(part for *_, part in self.take(points, origin))
        step = min(points, self.lapsed[origin])
        self.lapsed[origin] -= step
        points -= step
        points -= sum(part for *_, part in self.take(points))
        self.debt += points


@dataclass
class Standing:
    """What an order did to its member so far."""

    promise: Promise
    posted: int = 0
    ready: datetime | None = None


@dataclass
class Wish:
    """A redemption. ``parts``: what was taken, in the sequence in which it was taken."""

    member: str
    cost: int
    parts: list[tuple[str, datetime | None, int]]
    state: str = "held"  # held, spent or over
    back: int = 0
    orders: list[str] = field(default_factory=list)


class Oracle:
    """All members of one shop."""

    def __init__(self, promise: Promise) -> None:
        self.promises = [promise]
        self.purses: dict[str, Purse] = {}
        self.sales: dict[str, Sale] = {}
        self.standings: dict[str, Standing] = {}
        self.wishes: dict[str, Wish] = {}
        self.moved: dict[str, str] = {}
        self._number = 0

    def purse(self, member: str) -> Purse:
        while member in self.moved:
            member = self.moved[member]
        return self.purses.setdefault(member, Purse())

    # ------------------------------------------------------------------------------------- orders

    def hear(self, sale: Sale, now: datetime) -> None:
        """The newest state of an order is known."""
        self.sales[sale.key] = sale
        standing = self.standings.get(sale.key)
        if standing is None:
            promise = [one for one in self.promises if one.starts <= sale.placed][-1]
            standing = self.standings[sale.key] = Standing(promise)
        self._settle(sale, standing, now)
        self._use_codes(sale, now)

    def _settle(self, sale: Sale, standing: Standing, now: datetime) -> None:
        promise, purse, origin = standing.promise, self.purse(sale.buyer), f"order {sale.key}"
        wanted = earned(sale, promise)
        start = began(sale, promise)
        ready = start and start + timedelta(days=promise.hold_days)
        if ready is not None:
            standing.ready = ready
        difference = wanted - standing.posted
        waits = ready is None or ready > now
        if difference > 0 and waits:
            purse.pending[origin] += difference
        elif difference > 0:
            self._arrive(purse, origin, difference, promise, max(ready or now, now))
        else:
            purse.claw(origin, -difference)
        standing.posted = wanted
        if not waits:
            self._release(purse, origin, standing)

    def _release(self, purse: Purse, origin: str, standing: Standing) -> None:
        points = purse.pending.pop(origin, 0)
        if points and standing.ready is not None:
            self._arrive(purse, origin, points, standing.promise, standing.ready)

    def _arrive(
        self, purse: Purse, origin: str, points: int, promise: Promise, at: datetime
    ) -> None:
        ends = at + timedelta(days=30 * promise.months) if promise.months else None
        self._number += 1
        purse.arrive(origin, points, ends, self._number)

    def pass_time(self, now: datetime) -> None:
        """What the worker does when it has caught up with ``now``."""
        for key in sorted(self.standings, key=int):
            standing, sale = self.standings[key], self.sales[key]
            if standing.ready is not None and standing.ready <= now:
                self._release(self.purse(sale.buyer), f"order {key}", standing)

    # ---------------------------------------------------------------------------------- by others

    def adjust(self, member: str, points: int) -> bool:
        purse = self.purse(member)
        if points > 0:
            self._number += 1
            purse.arrive("", points, None, self._number)
            return True
        if -points > purse.usable:
            return False
        purse.take(-points)
        return True

    def merge(self, kept: str, gone: str) -> None:
        """Lots keep origin and end, pending waits on, debt follows."""
        mine, theirs = self.purse(kept), self.purse(gone)
        if mine is theirs:
            return
        for lot in theirs.lots:
            self._number += 1
            mine.arrive(lot.origin, lot.left, lot.ends, self._number)
        mine.pending += theirs.pending
        mine.held += theirs.held
        mine.lapsed += theirs.lapsed
        if theirs.debt:
            mine.claw("", theirs.debt)
        self.purses.pop(gone, None)
        self.moved[gone] = kept

    # -------------------------------------------------------------------------------- redemptions

    def redeem(self, wish: str, member: str, cost: int) -> bool:
        purse = self.purse(member)
        if cost > purse.usable:
            return False
        purse.held += cost
        self.wishes[wish] = Wish(member, cost, purse.take(cost))
        return True

    def cancel(self, wish: str, now: datetime) -> bool:
        one = self.wishes[wish]
        if one.state != "held" or self._used(one):
            return False
        self.purse(one.member).held -= one.cost
        self._give_back(one, one.cost, now)
        one.state = "over"
        return True

    def _used(self, wish: Wish) -> list[Sale]:
        """Orders that hold on to the code."""
        sales = (self.sales[key] for key in wish.orders)
        return [sale for sale in sales if sale.state not in ("cancelled", "refunded", "deleted")]

    def _use_codes(self, sale: Sale, now: datetime) -> None:
        """A paid order spends; when every order with the code is undone, all comes back."""
        wish = self.wishes.get(sale.code or "")
        if wish is None:
            return
        if sale.key not in wish.orders:
            wish.orders.append(sale.key)
        standing = self._used(wish)
        paid = any(one.state in EARNING for one in standing)
        if wish.state == "held" and (paid or not standing):
            self.purse(wish.member).held -= wish.cost
            wish.state = "spent" if paid else "over"
        elif wish.state == "over" and paid:
            wish.state = "spent"
        if wish.state == "spent" or not standing:
            share = min((returned(one) for one in standing), default=Fraction(1))
            wanted = int(wish.cost * share)
            if wanted > wish.back:
                self._give_back(wish, wanted - wish.back, now)
            elif wanted < wish.back:
                self._spend_again(wish, wish.back - wanted)

    def _give_back(self, wish: Wish, points: int, now: datetime) -> None:
        """What ends last comes back first; it lives thirty days at least."""
        purse, skip = self.purse(wish.member), wish.back
        wish.back += points
        ranked = sorted(
            enumerate(wish.parts),
            key=lambda part: (part[1][1] is None, part[1][1] or now, part[0]),
            reverse=True,
        )
        for _, (origin, ends, granted) in ranked:
            passed = min(skip, granted)
            skip -= passed
            step = min(granted - passed, points)
            if step:
                self._number += 1
                purse.arrive(origin, step, ends and max(ends, now + RETURNED), self._number)
                points -= step

    def _spend_again(self, wish: Wish, points: int) -> None:
        purse = self.purse(wish.member)
        wish.back -= points
        step = max(min(points, purse.usable), 0)
        purse.take(step)
        purse.debt += points - step
