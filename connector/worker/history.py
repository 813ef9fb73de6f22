"""History: another door to the same book. Chunk by chunk, resumable after any death.

Stages of one shop run one after the other: products, orders, then ``points`` when the merchant
wants old orders to earn. Between chunks the shop's inbox is drained like on any other day.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from connector.core import clock
from connector.core.commerce import Delivery, NeedsFetch, Snapshot
from connector.core.db import is_transient, try_shop_lock
from connector.core.errors import Conflict, PlatformBusy, PlatformError, UnreadablePayload
from connector.core.facts import HistoryImported, publish
from connector.orders import imports
from connector.orders.imports import Import
from connector.rooms.points import service as points
from connector.runtime import Runtime
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.worker import access, drain

STEP_SECONDS = 20.0
RETRY_SECONDS, AGAIN_SECONDS = 60.0, 300.0  # for a store that is busy, and busy again
_CHUNK = {True: 200, False: 5000}  # orders in one transaction: SQLite, PostgreSQL
_log = logging.getLogger("perennial.history")


def shops_due(db: Connection, now: datetime) -> list[int]:
    """Shops with an import to go on with."""
    return imports.shops_due(db, now)


def step(runtime: Runtime, shop_id: int) -> None:
    """Go on with the shop's oldest import for a while; what is left is due again at once."""
    with runtime.database.write() as db:
        job = imports.claim(db, shop_id, clock.now())
        shop = shops.get(db, shop_id)
    if job is None:
        return
    try:
        _go_on(runtime, shop, job)
    except PlatformBusy as problem:
        patience = AGAIN_SECONDS if job.code else RETRY_SECONDS
        _later(runtime, shop, job, problem.code, problem.retry_after_seconds or patience)
    except (PlatformError, Conflict) as problem:
        _log.warning("import failed shop=%d what=%s code=%s", shop.id, job.what, problem.code)
        with runtime.database.write() as db:
            imports.save(db, shop.id, job.id, due_at=None, code=problem.code)


def take_chunk(
    runtime: Runtime,
    shop: Shop,
    job: Import,
    snapshots: Sequence[Snapshot | NeedsFetch],
    **progress: object,
) -> None:
    """Take one chunk over and save how far we are, in the same transaction."""

    def work(db: Connection) -> bool:
        if not try_shop_lock(db, shop.id):
            return False
        drain.take_snapshots(db, runtime, shop, "import", snapshots, clock.now())
        imports.save(db, shop.id, job.id, **progress)
        return True

    try:
        while not runtime.database.run(work):
            time.sleep(0.05)  # another worker has the shop; it lets go after each batch
    except Exception as problem:
        if is_transient(problem) or not snapshots:
            raise
        _log.exception("chunk failed shop=%d what=%s", shop.id, job.what)
        _take_one_by_one(runtime, shop, job, snapshots)
        take_chunk(runtime, shop, job, (), **progress)
    drain.drain(runtime, shop.id)  # what happens now must not wait for what happened long ago


def _take_one_by_one(
    runtime: Runtime, shop: Shop, job: Import, snapshots: Sequence[Snapshot | NeedsFetch]
) -> None:
    """Take over what can be taken of a chunk that failed; the rest is in the log."""
    for one in snapshots:
        try:
            _take(runtime, shop, one)
        except Exception as problem:
            if is_transient(problem):
                raise
            key = getattr(one, "key", "")
            _log.exception("skipped shop=%d what=%s key=%s", shop.id, job.what, key)


def _take(runtime: Runtime, shop: Shop, snapshot: Snapshot | NeedsFetch) -> None:
    def work(db: Connection) -> bool:
        if not try_shop_lock(db, shop.id):
            return False
        drain.take_snapshots(db, runtime, shop, "import", [snapshot], clock.now())
        return True

    while not runtime.database.run(work):
        time.sleep(0.05)


def chunk_size(runtime: Runtime) -> int:
    """Orders in one transaction."""
    return _CHUNK[runtime.database.is_sqlite]


def finish(runtime: Runtime, shop: Shop, job: Import) -> None:
    """The import has ended; rooms that learn from the whole of history hear of it."""

    def work(db: Connection) -> None:
        now = clock.now()
        imports.save(db, shop.id, job.id, due_at=None, finished_at=now, code=None)
        publish(db, runtime.subscriptions, [HistoryImported(shop.id, job.done)], now)

    runtime.database.run(work)


def _go_on(runtime: Runtime, shop: Shop, job: Import) -> None:
    if job.what == "points":
        _settle(runtime, shop, job)
        return
    client = access.client(runtime, shop)
    platform = runtime.platforms[shop.platform]
    deadline, cursor, done = time.monotonic() + STEP_SECONDS, job.cursor, job.done
    while time.monotonic() < deadline:
        page = client.history(job.what, job.until, cursor)
        if page.wait_seconds and not page.deliveries:
            _later(runtime, shop, job, None, page.wait_seconds, cursor=page.cursor)
            return
        for part in _parts(page.deliveries, chunk_size(runtime)):
            snapshots = [one for delivery in part for one in _read(platform.normalise, delivery)]
            done += len(part)
            take_chunk(runtime, shop, job, snapshots, done=done, total=page.total)
        cursor = page.cursor
        if cursor is None:
            finish(runtime, shop, job)
            return
        with runtime.database.write() as db:
            imports.save(db, shop.id, job.id, cursor=cursor, due_at=clock.now() + imports.LEASE)
    _later(runtime, shop, job, None, 0, cursor=cursor)


def _settle(runtime: Runtime, shop: Shop, job: Import) -> None:
    """Let orders from before the install earn, a chunk a transaction."""
    after, done = int(job.cursor or 0), job.done
    deadline = time.monotonic() + STEP_SECONDS
    while time.monotonic() < deadline:
        last = runtime.database.run(partial(_settle_chunk, runtime, shop, after))
        if last is None:
            time.sleep(0.05)
            continue
        if last == 0:
            finish(runtime, shop, job)
            return
        after, done = last, done + chunk_size(runtime)
        with runtime.database.write() as db:
            imports.save(db, shop.id, job.id, cursor=str(after), done=done)
    _later(runtime, shop, job, None, 0, cursor=str(after))


def _settle_chunk(runtime: Runtime, shop: Shop, after: int, db: Connection) -> int | None:
    if not try_shop_lock(db, shop.id):
        return None
    return points.settle_history(db, shop.id, after, chunk_size(runtime), clock.now())


def _later(
    runtime: Runtime,
    shop: Shop,
    job: Import,
    code: str | None,
    seconds: float,
    *,
    cursor: str | None = None,
) -> None:
    due_at: datetime = clock.now() + timedelta(seconds=seconds)
    with runtime.database.write() as db:
        progress = {} if cursor is None else {"cursor": cursor}
        imports.save(db, shop.id, job.id, due_at=due_at, code=code, **progress)


def _read(normalise: drain.Normalise, delivery: Delivery) -> Sequence[Snapshot | NeedsFetch]:
    """What a delivery says; one that cannot be read is left to the live doors to quarantine."""
    try:
        return normalise(delivery)
    except UnreadablePayload as problem:
        _log.warning("unreadable topic=%s code=%s", delivery.topic, problem.code)
    except Exception:  # noqa: BLE001 - our mistake: the history's other orders go on
        _log.exception("reader failed topic=%s", delivery.topic)
    return ()


def _parts(deliveries: Sequence[Delivery], size: int) -> Iterator[Sequence[Delivery]]:
    for start in range(0, len(deliveries), size):
        yield deliveries[start : start + size]
