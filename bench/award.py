"""The book's own SQL beside TPC-B: award and redeem by pgbench, and redeem through the product.

The scripts are what the product was heard to say to PostgreSQL for one award and one redemption,
with that member, entry and lot made variables.
"""

from __future__ import annotations

import multiprocessing
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime
from itertools import count
from statistics import median
from typing import Any

from sqlalchemy import Connection, event, text

from bench import Figure, benchmark
from bench.databases import postgresql
from bench.pgbench import make_tpcb, tps
from connector.core import clock
from connector.core.db import Database
from connector.ledger import Book, Voucher

CLIENTS = 8
PROCESSES = 2
AWARDED, REDEEMED = 1, 2  # shops: lots that awards open are none that redemptions read
LOTS = 10**15  # a seeded lot's id is its member's and this
HEARD_MEMBER, HEARD_ENTRY = 777_000_777, 888_000_888_000
TARGETS = {"award": 1.2, "redeem": 1.3, "redeem through the product": 0.25}
_PLACE = re.compile(r"%\((\w+)\)s")
_VARIABLE = re.compile(f"{LOTS + HEARD_MEMBER}|{HEARD_MEMBER}|{HEARD_ENTRY}")
_NAMES = {
    str(LOTS + HEARD_MEMBER): f"(:member + {LOTS})",
    str(HEARD_MEMBER): ":member",
    str(HEARD_ENTRY): ":entry",
}
_HEAD = r"""\set member random(1, {members})
\set n :n + 1
\set entry :first + :client_id * 10000000 + :n
BEGIN;
"""
_SEED_ACCOUNTS = """
    INSERT INTO ledger_account (shop_id, unit, name, balance, version)
    SELECT :shop, 'PTS', 'member:' || n, 1000000000, 1 FROM unnest(:members) AS n
"""
_SEED_LOTS = """
    INSERT INTO ledger_lot (shop_id, id, unit, account, origin, granted, remaining)
    SELECT :shop, :lots + n, 'PTS', 'member:' || n, 'seed', 1000000000, 1000000000
    FROM unnest(:members) AS n
"""
_firsts = count(10**12, 10**12)


@benchmark("award")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    rounds, seconds, members, scale = (3, 0.5, 10_000, 5) if quick else (7, 3, 100_000, 20)
    with postgresql() as url:
        make_tpcb(url, scale)
        seed(url, members)
        head = _HEAD.format(members=members)
        scripts = {"award": head + heard(url, _award), "redeem": head + heard(url, _redeem)}
        limits: list[float] = []
        rates: dict[str, list[float]] = {name: [] for name in TARGETS}
        for _ in range(rounds):
            limits.append(tps(url, None, clients=CLIENTS, seconds=seconds))
            for name, script in scripts.items():
                start = {"n": "0", "first": str(next(_firsts))}
                found = tps(url, script, clients=CLIENTS, seconds=seconds, variables=start)
                rates[name].append(found)
            rates["redeem through the product"].append(through_product(url, members, seconds))
    for name, target in TARGETS.items():
        ratios = [rate / limit for rate, limit in zip(rates[name], limits, strict=True)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        absolute = f"{median(rates[name]):,.0f}/s; TPC-B {median(limits):,.0f}/s; {spread}"
        yield Figure(name, median(ratios), target, absolute)


def seed(url: str, members: int) -> None:
    """Members with points in one lot each; and the one whose statements are listened to."""
    database = Database(url)
    for shop_id in (AWARDED, REDEEMED):
        told = {"shop": shop_id, "members": [*range(1, members + 1), HEARD_MEMBER]}
        with database.write() as db:
            db.execute(text(_SEED_ACCOUNTS), told)
            db.execute(text(_SEED_LOTS), {**told, "lots": LOTS})
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("VACUUM ANALYZE"))
    database.dispose()


# --------------------------------------------------------------------------- what the product says


def _award(db: Connection) -> None:
    why = Voucher(f"bench {HEARD_ENTRY}", "earned", clock.now(), origin="bench")
    book = Book(db, AWARDED, "PTS", "UTC", [HEARD_MEMBER])
    book.award(HEARD_MEMBER, 48, why)
    book.close()


def _redeem(db: Connection) -> None:
    book = Book(db, REDEEMED, "PTS", "UTC", [HEARD_MEMBER])
    why = Voucher(f"bench {HEARD_ENTRY}", "redeemed", clock.now())
    book.spend(HEARD_MEMBER, 10, "redeemed", why)
    book.close()


def heard(url: str, work: Callable[[Connection], None]) -> str:
    """The statements ``work`` sends, as a pgbench script about any member."""
    said: list[tuple[str, dict[str, Any]]] = []
    database = Database(url)
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _db, _cursor, statement, values, *_: said.append((statement, values)),
    )
    database.run(work)
    database.dispose()
    entry = next(values["e0_id"] for sql, values in said if "INTO ledger_entry" in sql)
    return "".join(f"{_filled(sql, values, entry)};\n" for sql, values in said) + "END;\n"


def _filled(sql: str, values: dict[str, Any], entry: int) -> str:
    def fill(place: re.Match[str]) -> str:
        value = values[place[1]]
        return _written(HEARD_ENTRY if value == entry else value)

    return _PLACE.sub(fill, sql).replace("%%", "%")


def _written(value: Any) -> str:
    """A value in SQL, in which pgbench sees no variables but ours."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"to_timestamp({value.timestamp()})"
    if isinstance(value, int):
        return _VARIABLE.sub(lambda found: _NAMES[found[0]], str(value))
    assert isinstance(value, str), value
    constants = (_quoted(part) for part in _VARIABLE.split(value))
    variables = [f"{_NAMES[found]}::text" for found in _VARIABLE.findall(value)]
    parts = [next(constants)]
    for variable, constant in zip(variables, constants, strict=True):
        parts += [variable, constant]
    return f"({' || '.join(parts)})"


def _quoted(constant: str) -> str:
    return "E'" + constant.replace("\\", r"\\").replace("'", r"\'").replace(":", r"\x3a") + "'"


# ---------------------------------------------------------------------------- through the product


def through_product(url: str, members: int, seconds: float, points: int = 1) -> float:
    """Redemptions a second by as many clients, in PROCESSES processes."""
    spawn = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(PROCESSES, spawn) as pool:
        jobs = [
            pool.submit(_spend_all, url, members, seconds, points, next(_firsts))
            for _ in range(PROCESSES)
        ]
        return sum(job.result() for job in jobs)


def _spend_all(url: str, members: int, seconds: float, points: int, first: int) -> float:
    threads = CLIENTS // PROCESSES
    database = Database(url)
    rng, ready = random.Random(first), threading.Barrier(threads)

    def spend(db: Connection) -> None:
        member_id = rng.randrange(1, members + 1)
        why = Voucher(f"product {rng.getrandbits(62)}", "redeemed", clock.now())
        book = Book(db, REDEEMED, "PTS", "UTC", [member_id])
        book.spend(member_id, points, "redeemed", why)
        book.close()

    def client(_number: int) -> int:
        database.run(spend)  # connects, and compiles its statements
        ready.wait()
        until, done = time.perf_counter() + seconds, 0
        while time.perf_counter() < until:
            database.run(spend)
            done += 1
        return done

    with ThreadPoolExecutor(threads) as pool:
        done = sum(pool.map(client, range(threads)))
    database.dispose()
    return done / seconds
