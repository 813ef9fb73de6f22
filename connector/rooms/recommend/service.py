"""The recommend room's verbs.

Orders mark a shop as due; a build reads them all again and replaces the lists that changed; pages
read them (``showing``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import partial
from time import perf_counter

from sqlalchemy import Connection

from connector.core.clock import local_date
from connector.core.db import Database
from connector.orders import gifts
from connector.orders.store import products as catalogue
from connector.rooms.recommend import rules, store
from connector.rooms.recommend.rules import ORDERS, Other
from connector.rooms.recommend.rules.history import Longs
from connector.rooms.recommend.scoring import store as scored
from connector.rooms.recommend.showing import counts
from connector.rooms.recommend.showing import store as shown
from connector.rooms.recommend.showing.counts import Product
from connector.rooms.recommend.showing.items import hidden
from connector.shops import service as shops

DEBOUNCE_SECONDS = 10
REST_SHARE = 20  # a build that took a second is followed by twenty seconds of rest,
REST_SECONDS = 40  # but never by more than this: an order shows within a minute
CLAIM_SECONDS = 300  # after which a build that died is tried again
SHOPS = 100
MEMBERS_LIMIT = 20_000  # who bought last have lists; a build of more would take too long
WRITTEN = 500  # lists in one transaction: SQLite's other writers wait no longer than that


@dataclass(frozen=True, slots=True)
class Pair:
    """Why a product is in a list, and what keeps it from being shown, if anything.

    hidden: not_in_catalogue, unpublished, sold_out, no_link, gift_card or free.
    """

    key: str
    title: str | None
    together: int
    score: int
    hidden: str | None
    evidence: int = ORDERS


@dataclass(frozen=True, slots=True)
class Odds:
    """Of ``orders`` with a product ``together`` hold another, too: so many times chance's."""

    together: int
    orders: int
    of_chance: Fraction


@dataclass(frozen=True, slots=True)
class Build:
    """What the shop's lists rest on. ``due_at`` is when the next build may begin."""

    built_at: datetime | None
    due_at: datetime | None
    orders: int
    products: int


def mark(db: Connection, shop_id: int, now: datetime, *, at_once: bool = False) -> None:
    """The shop's orders changed. Many changes within a while are one build."""
    row = store.newest_build(db, shop_id)
    rest = timedelta() if at_once else _rest(row.took_ms if row else 0)
    store.mark(db, shop_id, now + rest)


def build_due(db: Connection, now: datetime) -> list[int]:
    """Shops to build now, the longest waiting first."""
    return store.due(db, now, SHOPS)


def build(database: Database, shop_id: int, now: datetime) -> bool:
    """Count again and replace the lists that changed; False if there was nothing to do.

    Reads in one transaction, counts in none and writes in short ones, a list always whole. An
    order that arrives meanwhile makes the shop due again.
    """
    until = now + timedelta(seconds=CLAIM_SECONDS)
    if not database.run(lambda db: store.claim(db, shop_id, now, until)):
        return False
    began = perf_counter()
    with database.read() as db:
        row = store.newest_build(db, shop_id)
        seen = row.marks if row else 0  # before the orders: what comes in between counts as unseen
        before = store.stored(db, shop_id)
        baskets, members = store.baskets(db, shop_id)
        had, listed = shown.stored(db, shop_id), shown.members(db, shop_id)
        filed = shown.filed(db, shop_id)
        today = local_date(now, shops.get(db, shop_id).timezone)
        apart = {*shown.apart(db, shop_id), *(row.key for row in gifts.kept(db, shop_id))}
    changed: list[tuple[str, list[Other]]] = []
    gone = set(before)
    found = 0
    told = rules.shelves(rules.history(baskets))
    for key, others in rules.lists(told):
        found += 1
        gone.discard(key)
        if before.get(key) != store.written(others):
            changed.append((key, others))
        if len(changed) == WRITTEN:
            _write(database, shop_id, changed)
    _write(database, shop_id, changed)
    _write_members(database, shop_id, told, members, listed)
    _write_products(database, shop_id, told, had)
    trends = counts.trends(told.history, filed, date.fromisoformat(today))
    took_ms = round((perf_counter() - began) * 1000)

    def finish(db: Connection) -> None:
        store.drop(db, shop_id, sorted(gone))
        shown.put_trends(db, shop_id, trends)
        scored.begin(db, shop_id, now)
        store.finish(
            db,
            shop_id,
            seen,
            now + _rest(took_ms),
            built_at=now,
            took_ms=took_ms,
            orders=len(baskets.days),
            products=found,
            apart=sorted(apart),
        )

    database.run(finish)
    return True


def newest_build(db: Connection, shop_id: int) -> Build:
    """What the lists rest on; before the first build, nothing."""
    row = store.newest_build(db, shop_id)
    if row is None:
        return Build(built_at=None, due_at=None, orders=0, products=0)
    return Build(row.built_at, row.due_at, row.orders, row.products)


def why(db: Connection, shop_id: int, product_key: str) -> list[Pair]:
    """One product's whole list with its counts, as a shopper sees it and what stays hidden."""
    stored = store.lists(db, shop_id, [product_key]).get(product_key, [])
    others = [one for one in stored if one.is_honest]
    rows = catalogue(db, shop_id, [one.key for one in others])
    return [
        Pair(
            key=one.key,
            title=rows[one.key].title if one.key in rows else None,
            together=one.together,
            score=one.score,
            hidden=hidden(rows.get(one.key)),
            evidence=one.evidence,
        )
        for one in others
    ]


def odds(
    db: Connection, shop_id: int, product_key: str, together: Mapping[str, int]
) -> dict[str, Odds]:
    """How often ``product_key`` was bought with each of these, against what chance would do.

    together: orders that hold both, as lists tell. What no build has counted yet is left out.
    """
    row = store.newest_build(db, shop_id)
    held = shown.orders_of(db, shop_id, [product_key, *together])
    own = held.get(product_key)
    if row is None or not own:
        return {}
    return {
        key: Odds(both, own, Fraction(both * row.orders, own * held[key]))
        for key, both in together.items()
        if both >= rules.SUPPORT and held.get(key)
    }


def forget(db: Connection, shop_id: int, member_id: int, now: datetime) -> None:
    """A member is gone: their lists at once, and what they told of products at the next build."""
    store.forget_member(db, shop_id, member_id)
    mark(db, shop_id, now)


def _write_members(
    database: Database, shop_id: int, told: rules.Shelves, members: Longs, listed: set[int]
) -> None:
    """Write the lists of the members who bought last that changed, some at a time.

    Whoever else has one would be told something old: theirs go.
    """
    newest = told.newest_buyers(MEMBERS_LIMIT)
    for start in range(0, len(newest), WRITTEN):
        chosen = newest[start : start + WRITTEN]
        part = {int(members[one]): rules.personal(told, one) for one in chosen}
        database.run(partial(store.put_members, shop_id=shop_id, told=part))
    gone = sorted(listed - {int(members[one]) for one in newest})
    if gone:
        database.run(lambda db: shown.drop_members(db, shop_id, gone))


def _write_products(
    database: Database,
    shop_id: int,
    told: rules.Shelves,
    before: Mapping[str, tuple[str, int, int, int]],
) -> None:
    """Write what is told of products where it changed, some at a time."""
    gone = set(before)
    changed: list[tuple[str, Product]] = []
    for key, one in counts.products(told):
        gone.discard(key)
        if before.get(key) != shown.written(one):
            changed.append((key, one))
    for start in range(0, len(changed), WRITTEN):
        part = changed[start : start + WRITTEN]
        database.run(partial(shown.put, shop_id=shop_id, told=part))
    database.run(lambda db: shown.drop(db, shop_id, sorted(gone)))


def _rest(took_ms: int) -> timedelta:
    seconds = max(DEBOUNCE_SECONDS, took_ms * REST_SHARE / 1000)
    return timedelta(seconds=min(seconds, REST_SECONDS))


def _write(database: Database, shop_id: int, changed: list[tuple[str, list[Other]]]) -> None:
    """Write these lists and forget them."""
    if changed:
        database.run(lambda db: store.put(db, shop_id, changed))
        changed.clear()
