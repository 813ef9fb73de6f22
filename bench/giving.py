"""A million donations: closing a batch of them with its statement, and the pages that show them.

Beside the batch a bare statement writes as many rows of the same width. Beside the pages a bare
count reads all rows once: a page that is a small part of it has not read them all.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, text

from bench import Figure, benchmark
from bench.databases import postgresql, sqlite
from bench.house import build
from connector.core import clock
from connector.core.db import Database
from connector.rooms.giving import accounts, remitting, service
from connector.rooms.giving.accounts import behaviour
from connector.rooms.giving.accounts.log import Search
from connector.web import statements

SECONDS = 60
MEGABYTES = 64  # more than before the batch was closed
GIFT = 250
PAGE = 26
SHARE = 0.5  # of the time that reading all rows once takes
TIMES = 5
DAYS = 360
_ROWS = """
    WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :donations)
"""
_OF_DAYS = "FROM s JOIN bench_day ON bench_day.number = n * CAST(:last AS bigint) / :donations"
_SEED = (
    f"""
    INSERT INTO orders (shop_id, id, key, number, state, currency, placed_at, local_date,
                        modified_at, confirmed_at, historic, is_test, taxes_included, total_minor,
                        shipping_minor, tax_minor, goods_minor, revision, digest)
    {_ROWS}
    SELECT :shop, n, CAST(n AS text), CAST(n AS text), 'paid', 'USD', at, day, at, at, false,
           false, false, 2250, 0, 0, 2000, 1, 'x'
    {_OF_DAYS}
    """,
    f"""
    INSERT INTO giving_donation (shop_id, order_id, kind, line_key, cause_id, currency,
                                 given_minor, pledged_minor, due_minor, entries, given_at)
    {_ROWS}
    SELECT :shop, n, 'gift', 'd', :cause, 'USD', :gift, 0, :gift, 1, at
    {_OF_DAYS}
    """,
    """
    INSERT INTO giving_tally (shop_id, programme_id, cause_id, currency, kind, gifts, given_minor,
                              pledged_minor, due_minor, locked_minor, remitted_minor)
    VALUES (:shop, 0, :cause, 'USD', 'gift', :donations, CAST(:donations AS bigint) * :gift, 0,
            CAST(:donations AS bigint) * :gift, 0, 0)
    """,
    """
    INSERT INTO giving_month (shop_id, month, cause_id, currency, gross_minor, matched_minor,
                              refunded_minor, remitted_minor)
    SELECT shop_id, substr(local_date, 1, 7), :cause, 'USD', COUNT(*) * :gift, 0, 0, 0
    FROM orders
    GROUP BY shop_id, substr(local_date, 1, 7)
    """,
)
_BARE = """
    CREATE TEMPORARY TABLE bare (LIKE giving_batch_line INCLUDING ALL) ON COMMIT DROP;
    INSERT INTO bare SELECT shop_id, 1, order_id, kind, line_key, given_minor, 0
    FROM giving_donation
"""


_READ = "SELECT COUNT(*), SUM(due_minor) FROM giving_donation WHERE shop_id = :shop"
_SEARCHES = {
    "the first page": Search(),
    "a state of which there is none": Search(state="pledged"),
    "a kind of which there is none": Search(kinds=("match",)),
    "a cause of which there is none": Search(cause_id=1),
    "an order's number": Search(number="777"),
    "a member of none": Search(member_ids=(1, 2)),
}


@benchmark("giving")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    donations = 20_000 if quick else 1_000_000
    for name, make in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        with make() as url, tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
            shop_id, database = build(url, Path(folder)).shop.id, Database(url)
            cause_id = _seed(database, shop_id, donations)
            if not database.is_sqlite:
                yield from _batch(database, shop_id, cause_id, Path(folder))
            yield from _pages(name, database, shop_id, None if quick else SHARE)
            database.dispose()


def _batch(database: Database, shop_id: int, cause_id: int, folder: Path) -> Iterator[Figure]:
    bare = _bare(database)
    before, began = _megabytes(), time.perf_counter()
    with database.write() as db:
        batch = remitting.lock(
            db, shop_id, cause_id, "USD", by="bench", now=clock.now(), through=""
        )
    locked = time.perf_counter() - began
    size = 0
    with database.read() as db, (folder / "statement.csv").open("wb") as file:
        for piece in statements.of_batch(db, shop_id, batch):
            size += file.write(piece)
    seconds = time.perf_counter() - began
    told = f"{batch.gifts:,} locked in {locked:,.1f} s, bare {bare:,.1f} s; CSV {size:,} bytes"
    yield Figure("a batch closed, with statement", seconds, SECONDS, told, " s", at_most=True)
    grown = _megabytes() - before
    yield Figure("memory it took", grown, MEGABYTES, "", " MB", at_most=True)


def _pages(name: str, database: Database, shop_id: int, share: float | None) -> Iterator[Figure]:
    """What the log and the report wait for, beside reading every donation once."""
    bare = _median(database, lambda db: db.execute(text(_READ), {"shop": shop_id}).all())
    pages: dict[str, Callable[[Connection], Any]] = {
        f"the log: {told}": partial(_page, shop_id, search) for told, search in _SEARCHES.items()
    }
    pages["the report's months"] = lambda db: accounts.months(db, shop_id)
    now = clock.now()
    behaviour.told(database, shop_id, "USD", now)  # what was much is kept
    for told, page in pages.items():
        seconds = _median(database, page)
        absolute = f"{seconds * 1000:,.1f} ms, all read once {bare * 1000:,.1f} ms"
        yield Figure(f"{told}, {name}", seconds / bare, share, absolute, at_most=True)
    began = time.perf_counter()
    behaviour.told(database, shop_id, "USD", now)
    seconds = time.perf_counter() - began
    absolute = f"{seconds * 1000:,.1f} ms, all read once {bare * 1000:,.1f} ms"
    yield Figure(f"the report's answers, {name}", seconds / bare, share, absolute, at_most=True)
    before, size, began = _megabytes(), 0, time.perf_counter()
    with database.read() as db:
        for piece in statements.of_log(db, shop_id, Search()):
            size += len(piece)
    absolute = f"{size:,} bytes in {time.perf_counter() - began:,.1f} s"
    grown = _megabytes() - before
    yield Figure(
        f"memory the export took, {name}", grown, MEGABYTES, absolute, " MB", at_most=True
    )


def _page(shop_id: int, search: Search, db: Connection) -> Any:
    return service.log(db, shop_id, PAGE, 0, search)


def _median(database: Database, work: Callable[[Connection], Any]) -> float:
    taken = []
    for _ in range(TIMES):
        with database.read() as db:
            began = time.perf_counter()
            work(db)
            taken.append(time.perf_counter() - began)
    return median(taken)


def _seed(database: Database, shop_id: int, donations: int) -> int:
    """Spread over the days before today, oldest first."""
    now = clock.now()
    with database.write() as db:
        (cause,) = service.causes(db, shop_id)
        service.change_cause(db, shop_id, replace(cause, payee="Riverbank e.V."), now)
        at = "TIMESTAMP" if database.is_sqlite else "timestamptz"
        db.execute(text(f"CREATE TEMPORARY TABLE bench_day (number BIGINT, day TEXT, at {at})"))
        for number in range(DAYS):
            day = now - timedelta(days=DAYS - number)
            values = {"number": number, "day": day.date().isoformat()}
            values["at"] = day.replace(tzinfo=None).isoformat(" ", "microseconds")
            db.execute(text("INSERT INTO bench_day VALUES (:number, :day, :at)"), values)
        told = {
            "shop": shop_id,
            "cause": cause.id,
            "donations": donations,
            "gift": GIFT,
            "last": DAYS - 1,
        }
        for statement in _SEED:
            db.execute(text(statement), told)
        if database.is_sqlite:
            db.execute(text("DROP TABLE bench_day"))
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(text("ANALYZE"))
    return cause.id


def _bare(database: Database) -> float:
    with database.engine.connect() as db:
        began = time.perf_counter()
        for one in _BARE.split(";"):
            db.execute(text(one))
        seconds = time.perf_counter() - began
        db.rollback()
    return seconds


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
