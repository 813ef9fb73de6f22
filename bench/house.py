"""The service as benchmarks run it: a shop on a database, and the real programs beside it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.deliveries import ORIGIN
from connector import settings
from connector.app import create_runtime
from connector.core import clock
from connector.core.commerce import Credentials, ShopFacts
from connector.core.db import Database
from connector.core.keyring import KeyRing
from connector.rooms.giving import service as giving
from connector.runtime import Runtime
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.worker.engine import Engine

HOOK_SECRET = b"a-secret-of-the-benchmark"
HOST = "127.0.0.1"
START_SECONDS = 60
END_SECONDS = 20


@dataclass(frozen=True, slots=True)
class House:
    """One shop on a database at ``url``; programs started here know it by ``environment``."""

    environment: Mapping[str, str]
    shop: Shop

    @property
    def is_sqlite(self) -> bool:
        return self.environment["DATABASE_URL"].startswith("sqlite")

    @contextmanager
    def parts(self) -> Iterator[Runtime]:
        """The service's parts in this process."""
        told = settings.read(self.environment)
        runtime = create_runtime(told, Engine(told.jobs_url))
        try:
            yield runtime
        finally:
            runtime.database.dispose()

    @contextmanager
    def serving(self) -> Iterator[int]:
        """``perennial serve`` as design section 6 sizes it for two cores; gives its port."""
        port = free_port()
        workers, threads = (1, 16) if self.is_sqlite else (2, 8)
        command = ["-m", "connector.cli", "serve", "--port", str(port), "--workers", str(workers)]
        with running(command, {**self.environment, "WEB_THREADS": str(threads)}) as program:
            program.wait_until_open(port, "/healthz")
            yield port


def build(url: str, folder: Path, key: str = ORIGIN) -> House:
    """A new shop with a cause, installed on the migrated database at ``url``."""
    secret_key = KeyRing.new_key()
    keys, database = KeyRing([secret_key]), Database(url)
    facts, now = ShopFacts("Bench", "USD", "Europe/Berlin", "11.0.1"), clock.now()
    with database.write() as db:
        credentials = Credentials(key, "ck_bench:cs_bench")
        shop = shops.install(db, keys, "woocommerce", credentials, facts, now)
        shops.put_secret(db, keys, shop.id, "hook_secret", HOOK_SECRET, now)
        shops.note_reconciled(db, shop.id, now, now)
        shops.note_nightly(db, shop.id, now)
        giving.add_cause(db, shop.id, "Riverbank", "Clean water.", now)
    database.dispose()
    environment = {
        "DATABASE_URL": url,
        "JOBS_URL": f"sqlite:///{folder / 'jobs.db'}",
        "PUBLIC_URL": "http://127.0.0.1:8400",
        "SECRET_KEYS": secret_key,
    }
    return House(environment, shop)


@dataclass(frozen=True, slots=True)
class Program:
    """A program that runs meanwhile, and what it says."""

    process: subprocess.Popen[bytes]
    said: IO[bytes]

    def wait_until_open(self, port: int, path: str) -> None:
        """Until it answers ``path`` with 200."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection(HOST, port, timeout=1)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.05)
        self.said.seek(0)
        raise TimeoutError(f"{self.process.args!r} does not answer:\n{self.said.read().decode()}")


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Program]:
    """A Python program that runs meanwhile, and is ended by its process id."""
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **environment},
            stdout=said,
            stderr=said,
        ) as process,
    ):
        try:
            yield Program(process, said)
        finally:
            process.terminate()
            try:
                process.wait(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
