"""The engine: huey carries wake-ups and gives concurrency; it holds nothing that may not be lost.

One queue a lane (``schedule`` says what runs on which). JOBS_URL says where the queues live:
SQLite, PostgreSQL or Redis. A poll each second finds work whose wake-up was lost.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.consumer import Consumer
from sqlalchemy.engine import make_url

from connector.core.errors import PerennialError
from connector.runtime import Runtime
from connector.worker import schedule

LANES = ("live", "calls", "slow")
WAKE_SECONDS = 1.0
SLOW_SECONDS = 60.0  # a slow job may wait behind others; asking each second would fill its lane
POLL_SECONDS = 1.0
_log = logging.getLogger("perennial.engine")


class Engine:
    """The queues of one process. Any process may ask for work; ``run`` makes this one do it."""

    def __init__(self, jobs_url: str) -> None:
        self._queues = {lane: _queue(jobs_url, lane) for lane in LANES}
        self._runtime: Runtime | None = None
        self._asked: dict[tuple[str, int], float] = {}
        self._asking = threading.Lock()
        self._busy: dict[tuple[str, int], set[str]] = {}  # lane and shop: jobs that wait for it
        self._tasks: dict[str, Callable[[int], Any]] = {
            name: self._queues[job.lane].task(name=name)(self._worker_of(name))
            for name, job in schedule.JOBS.items()
        }

    def wake(self, shop_id: int) -> None:
        """Tell the workers that this shop's inbox has something new."""
        self.ask("drain", shop_id)

    def ask(self, job: str, shop_id: int) -> None:
        """Ask for a job; asking again while it is new is asking once."""
        now = time.monotonic()
        with self._asking:
            patience = SLOW_SECONDS if schedule.JOBS[job].lane == "slow" else WAKE_SECONDS
            is_new = now - self._asked.get((job, shop_id), -patience) < patience
            if is_new and not schedule.JOBS[job].claimed:
                return
            self._asked[job, shop_id] = now
        self._tasks[job](shop_id)

    def run(self, runtime: Runtime, stop: threading.Event) -> None:
        """Work until ``stop`` is set or the process is told to end. Main thread only."""
        self._runtime = runtime
        # SQLite has one writer; who waits for stores or computes may well be several there, too.
        workers = {"live": 1 if runtime.database.is_sqlite else 4, "calls": 4, "slow": 3}
        consumers = [
            Consumer(queue, workers=workers[lane], periodic=False, backoff=1.05, max_delay=0.2)
            for lane, queue in self._queues.items()
        ]
        for consumer in consumers:
            consumer.start()

        def end(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, end)
        while not stop.wait(POLL_SECONDS):
            self._poll(runtime)
        for consumer in consumers:
            consumer.stop(graceful=True)

    def _poll(self, runtime: Runtime) -> None:
        try:
            for job, shop_id in schedule.due(runtime):
                self.ask(job, shop_id)
        except Exception:  # noqa: BLE001 - the next second tries again
            _log.exception("poll failed")

    def _worker_of(self, name: str) -> Callable[[int], None]:
        job = schedule.JOBS[name]

        def work(shop_id: int) -> None:
            if self._runtime is None:
                raise PerennialError("no_worker", "this process only asks for work")
            if not self._begin(name, job.lane, shop_id):
                return
            try:
                job.work(self._runtime, shop_id)
            except Exception:  # noqa: BLE001 - what is due stays due; the lane must go on
                _log.exception("job failed job=%s shop=%d", name, shop_id)
            finally:
                self._end(job.lane, shop_id)

        work.__name__ = name
        return work

    def _begin(self, name: str, lane: str, shop_id: int) -> bool:
        """Whether the shop has no other job on the lane; otherwise this one follows that."""
        with self._asking:
            self._asked.pop((name, shop_id), None)
            waiting = self._busy.get((lane, shop_id))
            if waiting is not None:
                waiting.add(name)
                return False
            self._busy[lane, shop_id] = set()
            return True

    def _end(self, lane: str, shop_id: int) -> None:
        with self._asking:
            waiting = self._busy.pop((lane, shop_id))
        for name in sorted(waiting):
            self.ask(name, shop_id)


def _queue(url: str, lane: str) -> Huey:
    kind = make_url(url).get_backend_name()
    common = {"results": False, "utc": True}
    if kind == "sqlite":
        path = Path(make_url(url).database or "var/jobs.db")
        path.parent.mkdir(parents=True, exist_ok=True)
        return SqliteHuey(name=lane, filename=str(path), **common)
    if kind == "postgresql":
        dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        return PostgresHuey(name=lane, dsn=dsn, **common)
    if kind == "redis":
        return RedisHuey(name=lane, url=url, **common)
    raise PerennialError("jobs_url", "JOBS_URL must be sqlite:///, postgresql:// or redis://")
