"""What the book costs where it is dear: many lots, one hot member, and a sync for each award.

Lots beside one lot, one member beside many, and the product's award beside a bare commit of
SQLite: each pair in one run.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from statistics import median

from sqlalchemy import Connection, make_url, text

from bench import Figure, benchmark
from bench.award import LOTS, REDEEMED, seed, through_product
from bench.databases import postgresql, sqlite
from connector.core import clock
from connector.core.db import Database
from connector.ledger import Book, Voucher

FIFO, HOT, SYNCED = 0.45, 0.25, 0.7
SMALL, SPENT = 2, 5  # points in each of the lots that end first, and of a redemption
MANY = 20
_SEED_SMALL = """
    INSERT INTO ledger_lot (shop_id, id, unit, account, origin, granted, remaining, expires_at)
    SELECT :shop, 3 * :lots + n * 100000 + k, 'PTS', 'member:' || n, 'small', :small, :small,
           now() + k * interval '1 hour'
    FROM generate_series(1, :members) AS n, generate_series(1, :many) AS k
"""
_stems = count(1)


@benchmark("book")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    rounds, seconds, members = (3, 0.5, 200) if quick else (5, 3, 2_000)
    with postgresql() as url:
        seed(url, members)
        plain = [through_product(url, members, seconds, SPENT) for _ in range(rounds)]
        hot = [through_product(url, 1, seconds, SPENT) for _ in range(rounds)]
        lots = []
        for _ in range(rounds):
            _seed_small(url, members)
            lots.append(through_product(url, members, seconds, SPENT))
    yield _pair("redeem of many lots, of one", lots, plain, FIFO)
    yield _pair("redeem of one member, of many", hot, plain, HOT)
    with sqlite() as url:
        bare, awards = [], []
        for _ in range(rounds):
            bare.append(_commits(url, seconds))
            awards.append(_awards(url, seconds))
    yield _pair("award on SQLite, of bare commits", awards, bare, SYNCED)


def _pair(name: str, rates: list[float], limits: list[float], target: float) -> Figure:
    ratios = [rate / limit for rate, limit in zip(rates, limits, strict=True)]
    told = f"{median(rates):,.0f}/s beside {median(limits):,.0f}/s"
    return Figure(name, median(ratios), target, told)


def _seed_small(url: str, members: int) -> None:
    """Lots that end before the large one, which every redemption takes some of."""
    told = {"shop": REDEEMED, "lots": LOTS, "members": members, "small": SMALL, "many": MANY}
    told["lots"] += next(_stems) * members * 100_000
    database = Database(url)
    with database.write() as db:
        db.execute(text(_SEED_SMALL), told)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("ANALYZE ledger_lot"))
    database.dispose()


def _commits(url: str, seconds: float) -> float:
    """Commits a second of one tiny row, synced, without the product."""
    path = make_url(url).database
    assert path
    with closing(sqlite3.connect(f"{path}.bare", isolation_level=None)) as bare:
        bare.execute("PRAGMA journal_mode = WAL")
        bare.execute("PRAGMA synchronous = FULL")
        bare.execute("CREATE TABLE IF NOT EXISTS tiny (id INTEGER PRIMARY KEY, told TEXT)")
        until, done = time.perf_counter() + seconds, 0
        while time.perf_counter() < until:
            bare.execute("INSERT INTO tiny (told) VALUES ('one')")
            done += 1
    return done / seconds


def _awards(url: str, seconds: float) -> float:
    """Awards a second, each a transaction of its own."""
    database = Database(url)

    def award(db: Connection) -> None:
        why = Voucher(f"bench {next(_stems)}", "earned", clock.now(), origin="bench")
        book = Book(db, 1, "PTS", "UTC", [1])
        book.award(1, 48, why)
        book.close()

    database.run(award)  # compiles its statements
    until, done = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        database.run(award)
        done += 1
    database.dispose()
    return done / seconds
