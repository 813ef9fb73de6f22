"""The service's own programs, started as an operator starts them, each in a process group."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import requests

from tests.flows.service import CLIENT_ID, CLIENT_SECRET, SECRET_KEY

START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
