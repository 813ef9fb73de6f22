import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from woocommerce.oauth import OAuth

from devstore.app import create_woocommerce
from devstore.model import Buyer, Customer, Order
from devstore.people import MIA
from devstore.seed import fill
from devstore.shop import Shop
from devstore.state import State
from devstore.woocommerce.keys import Key, make_key

ORIGIN = "http://shop.example"
SECRET = "test-webhook-secret-not-real-0001"


@dataclass
class Clock:
    at: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class Heard:
    """One request a sink received."""

    headers: dict[str, str]
    raw: bytes

    @property
    def topic(self) -> str:
        return self.headers.get("X-WC-Webhook-Topic", "")

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Sink:
    """A receiver on loopback: what it heard, and what it answers."""

    url: str
    heard: list[Heard] = field(default_factory=list)
    status: int = 200
    during: Callable[[Heard], None] | None = None

    def topics(self) -> list[str]:
        return [each.topic for each in self.heard if each.topic]

    def deliveries(self) -> list[Heard]:
        return [each for each in self.heard if each.topic]


@dataclass
class Store:
    """The practice shop without history, asked as a client with a key asks it."""

    state: State
    clock: Clock
    http: FlaskClient
    key: Key

    @property
    def shop(self) -> Shop:
        return self.state.shops["woocommerce"]

    def rest(
        self, method: str, path: str, body: Any = None, key: Key | None = None
    ) -> TestResponse:
        """Signed by the woocommerce package, which shares no code with the shop."""
        key = key or self.key
        at = int(self.clock().timestamp())
        signer = OAuth(
            f"{ORIGIN}/wp-json/wc/v3/{path}",
            key.consumer_key,
            key.consumer_secret,
            version="wc/v3",
            method=method,
            oauth_timestamp=at,
        )
        url = signer.get_oauth_url()
        return self.http.open(url.removeprefix(ORIGIN), method=method, json=body)

    def get(self, path: str) -> Any:
        return self.rest("GET", path).get_json()

    def sell(
        self, items: dict[str, int] | None = None, member: bool = False, **more: Any
    ) -> Order:
        mia = self.shop.shelf.get(Customer, MIA.email)
        assert mia
        buyer = Buyer(MIA.email, "Mia", "Lindqvist", mia.id)
        guest = Buyer("gina@customers.example", "Gina", "Guest")
        return self.shop.place_order(buyer if member else guest, items or {"TP-CEL": 1}, **more)

    def hook(self, sink: Sink, *topics: str) -> list[int]:
        """Webhooks to the sink; their ids."""
        made = []
        for topic in topics:
            body = {"topic": topic, "delivery_url": sink.url, "secret": SECRET}
            made.append(self.rest("POST", "webhooks", body).get_json()["id"])
        return made

    def tick(self) -> int:
        return int(self.control("POST", "tick").get_json()["sent"])

    def control(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self.http.open(
            f"/_devstore/{path}", method=method, json=body, base_url="http://127.0.0.1"
        )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    state = State(tmp_path, {"woocommerce": ORIGIN}, now=clock)
    shop = state.shops["woocommerce"]
    fill(shop, with_history=False)
    app = create_woocommerce(state)
    app.testing = True
    key = make_key(shop, "tests", "read_write")
    yield Store(state, clock, app.test_client(), key)
    state.close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            heard = Heard(dict(self.headers.items()), self.rfile.read(length))
            received.heard.append(heard)
            if received.during:
                received.during(heard)
            self.send_response(received.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received = Sink(f"http://127.0.0.1:{server.server_port}/hooks/store-1")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield received
    server.shutdown()
    server.server_close()
