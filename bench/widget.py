"""Public widget JSON beside a trivial Flask view that answers as many bytes, under one server."""

from __future__ import annotations

import http.client
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench import Figure, benchmark
from bench.databases import sqlite
from bench.deliveries import ORIGIN, PRODUCTS
from bench.house import HOST, House, build, free_port, running
from bench.load import load, request
from connector import orders
from connector.core import clock
from connector.core.commerce import Product
from connector.rooms.recommend import store as recommend
from connector.rooms.recommend.rules import Other

CONNECTIONS = 16
TARGET = 0.7
ASKED_OFTEN = 100  # products that most shoppers look at
PAIRS = 20_000  # questions that are asked once each: more than are answered in one round
_HEADERS = {"Origin": ORIGIN, "Accept": "application/json"}


@benchmark("widget")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    rounds, seconds = (3, 0.3) if quick else (15, 1.0)
    with sqlite() as url, tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
        house = build(url, Path(folder))
        furnish(house)
        with house.serving() as port, trivial() as limit_port:
            for name, paths in views(house).items():
                target = None if "once" in name else TARGET
                yield compare(name, target, port, paths, limit_port, rounds, seconds)


def compare(
    name: str,
    target: float | None,
    port: int,
    paths: Sequence[str],
    limit_port: int,
    rounds: int,
    seconds: float,
) -> Figure:
    """One view and the limit by turns."""
    asked = [request("GET", path, _HEADERS) for path in paths]
    size = _size(port, paths[0])
    plain = [request("GET", f"/{size}", _HEADERS)]
    load(port, asked[:ASKED_OFTEN], CONNECTIONS, 0.2)
    rates, limits, slow = [], [], []
    for number in range(rounds):
        limits.append(load(limit_port, plain, CONNECTIONS, seconds).rate)
        part = asked if target else asked[number::rounds]
        found = load(port, part, CONNECTIONS, seconds)
        assert set(found.statuses) == {200}, found.statuses
        rates.append(found.rate)
        slow.append(found.percentile_ms(0.99))
    ratios = [rate / limit for rate, limit in zip(rates, limits, strict=True)]
    figures = (
        f"{median(rates):,.0f}/s, p99 {median(slow):.0f} ms; trivial {median(limits):,.0f}/s;"
        f" {size} bytes; {min(ratios):.2f} to {max(ratios):.2f}"
    )
    return Figure(name, median(ratios), target, figures)


def views(house: House) -> dict[str, list[str]]:
    """Paths by what they ask: what shoppers of a busy shop ask, and what nobody asked before."""
    stem = f"/storefront/woocommerce/{house.shop.public_id}"
    keys = range(1, ASKED_OFTEN + 1)
    pairs = [
        f"{stem}/recommendations?product={1 + n % PRODUCTS},{1 + n // PRODUCTS}"
        for n in range(PAIRS)
    ]
    return {
        "config": [f"{stem}/config"],
        "badge": [f"{stem}/badge?product={key}" for key in keys],
        "recommendations": [f"{stem}/recommendations?product={key}" for key in keys],
        "recommendations asked once": pairs,
    }


def furnish(house: House) -> None:
    """A catalogue, and what is bought together."""
    now = clock.now()
    products = [
        Product(
            key=str(key),
            title=f"Tea blend no. {key}",
            price_minor=300 + key * 7919 % 9000,
            url=f"{ORIGIN}/product/tea-{key}/",
            image_url=f"{ORIGIN}/wp-content/uploads/2026/03/tea-{key}-300x300.jpg",
            modified_at=now,
        )
        for key in range(1, PRODUCTS + 1)
    ]
    lists = [
        (str(key), [Other(str((key + n) % PRODUCTS + 1), 30 - n, 900 - n) for n in range(20)])
        for key in range(1, PRODUCTS + 1)
    ]
    with house.parts() as runtime, runtime.database.write() as db:
        orders.record_products(db, house.shop.id, products, now)
        recommend.put(db, house.shop.id, lists)


@contextmanager
def trivial() -> Iterator[int]:
    """The limit under the server and the sizes that ``House.serving`` has on SQLite."""
    port = free_port()
    sizes = ["--workers", "1", "--blocking-threads", "16"]
    server = ["-m", "granian", "--interface", "wsgi", "--no-access-log", "--port", str(port)]
    with running([*server, *sizes, "bench.trivial:app"], {}) as program:
        program.wait_until_open(port, "/100")
        yield port


def _size(port: int, path: str) -> int:
    connection = http.client.HTTPConnection(HOST, port)
    connection.request("GET", path, headers=_HEADERS)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    assert json.loads(body).get("items") != [], path
    return len(body)
