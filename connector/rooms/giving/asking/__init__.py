"""What shoppers are asked to give now: at most one round-up and one gift of an amount.

Published programmes ask: of each kind the newest that is live. A shop that never published one of
a kind that asks does so with amounts of the house; one whose programmes are over asks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from connector.core.errors import NotFound
from connector.core.money import exponent
from connector.rooms.giving import programmes, rules, service, store
from connector.rooms.giving.asking import answers
from connector.rooms.giving.rules import AddOn, Programme, RoundUp
from connector.rooms.giving.service import Cause
from connector.shops import service as shops

_UNITS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What may be given: to the next multiple, one of these, or between least and most.

    ``round_up_to_minor`` 0: no rounding up; ``most_minor`` 0: no amount of one's own.
    """

    amounts_minor: tuple[int, ...] = ()
    round_up_to_minor: int = 0
    least_minor: int = 0
    most_minor: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """The questions, by kind; ``programmes`` is empty where the house asks.

    ``causes``: each has at least one way, the default one comes first.
    """

    causes: tuple[Cause, ...]
    amounts: Amounts
    programmes: Mapping[str, Programme] = field(default_factory=dict)

    def ways(self, cause: Cause) -> dict[str, str]:
        """By kind what an order's line says of a gift to this cause."""
        if not self.programmes:
            return dict.fromkeys(sorted(rules.ASKING), cause.key)
        return {
            kind: f"{cause.key}@{one.id}"
            for kind, one in sorted(self.programmes.items())
            if cause.id in dict(one.causes)
        }


def asked(db: Connection, shop_id: int, now: datetime) -> Asked | None:
    """What is asked in the shop's currency; None: nothing."""
    currency = shops.get(db, shop_id).currency
    causes = [one for one in service.causes(db, shop_id) if not one.is_closed]
    published = answers.newest_last(programmes.programmes(db, shop_id))
    if not published:
        offered = tuple(one for one in causes if one.is_offered)
        return Asked(offered, of_the_house(currency)) if offered else None
    asking = {one.kind: one for one in published if one.currency == currency and one.covers(now)}
    named = {cause_id for one in asking.values() for cause_id, _ in one.causes}
    found = tuple(one for one in causes if one.id in named)
    return Asked(found, _amounts(asking), asking) if found else None


def of_the_house(currency: str) -> Amounts:
    """Whole units of a currency; hundreds where it has no smaller one."""
    unit = 10 ** (exponent(currency) or 2)
    return Amounts(tuple(one * unit for one in _UNITS), unit)


def causes(db: Connection, shop_id: int, now: datetime) -> Sequence[Cause]:
    """Those that shoppers may choose among, the default one first."""
    found = asked(db, shop_id, now)
    return found.causes if found else ()


def remember(db: Connection, shop_id: int, member_id: int, cause_id: int, now: datetime) -> None:
    """This member's gifts are for this cause unless said otherwise."""
    if cause_id not in {one.id for one in causes(db, shop_id, now)}:
        raise NotFound("cause_not_found", "no such cause to choose")
    store.put_member(db, shop_id, member_id, cause_id=cause_id)


def remembered(db: Connection, shop_id: int, member_id: int, now: datetime) -> Cause | None:
    """The cause a member chose last, if it may still be chosen; else the first that may be."""
    known = causes(db, shop_id, now)
    row = store.members(db, shop_id, [member_id]).get(member_id)
    chosen = [one for one in known if row is not None and one.id == row.cause_id]
    return next(iter((*chosen, *known)), None)


def _amounts(asking: Mapping[str, Programme]) -> Amounts:
    adding, step = AddOn(), 0
    for one in asking.values():
        match one.terms:
            case RoundUp(step_minor=step):
                pass
            case AddOn() as adding:
                pass
    least = adding.least_minor if adding.most_minor else 0
    return Amounts(adding.amounts_minor, step, least, adding.most_minor)
