"""Drain a shop's inbox: read bytes outside the transaction, take them over inside one.

A batch is one transaction without savepoints. If it fails it is redone row by row, and only what
still fails is parked. Lock, deadlock, disconnect and disk errors never park: they come back.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from connector import orders
from connector.core import clock, inbox, noticed, outbox
from connector.core.commerce import (
    ConnectionLost,
    Customer,
    CustomerMerge,
    Delivery,
    NeedsFetch,
    Order,
    Person,
    Platform,
    PrivacyRequest,
    Product,
    RefundsOfOrder,
    Snapshot,
    Uninstalled,
)
from connector.core.db import is_transient, try_shop_lock
from connector.core.errors import PerennialError, UnreadablePayload
from connector.core.facts import Fact, publish
from connector.core.inbox import Outcome, Waiting
from connector.orders import claiming
from connector.rooms.giving.accounts import closing
from connector.runtime import Runtime
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.worker import privacy

Normalise = Callable[[Delivery], Sequence[Snapshot | NeedsFetch]]
BATCH = 50
SMALLEST_BATCH = 10
SQLITE_WRITE_SECONDS = 0.03  # longer transactions would make webhooks wait
_log = logging.getLogger("perennial.drain")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A row and what it says, or why it cannot be read."""

    row: Waiting
    snapshots: Sequence[Snapshot | NeedsFetch]
    problem: UnreadablePayload | None = None


def drain(runtime: Runtime, shop_id: int, seconds: float = math.inf) -> int:
    """Take over everything that waits for this shop; returns how many rows.

    Stops early when another worker has the shop: that one goes on. After ``seconds`` it is another
    shop's turn, and this one asks for its next.
    """
    done, limit, deadline = 0, BATCH, time.monotonic() + seconds
    _tell_noticed(runtime, shop_id)
    while True:
        now = clock.now()
        with runtime.database.read() as db:
            rows = inbox.waiting(db, shop_id, now, limit)
            if not rows:
                return done
            shop = shops.peek(db, shop_id)
        if shop is None:
            _forget(runtime, shop_id)
            return done
        platform = runtime.platforms[shop.platform]
        readings = [_read(platform, row) for row in rows]
        taken, took = _take_over(runtime, shop, readings, now)
        if taken is None:
            return done
        done += taken
        _log.info("drained shop=%d rows=%d took_ms=%d", shop_id, taken, took * 1000)
        if runtime.database.is_sqlite:
            limit = _next_limit(limit, took)
        if time.monotonic() >= deadline:
            runtime.wake(shop_id)
            return done


def _tell_noticed(runtime: Runtime, shop_id: int) -> None:
    """Let the rooms hear what doors noticed; a fact nobody can take is set aside, not the rest."""

    def tell(limit: int, db: Connection) -> int:
        if not try_shop_lock(db, shop_id):
            return 0
        waiting = noticed.take(db, shop_id, limit)
        publish(db, runtime.subscriptions, waiting, clock.now())
        return len(waiting)

    with runtime.database.read() as db:  # mostly none: no turn at the writers' door for that
        if not noticed.waits(db, shop_id):
            return
    limit = BATCH
    while True:
        try:
            if runtime.database.run(partial(tell, limit)) < limit:
                return
        except Exception as problem:
            if is_transient(problem):
                raise
            _log.exception("noticed facts failed shop=%d of=%d", shop_id, limit)
            if limit == 1:
                with runtime.database.write() as db:
                    if not try_shop_lock(db, shop_id):
                        return  # who has the shop now meets the same fact
                    noticed.park(db, shop_id, clock.now())
            limit = 1


def _forget(runtime: Runtime, shop_id: int) -> None:
    """A delivery came for a shop whose every row was deleted: it goes the same way."""
    with runtime.database.write() as db:
        inbox.drop_shop(db, shop_id)
        outbox.drop_shop(db, shop_id)
        noticed.drop_shop(db, shop_id)


def _next_limit(limit: int, took: float) -> int:
    """As many rows as fit into the time a SQLite writer may hold the door."""
    if took > SQLITE_WRITE_SECONDS:
        return max(limit // 2, SMALLEST_BATCH)
    return min(limit + SMALLEST_BATCH, BATCH)


def _read(platform: Platform, row: Waiting) -> _Reading:
    try:
        return _Reading(row, platform.normalise(row.delivery))
    except UnreadablePayload as problem:
        return _Reading(row, (), problem)
    except Exception as problem:  # noqa: BLE001 - our mistake: the shop's other rows go on
        _log.exception("reader failed row=%d topic=%s", row.id, row.topic)
        return _Reading(row, (), UnreadablePayload("reader_failed", type(problem).__name__))


def _take_over(
    runtime: Runtime, shop: Shop, readings: Sequence[_Reading], now: datetime
) -> tuple[int | None, float]:
    """One transaction for all, or one each if that fails: (rows, seconds at the writer's door).

    None rows when another worker has the shop.
    """

    def together(db: Connection) -> tuple[int | None, float]:
        began = time.monotonic()
        return _apply(db, runtime, shop, readings, now), time.monotonic() - began

    try:
        return runtime.database.run(together)
    except Exception as problem:
        if is_transient(problem):
            raise
        _log.warning("batch failed shop=%d problem=%s", shop.id, type(problem).__name__)
    return sum(_one_by_one(runtime, shop, readings, now)), 0.0


def _one_by_one(
    runtime: Runtime, shop: Shop, readings: Sequence[_Reading], now: datetime
) -> Iterable[int]:
    for reading in readings:
        try:
            with runtime.database.write() as db:
                taken = _apply(db, runtime, shop, [reading], now) or 0
        except Exception as problem:
            if is_transient(problem):
                raise
            code = problem.code if isinstance(problem, PerennialError) else "handler_failed"
            _log.exception("parked shop=%d row=%d code=%s", shop.id, reading.row.id, code)
            _park(runtime, shop, reading, now, code, type(problem).__name__)
            taken = 1
        yield taken


def _park(
    runtime: Runtime, shop: Shop, reading: _Reading, now: datetime, code: str, error: str
) -> None:
    """Set one row aside, with the name an erasure looks for."""
    outcome = replace(_outcome(runtime, shop, reading), state="parked")

    def work(db: Connection) -> None:
        key = outcome.customer_key
        inbox.park(db, shop.id, reading.row, now, code, error, customer_key=key)
        privacy.forget_late(db, runtime.members, shop.id, [(reading.row, outcome)], now)

    runtime.database.run(work)


def _apply(
    db: Connection, runtime: Runtime, shop: Shop, readings: Sequence[_Reading], now: datetime
) -> int | None:
    if not try_shop_lock(db, shop.id):
        return None
    waiting = inbox.still_waiting(db, shop.id, [reading.row.id for reading in readings])
    mine = [reading for reading in readings if reading.row.id in waiting]
    live = [reading for reading in mine if shop.is_live or _survives_uninstall(reading)]
    # Named before they are taken over: an erasure among them finds its own bytes, too.
    outcomes = [_outcome(runtime, shop, reading) for reading in mine]
    inbox.finish(db, shop.id, outcomes, now)
    for source in sorted({reading.row.source for reading in live}):
        snapshots = [
            one for reading in live if reading.row.source == source for one in reading.snapshots
        ]
        take_snapshots(db, runtime, shop, source, snapshots, now)
    told = [(reading.row, outcome) for reading, outcome in zip(mine, outcomes, strict=True)]
    privacy.forget_late(db, runtime.members, shop.id, told, now)
    heard = [reading.row.received_at for reading in mine if reading.row.source == "hook"]
    if heard:
        shops.note_event(db, shop.id, max(heard))
    return len(readings)


def take_snapshots(
    db: Connection,
    runtime: Runtime,
    shop: Shop,
    source: str,
    snapshots: Sequence[Snapshot | NeedsFetch],
    now: datetime,
) -> None:
    """Take over what a platform told and let the rooms hear it. Under the shop's lock."""
    trusted = source != "hook" or runtime.platforms[shop.platform].signs_shop
    context = orders.Context(shop.id, shop.timezone, source, trusted)
    members = runtime.members
    facts: list[Fact] = []
    live = source != "import"
    customers = [one for one in snapshots if isinstance(one, Customer)]
    # An order tells who bought, and news of the account that do not: those come after it.
    nameless = [one for one in customers if one.person == Person() and not one.deleted]
    named = [one for one in customers if one.person != Person() or one.deleted]
    if named:
        gone = [one.key for one in named if one.deleted]
        names = privacy.names(db, members, shop.id, gone, None)
        facts += members.record(db, shop.id, named, now, live=live)
        privacy.forget_bytes(db, members, shop.id, names, now)
    merges = [one for one in snapshots if isinstance(one, CustomerMerge)]
    facts += members.merge(db, shop.id, merges, now) if merges else []
    told = [one for one in snapshots if isinstance(one, Order | RefundsOfOrder)]
    facts += orders.record(db, context, members, told, now) if told else []
    facts += members.record(db, shop.id, nameless, now, live=live) if nameless else []
    products = [one for one in snapshots if isinstance(one, Product)]
    if products:
        orders.record_products(db, shop.id, products, now)
    outbox.ask(db, shop.id, [one for one in snapshots if isinstance(one, NeedsFetch)], now)
    left = False
    for one in snapshots:
        if isinstance(one, Uninstalled):
            left = shops.uninstall(db, shop.id, one.at, now) or left
        elif isinstance(one, ConnectionLost):
            shops.note_problem(db, shop.id, one.reason, now)
        elif isinstance(one, PrivacyRequest):
            facts += privacy.answer(db, members, shop, one, now)
    facts += members.newcomers(db, shop.id)
    facts += claiming.claim(db, shop.id, now)
    publish(db, runtime.subscriptions, facts, now)
    if left:
        closing.state(db, shop.id, now)


def _survives_uninstall(reading: _Reading) -> bool:
    """After an uninstall only privacy requests and the uninstall itself still count."""
    return any(isinstance(one, PrivacyRequest | Uninstalled) for one in reading.snapshots)


def _outcome(runtime: Runtime, shop: Shop, reading: _Reading) -> Outcome:
    row_id = reading.row.id
    if reading.problem is not None:
        return Outcome(
            row_id, "quarantined", code=reading.problem.code, error=reading.problem.message
        )
    keys = (_customer_key(runtime, shop, one) for one in reading.snapshots)
    used = bool(reading.snapshots) and (shop.is_live or _survives_uninstall(reading))
    return Outcome(row_id, "done" if used else "ignored", next(filter(None, keys), None))


def _customer_key(runtime: Runtime, shop: Shop, snapshot: Snapshot | NeedsFetch) -> str | None:
    """Whose personal data a snapshot's bytes carry: an account's key, or a guest's hash."""
    if isinstance(snapshot, Customer):
        return snapshot.key
    if not isinstance(snapshot, Order | PrivacyRequest):
        return None
    email = snapshot.person.email if isinstance(snapshot, Order) else snapshot.email
    if snapshot.customer_key or not email:
        return snapshot.customer_key
    return runtime.members.email_hash(shop.id, email)
