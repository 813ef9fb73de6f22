from functools import partial

import pytest
from cachetools import TTLCache

from connector.web import memory, pace
from tests.flows.fixtures import listen, programs, serve, service

__all__ = ["listen", "programs", "serve", "service"]


@pytest.fixture(autouse=True)
def one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a test takes: its knocks are of one minute, and what is remembered stays."""
    for module in (memory, pace):
        monkeypatch.setattr(module, "TTLCache", partial(TTLCache, timer=lambda: 0.0))
