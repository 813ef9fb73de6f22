"""Webhook accept: how many deliveries a second the door keeps, beside what the storage could.

The product is asked over HTTP: verify, one durable row, 200. SQLite's limit is a plain table and
one synced commit a row; PostgreSQL's is pgbench inserting the same bytes with 16 clients.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

import psycopg
from sqlalchemy import func, make_url, select

from bench import Figure, benchmark
from bench.databases import postgresql, sqlite
from bench.deliveries import days, order_of_size, sent
from bench.drain import fill
from bench.house import HOOK_SECRET, House, build, running
from bench.importing import write_orders
from bench.load import NUMBER, Load, load, request
from bench.pgbench import tps
from connector.core.inbox import inbox

BODY = order_of_size(8192)
CONNECTIONS = 32
CLIENTS = 16
P99_MS = 100
TARGETS = {"SQLite": 0.85, "PostgreSQL": 0.30}
_TABLE = "CREATE TABLE kept (id INTEGER PRIMARY KEY, dedupe_key TEXT UNIQUE, body BLOB)"
_PG_TABLE = (
    "CREATE TABLE IF NOT EXISTS kept"
    " (id bigserial PRIMARY KEY, dedupe_key text UNIQUE, body bytea)"
)
_PG_INSERT = (
    "INSERT INTO kept (dedupe_key, body) VALUES (md5(random()::text) || md5('x'), :body);\n"
)


@dataclass(slots=True)
class _Rounds:
    """What one database reached, round by round."""

    limits: list[float] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)


@benchmark("accept")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    rounds, seconds = (3, 0.6) if quick else (9, 2.0)
    history, busy_seconds = (5_000, 2.0) if quick else (100_000, 15.0)
    for name, make in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        with make() as url, tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
            house = build(url, Path(folder))
            found, hook = _Rounds(), _hook(house)
            with house.serving() as port:
                for number in range(rounds):
                    found.limits.append(_limit(house, Path(folder) / f"limit-{number}", seconds))
                    found.loads.append(load(port, [hook], CONNECTIONS, seconds))
                    _check(house, found.loads)
                yield from _figures(name, found)
                busy = _busy(house, port, Path(folder), found.loads, history, busy_seconds)
        yield _p99(f"p99 while worker and import run, {name}", [busy])


def _figures(name: str, found: _Rounds) -> Iterator[Figure]:
    ratios = [one.rate / limit for one, limit in zip(found.loads, found.limits, strict=True)]
    limit, rate = median(found.limits), median(one.rate for one in found.loads)
    of = "one row a synced commit" if name == "SQLite" else f"pgbench, {CLIENTS} clients"
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    absolute = f"{rate:,.0f}/s; {of} {limit:,.0f}/s; {spread}"
    yield Figure(f"8 KB, {name}", median(ratios), TARGETS[name], absolute)
    yield _p99(f"p99 at {CONNECTIONS} connections, {name}", found.loads)


def _p99(name: str, loads: list[Load]) -> Figure:
    found = [one.percentile_ms(0.99) for one in loads]
    rate = median(one.rate for one in loads)
    middle = median(one.percentile_ms(0.5) for one in loads)
    absolute = f"at {rate:,.0f}/s; p50 {middle:.0f} ms"
    return Figure(name, median(found), P99_MS, absolute, unit=" ms", at_most=True)


def _hook(house: House) -> bytes:
    one = sent("order.updated", BODY, HOOK_SECRET, NUMBER.decode())
    return request("POST", f"/hooks/woocommerce/{house.shop.hook_path}", one.headers, one.body)


def _check(house: House, loads: list[Load], others: int = 0) -> None:
    """Every reply is a 200, and every 200 is a row."""
    assert all(set(one.statuses) == {200} for one in loads), [one.statuses for one in loads]
    with house.parts() as runtime, runtime.database.read() as db:
        rows = db.scalar(select(func.count()).select_from(inbox))
    replies = others + sum(one.statuses.total() for one in loads)
    assert rows == replies, f"{rows} rows for {replies} replies"


# ----------------------------------------------------------------------------------------- limits


def _limit(house: House, path: Path, seconds: float) -> float:
    """Rows a second the storage takes by itself."""
    if house.is_sqlite:
        return _raw_sqlite(path, seconds)
    url = house.environment["DATABASE_URL"]
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(_PG_TABLE)
    body = {"body": f"\\x{BODY.hex()}"}
    return tps(url, _PG_INSERT, clients=CLIENTS, seconds=seconds, variables=body)


def _raw_sqlite(path: Path, seconds: float) -> float:
    """One process, one row a commit, synced as the product's are."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(_TABLE)
    started = time.perf_counter()
    for number in count(1):  # pragma: no branch
        key = hashlib.sha256(b"%d" % number).hexdigest()
        connection.execute("INSERT INTO kept (dedupe_key, body) VALUES (?, ?)", (key, BODY))
        if number % 16 == 0 and time.perf_counter() - started > seconds:
            break
    rate = number / (time.perf_counter() - started)
    connection.close()
    return rate


# ------------------------------------------------------------------------------------------ busy


def _busy(
    house: House, port: int, folder: Path, before: list[Load], orders: int, seconds: float
) -> Load:
    """Other deliveries by as many connections while a worker drains and an import runs."""
    with house.parts() as runtime:
        filled = fill(house, runtime, 1, orders // 20)
    file = folder / "history.jsonl"
    write_orders(file, orders)
    path = f"/hooks/woocommerce/{house.shop.hook_path}"
    requests = [
        request(
            "POST", path, {**one.headers, "X-WC-Webhook-Delivery-ID": NUMBER.decode()}, one.body
        )
        for one in days(300, HOOK_SECRET, 1_000_000)
    ]
    importing = ["-m", "connector.cli", "import", str(file), "--shop", str(house.shop.id)]
    with ExitStack() as stack:
        stack.enter_context(running(["-m", "connector.cli", "worker"], house.environment))
        stack.enter_context(running([*importing, "--points"], house.environment))
        time.sleep(1)  # until both work
        found = load(port, requests, CONNECTIONS, seconds)
    _check(house, [*before, found], filled)
    return found
