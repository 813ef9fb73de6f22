"""The service's own programs, started as an operator starts them, each in a process group."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import cycle
from pathlib import Path

import requests

from tests.flows.service import CLIENT_ID, CLIENT_SECRET, SECRET_KEY

START_SECONDS = 180
PORTS = range(20_000, 32_000)  # systems give higher ones to whoever calls somebody


def free_port(in_a_row: int = 1) -> int:
    """A port nobody has, the first of so many; nobody gets it before a program takes it.

    Not by the system's choice: it may give the same port away again, to the next who asks or to
    an outgoing call. Workers of a run have ports of their own, and none is told twice in a turn.
    """
    while True:
        ports = [next(_ports) for _ in range(in_a_row)]
        if ports[-1] - ports[0] == in_a_row - 1 and all(map(_is_free, ports)):
            return ports[0]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _own_ports() -> Iterator[int]:
    """This worker's, again and again, from a place that another run is not likely to begin at."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    mine = PORTS[worker * len(PORTS) // workers : (worker + 1) * len(PORTS) // workers]
    begin = os.getpid() * 61 % len(mine)
    return cycle([*mine[begin:], *mine[:begin]])


_ports = _own_ports()


class Programs:
    """Programs of one environment; ``end`` stops what still runs. Output goes to ``folder``."""

    def __init__(self, folder: Path, database_url: str, port: int, **settings: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port, self._folder = port, folder
        self._running: list[subprocess.Popen[bytes]] = []
        self._environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "JOBS_URL": f"sqlite:///{folder}/jobs.db",
            "PUBLIC_URL": self.url,
            "SECRET_KEYS": SECRET_KEY,
            "SHOPIFY_CLIENT_ID": CLIENT_ID,
            "SHOPIFY_CLIENT_SECRET": CLIENT_SECRET,
            "SHOPIFY_CLIENT_SECRETS": CLIENT_SECRET,
            **settings,
        }

    @property
    def environment(self) -> Mapping[str, str]:
        return self._environment

    def web(self) -> subprocess.Popen[bytes]:
        return self.start("connector.cli", "serve", "--port", str(self._port))

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("connector.cli", "worker")

    def start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        """``python -m module``; what it says is kept beside its database."""
        name = f"{module}-{'-'.join(arguments[:1])}.log".replace("/", "")
        with (self._folder / name).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9, with the children it has: nobody gets to say goodbye."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._running.remove(process)

    def end(self) -> None:
        for process in self._running:
            process.terminate()
        for process in list(self._running):
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill(process)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until somebody answers there."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"ended with {process.returncode}"
        try:
            requests.get(url, timeout=2)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nobody answers at {url}")
