"""Carry out what the outbox asks: HTTP first, outside any transaction, then its result in one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from connector.core import clock, inbox, outbox
from connector.core.commerce import Delivery, NeedsFetch, Order, OrderState, Product
from connector.core.db import is_transient, try_shop_lock
from connector.core.errors import (
    BadInput,
    Conflict,
    PerennialError,
    PlatformBusy,
    PlatformError,
    PlatformLagging,
    PlatformMissing,
    PlatformRefused,
)
from connector.core.facts import Fact, publish
from connector.core.inbox import Received
from connector.core.outbox import Task
from connector.runtime import Runtime
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.worker import access, drain

BATCH = 20
STEP_SECONDS = 5.0  # then it is another shop's turn
GIVE_UP = -1.0
LOCK_SECONDS = 10.0
_log = logging.getLogger("perennial.dispatch")


def dispatch(runtime: Runtime, shop_id: int) -> None:
    """Carry out what is to be asked of this shop, for a while.

    A shop that does not answer is asked once: all its rows wait as long as the first.
    """
    deadline = time.monotonic() + STEP_SECONDS
    while time.monotonic() < deadline:
        tasks = runtime.database.run(partial(_claim, shop_id))
        if not tasks:
            return
        for task in tasks:
            problem = _attempt(runtime, task)
            if isinstance(problem, PlatformBusy):
                _hush(runtime, task, problem)
                return
            if problem is not None:
                _postpone(runtime, task, problem.code)


def _claim(shop_id: int, db: Connection) -> list[Task]:
    return outbox.claim(db, shop_id, clock.now(), BATCH)


def _attempt(runtime: Runtime, task: Task) -> PerennialError | None:
    """Carry out one row; what it has to wait for, if it could not be done."""
    try:
        _carry_out(runtime, task)
    except PlatformRefused as problem:
        with runtime.database.read() as db:
            shop = shops.get(db, task.shop_id)
        _refused(runtime, shop, task, problem.code)
    except PerennialError as problem:
        return problem
    except Exception as problem:
        if is_transient(problem):
            raise
        _log.exception("failed shop=%d task=%d", task.shop_id, task.id)
        return PerennialError("dispatch_failed", type(problem).__name__)
    return None


def _carry_out(runtime: Runtime, task: Task) -> None:
    with runtime.database.read() as db:
        shop = shops.get(db, task.shop_id)
    if task.kind != "fetch":
        _run(runtime, shop, task)
        return
    want = NeedsFetch(task.payload["what"], task.payload["key"])
    if not shop.is_live:
        _refused(runtime, shop, task, "not_installed")
        return
    try:
        delivery = access.client(runtime, shop).fetch(want)
    except PlatformMissing:
        runtime.database.run(lambda db: _missing(db, runtime, shop, want, task))
    except Conflict as problem:
        _refused(runtime, shop, task, problem.code)
    else:
        runtime.database.run(lambda db: _answered(db, task, delivery))
        runtime.wake(shop.id)


def _run(runtime: Runtime, shop: Shop, task: Task) -> None:
    """One errand: what is to do is read now, and what came of it is kept with the row's end."""
    errand, about = runtime.errands[task.kind], task.payload["about"]
    with runtime.database.read() as db:
        todo = errand.prepare(db, shop.id, about, clock.now())
    if todo is None:
        runtime.database.run(lambda db: outbox.finish(db, task, clock.now()))
        return
    if not shop.is_live:
        _refused(runtime, shop, task, "not_installed")
        return
    try:
        answer = errand.carry_out(access.client(runtime, shop), todo)
    except (PlatformBusy, PlatformLagging, PlatformRefused):
        raise
    except (PlatformError, Conflict, BadInput) as problem:
        if problem.code == "reconnect":
            _refused(runtime, shop, task, problem.code)
            return
        code = problem.code
        _close(runtime, task, lambda db: errand.fail(db, shop.id, about, code, clock.now()))
    else:
        _close(runtime, task, lambda db: errand.finish(db, shop.id, about, answer, clock.now()))


def _close(runtime: Runtime, task: Task, work: Callable[[Connection], Sequence[Fact]]) -> None:
    """End a row under the shop's lock; while another worker has it for long, it runs again."""

    def close(db: Connection) -> bool:
        if not try_shop_lock(db, task.shop_id):
            return False
        now = clock.now()
        publish(db, runtime.subscriptions, work(db), now)
        outbox.finish(db, task, now)
        return True

    deadline = time.monotonic() + LOCK_SECONDS
    while not runtime.database.run(close):
        if time.monotonic() > deadline:
            raise PerennialError("shop_busy", "another worker has the shop")
        time.sleep(0.05)


def _answered(db: Connection, task: Task, delivery: Delivery) -> None:
    now = clock.now()
    inbox.keep(db, [Received(task.shop_id, "fetch", delivery, now)])
    outbox.finish(db, task, now)


def _missing(db: Connection, runtime: Runtime, shop: Shop, want: NeedsFetch, task: Task) -> None:
    """The platform does not have it (any more): an order is deleted, a product unpublished."""
    now = clock.now()
    if not try_shop_lock(db, shop.id):
        outbox.postpone(db, task, now, "shop_busy", seconds=1)
        return
    if want.what in ("order", "order_refunds") and runtime.platforms[shop.platform].tells_all:
        gone = Order(want.key, OrderState.DELETED, shop.currency, now, partial=True)
        drain.take_snapshots(db, runtime, shop, "fetch", [gone], now)
    elif want.what == "product":
        gone_product = Product(want.key, deleted=True)
        drain.take_snapshots(db, runtime, shop, "fetch", [gone_product], now)
    outbox.finish(db, task, now)


def _refused(runtime: Runtime, shop: Shop, task: Task, code: str) -> None:
    """Our rights are gone: nothing more is tried until the merchant reconnects."""

    def work(db: Connection) -> None:
        now = clock.now()
        outbox.postpone(db, task, now, code, seconds=GIVE_UP)
        if shop.is_live:
            shops.note_problem(db, shop.id, code, now)

    runtime.database.run(work)


def _postpone(runtime: Runtime, task: Task, code: str) -> None:
    _log.info("postponed shop=%d task=%d code=%s", task.shop_id, task.id, code)
    runtime.database.run(lambda db: outbox.postpone(db, task, clock.now(), code))


def _hush(runtime: Runtime, task: Task, problem: PlatformBusy) -> None:
    _log.info("silent shop=%d code=%s", task.shop_id, problem.code)
    seconds = problem.retry_after_seconds or None
    runtime.database.run(
        lambda db: outbox.hush(db, task, clock.now(), problem.code, seconds=seconds)
    )
