from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from connector.core.db import Database
from tests.fakes import ShopifyStore, WooStore, serving
from tests.flows.processes import Programs, free_port
from tests.flows.service import Service, make_service


@pytest.fixture
def serve() -> Iterator[Callable[[WooStore | ShopifyStore], str]]:
    """Put a store on loopback; gives its origin. It ends with the test."""
    with ExitStack() as stack:
        yield lambda store: stack.enter_context(serving(store))


@pytest.fixture
def service(database: Database) -> Service:
    """A service that calls no store but those on public addresses."""
    return make_service(database)


@pytest.fixture
def programs(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Programs]]:
    """The service's programs on the test's database, at a free port; they end with the test."""
    with ExitStack() as stack:

        def make(**settings: str) -> Programs:
            made = Programs(tmp_path, database_url, free_port(), **settings)
            stack.callback(made.end)
            return made

        yield make
