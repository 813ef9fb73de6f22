"""How shoppers answered: orders that could have been asked, those with a gift, and its way.

Nobody writes down who saw the question. What is counted are all orders placed while a published
programme asked, so a share of them is never more than the share of those who saw it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, func, select, text

from connector.core.db import Utc
from connector.rooms.giving import rules
from connector.rooms.giving.models import giving_donation
from connector.rooms.giving.rules import Programme
from connector.rooms.giving.store import STANDS

_SQL = {path.stem: text(path.read_text("utf-8")) for path in Path(__file__).parent.glob("*.sql")}
_TIMES = (bindparam("since", type_=Utc), bindparam("until", type_=Utc))
_ANSWERED = _SQL["answered"].bindparams(*_TIMES)


@dataclass(frozen=True, slots=True)
class Answers:
    """Orders of a month (or of all): those placed while something was asked, and with a gift."""

    month: str
    orders: int
    given: int


@dataclass(frozen=True, slots=True)
class Gifts:
    """Gifts at checkout that stand: how many, and what they come to."""

    count: int
    minor: int

    @property
    def mean_minor(self) -> int:
        """Rounded half up; 0 of none."""
        return (2 * self.minor + self.count) // (2 * self.count) if self.count else 0


def asked(
    db: Connection,
    shop_id: int,
    currency: str,
    spans: Sequence[tuple[datetime, datetime]],
    zone: str,
) -> list[Answers]:
    """By month, orders placed in these times, and how many of them had a gift."""
    orders: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for since, until in spans:
        first, last = (at.astimezone(ZoneInfo(zone)).date().isoformat() for at in (since, until))
        told = {"shop_id": shop_id, "currency": currency, "first": first, "last": last}
        for row in db.execute(_ANSWERED, told | {"since": since, "until": until}):
            orders[row.month] += row.orders
            given[row.month] += row.given
    return [Answers(month, count, given[month]) for month, count in sorted(orders.items())]


def spans(
    known: Sequence[Programme], currency: str, since: datetime, now: datetime
) -> list[tuple[datetime, datetime]]:
    """When something was asked in this currency since then, without overlaps; oldest first."""
    found: list[tuple[datetime, datetime]] = []
    for starts_at, ends_at in sorted(_times(known, currency, since, now)):
        if found and starts_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends_at))
        else:
            found.append((starts_at, ends_at))
    return found


def _times(
    known: Sequence[Programme], currency: str, since: datetime, now: datetime
) -> Iterator[tuple[datetime, datetime]]:
    for one in known:
        if one.kind not in rules.ASKING or one.currency != currency:
            continue
        if one.begins_at is None or one.ends_at is None:
            continue
        starts_at, ends_at = max(one.begins_at, since), min(one.ends_at, now)
        if starts_at < ends_at:
            yield starts_at, ends_at


def gifts(db: Connection, shop_id: int, currency: str, since: datetime) -> Gifts:
    """What shoppers gave since then, as it stands."""
    of = giving_donation.c
    stands = STANDS
    row = db.execute(
        select(func.count(), func.coalesce(func.sum(stands), 0)).where(
            of.shop_id == shop_id,
            of.kind == rules.GIFT,
            of.currency == currency,
            of.given_at >= since,
            stands > 0,
        )
    ).one()
    return Gifts(row[0], int(row[1]))


def days_to_send(db: Connection, shop_id: int, currency: str, since: date) -> int | None:
    """The median of days from an order to the payment of what it gave; None of no payment.

    Whether its shopper or the shop gave it; of payments since then. Of an even number the lower
    one in the middle.
    """
    days: Counter[int] = Counter()
    told = {"shop_id": shop_id, "currency": currency, "first": since.isoformat()}
    for row in db.execute(_SQL["ways"], told):
        way = date.fromisoformat(row.sent_on) - date.fromisoformat(row.given_on)
        days[way.days] += row.gifts
    middle = (days.total() + 1) // 2
    for took, count in sorted(days.items()):
        middle -= count
        if middle <= 0:
            return took
    return None
