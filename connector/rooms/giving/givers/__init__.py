"""Givers: what one member's orders and points gave, each gift in the one state it is in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Connection, String, bindparam, text

from connector.core.db import Id, Utc
from connector.rooms.giving import rules
from connector.rooms.giving.rules import Programme

_GIFTS = (
    text((Path(__file__).parent / "gifts.sql").read_text("utf-8"))
    .bindparams(bindparam("since", type_=Utc), bindparam("until", type_=Utc))
    .columns(
        order_id=Id,
        kind=String,
        cause_id=Id,
        programme_id=Id,
        currency=String,
        given_minor=BigInteger,
        pledged_minor=BigInteger,
        due_minor=BigInteger,
        given_at=Utc,
        number=String,
        paid_minor=BigInteger,
    )
)
_EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Gift:
    """One donation of a member's order (``number``) or points (None)."""

    order_id: int
    kind: str
    cause_id: int
    programme_id: int
    currency: str
    given_minor: int
    pledged_minor: int
    due_minor: int
    given_at: datetime
    number: str | None
    paid_minor: int

    @property
    def standing_minor(self) -> int:
        return self.pledged_minor + self.due_minor

    @property
    def refunded_minor(self) -> int:
        return self.given_minor - self.standing_minor

    @property
    def is_own(self) -> bool:
        """Paid by the member; the shop pays everything else."""
        return self.kind == rules.GIFT

    @property
    def state(self) -> str:
        """refunded, pledged, due (on its way) or paid."""
        if not self.standing_minor:
            return "refunded"
        if self.pledged_minor:
            return "pledged"
        return "paid" if self.paid_minor >= self.due_minor else "due"


def gifts(
    db: Connection,
    shop_id: int,
    member_id: int,
    span: tuple[datetime, datetime] = _EVER,
) -> list[Gift]:
    """All of a member's, newest first; of a ``span`` from its start to before its end."""
    since, until = span
    told = {"shop_id": shop_id, "member_id": member_id, "since": since, "until": until}
    return [
        Gift(**{**row._asdict(), "paid_minor": int(row.paid_minor)})
        for row in db.execute(_GIFTS, told)
    ]


def year(number: int, zone: str) -> tuple[datetime, datetime]:
    """A calendar year as a shop's clocks show it, to its end exclusive."""
    here = ZoneInfo(zone)
    first, last = (datetime(n, 1, 1, tzinfo=here) for n in (number, number + 1))
    return first.astimezone(UTC), last.astimezone(UTC)


def years(given: Iterable[Gift], zone: str) -> list[tuple[int, str]]:
    """(year, currency) of what a member gave and nothing can take back, newest first."""
    here = ZoneInfo(zone)
    found = {
        (one.given_at.astimezone(here).year, one.currency)
        for one in given
        if one.is_own and one.due_minor
    }
    return sorted(found, key=lambda one: (-one[0], one[1]))


def pieces(one: Programme, standing_minor: int) -> int:
    """Whole pieces that an amount is of what this programme gives; 0 where nothing is counted."""
    terms = one.terms
    if not isinstance(terms, rules.PerUnit | rules.InKind):
        return 0
    return standing_minor // terms.amount_minor
