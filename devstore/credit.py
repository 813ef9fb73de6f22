"""Store credit: one account a customer and currency, whose arrivals may run out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from devstore.model import replace
from devstore.refusals import CreditRefused
from devstore.shelf import Shelf

_BUCKET = "store credit"


class Entry(Struct, frozen=True):
    """One movement; ``amount_minor`` < 0 was spent. ``left_minor``: of an arrival, not yet."""

    id: int
    amount_minor: int
    balance_minor: int  # after it
    made_at: datetime
    event: str  # ADJUSTMENT, ORDER_PAYMENT, ORDER_REFUND or ORDER_CANCELLATION
    left_minor: int = 0
    ends_at: datetime | None = None


class Account(Struct, frozen=True):
    """``entries`` the oldest first."""

    id: int
    customer_id: int
    currency: str
    entries: tuple[Entry, ...] = ()

    def balance_minor(self, at: datetime) -> int:
        """What can be spent at ``at``."""
        return sum(one.left_minor for one in self.entries if _lives(one, at))


class Wallet:
    """The accounts of one shop. ``next_id`` numbers accounts and movements."""

    def __init__(
        self, shelf: Shelf, now: Callable[[], datetime], next_id: Callable[[str], int]
    ) -> None:
        self._shelf = shelf
        self._now = now
        self._next_id = next_id

    def account(self, customer_id: int, currency: str) -> Account | None:
        return self._shelf.take(_BUCKET, f"{customer_id}:{currency}", Account)

    def balance_minor(self, customer_id: int | None, currency: str) -> int:
        """0 for guests and for whoever never had any."""
        found = None if customer_id is None else self.account(customer_id, currency)
        return found.balance_minor(self._now()) if found else 0

    def give(
        self,
        customer_id: int,
        currency: str,
        amount_minor: int,
        event: str = "ADJUSTMENT",
        ends_at: datetime | None = None,
    ) -> Account:
        """Add credit; the newest entry of the account is this one."""
        now = self._now()
        with self._shelf.change():
            found = self.account(customer_id, currency)
            if found is None:
                found = Account(self._next_id("account"), customer_id, currency)
            entry = Entry(
                self._next_id("movement"),
                amount_minor,
                found.balance_minor(now) + amount_minor,
                now,
                event,
                amount_minor,
                ends_at,
            )
            return self._keep(replace(found, entries=(*found.entries, entry)))

    def spend(self, customer_id: int, currency: str, amount_minor: int) -> Account:
        """Pay an order, first with what runs out first. CreditRefused beyond the balance."""
        now = self._now()
        with self._shelf.change():
            found = self.account(customer_id, currency)
            balance = found.balance_minor(now) if found else 0
            if found is None or balance < amount_minor:
                raise CreditRefused(f"The store credit is {balance}, not {amount_minor}.")
            open_ = [one for one in found.entries if one.left_minor and _lives(one, now)]
            rest, used = amount_minor, {}
            for one in sorted(open_, key=lambda one: (one.ends_at is None, one.ends_at or now)):
                used[one.id] = min(rest, one.left_minor)
                rest -= used[one.id]
            entries = tuple(
                replace(one, left_minor=one.left_minor - used.get(one.id, 0))
                for one in found.entries
            )
            number = self._next_id("movement")
            paid = Entry(number, -amount_minor, balance - amount_minor, now, "ORDER_PAYMENT")
            return self._keep(replace(found, entries=(*entries, paid)))

    def _keep(self, account: Account) -> Account:
        self._shelf.put(_BUCKET, f"{account.customer_id}:{account.currency}", account)
        return account


def _lives(one: Entry, at: datetime) -> bool:
    return one.ends_at is None or at < one.ends_at
