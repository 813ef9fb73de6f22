"""How shoppers answered in the last twelve months: counted at once, or kept where that takes long.

Kept is what was counted of so many orders that a page would wait for it; each figure says when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, select

from connector.core.db import Database, upsert
from connector.rooms.giving import programmes
from connector.rooms.giving.accounts import answers
from connector.rooms.giving.accounts.answers import Answers, Gifts
from connector.rooms.giving.models import giving_answers
from connector.shops import service as shops

MONTHS = 12
MANY = 50_000  # orders that are counted in a moment
AGE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How shoppers answered in the last twelve months, in one currency."""

    taken_at: datetime
    placed: int  # orders
    asked: int  # of them, placed while a published programme asked
    given: int  # of these, with a gift
    months: tuple[Answers, ...]
    gifts: Gifts
    days_to_send: int | None


def days(now: datetime, zone: str) -> list[date]:
    """The first days of the last twelve months in the shop's zone, this month's last."""
    today = now.astimezone(ZoneInfo(zone))
    last = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - MONTHS + 1, last + 1)]


def told(database: Database, shop_id: int, currency: str, now: datetime) -> Behaviour:
    """What is kept, or else counted now, and kept where that was much."""
    with database.read() as db:
        of = giving_answers.c
        kept = db.scalar(select(of.told).where(of.shop_id == shop_id, of.currency == currency))
        if kept is not None:
            return msgspec.convert(kept, Behaviour)
        found = count(db, shop_id, currency, now)
    if found.placed > MANY:
        database.run(lambda db: _keep(db, shop_id, currency, found))
    return found


def count(db: Connection, shop_id: int, currency: str, now: datetime) -> Behaviour:
    """All of it, from orders and gifts."""
    zone = shops.get(db, shop_id).timezone
    first = days(now, zone)[0]
    since = datetime.combine(first, time(), ZoneInfo(zone))
    times = answers.spans(programmes.programmes(db, shop_id), currency, since, now)
    months = answers.asked(db, shop_id, currency, times, zone)
    placed = answers.asked(db, shop_id, currency, [(since, now)], zone)
    return Behaviour(
        taken_at=now,
        placed=sum(one.orders for one in placed),
        asked=sum(one.orders for one in months),
        given=sum(one.given for one in months),
        months=tuple(months),
        gifts=answers.gifts(db, shop_id, currency, since),
        days_to_send=answers.days_to_send(db, shop_id, currency, first),
    )


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops of which something kept has grown old."""
    of = giving_answers.c
    return list(db.scalars(select(of.shop_id).where(of.taken_at <= now - AGE).distinct()))


def renew(database: Database, shop_id: int, now: datetime) -> None:
    """Count anew what has grown old; nobody's writes wait meanwhile."""
    of = giving_answers.c
    with database.read() as db:
        old = select(of.currency).where(of.shop_id == shop_id, of.taken_at <= now - AGE)
        found = {currency: count(db, shop_id, currency, now) for currency in db.scalars(old).all()}
    with database.write() as db:
        for currency, one in found.items():
            _keep(db, shop_id, currency, one)


def _keep(db: Connection, shop_id: int, currency: str, one: Behaviour) -> None:
    values = {"taken_at": one.taken_at, "told": msgspec.to_builtins(one)}
    statement = upsert(db, giving_answers).values(shop_id=shop_id, currency=currency, **values)
    db.execute(
        statement.on_conflict_do_update(index_elements=["shop_id", "currency"], set_=values)
    )
