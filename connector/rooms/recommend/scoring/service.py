"""Scoring's verbs: score a shop once a day, and tell others what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connector.core.clock import local_date
from connector.core.db import Database
from connector.orders import gifts
from connector.orders.store import products as catalogue
from connector.rooms.recommend import rules
from connector.rooms.recommend import store as past
from connector.rooms.recommend.rules.scores import Score, scores
from connector.rooms.recommend.scoring import store
from connector.rooms.recommend.showing import store as shown
from connector.rooms.recommend.showing.items import hidden
from connector.shops import service as shops

NIGHT = time(1, 10)  # in the shop's zone: the day that is over is whole by then
CLAIM_SECONDS = 1800  # after which scoring that died is tried again
SHOPS = 100
LISTED = 20_000  # members who bought last have products, too; all have the two scores
RETURNERS = 10  # people who bought on two days; with fewer nothing is told of anybody
WRITTEN = 500  # members in one transaction: others wait no longer than that


@dataclass(frozen=True, slots=True)
class Basis:
    """What a shop's scores rest on. scored_at None: nothing yet.

    is_cold: fewer than ``RETURNERS`` people came back, so nobody has scores. buys_learnt,
    again_learnt: from what the shop's own customers did, not rates shrunk for want of history.
    """

    scored_at: datetime | None
    is_cold: bool
    buys_learnt: bool
    again_learnt: bool


@dataclass(frozen=True, slots=True)
class Needed:
    """A product in stock that a member may need again: ``permille`` within 30 days."""

    key: str
    title: str
    permille: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """A member who used to buy: on ``visits`` days, and again within 90 with ``buys_permille``."""

    member_id: int
    visits: int
    buys_permille: int
    yearly_thousandths: int


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops to score now, the longest waiting first."""
    return store.due(db, now, SHOPS)


def hasten(db: Connection, shop_id: int, now: datetime) -> None:
    """Its history came in: score it without waiting for the night."""
    store.hasten(db, shop_id, now)


def forget(db: Connection, shop_id: int, member_id: int) -> None:
    """A member is gone, and so is what is told of them."""
    store.drop(db, shop_id, [member_id])


def score(database: Database, shop_id: int, now: datetime) -> bool:
    """Tell scores anew and write those that changed; False if there was nothing to do.

    Reads in one transaction, counts in none and writes in short ones.
    """
    with database.read() as db:
        zone = shops.get(db, shop_id).timezone
    until, next_at = now + timedelta(seconds=CLAIM_SECONDS), _next_night(now, zone)
    if not database.run(lambda db: store.claim(db, shop_id, now, until, next_at)):
        return False
    with database.read() as db:
        baskets, members = past.baskets(db, shop_id)
        apart = {*shown.apart(db, shop_id), *(row.key for row in gifts.kept(db, shop_id))}
        gone = store.scored(db, shop_id)
    today = date.fromisoformat(local_date(now, zone)).toordinal()
    told = scores(rules.history(baskets), today, LISTED, frozenset(apart))
    count = len(told.people) if told.returners >= RETURNERS else 0
    for first in range(0, count, WRITTEN):
        part = told.part(first, min(first + WRITTEN, count))
        known = {int(members[one]): score for one, score in part.items()}
        gone -= known.keys()
        database.run(partial(store.put, shop_id=shop_id, told=known))
    left = sorted(gone)
    for first in range(0, len(left), WRITTEN):
        some = left[first : first + WRITTEN]
        database.run(partial(store.drop, shop_id=shop_id, members=some))
    database.run(
        lambda db: store.finish(
            db,
            shop_id,
            scored_at=now,
            returners=told.returners,
            buys_learnt=told.buys_learnt,
            again_learnt=told.again_learnt,
        )
    )
    return True


def basis(db: Connection, shop_id: int) -> Basis:
    """How the shop's scores were told, and when."""
    row = store.newest(db, shop_id)
    if row is None or row.scored_at is None:
        return Basis(None, is_cold=True, buys_learnt=False, again_learnt=False)
    return Basis(row.scored_at, row.returners < RETURNERS, row.buys_learnt, row.again_learnt)


def of_member(db: Connection, shop_id: int, member_id: int) -> Score | None:
    """One member's scores as of last night; None: no paid order by then, or a cold shop.

    visits: days bought on. buys_permille: of a thousand members like this, how many buy within
    90 days. yearly_thousandths: purchases to expect within 365 days, times 1000. again: (product
    key, permille that buy it within 30 days), the ten likeliest; of the ``LISTED`` members who
    bought last, of others none.
    """
    return store.get(db, shop_id, member_id)


def needed_again(db: Connection, shop_id: int, member_id: int, limit: int = 10) -> list[Needed]:
    """Products that a member may need again and can have, the likeliest first."""
    told = store.get(db, shop_id, member_id)
    if told is None:
        return []
    rows = catalogue(db, shop_id, [one.key for one in told.again])
    found = [
        Needed(one.key, rows[one.key].title, one.permille)
        for one in told.again
        if hidden(rows.get(one.key)) is None
    ]
    return found[:limit]


def leaving(
    db: Connection,
    shop_id: int,
    *,
    after: Leaving | None = None,
    visits: int = 2,
    least_permille: int = 1,
    limit: int = 100,
) -> Sequence[Leaving]:
    """Members who bought on so many days or more, the least likely to buy again first.

    after: the last one of the page before. least_permille: passes over those who are gone for
    good; a gift is wasted on them as it is on who comes anyway.
    """
    last = (after.buys_permille, after.member_id) if after else (least_permille, 0)
    rows = store.by_chance(db, shop_id, visits, last, limit)
    return [
        Leaving(one, told.visits, told.buys_permille, told.yearly_thousandths)
        for one, told in rows
    ]


def _next_night(now: datetime, zone: str) -> datetime:
    tomorrow = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return datetime.combine(tomorrow, NIGHT, ZoneInfo(zone)).astimezone(UTC)
