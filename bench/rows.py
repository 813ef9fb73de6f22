"""A stored list of recommendations, and pages' rows made from such lists, in this process."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection

from bench import Figure, benchmark
from bench.databases import postgresql, sqlite
from bench.importing import import_file, make_shop
from bench.online_retail import write
from connector import orders
from connector.core import clock
from connector.core.commerce import Product
from connector.core.db import Database
from connector.core.keyring import KeyRing
from connector.members import Members
from connector.rooms import recommend
from connector.rooms.recommend import showing, store
from connector.shops import service as shops

PRODUCTS, MEMBERS = 1_000, 1_000
LINES = 6  # of an order
LIST = "a stored list"
LIMIT_MS = 1.0
TIMES = {True: 200, False: 2_000}


@benchmark("rows")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    for name, make in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        with make() as url:
            database, shop_id, members = _shop(url, 5_000 if quick else 20_000)
            with database.read() as db:
                yield from _figures(name, db, shop_id, members, TIMES[quick])
            database.dispose()


def _figures(
    name: str, db: Connection, shop_id: int, members: list[int], times: int
) -> Iterator[Figure]:
    shop, chance = shops.get(db, shop_id), random.Random(times)

    def one() -> str:
        return str(chance.randrange(PRODUCTS))

    def shown(surface: str, products: int, *, known: bool = False) -> int:
        member_id = chance.choice(members) if known else None
        keys = tuple(one() for _ in range(products))
        asked = showing.Question(surface=surface, products=keys, member_id=member_id)
        return len(showing.row(db, shop, asked).shown)

    asked: dict[str, Callable[[], Any]] = {
        LIST: lambda: store.lists(db, shop_id, [one()]),
        "a product's row": partial(shown, "product", 1),
        "a cart's row, of three": partial(shown, "cart", 3),
        "a member's row": partial(shown, "account", 0, known=True),
    }
    for what, ask in asked.items():
        assert all(ask() for _ in range(20)), what
        took, told = _timed(ask, times)
        limit = LIMIT_MS if what == LIST else None
        yield Figure(f"{name}, {what}", took, limit, told, unit=" ms", at_most=True)


def _timed(ask: Callable[[], Any], times: int) -> tuple[float, str]:
    took = []
    spent = time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    spent = (time.process_time() - spent) * 1000 / times
    slow = sorted(took)[int(times * 0.95)]
    told = f"median of {times}; {spent:.2f} ms of processor time, 95 in 100 within {slow:.2f} ms"
    return median(took), told


def _named(number: int) -> str:
    """A title like no other's: variants of one product would fill no row."""
    return "".join("bdfgklmnrs"[int(digit)] + "a" for digit in f"{number:03}")


def _shop(url: str, count: int) -> tuple[Database, int, list[int]]:
    """A shop with lists of every product and member, built from its orders."""
    key = KeyRing.new_key()
    shop_id = make_shop(url, key)
    with tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
        path = Path(folder) / "orders.jsonl"
        write(_orders(count), path)
        import_file(url, path, key, shop_id)
    database = Database(url)
    goods = [
        Product(str(one), _named(one), 1990, f"https://bench.example/{one}")
        for one in range(PRODUCTS)
    ]
    with database.write() as db:
        orders.record_products(db, shop_id, goods, clock.now())
        recommend.mark(db, shop_id, clock.now(), at_once=True)
    recommend.build(database, shop_id, clock.now())
    people = Members(KeyRing([key]))
    with database.read() as db:
        found = [people.by_customer_key(db, shop_id, str(one)) for one in range(MEMBERS)]
    return database, shop_id, [one for one in found if one is not None]


def _orders(count: int) -> Iterator[dict[str, Any]]:
    """Orders of neighbours among the products, each by one of the members."""
    chance, first = random.Random(count), clock.now() - timedelta(days=365)
    for number in range(count):
        middle = chance.randrange(PRODUCTS)
        chosen = {(middle + round(chance.gauss(0, 8))) % PRODUCTS for _ in range(LINES)}
        yield {
            "key": str(number),
            "placed_at": first + timedelta(days=364 * number / count),
            "state": "completed",
            "currency": "USD",
            "customer": {"key": str(number % MEMBERS)},
            "lines": [
                {"title": f"Product {one}", "product": str(one), "quantity": 1, "total": "19.90"}
                for one in sorted(chosen)
            ],
        }
