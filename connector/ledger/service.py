"""The book's verbs: open it for some members, move points, close it.

Everything happens inside one transaction of the caller; nothing here commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.core.clock import local_date
from connector.core.ids import new_id
from connector.core.money import spread
from connector.ledger import store
from connector.ledger.rules import Lot, Movement, Purse

RETURNED_DAYS = 30  # what comes back can be used at least so long
_MEMBER_STATES = ("member", "pending", "held", "debt")


@dataclass(slots=True)
class Voucher:
    """Why something is booked: goes on every entry it causes.

    ``stem`` and ``number`` make the source keys ``<stem>:<account>:<number>``; ``number`` counts
    on with each entry, so that after the verbs it is the count of entries under this stem.
    ``qualifying``: how much of what a verb moves counts for tiers.
    """

    stem: str
    kind: str
    occurred_at: datetime
    number: int = 0
    origin: str | None = None
    rule_version: int | None = None
    expires_at: datetime | None = None
    qualifying: int = 0


class Book:
    """One shop's book in one unit, open for these members until ``close``."""

    def __init__(
        self, db: Connection, shop_id: int, unit: str, zone: str, member_ids: Sequence[int]
    ) -> None:
        self._db = db
        self._shop_id = shop_id
        self._unit = unit
        self._zone = zone
        self._purses = store.load_purses(db, shop_id, unit, sorted(set(member_ids)))
        self._lots_loaded = False
        self._page = store.Page()
        self._lots: list[tuple[Lot, dict[str, object]]] = []

    def hold_back(self, member_id: int, amount: int, why: Voucher) -> None:
        """Award points that wait for the end of their hold."""
        self._book(member_id, self._purses[member_id].hold_back(amount), why)

    def award(self, member_id: int, amount: int, why: Voucher) -> None:
        """Award points that can be used at once; debt is repaid first."""
        self._book(member_id, self._purses[member_id].award(amount), why)

    def release(self, member_id: int, amount: int, why: Voucher) -> None:
        """Pending points whose hold has ended become available; debt is repaid first."""
        self._book(member_id, self._purses[member_id].release(amount), why)

    def take_back(self, member_id: int, amount: int, own_pending: int, why: Voucher) -> int:
        """Take back what ``why.origin`` earned; returns how much came from its pending."""
        from_pending = min(amount, own_pending)
        purse = self._with_lots(member_id)
        lapsed: list[tuple[str, int]] = []
        own = sum(lot.remaining for lot in purse.lots if lot.origin == why.origin)
        if amount > from_pending + own and why.origin:
            lapsed = store.lapsed(self._db, self._shop_id, member_id, why.origin, why.stem)
        movements = purse.take_back(
            amount, origin=why.origin or "", own_pending=own_pending, lapsed=lapsed
        )
        self._book(member_id, movements, why)
        return from_pending

    def left(self, member_id: int, origin: str) -> int:
        """How much that can be used is left of what this origin earned."""
        lots = self._with_lots(member_id).lots
        return sum(lot.remaining for lot in lots if lot.origin == origin)

    def spend(self, member_id: int, amount: int, to: str, why: Voucher) -> None:
        """Move available points out; InsufficientPoints if there are not enough."""
        self._book(member_id, self._with_lots(member_id).spend(amount, to), why)

    def hold(self, member_id: int, amount: int, why: Voucher) -> None:
        """Reserve available points for a reward; InsufficientPoints if there are not enough."""
        self._book(member_id, self._with_lots(member_id).spend(amount, "held"), why)

    def capture(self, member_id: int, amount: int, why: Voucher) -> None:
        """What was held under ``why.stem`` is spent."""
        self._book(member_id, self._purses[member_id].capture(amount), why)

    def give_back(self, member_id: int, amount: int, why: Voucher, *, from_: str) -> None:
        """Held or redeemed points return as what they were: same origin, same expiry.

        What was taken last comes back first. Nothing returns to lapse at once: it lives
        RETURNED_DAYS at least.
        """
        purse = self._with_lots(member_id)
        live_until = why.occurred_at + timedelta(days=RETURNED_DAYS)
        for origin, expires_at, step in store.returnable(
            self._db, self._shop_id, member_id, why.stem, amount
        ):
            lasts = expires_at and max(expires_at, live_until)
            dated = replace(why, origin=origin, expires_at=lasts)
            self._book(member_id, purse.give_back(step, from_), dated)
            why.number = dated.number

    def spend_again(self, member_id: int, amount: int, why: Voucher) -> None:
        """Points that ``give_back`` returned are spent after all, into debt if they are gone."""
        self._book(member_id, self._with_lots(member_id).spend_again(amount), why)

    def expire(self, member_id: int, now: datetime, why: Voucher) -> int:
        """Lots whose time is over lapse; returns how many points."""
        purse = self._with_lots(member_id)
        due = [lot for lot in purse.lots if lot.expires_at is not None and lot.expires_at <= now]
        movements = purse.expire(due)
        self._book(member_id, movements, why)
        return sum(movement.amount for movement in movements)

    def lapse(self, member_id: int, why: Voucher) -> int:
        """Everything that can be used lapses; returns how many points."""
        purse = self._with_lots(member_id)
        movements = purse.expire([lot for lot in purse.lots if lot.remaining])
        self._book(member_id, movements, why)
        return sum(movement.amount for movement in movements)

    def hand_over(self, gone_id: int, kept_id: int, why: Voucher) -> None:
        """All of one member's points become another's: lots keep origin and expiry."""
        gone = self._with_lots(gone_id)
        self._move_lots(gone_id, kept_id, [lot for lot in gone.lots if lot.remaining], why)
        if gone.pending:
            amount = gone.pending
            self._book(gone_id, gone.give_up_pending(amount), why)
            self.hold_back(kept_id, amount, why)
        if gone.debt:
            amount = -gone.debt
            self._book(gone_id, gone.write_off(amount), why)
            self.take_back(kept_id, amount, 0, why)

    def hand_back(
        self,
        kept_id: int,
        gone_id: int,
        *,
        lots: Collection[int],
        origins: Collection[str],
        pending: int,
        why: Voucher,
    ) -> None:
        """What is left of these lots, or of lots of these origins, goes back to whose it was."""
        kept = self._with_lots(kept_id)
        chosen = [
            lot for lot in kept.lots if lot.remaining and (lot.id in lots or lot.origin in origins)
        ]
        self._move_lots(kept_id, gone_id, chosen, why)
        if pending:
            self._book(kept_id, kept.give_up_pending(pending), why)
            self.hold_back(gone_id, pending, why)

    def _move_lots(self, from_id: int, to_id: int, lots: Sequence[Lot], why: Voucher) -> None:
        """Lots become another member's, with origin and expiry."""
        for lot in lots:
            amount = lot.remaining
            dated = replace(why, origin=lot.origin, expires_at=lot.expires_at)
            self._book(from_id, self._purses[from_id].give_up(lot), dated)
            self.award(to_id, amount, dated)
            why.number = dated.number

    def forgive(self, member_id: int, amount: int, why: Voucher) -> None:
        """So much of the member's debt is owed no more."""
        self._book(member_id, self._purses[member_id].write_off(amount), why)

    def forfeit(self, member_id: int, why: Voucher) -> None:
        """Close the member's accounts: nothing is available, pending or owed afterwards."""
        self._book(member_id, self._with_lots(member_id).forfeit(), why)

    def purse(self, member_id: int) -> Purse:
        """The member's balances as this book sees them now."""
        return self._purses[member_id]

    def close(self) -> None:
        """Write everything; the database refuses what must not be."""
        page = self._page
        page.lots = [{**row, "remaining": lot.remaining} for lot, row in self._lots]
        for lot, _ in self._lots:
            page.drawn.pop(lot.id, None)  # what is taken of a new lot it never had
        if page.entries:
            store.write(self._db, self._shop_id, self._unit, page)

    def _with_lots(self, member_id: int) -> Purse:
        if not self._lots_loaded:
            self._lots_loaded = True
            lots = store.load_lots(self._db, self._shop_id, self._unit, list(self._purses))
            for owner, found in lots.items():
                self._purses[owner].lots[:0] = found
        return self._purses[member_id]

    def _book(self, member_id: int, movements: Sequence[Movement], why: Voucher) -> None:
        parts = _qualifying(movements, why)
        for movement, part in zip(movements, parts, strict=True):
            entry_id = new_id()
            self._page.entries.append(
                self._entry(entry_id, member_id, movement, why) | {"qualifying": part}
            )
            why.number += 1
            for lot_id, amount in movement.lots:
                self._page.drawn[lot_id] += amount
                self._page.consumptions.append(
                    {
                        "shop_id": self._shop_id,
                        "entry_id": entry_id,
                        "lot_id": lot_id,
                        "amount": amount,
                    }
                )
            if movement.opens_lot:
                self._open_lot(entry_id, member_id, movement, why)

    def _entry(
        self, entry_id: int, member_id: int, movement: Movement, why: Voucher
    ) -> dict[str, object]:
        sides = []
        for short, sign in ((movement.from_, -1), (movement.to, 1)):
            name = f"{short}:{member_id}" if short in _MEMBER_STATES else short
            sides.append(name)
            if short in _MEMBER_STATES:
                self._page.deltas[name][0] += sign * movement.amount
                self._page.deltas[name][1] += 1
        short = movement.to if movement.to in _MEMBER_STATES else movement.from_
        return {
            "shop_id": self._shop_id,
            "id": entry_id,
            "unit": self._unit,
            "amount": movement.amount,
            "from_account": sides[0],
            "to_account": sides[1],
            "source": f"{why.stem}:{short}:{why.number}",
            "kind": _kind(movement, why),
            "occurred_at": why.occurred_at,
            "local_date": local_date(why.occurred_at, self._zone),
            "expires_at": why.expires_at if movement.opens_lot else None,
            "rule_version": why.rule_version,
        }

    def _open_lot(self, entry_id: int, member_id: int, movement: Movement, why: Voucher) -> None:
        purse = self._purses[member_id]
        lot = Lot(entry_id, movement.amount, movement.amount, why.origin, why.expires_at)
        self._book(member_id, purse.repay(lot), why)
        row = {
            "shop_id": self._shop_id,
            "id": entry_id,
            "unit": self._unit,
            "account": f"member:{member_id}",
            "origin": why.origin,
            "granted": movement.amount,
            "expires_at": why.expires_at,
        }
        self._lots.append((lot, row))


def append(
    db: Connection,
    shop_id: int,
    unit: str,
    zone: str,
    movements: Sequence[tuple[str, str, int, Voucher]],
) -> None:
    """Book (from, to, amount, why) between shop-wide accounts, which have no cached balance."""
    rows = []
    for from_account, to_account, amount, why in movements:
        rows.append(
            {
                "shop_id": shop_id,
                "id": new_id(),
                "unit": unit,
                "amount": amount,
                "from_account": from_account,
                "to_account": to_account,
                "source": f"{why.stem}:{to_account.partition(':')[0]}:{why.number}",
                "kind": why.kind,
                "occurred_at": why.occurred_at,
                "local_date": local_date(why.occurred_at, zone),
                "rule_version": why.rule_version,
            }
        )
        why.number += 1
    store.insert_entries(db, rows)


def _qualifying(movements: Sequence[Movement], why: Voucher) -> list[int | None]:
    """Each movement's part of what counts for tiers; only what the program gives or takes does."""
    if not why.qualifying:
        return [None] * len(movements)
    touching = [one.amount if "program" in (one.from_, one.to) else 0 for one in movements]
    return [part or None for part in spread(why.qualifying, touching)]


def _kind(movement: Movement, why: Voucher) -> str:
    return "repayment" if (movement.from_, movement.to) == ("member", "debt") else why.kind
