"""How points move between the states of one member: pure, in memory, no SQL.

A purse holds one member's balances and open lots in one unit. Its verbs change it and return the
movements to book. Debits take the lot that expires first, then the oldest. Points taken back take,
in order: the order's own pending; what is left of its own lots; its part that lapsed (no charge);
other lots; and only then debt, which later arrivals repay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connector.core.errors import InsufficientPoints


@dataclass(slots=True)
class Lot:
    """A credit with what remains of it. ``taken`` is what this purse took of it."""

    id: int
    granted: int
    remaining: int
    origin: str | None = None
    expires_at: datetime | None = None
    taken: int = 0

    def take(self, wanted: int) -> int:
        amount = min(wanted, self.remaining)
        self.remaining -= amount
        self.taken += amount
        return amount


@dataclass(frozen=True, slots=True)
class Movement:
    """One step between two of the accounts ``from_`` and ``to``, by their short names.

    ``lots`` are (lot id, amount) consumed; ``opens_lot`` says a lot begins with it.
    """

    from_: str
    to: str
    amount: int
    lots: tuple[tuple[int, int], ...] = ()
    opens_lot: bool = False


@dataclass(slots=True)
class Purse:
    """One member's accounts in one unit; ``debt`` <= 0, the others >= 0."""

    member_id: int
    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    lots: list[Lot] = field(default_factory=list)

    def hold_back(self, amount: int) -> list[Movement]:
        """Award points that wait for the end of their hold."""
        self.pending += amount
        return [Movement("program", "pending", amount)]

    def award(self, amount: int) -> list[Movement]:
        """Award points that can be used at once."""
        self.available += amount
        return [Movement("program", "member", amount, opens_lot=True)]

    def release(self, amount: int) -> list[Movement]:
        """Pending points whose hold has ended become available."""
        self.pending -= amount
        self.available += amount
        return [Movement("pending", "member", amount, opens_lot=True)]

    def repay(self, new_lot: Lot) -> list[Movement]:
        """What has just arrived as ``new_lot`` repays debt first."""
        self.lots.append(new_lot)
        amount = min(new_lot.remaining, -self.debt)
        if amount <= 0:
            return []
        new_lot.take(amount)
        self.available -= amount
        self.debt += amount
        return [Movement("member", "debt", amount, ((new_lot.id, amount),))]

    def spend(self, amount: int, to: str) -> list[Movement]:
        """Move available points to ``to``; InsufficientPoints if there are not enough."""
        if amount > self.available + self.debt:
            raise InsufficientPoints(
                f"{amount} points wanted; {max(self.available + self.debt, 0)} available"
            )
        if to == "held":
            self.held += amount
        return self._consume(amount, _by_expiry(self.lots), to)

    def capture(self, amount: int) -> list[Movement]:
        """What was held for a reward is spent."""
        self.held -= amount
        return [Movement("held", "redeemed", amount)]

    def give_back(self, amount: int, from_: str) -> list[Movement]:
        """What was held or redeemed returns as a lot."""
        if from_ == "held":
            self.held -= amount
        self.available += amount
        return [Movement(from_, "member", amount, opens_lot=True)]

    def spend_again(self, amount: int) -> list[Movement]:
        """What had returned is spent after all; never refuses: what is missing becomes debt."""
        step = max(min(amount, self.available + self.debt), 0)
        movements = self._consume(step, _by_expiry(self.lots), "redeemed") if step else []
        if amount > step:
            self.debt -= amount - step
            movements.append(Movement("debt", "redeemed", amount - step))
        return movements

    def expire(self, lots: Sequence[Lot]) -> list[Movement]:
        """What remains of these lots lapses."""
        amount = sum(lot.remaining for lot in lots)
        return self._consume(amount, lots, "expired") if amount else []

    def take_back(
        self, amount: int, *, origin: str, own_pending: int, lapsed: Sequence[tuple[str, int]]
    ) -> list[Movement]:
        """Take back what ``origin`` earned; never refuses.

        own_pending: how much of the pending account is this origin's.
        lapsed: (account, amount) of its points that expired or were forfeited.
        """
        movements: list[Movement] = []
        left = amount
        if step := min(left, own_pending):
            self.pending -= step
            movements.append(Movement("pending", "program", step))
            left -= step
        own = [lot for lot in self.lots if lot.origin == origin]
        others = [lot for lot in self.lots if lot.origin != origin]
        if step := min(left, sum(lot.remaining for lot in own)):
            movements += self._consume(step, _by_expiry(own), "program")
            left -= step
        for account, gone in lapsed:
            if step := min(left, gone):
                movements.append(Movement(account, "program", step))
                left -= step
        if step := min(left, sum(lot.remaining for lot in others)):
            movements += self._consume(step, _by_expiry(others), "program")
            left -= step
        if left:
            self.debt -= left
            movements.append(Movement("debt", "program", left))
        return movements

    def give_up(self, lot: Lot) -> list[Movement]:
        """One lot goes back to the program, to be given to somebody else."""
        return self._consume(lot.remaining, [lot], "program")

    def give_up_pending(self, amount: int) -> list[Movement]:
        """The same for so much of what is pending."""
        self.pending -= amount
        return [Movement("pending", "program", amount)]

    def write_off(self, amount: int) -> list[Movement]:
        """So much of what is owed is owed no more."""
        self.debt += amount
        return [Movement("program", "debt", amount)]

    def forfeit(self) -> list[Movement]:
        """Give up everything; what was owed is written off."""
        movements: list[Movement] = []
        if self.available:
            movements += self._consume(self.available, self.lots, "forfeited")
        if self.pending:
            movements.append(Movement("pending", "forfeited", self.pending))
            self.pending = 0
        if self.debt:
            movements += self.write_off(-self.debt)
        return movements

    def _consume(self, amount: int, lots: Sequence[Lot], to: str) -> list[Movement]:
        taken: list[tuple[int, int]] = []
        left = amount
        for lot in lots:
            if left == 0:
                break
            if step := lot.take(left):
                taken.append((lot.id, step))
                left -= step
        self.available -= amount
        return [Movement("member", to, amount, tuple(taken))]


def _by_expiry(lots: Sequence[Lot]) -> list[Lot]:
    far = datetime.max.replace(tzinfo=UTC)
    return sorted(lots, key=lambda lot: (lot.expires_at or far, lot.id))
