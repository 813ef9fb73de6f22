"""Accounts of what was given: by month out of the book, and of each programme to its end.

A month counts what was booked in it, so one that is over never changes again; an account says
where everything ever given for a programme stands by now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from connector.core.money import spread
from connector.rooms.giving import rules, store
from connector.rooms.giving.accounts.movements import MOVES
from connector.rooms.giving.models import giving_batch, giving_month
from connector.rooms.giving.rules import Programme


@dataclass(frozen=True, slots=True)
class Month:
    """What moved in a month for a cause, in one currency. Our fee is 0."""

    month: str  # YYYY-MM
    cause_id: int
    currency: str
    gross_minor: int = 0
    matched_minor: int = 0
    refunded_minor: int = 0
    remitted_minor: int = 0

    @property
    def net_minor(self) -> int:
        return self.gross_minor + self.matched_minor - self.refunded_minor


@dataclass(frozen=True, slots=True)
class Account:
    """What a programme (0: none) gave a cause in one way, each cent in the state it is in.

    unit_minor: what one piece gives; 0 where nothing is counted in pieces. pieces: whole ones that
    stand, split among causes as their amounts are; a cap may have cut the last one short.
    """

    programme_id: int
    cause_id: int
    currency: str
    kind: str
    gifts: int
    given_minor: int
    pledged_minor: int
    due_minor: int
    locked_minor: int
    remitted_minor: int
    unit_minor: int = 0
    pieces: int | None = None

    @property
    def standing_minor(self) -> int:
        return self.pledged_minor + self.due_minor

    @property
    def refunded_minor(self) -> int:
        return self.given_minor - self.standing_minor

    @property
    def owed_minor(self) -> int:
        return self.due_minor - self.remitted_minor


def months(db: Connection, shop_id: int, since: str = "") -> list[Month]:
    """By month, cause and currency, from the month ``since`` on; oldest first."""
    of = giving_month.c
    rows = db.execute(
        select(giving_month)
        .where(of.shop_id == shop_id, of.month >= since)
        .order_by(of.month, of.cause_id, of.currency)
    )
    names = ("month", "cause_id", "currency", *MOVES)
    return [Month(**{name: getattr(row, name) for name in names}) for row in rows]


def accounts(db: Connection, shop_id: int, of: Sequence[Programme]) -> list[Account]:
    """Of these programmes, by programme, cause and kind; what answers none is of none."""
    units = {one.id: _unit(one) for one in of}
    return _counted(
        _account(row, units[row.programme_id])
        for row in store.tallies(db, shop_id)
        if row.programme_id in units
    )


def everything(db: Connection, shop_id: int, of: Mapping[int, Programme]) -> list[Account]:
    """All there is, also of gifts that no programme asked for."""
    return _counted(
        _account(row, _unit(of[row.programme_id]) if row.programme_id in of else 0)
        for row in store.tallies(db, shop_id)
    )


def receipts(db: Connection, shop_id: int, programme_ids: Collection[int]) -> tuple[int, int]:
    """(payments sent for these programmes, how many of them causes confirmed by a receipt)."""
    of = giving_batch.c
    chosen = select(of.parts, of.receipted_at)
    rows = db.execute(chosen.where(of.shop_id == shop_id, of.sent_at.is_not(None)))
    found = [
        row.receipted_at
        for row in rows
        if any(one["programme_id"] in programme_ids for one in row.parts)
    ]
    return len(found), sum(at is not None for at in found)


def _counted(found: Iterable[Account]) -> list[Account]:
    """With their pieces: of all causes together as many as the whole amount makes."""
    known = list(found)
    groups: dict[tuple[int, str, str], list[int]] = {}
    for place, one in enumerate(known):
        if one.unit_minor:
            groups.setdefault((one.programme_id, one.currency, one.kind), []).append(place)
    for places in groups.values():
        stand = [known[place].standing_minor for place in places]
        whole = sum(stand) // known[places[0]].unit_minor
        for place, pieces in zip(places, spread(whole, stand), strict=True):
            known[place] = replace(known[place], pieces=pieces)
    return known


def _unit(one: Programme) -> int:
    terms = one.terms
    return terms.amount_minor if isinstance(terms, rules.PerUnit | rules.InKind) else 0


def _account(row: Row[Any], unit_minor: int) -> Account:
    return Account(
        row.programme_id,
        row.cause_id,
        row.currency,
        row.kind,
        row.gifts,
        row.given_minor,
        row.pledged_minor,
        row.due_minor,
        row.locked_minor,
        row.remitted_minor,
        0 if row.kind == rules.TOP_UP else unit_minor,
    )
