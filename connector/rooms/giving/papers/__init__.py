"""What a programme needs before it is published: pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from connector.core.i18n import countries
from connector.rooms.giving.rules import (
    ADDING,
    AddOn,
    InKind,
    Match,
    PerUnit,
    PointsGiven,
    Programme,
    RoundUp,
    Share,
)


class Papers(Protocol):
    """What the law asks of a cause."""

    @property
    def id(self) -> int: ...
    @property
    def registration(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def payee(self) -> str: ...
    @property
    def agreement(self) -> str: ...
    @property
    def agreed_on(self) -> str | None: ...
    @property
    def is_closed(self) -> bool: ...


class Lack(NamedTuple):
    """What keeps a programme from being published: a field, and which of ``WHY``."""

    field: str
    why: str = "missing"


WHY: Mapping[str, str] = {
    "missing": "it is not told, or cannot be meant",
    "begins_past": "it would be said to begin on a day that is over, whose orders get nothing",
    "ends_first": "it would end before it begins",
    "ends_past": "its end is over",
    "minimum_above": "the least is above the most",
    "amount_outside": "each once, and none outside of the least and the most one may choose",
    "cause_closed": "a cause is closed, or there no more",
    "campaign_closed": "its goal is closed, or of another currency",
    "unknown_country": "no country has this code",
    "signed_later": "the contract is dated to a day to come",
}


def wanting(programme: Programme, causes: Sequence[Papers], at: datetime) -> Iterator[Lack]:
    """What keeps a programme from being published; nothing when all is there and can be true.

    at: now, in the shop's zone. What is on file of causes is looked at again, whatever let it in.
    """
    yield from _days(programme, at)
    yield from (Lack(name) for name, is_there in _conditions(programme) if not is_there)
    if (
        programme.kind in ADDING
        and (programme.minimum_minor or 0) > (programme.cap_minor or 0) > 0
    ):
        yield Lack("minimum_minor", "minimum_above")
    if isinstance(programme.terms, AddOn) and not _is_said_whole(programme.terms):
        yield Lack("amounts_minor", "amount_outside")
    named = {cause_id for cause_id, _ in programme.causes}
    found = [one for one in causes if one.id in named]
    if not named:
        yield Lack("causes")
    elif len(found) < len(named) or any(one.is_closed for one in found):
        yield Lack("causes", "cause_closed")
    for cause in found:
        for name, why in lacking(cause, programme.kind, at):
            yield Lack(f"cause.{name}", why)


def lacking(cause: Papers, kind: str, at: datetime) -> Iterator[Lack]:
    """What a cause still needs on file: a sale that gives takes a contract, a gift does not."""
    names = ["registration", "country", "payee"]
    if kind in ADDING:
        names += ["agreement", "agreed_on"]
    yield from (Lack(name) for name in names if not getattr(cause, name))
    if cause.country and cause.country not in countries():
        yield Lack("country", "unknown_country")
    if kind in ADDING and cause.agreed_on and cause.agreed_on > at.date().isoformat():
        yield Lack("agreed_on", "signed_later")


def _days(programme: Programme, at: datetime) -> Iterator[Lack]:
    starts_at, ends_at = programme.starts_at, programme.ends_at
    if starts_at is None:
        yield Lack("starts_at")
    elif starts_at.astimezone(at.tzinfo).date() < at.date():
        yield Lack("starts_at", "begins_past")
    if ends_at is None:
        yield Lack("ends_at")
    elif starts_at is not None and ends_at <= starts_at:
        yield Lack("ends_at", "ends_first")
    elif ends_at <= at:
        yield Lack("ends_at", "ends_past")


def _is_said_whole(terms: AddOn) -> bool:
    """Whether the words "from the least to the most", or each amount once, leave none out."""
    amounts = terms.amounts_minor
    is_within = all(terms.least_minor <= one <= terms.most_minor for one in amounts)
    return len(set(amounts)) == len(amounts) and (is_within or not terms.most_minor)


def _conditions(programme: Programme) -> Iterator[tuple[str, bool]]:
    terms = programme.terms
    yield "name", bool(programme.name.strip())
    match terms:
        case RoundUp():
            yield "step_minor", terms.step_minor > 1
        case AddOn():
            amounts, most = terms.amounts_minor, terms.most_minor
            yield "amounts_minor", bool(amounts or most) and all(amounts)
            yield "least_minor", not most or 0 < terms.least_minor <= most
        case Share():
            yield "percent_bps", bool(terms.percent_bps) is not bool(terms.amount_minor)
        case PerUnit() | InKind():
            yield "amount_minor", terms.amount_minor > 0
            yield "names", bool(terms.names.get("en", "").strip())
        case Match():
            yield "ratio_bps", terms.ratio_bps > 0
        case PointsGiven():
            yield "points", terms.points > 0
            yield "value_minor", terms.value_minor > 0
    if programme.kind in ADDING:
        cap, minimum = programme.cap_minor, programme.minimum_minor
        yield "cap_minor", cap is not None and cap > 0
        yield "minimum_minor", minimum is not None and minimum >= 0
