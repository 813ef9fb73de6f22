"""Drain: deliveries that wait become orders, members, points and gifts, all rooms listening."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from statistics import median

from sqlalchemy import func, select

from bench import Figure, benchmark
from bench.databases import postgresql, sqlite
from bench.deliveries import days
from bench.house import HOOK_SECRET, House, build
from connector import ledger
from connector.core import clock, inbox
from connector.core.inbox import Received
from connector.orders.models import orders
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.runtime import Runtime
from connector.worker.drain import drain

TARGET = 500


@benchmark("drain")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    rounds, count = (3, 200) if quick else (5, 1000)
    for name, make in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        with make() as url, tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
            house = build(url, Path(folder))
            with house.parts() as runtime:
                rates = [one_round(house, runtime, at, count) for at in range(rounds)]
                with runtime.database.read() as db:
                    kept = db.scalar(select(func.count()).select_from(orders))
                    checks = (ledger.differences, points.check, giving.check)
                    wrong = list(chain(*(check(db, house.shop.id) for check in checks)))
            assert kept == rounds * count, f"{kept} orders of {rounds * count}"
            assert not wrong, wrong
        spread = f"{min(rates):,.0f} to {max(rates):,.0f} in {rounds} rounds of {count} orders"
        yield Figure(f"deliveries, {name}", median(rates), TARGET, spread, unit="/s")


def one_round(house: House, runtime: Runtime, number: int, count: int) -> float:
    """Deliveries a second while one process drains what ``count`` more orders tell."""
    waiting = fill(house, runtime, 1 + number * count, count)
    started = time.perf_counter()
    done = drain(runtime, house.shop.id)
    seconds = time.perf_counter() - started
    assert done == waiting, f"drained {done} of {waiting}"
    return done / seconds


def fill(house: House, runtime: Runtime, first: int, count: int) -> int:
    """Keep what ``count`` orders tell, as the door does; returns how many deliveries."""
    read = runtime.platforms["woocommerce"].read_delivery
    now = clock.now()
    received = [
        Received(house.shop.id, "hook", read(one.headers, one.body, [HOOK_SECRET]), now)
        for one in days(count, HOOK_SECRET, first)
    ]
    with runtime.database.write() as db:
        inbox.keep(db, received)
    return len(received)
