"""What a life must not take from the hour, the machine or other tests: its ids and its draws."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from connector.core import ids

_MILLION = 10**6


class Clock:
    """Ids are given by the life's own time: an id tells when something moved last.

    Each life begins at the same moment; another node keeps its ids apart.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch, self._lives = monkeypatch, 0
        monkeypatch.setattr(ids, "time", self)

    def begin(self, now: datetime) -> None:
        nodes = 1 << ids._NODE_BITS
        around, node = divmod(self._lives, nodes)
        self.now = now
        self._lives += 1
        self._patch.setattr(ids, "_node", node)
        self._patch.setattr(ids, "_last", (self._tick() << ids._SEQUENCE_BITS) + around)

    def time_ns(self) -> int:
        return int(self.now.timestamp()) * 1000 * _MILLION

    def _tick(self) -> int:
        return self.time_ns() // _MILLION - ids._EPOCH_MS


def draw_alike() -> None:
    """Hypothesis likes to draw numbers it read in the modules that happen to be loaded."""
    pytest.MonkeyPatch().setattr(providers, "_get_local_constants", Constants)
