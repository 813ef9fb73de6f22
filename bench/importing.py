"""Import of a history from a file: orders a second end to end, and memory that stays flat.

The limit is reading alone: the same file decoded into the same shapes, and nothing done with them.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bench import Figure, benchmark
from bench.databases import postgresql, sqlite
from connector.core import clock
from connector.core.commerce import Credentials, ShopFacts
from connector.core.db import Database
from connector.core.keyring import KeyRing
from connector.orders.told import ToldOrder
from connector.shops import service as shops

PRODUCTS = 5_000
ORDERS_A_MEMBER = 3
_FIRST = datetime(2021, 1, 1, tzinfo=UTC)
_NAMES = "Ada Bo Cleo Dana Emil Fay Gus Hana Ivo Jun Kim Lea Mia Noor Omar Pia Quinn Rui Sam Tia"
_SURNAMES = "Abel Berg Chen Diaz Egan Falk Gray Hall Ito Jones Khan Lund Moss Nash Okoro Park"


@dataclass(frozen=True, slots=True)
class Done:
    """One run of ``perennial import`` as its own process."""

    orders: int
    seconds: float
    peak_mb: float

    @property
    def rate(self) -> float:
        return self.orders / self.seconds


@benchmark("import")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    sizes = [5_000] if quick else [100_000, 1_000_000]
    with tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.jsonl"
            write_orders(path, size)
            limit = size / parse_seconds(path)
            for name, make in (("PostgreSQL", postgresql), ("SQLite", sqlite)):
                if size > 100_000 and name == "SQLite":
                    continue
                with make() as url:
                    key = KeyRing.new_key()
                    done = import_file(url, path, key, make_shop(url, key))
                    yield from figures(f"{size:,} orders, {name}", done, limit)
            path.unlink()


def figures(name: str, done: Done, limit: float) -> Iterator[Figure]:
    speed = f"{done.seconds:.1f} s; parsing alone {limit:,.0f} orders/s"
    target = 8000 if "PostgreSQL" in name else None
    yield Figure(name, done.rate, target, speed, unit="/s")
    yield Figure(f"{name}, of parsing", done.rate / limit, None, speed)
    yield Figure(f"{name}, peak memory", done.peak_mb, 150, "", unit=" MB", at_most=True)


def import_file(url: str, path: Path, key: str, shop_id: int) -> Done:
    """``perennial import`` of a file into a shop whose old orders earn."""
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "JOBS_URL": f"sqlite:///{path.with_suffix('.jobs')}",
        "PUBLIC_URL": "http://127.0.0.1:8400",
        "SECRET_KEYS": key,
    }
    command = [sys.executable, "-m", "connector.cli", "import", str(path), "--shop", str(shop_id)]
    started = time.monotonic()
    with subprocess.Popen(
        [*command, "--points"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        peak_kb = 0
        while process.poll() is None:
            peak_kb = max(peak_kb, _peak_kb(process.pid))
            time.sleep(0.02)
        seconds = time.monotonic() - started
        assert process.stdout is not None
        told = process.stdout.read()
    assert process.returncode == 0, told
    return Done(msgspec.json.decode(told)["orders"], seconds, peak_kb / 1024)


def _peak_kb(pid: int) -> int:
    """The most a process ever had in memory; what wait4 tells includes the one it came from."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1])
    return 0


def make_shop(url: str, key: str, currency: str = "USD", zone: str = "Europe/Berlin") -> int:
    database = Database(url)
    with database.write() as db:
        credentials = Credentials("https://bench.example", "ck_bench:cs_bench")
        facts = ShopFacts("Bench", currency, zone, "11.0.1")
        shop = shops.install(db, KeyRing([key]), "woocommerce", credentials, facts, clock.now())
    database.dispose()
    return shop.id


def parse_seconds(path: Path) -> float:
    """How long it takes to decode the file and do nothing with it."""
    decode = msgspec.json.Decoder(ToldOrder).decode
    started = time.monotonic()
    with path.open("rb") as file:
        for line in file:
            decode(line)
    return time.monotonic() - started


def write_orders(path: Path, count: int) -> None:
    """``count`` invented orders: three of a member, 1.8 lines, some refunds, gifts and guests."""
    rng = random.Random(count)
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for number in range(count):
            file.write(encode(_order(number, count, rng)) + b"\n")


def _order(number: int, count: int, rng: random.Random) -> Mapping[str, Any]:
    placed_at = _FIRST + timedelta(seconds=number * (4 * 365 * 86_400 // count))
    lines = [_line(rng) for _ in range(rng.choice((1, 1, 1, 2, 2, 4)))]
    told: dict[str, Any] = {
        "key": str(10_000_000 + number),
        "number": str(number + 1),
        "placed_at": placed_at,
        "paid_at": placed_at + timedelta(minutes=1),
        "state": "completed",
        "currency": "USD",
        "customer": _customer(rng.randrange(max(count // ORDERS_A_MEMBER, 1)), rng),
        "shipping": "4.90",
        "lines": lines,
    }
    if rng.random() < 0.02:
        told["lines"] = [*lines, {"kind": "donation", "title": "Riverbank", "total": "2.00"}]
    if rng.random() < 0.04:
        taken = {"line": "1", "quantity": 1, "total": lines[0]["total"]}
        refunded_at = placed_at + timedelta(days=9)
        told["refunds"] = [{"key": f"r{number}", "refunded_at": refunded_at, "lines": [taken]}]
    return told


def _line(rng: random.Random) -> dict[str, Any]:
    product = int(PRODUCTS * rng.random() ** 2)
    price = 300 + product * 7919 % 9000
    return {
        "title": f"Product {product}",
        "product": str(product),
        "sku": f"SKU-{product:05}",
        "quantity": 1,
        "total": f"{price // 100}.{price % 100:02}",
        "tax": f"{price // 500}.{price // 5 % 100:02}",
    }


def _customer(number: int, rng: random.Random) -> dict[str, str]:
    name = f"{_NAMES.split()[number % 20]} {_SURNAMES.split()[number // 20 % 16]}"
    email = f"{name.replace(' ', '.').lower()}.{number}@shop.example"
    if rng.random() < 0.1:
        return {"email": email, "name": name}
    return {"key": str(500_000 + number), "email": email, "name": name}
