"""What is dear to compute and true for a while, by shop, for all threads of this process."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from cachetools import TTLCache

SHOPS = 10_000
_T = TypeVar("_T")


class Remembered(Generic[_T]):
    """Values by shop id for ``seconds``; whoever shows one says as of when it is."""

    def __init__(self, seconds: float) -> None:
        self._values: TTLCache[int, _T] = TTLCache(SHOPS, seconds)
        self._turn = threading.Lock()

    def get(self, shop_id: int) -> _T | None:
        with self._turn:
            return self._values.get(shop_id)

    def put(self, shop_id: int, value: _T) -> None:
        with self._turn:
            self._values[shop_id] = value

    def forget(self) -> None:
        with self._turn:
            self._values.clear()
