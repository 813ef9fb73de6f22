"""The door's way into the inbox: what it answered for is on disk."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from connector.core.db import Database
from connector.core.inbox import Received, keep

BATCH = 64


class Keeper:
    """Keeps messages durably before it returns.

    On SQLite one thread commits what waits, up to BATCH at a time, so that a synced commit is
    shared (four times the rate of a commit each). PostgreSQL groups commits itself.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.SimpleQueue[tuple[Received, _Receipt]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def keep(self, received: Received) -> None:
        """Returns once the row is committed; raises what the commit raised."""
        if not self._database.is_sqlite:
            self._database.run(lambda db: keep(db, [received]), one_statement=True)
            return
        self._start()
        receipt = _Receipt()
        self._queue.put((received, receipt))
        receipt.wait()

    def _start(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._commit, name="keeper", daemon=True
                    )
                    self._thread.start()

    def _commit(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < BATCH:
                try:
                    batch.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            try:
                with self._database.write() as db:
                    keep(db, [received for received, _ in batch])
            except Exception:  # noqa: BLE001 - each waiter gets its own outcome below
                self._one_by_one(batch)
            else:
                for _, receipt in batch:
                    receipt.done()

    def _one_by_one(self, batch: Sequence[tuple[Received, _Receipt]]) -> None:
        for received, receipt in batch:
            try:
                with self._database.write() as db:
                    keep(db, [received])
            except Exception as problem:  # noqa: BLE001 - handed to the thread that waits for it
                receipt.done(problem)
            else:
                receipt.done()


class _Receipt:
    """One waiter's outcome."""

    __slots__ = ("_lock", "_problem")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self._problem: BaseException | None = None

    def done(self, problem: BaseException | None = None) -> None:
        self._problem = problem
        self._lock.release()

    def wait(self) -> None:
        self._lock.acquire()
        if self._problem is not None:
            raise self._problem
