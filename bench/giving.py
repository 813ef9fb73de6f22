"""What it takes to close a batch of a million donations, with its statement. PostgreSQL.

Beside it a bare statement that writes as many rows of the same width in the same run.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import text

from bench import Figure, benchmark
from bench.databases import postgresql
from bench.house import build
from connector.core import clock
from connector.core.db import Database
from connector.rooms.giving import remitting, service
from connector.web import statements

SECONDS = 60
MEGABYTES = 64  # more than before the batch was closed
GIFT = 250
_SEED = (
    """
    INSERT INTO orders (shop_id, id, key, number, state, currency, placed_at, local_date,
                        modified_at, confirmed_at, historic, is_test, taxes_included, total_minor,
                        shipping_minor, tax_minor, goods_minor, revision, digest)
    SELECT :shop, n, n::text, n::text, 'paid', 'USD', :at, '2026-01-01', :at, :at, false, false,
           false, 2250, 0, 0, 2000, 1, 'x'
    FROM generate_series(1, :donations) AS n
    """,
    """
    INSERT INTO giving_donation (shop_id, order_id, kind, line_key, cause_id, currency,
                                 given_minor, pledged_minor, due_minor, entries, given_at)
    SELECT :shop, n, 'gift', 'd', :cause, 'USD', :gift, 0, :gift, 1, :at
    FROM generate_series(1, :donations) AS n
    """,
    """
    INSERT INTO giving_tally (shop_id, programme_id, cause_id, currency, kind, gifts, given_minor,
                              pledged_minor, due_minor, locked_minor, remitted_minor)
    VALUES (:shop, 0, :cause, 'USD', 'gift', :donations, CAST(:donations AS bigint) * :gift, 0,
            CAST(:donations AS bigint) * :gift, 0, 0)
    """,
)
_BARE = """
    CREATE TEMPORARY TABLE bare (LIKE giving_batch_line INCLUDING ALL) ON COMMIT DROP;
    INSERT INTO bare SELECT shop_id, 1, order_id, kind, line_key, given_minor, 0
    FROM giving_donation
"""


@benchmark("giving")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    donations = 20_000 if quick else 1_000_000
    with postgresql() as url, tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
        shop_id, database = build(url, Path(folder)).shop.id, Database(url)
        cause_id = _seed(database, shop_id, donations)
        bare = _bare(database)
        before, began = _megabytes(), time.perf_counter()
        with database.write() as db:
            batch = remitting.lock(
                db, shop_id, cause_id, "USD", by="bench", now=clock.now(), through=""
            )
        locked = time.perf_counter() - began
        assert batch.net_minor == donations * GIFT, batch
        size = 0
        with database.read() as db, Path(folder, "statement.csv").open("wb") as file:
            for piece in statements.of_batch(db, shop_id, batch):
                size += file.write(piece)
        seconds = time.perf_counter() - began
        told = f"{donations:,} locked in {locked:,.1f} s, bare {bare:,.1f} s; CSV {size:,} bytes"
        yield Figure("a batch closed, with statement", seconds, SECONDS, told, " s", at_most=True)
        grown = _megabytes() - before
        yield Figure("memory it took", grown, MEGABYTES, "", " MB", at_most=True)
        database.dispose()


def _seed(database: Database, shop_id: int, donations: int) -> int:
    now = clock.now()
    with database.write() as db:
        (cause,) = service.causes(db, shop_id)
        service.change_cause(db, shop_id, replace(cause, payee="Riverbank e.V."), now)
        told = {
            "shop": shop_id,
            "cause": cause.id,
            "donations": donations,
            "gift": GIFT,
            "at": "2026-01-01T12:00:00Z",
        }
        for statement in _SEED:
            db.execute(text(statement), told)
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
