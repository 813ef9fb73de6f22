"""Back-test of a draft over a year of orders: how long it takes, and what it holds in memory.

The limit is reading alone: the same rows in the same pages, and nothing done with them.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, text

from bench import Figure, benchmark
from bench.databases import postgresql, sqlite
from bench.house import build
from connector.core import clock
from connector.core.bulk import insert_rows
from connector.core.clock import local_date
from connector.core.db import Database
from connector.members.models import member
from connector.orders.models import order_line, order_refund, order_refund_line, orders, product
from connector.program import service as programs
from connector.program.rules import Caps, Program, Rule, Scope
from connector.rooms.points.models import points_member, points_order
from connector.rooms.rehearsal import service as rehearsals
from connector.shops.service import Shop

ORDERS_A_MEMBER = 4
PRODUCTS = 5_000
REFUNDED = 0.04
PAGE = 20_000
TARGET_SECONDS = 60
TARGET_MB = 300
_Rows = dict[Table, list[dict[str, Any]]]
_ORDERS = """
    SELECT id, member_id, state, currency, paid_at FROM orders
    WHERE shop_id = :shop AND local_date BETWEEN :first AND :last
"""
_LINES = """
    SELECT order_line.order_id, product_key, order_line.total_minor FROM orders
    JOIN order_line ON order_line.shop_id = orders.shop_id AND order_line.order_id = orders.id
    WHERE orders.shop_id = :shop AND local_date BETWEEN :first AND :last
"""
_RUN = """
import resource, sys
from pathlib import Path
from connector.core import clock
from connector.core.db import Database
from connector.rooms.rehearsal import service as rehearsals
database = Database(sys.argv[1])
rehearsals.rehearse(database, int(sys.argv[2]), clock.now())
used = resource.getrusage(resource.RUSAGE_SELF)
peak = next(line for line in Path("/proc/self/status").open() if line.startswith("VmHWM"))
sys.stdout.write(f"[{used.ru_utime + used.ru_stime}, {int(peak.split()[1]) / 1024}]")
"""


@benchmark("rehearsal")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    count = 20_000 if quick else 1_000_000
    for name, make in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        with make() as url, tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
            shop, database = build(url, Path(folder)).shop, Database(url)
            seed(database, shop, count, clock.now())
            with database.write() as db:
                version = draft(db, shop.id)
                rehearsals.ask(db, shop.id, version, clock.now())
            limit = bare(database, shop.id)
            seconds, cpu, peak_mb = measured(url, shop.id)
            with database.read() as db:
                told = rehearsals.read(db, shop.id, version)
            database.dispose()
        assert told is not None
        assert told.result is not None, told.code
        assert told.result.orders == count, told.result.orders
        speed = f"{count:,} orders; {cpu:.1f} s of CPU; reading alone {limit:.1f} s"
        most = TARGET_SECONDS * count / 1_000_000 + 2
        yield Figure(name, seconds, most, speed, unit=" s", at_most=True)
        yield Figure(f"{name}, of reading", limit / seconds, None, speed)
        yield Figure(f"{name}, memory", peak_mb, TARGET_MB, "", unit=" MB", at_most=True)


def measured(url: str, shop_id: int) -> tuple[float, float, float]:
    """(seconds, of CPU, most megabytes) of the back-test that waits, as a process of its own."""
    started = time.perf_counter()
    command = [sys.executable, "-c", _RUN, url, str(shop_id)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    seconds = time.perf_counter() - started
    cpu, peak_mb = msgspec.json.decode(told, type=tuple[float, float])
    return seconds, cpu, peak_mb


def bare(database: Database, shop_id: int) -> float:
    """Seconds to read the year's orders and lines, week by week."""
    started = time.perf_counter()
    today = clock.now().date()
    with database.read() as db:
        for week in range(53):
            last = today - timedelta(days=7 * week)
            told = {
                "shop": shop_id,
                "first": str(last - timedelta(days=6)),
                "last": str(last),
            }
            for statement in (_ORDERS, _LINES):
                db.execute(text(statement), told).cursor.fetchall()
    return time.perf_counter() - started


def draft(db: Connection, shop_id: int) -> int:
    """Today one point a dollar; the draft: more for tea, two gifts, caps, and a double week."""
    now = clock.now()
    week = now - timedelta(days=180), now - timedelta(days=173)
    rules = (
        Rule(
            id="tea",
            kind="spend",
            rates={"USD": (1, 200)},
            scope=Scope(categories=("Tea",)),
            caps=Caps(per_month=100),
        ),
        Rule(
            id="order",
            kind="order",
            points=5,
            minimum={"USD": 2_000},
            caps=Caps(per_month=15),
        ),
        Rule(id="first", kind="first_order", points=100),
        Rule(id="week", kind="multiplier", percent=200, starts_at=week[0], ends_at=week[1]),
    )
    known: Program = programs.newest(db, shop_id)
    return programs.save_draft(db, shop_id, replace(known, rules=rules), now).version


def seed(database: Database, shop: Shop, count: int, now: datetime) -> None:
    """A year of ``count`` orders: 1.8 lines, some with a refund; one member in five on a level."""
    people = max(count // ORDERS_A_MEMBER, 1)
    with database.write() as db:
        insert_rows(db, product, [_product(shop.id, one, now) for one in range(PRODUCTS)])
    for first in range(0, people, PAGE):
        numbers = range(first, min(first + PAGE, people))
        with database.write() as db:
            insert_rows(db, member, [_member(shop.id, one, now) for one in numbers])
            levels = [_level(shop.id, one) for one in numbers if one % 5 == 0]
            insert_rows(db, points_member, levels)
    for first in range(0, count, PAGE):
        rows: _Rows = {
            table: []
            for table in (orders, order_line, order_refund, order_refund_line, points_order)
        }
        for number in range(first, min(first + PAGE, count)):
            _order(rows, shop, number, count, now)
        with database.write() as db:
            for table, told in rows.items():
                insert_rows(db, table, told)
    if not database.is_sqlite:  # as its own housekeeping does
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(text("ANALYZE"))


def _product(shop_id: int, number: int, now: datetime) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "key": str(number),
        "title": f"Product {number}",
        "categories": ["Tea" if number % 10 == 0 else "Ware"],
        "in_stock": True,
        "published": True,
        "modified_at": now,
    }


def _member(shop_id: int, number: int, now: datetime) -> Mapping[str, Any]:
    return {
        "shop_id": shop_id,
        "id": number + 1,
        "customer_key": str(number + 1),
        "state": "member",
        "created_at": now - timedelta(days=400),
    }


def _level(shop_id: int, number: int) -> Mapping[str, Any]:
    return {"shop_id": shop_id, "member_id": number + 1, "multiplier_percent": 125}


def _order(rows: _Rows, shop: Shop, number: int, count: int, now: datetime) -> None:
    rng = random.Random(number)
    buyer = rng.randrange(max(count // ORDERS_A_MEMBER, 1))
    placed_at = now - timedelta(seconds=(count - number) * (364 * 86_400 // count) + 3_600)
    paid_at = placed_at + timedelta(minutes=1)
    named = {"shop_id": shop.id, "order_id": number + 1}
    lines = [_line(named, at, rng) for at in range(rng.choice((1, 1, 1, 2, 2, 4)))]
    total = sum(one["total_minor"] for one in lines)
    rows[order_line] += lines
    rows[orders].append(
        {
            "shop_id": shop.id,
            "id": number + 1,
            "key": str(number + 1),
            "number": str(number + 1),
            "member_id": buyer + 1,
            "state": "completed",
            "currency": "USD",
            "placed_at": placed_at,
            "local_date": local_date(placed_at, shop.timezone),
            "modified_at": paid_at,
            "paid_at": paid_at,
            "completed_at": paid_at,
            "confirmed_at": paid_at,
            "historic": False,
            "is_test": False,
            "taxes_included": False,
            "total_minor": total,
            "shipping_minor": 490,
            "tax_minor": 0,
            "goods_minor": total,
            "revision": 1,
            "digest": "",
        }
    )
    rows[points_order].append(_judged(named, buyer))
    if rng.random() < REFUNDED:
        taken = {"quantity": 1, "total_minor": lines[0]["total_minor"], "tax_minor": 0}
        refund = {**named, "refund_key": "1", "line_key": "0", **taken}
        rows[order_refund_line].append(refund)
        rows[order_refund].append(_refund(named, paid_at, lines[0]["total_minor"]))


def _line(named: Mapping[str, int], at: int, rng: random.Random) -> dict[str, Any]:
    number = int(PRODUCTS * rng.random() ** 2)
    price = 300 + number * 7919 % 9000
    return {
        **named,
        "key": str(at),
        "position": at,
        "kind": "goods",
        "title": f"Product {number}",
        "product_key": str(number),
        "quantity": 1,
        "subtotal_minor": price,
        "total_minor": price,
        "tax_minor": price // 5,
    }


def _refund(named: Mapping[str, int], paid_at: datetime, minor: int) -> dict[str, Any]:
    return {
        **named,
        "key": "1",
        "refunded_at": paid_at + timedelta(days=9),
        "amount_minor": minor,
        "other_minor": 0,
        "lines_known": True,
    }


def _judged(named: Mapping[str, int], buyer: int) -> dict[str, Any]:
    """What the order engine kept of an order that its rate and a level judged."""
    context = {"tier": 125, "day": "2026-01-01"} if buyer % 5 == 0 else None
    return {
        **named,
        "member_id": buyer + 1,
        "version": 0,
        "currency": "USD",
        "points_each": 1,
        "per_minor": 100,
        "hold_days": 14,
        "award_on": "paid",
        "counts_tax": False,
        "counts_fees": False,
        "retro": False,
        "context": context,
        "posted": 0,
        "pending": 0,
        "entries": 1,
    }
