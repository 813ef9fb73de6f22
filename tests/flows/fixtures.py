"""Fixtures of the flows and of the doors: stores, the service, its programs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

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


@pytest.fixture
def listen() -> Iterator[Callable[[Flask, int], None]]:
    """Let a Flask app answer on a loopback port, a thread for each request."""
    with ExitStack() as stack:
        yield lambda app, port: stack.enter_context(_listening(app, port))


@contextmanager
def _listening(app: Flask, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
