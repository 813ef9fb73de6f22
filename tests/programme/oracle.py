"""What members should have, worked out from the paper (table v of the reference, design 2 and 3).

Shares no code with the product: plain Python over plain values, one thing after another. What the
paper leaves to the builder (who gets the odd point of a spread) is written down here once more, so
that a change of it is noticed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from tests.programme import lapsing
from tests.programme.gifts import Gifts
from tests.programme.levels import Did, Ladder, Rung, amount, better, months_of, stand
from tests.programme.purse import Lot, Purse, Taken, day_of, total
from tests.programme.sales import EARNING, PLAIN, Promise, Sale, began, custom, earned, returned

RETURNED = timedelta(days=30)  # what comes back lives so long at least
CODE_DAYS = 25
UNDONE = ("cancelled", "refunded", "deleted")
UNDO = timedelta(days=30)  # in which a merge can be undone


@dataclass
class Standing:
    """What an order did to its member so far."""

    promise: Promise
    told: datetime
    tier: int | None = None  # percent; fixed when it begins to earn
    is_first: bool | None = None  # of its member's; None: nobody asked
    posted: int = 0
    ready: datetime | None = None


@dataclass
class Wish:
    """A redemption. ``parts``: what was ever taken for it. back: what of it is back now.

    owed: what was taken again when nothing was left. passed: all that ever came back.
    """

    member: str
    cost: int
    parts: Taken
    until: datetime
    state: str = "held"  # held, spent or over
    back: int = 0
    owed: int = 0
    passed: int = 0
    orders: list[str] = field(default_factory=list)


class Oracle:
    """All members of one shop."""

    def __init__(self, promise: Promise) -> None:
        self.promises = [promise]
        self.clock = lapsing.Clock()
        self.purses: dict[str, Purse] = {}
        self.sales: dict[str, Sale] = {}
        self.standings: dict[str, Standing] = {}
        self.wishes: dict[str, Wish] = {}
        self.moved: dict[str, tuple[str, datetime]] = {}
        self.lapsed: Counter[str] = Counter()
        self.ladder: Ladder | None = None
        self.rungs: dict[str, Rung] = {}
        self.earnings: list[tuple[str, int, int]] = []  # order, month, points
        self.gifts = Gifts(self.purse, self.who)

    def who(self, member: str) -> str:
        """The member, or whom they became part of."""
        while member in self.moved:
            member = self.moved[member][0]
        return member

    def purse(self, member: str) -> Purse:
        return self.purses.setdefault(self.who(member), Purse())

    def held(self, member: str) -> int:
        open_ones = (one for one in self.wishes.values() if one.state == "held")
        return sum(one.cost for one in open_ones if self.who(one.member) == self.who(member))

    # ------------------------------------------------------------------------------------- orders

    def hear(self, sale: Sale, now: datetime) -> None:
        """The newest state of an order is known."""
        self.sales[sale.key] = sale
        standing = self.standings.get(sale.key)
        if standing is None:
            promise = [one for one in self.promises if one.starts <= sale.placed][-1]
            standing = self.standings[sale.key] = Standing(promise, now)
        standing.told = now
        self._settle(sale, standing, now)
        self._use_codes(sale, now)
        self.stand(sale.buyer, now)

    def _settle(self, sale: Sale, standing: Standing, now: datetime) -> None:
        promise, purse, origin = standing.promise, self.purse(sale.buyer), f"order {sale.key}"
        start = began(sale, promise)
        percent = self.percent(sale.buyer)
        if standing.tier is None and start and (promise.has_rules or percent > PLAIN):
            standing.tier = percent
            standing.is_first = self._is_first(sale) if promise.first else None
        is_first = bool(standing.is_first)
        wanted = earned(sale, promise, standing.tier or PLAIN, is_first=is_first)
        ready = start and start + timedelta(days=promise.hold_days)
        if ready is not None:
            standing.ready = ready
        difference = wanted - standing.posted
        waits = ready is None or ready > now
        came = day_of((start if standing.posted == 0 else None) or standing.told)
        if difference > 0 and waits:
            purse.pending[origin] += difference
        elif difference > 0:
            purse.arrive(Lot(origin, difference, None, came), day_of(now))
        else:
            purse.claw(origin, -difference, self.lapsed, day_of(now))
        if wanted != standing.posted:
            standing.tier = standing.tier or PLAIN
            self.earnings.append((sale.key, months_of(came), difference))
        standing.posted = wanted
        if not waits:
            self._release(purse, origin, standing, now)

    def _release(self, purse: Purse, origin: str, standing: Standing, now: datetime) -> None:
        points = purse.pending.pop(origin, 0)
        if points and standing.ready is not None:
            purse.arrive(Lot(origin, points, None, day_of(standing.ready)), day_of(now))

    def pass_time(self, now: datetime) -> None:
        """What the worker does when it has caught up with ``now``."""
        waiting = [
            (standing.ready, key)
            for key, standing in self.standings.items()
            if standing.ready is not None and standing.ready <= now
        ]
        for _, key in sorted(waiting, key=lambda one: int(one[1])):
            purse = self.purse(self.sales[key].buyer)
            self._release(purse, f"order {key}", self.standings[key], now)
        self.gifts.release(now)
        for member in self.rungs:
            self.stand(member, now)
        for one in self.wishes.values():
            if one.state == "held" and one.until <= now and not self._used(one):
                one.state = "over"
                self._give_back(one, one.cost, now)

    def pass_night(self, now: datetime) -> None:
        wanted = self.promises[-1].lapse
        lapsing.night(self.clock, wanted, list(self.purses.values()), self.lapsed, now)

    # ------------------------------------------------------------------------------------- levels

    def climb(self, ladder: Ladder, members: Iterable[str], now: datetime) -> None:
        """From now on there are levels."""
        self.ladder = ladder
        for member in members:
            self.stand(member, now, has_gifts=False)

    def rung(self, member: str) -> Rung:
        return self.rungs.setdefault(self.who(member), Rung())

    def percent(self, member: str) -> int:
        level = self.rung(member).level
        return self.ladder.percents[level - 1] if self.ladder and level else PLAIN

    def stand(self, member: str, now: datetime, *, has_gifts: bool = True) -> None:
        if self.ladder is None:
            return
        own = self.who(member)
        mine = [self.rung(own)]
        mine += [rung for who, rung in self.rungs.items() if who != own == self.who(who)]
        fresh = [reach for rung in mine for reach in rung.reached]
        found = stand(self.ladder, self.rung(own), fresh, self._did(own, self.ladder), now)
        self.gifts.undo(now)
        if has_gifts and self.ladder.gift:
            self.gifts.give(own, found, self.ladder.gift, now)

    def amount(self, member: str, now: datetime) -> int:
        """What counts for the member's level."""
        assert self.ladder is not None
        return amount(self.ladder, self._did(self.who(member), self.ladder), now)

    def _did(self, own: str, ladder: Ladder) -> Did:
        did = Did()
        if ladder.measure == "points":
            for key, month, points in self.earnings:
                did[month] += points if self.who(self.sales[key].buyer) == own else 0
        for sale in self.sales.values() if ladder.measure != "points" else ():
            if self.who(sale.buyer) == own and custom(sale):
                is_spend = ladder.measure == "spend"
                worth = custom(sale) if sale.currency == "USD" else 0
                did[months_of(day_of(sale.placed))] += worth if is_spend else 1
        return did

    # ---------------------------------------------------------------------------------- by others

    def adjust(self, member: str, points: int, now: datetime) -> bool:
        purse, today = self.purse(member), day_of(now)
        if points > 0:
            purse.arrive(Lot("", points, None, today), today)
            return True
        if -points > purse.usable:
            return False
        purse.take(-points, today)
        return True

    def merge(self, kept: str, gone: str, now: datetime) -> None:
        """Lots keep origin and end, pending waits on, debt follows."""
        mine, theirs = self.purse(kept), self.purse(gone)
        self._hand(theirs, mine, theirs.lots, gone, now)
        mine.pending += theirs.pending
        mine.owe(theirs.debt, day_of(now))
        theirs.pending.clear()
        theirs.debt = 0
        theirs.told = {}
        self.moved[gone] = kept, now
        self._firsts_anew(kept, now)
        better(self.rung(kept), self.rungs.setdefault(gone, Rung()))
        self.gifts.regroup(kept, now)
        self.stand(kept, now)

    def unmerge(self, gone: str, now: datetime) -> bool:
        """What came over and is still there goes back, and what their own orders earned."""
        kept, at = self.moved[gone]
        if now >= at + UNDO:
            return False
        mine = self.purse(kept)
        del self.moved[gone]
        theirs = self.purse(gone)
        own = {f"order {one.key}" for one in self.sales.values() if self.who(one.buyer) == gone}
        own |= self.gifts.own(gone)
        self._hand(
            mine, theirs, [x for x in mine.lots if x.by == gone or x.origin in own], "", now
        )
        for origin in own & mine.pending.keys():
            theirs.pending[origin] += mine.pending.pop(origin)
        for one in (kept, gone):
            self._firsts_anew(one, now)
        for one in (kept, gone):
            self.gifts.regroup(one, now)
        for one in (kept, gone):
            self.stand(one, now)
        return True

    def _bought(self, own: str) -> list[Sale]:
        found = [one for one in self.sales.values() if self.who(one.buyer) == own]
        return sorted(found, key=lambda one: (one.placed, int(one.key)))

    def _is_first(self, sale: Sale) -> bool:
        """None of the member's that counts was, and none is older."""
        bought = [one for one in self._bought(self.who(sale.buyer)) if one.state in EARNING]
        return bought[0] is sale and not any(self.standings[one.key].is_first for one in bought)

    def _firsts_anew(self, own: str, now: datetime) -> None:
        """Who is one has one first order: the oldest that counts of those that were one."""
        known = {one.key: self.standings[one.key] for one in self._bought(own)}
        counts = [one.key for one in self._bought(own) if one.state in EARNING]
        marked = [key for key, one in known.items() if one.is_first]
        asked = [key for key in counts[:1] if known[key].is_first is not None]
        first = ([key for key in counts if key in marked] or marked or asked)[:1]
        for key in sorted({*first} ^ {*marked}, key=int):
            known[key].is_first = key in first
            self._settle(self.sales[key], known[key], now)

    def _hand(self, from_: Purse, to: Purse, lots: list[Lot], by: str, now: datetime) -> None:
        today = day_of(now)
        for lot in sorted(lots, key=lambda one: one.number):
            from_.lots.remove(lot)
            from_.moved = today
            to.arrive(Lot(lot.origin, lot.left, lot.ends, today, by), today)

    # -------------------------------------------------------------------------------- redemptions

    def redeem(self, wish: str, member: str, cost: int, now: datetime) -> bool:
        purse = self.purse(member)
        if cost > purse.usable:
            return False
        until = now + timedelta(days=CODE_DAYS)
        self.wishes[wish] = Wish(self.who(member), cost, purse.take(cost, day_of(now)), until)
        return True

    def cancel(self, wish: str, now: datetime) -> bool:
        one = self.wishes[wish]
        if one.state != "held" or self._used(one):
            return False
        one.state = "over"
        self._give_back(one, one.cost, now)
        return True

    def _used(self, wish: Wish) -> list[Sale]:
        """Orders that hold on to the code."""
        sales = (self.sales[key] for key in wish.orders)
        return [sale for sale in sales if sale.state not in UNDONE]

    def _use_codes(self, sale: Sale, now: datetime) -> None:
        """A paid order spends; when every order with the code is undone, all comes back."""
        wish = self.wishes.get(sale.code or "")
        if wish is None:
            return
        if sale.key not in wish.orders:
            wish.orders.append(sale.key)
        standing = self._used(wish)
        if any(one.state in EARNING for one in standing):
            wish.state = "spent"
        elif wish.state == "held" and not standing:
            wish.state = "over"
        if wish.state == "spent" or not standing:
            share = min((returned(one) for one in standing), default=Fraction(1))
            wanted = int(wish.cost * share)
            if wanted > wish.back:
                self._give_back(wish, wanted - wish.back, now)
            elif wanted < wish.back:
                self._spend_again(wish, wish.back - wanted, now)

    def _give_back(self, wish: Wish, points: int, now: datetime) -> None:
        """What was owed first; then what ends last. It lives thirty days at least."""
        purse, today, skip = self.purse(wish.member), day_of(now), wish.passed
        wish.back += points
        wish.passed += points
        none = Lot("", 0, None, today)
        ranked = sorted(wish.parts, key=lambda part: part[0].rank, reverse=True)
        for lot, granted in [(none, wish.owed), *ranked]:
            passed = min(skip, granted)
            skip -= passed
            step = min(granted - passed, points)
            if step:
                points -= step
                ends = lot.ends and max(lot.ends, now + RETURNED)
                purse.arrive(Lot(lot.origin, step, ends, today), today)

    def _spend_again(self, wish: Wish, points: int, now: datetime) -> None:
        wish.back -= points
        taken = self.purse(wish.member).owe(points, day_of(now))
        wish.parts += taken
        wish.owed += points - total(taken)
