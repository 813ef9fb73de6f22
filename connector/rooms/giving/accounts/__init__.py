"""Accounts of what was given: by month out of the book, and of each programme to its end.

A month counts what was booked in it, so one that is over never changes again; an account says
where everything ever given for a programme stands by now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, String, bindparam, text

from connector.core.money import spread
from connector.rooms.giving import rules, store
from connector.rooms.giving.rules import Programme

_MONTHS = text((Path(__file__).parent / "months.sql").read_text("utf-8")).columns(
    month=String, currency=String, source=String, target=String, kind=String, minor=BigInteger
)
_RECEIPTS = text((Path(__file__).parent / "receipts.sql").read_text("utf-8")).bindparams(
    bindparam("ids", expanding=True)
)
_MATCHED = (rules.MATCH, f"{rules.MATCH}_refund")
_GIVERS = ("donors", "program")


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
    """By month, cause and currency, from the day ``since`` on; oldest first."""
    sums: dict[tuple[str, int, str], dict[str, int]] = {}
    for row in db.execute(_MONTHS, {"shop_id": shop_id, "since": since}):
        told = _meaning(row)
        if told is not None:
            name, account = told
            of = (row.month, int(account.partition(":")[2]), row.currency)
            have = sums.setdefault(of, {})
            have[name] = have.get(name, 0) + int(row.minor)
    return [
        Month(month, cause_id, currency, **have)
        for (month, cause_id, currency), have in sorted(sums.items())
    ]


def _meaning(row: Row[Any]) -> tuple[str, str] | None:
    """(which sum it adds to, whose account it is on); None for a pledge that became due."""
    if row.target == "remitted":
        return "remitted_minor", row.source
    if row.source in _GIVERS:
        return "matched_minor" if row.kind in _MATCHED else "gross_minor", row.target
    return ("refunded_minor", row.source) if row.target in _GIVERS else None


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


def receipts(db: Connection, shop_id: int, programme_ids: Sequence[int]) -> tuple[int, int]:
    """(payments sent for these programmes, how many of them causes confirmed by a receipt)."""
    found = db.execute(_RECEIPTS, {"shop_id": shop_id, "ids": list(programme_ids)}).one()
    return found.sent, found.receipted


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
