"""What a process may know for a while without asking again."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

from cachetools import TTLCache

SECONDS = 10
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Values by key, shared by threads; each is forgotten after SECONDS, or when there are many.

    For what is the same to everybody who asks. Never for balances.
    """

    def __init__(self, size: int) -> None:
        self._known: TTLCache[K, V] = TTLCache(size, SECONDS)
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            return self._known.get(key)

    def put(self, key: K, value: V) -> None:
        with self._lock:
            self._known[key] = value
