import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from devstore.model import Buyer, Customer, Order
from devstore.people import MIA
from devstore.seed import fill
from devstore.shop import Shop
from devstore.shopify.face import ShopifyFace
from devstore.shopify.install import EXCHANGE, ID_TOKEN, OFFLINE
from devstore.shopify.registration import Registration
from devstore.state import State

SERVICE = "http://service.example"
SECRET = "the secret of an invented app, 32 or more bytes"
GRAPHQL = "/admin/api/2026-10/graphql.json"


@dataclass
class Clock:
    at: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class World:
    """The practice shop without history, its face, and a browser that looks at it."""

    shop: Shop
    face: ShopifyFace
    app: Registration
    clock: Clock
    http: FlaskClient
    tokens: dict[str, Any] = field(default_factory=dict)

    def install(self) -> None:
        self.http.post("/admin/apps/perennial/install")
        answer = self.ask_token(
            grant_type=EXCHANGE,
            subject_token=self.id_token(),
            subject_token_type=ID_TOKEN,
            requested_token_type=OFFLINE,
            expiring="1",
        )
        self.tokens = answer.get_json()

    def id_token(self) -> str:
        address = self.http.get("/admin/apps/perennial").headers["Location"]
        return parse_qs(urlsplit(address).query)["id_token"][0]

    def ask_token(self, **fields: str):
        own = {"client_id": self.app.client_id, "client_secret": self.app.client_secret}
        return self.http.post("/admin/oauth/access_token", json={**own, **fields})

    def graphql(self, document: str, /, **variables: object) -> dict[str, Any]:
        answer = self.http.post(
            GRAPHQL,
            json={"query": document, "variables": variables},
            headers={"X-Shopify-Access-Token": self.tokens["access_token"]},
        )
        assert answer.status_code == 200, answer.get_data(as_text=True)
        body: dict[str, Any] = answer.get_json()
        return body

    def mia(self) -> Customer:
        found = self.shop.shelf.get(Customer, MIA.email)
        assert found is not None
        return found

    def sell(self, items: dict[str, int], **more: Any) -> Order:
        mia = self.mia()
        buyer = Buyer(mia.email, mia.first_name, mia.last_name, mia.id)
        return self.shop.place_order(buyer, items, **more)


@contextmanager
def opened(directory: Path, origin: str) -> Iterator[tuple[World, Flask]]:
    """The practice shop at ``origin``, and the app that answers there."""
    clock = Clock()
    state = State(directory, {"shopify": origin}, SERVICE, clock)
    shop = state.shops["shopify"]
    registration = Registration("client-1", SECRET, SERVICE)
    face = ShopifyFace(state, registration)
    fill(shop, with_history=False)
    shop.listeners.append(face.heard)
    app = Flask("devstore")
    app.secret_key = "only a test"
    face.register(app)
    yield World(shop, face, registration, clock, app.test_client()), app
    for thread in threading.enumerate():
        if thread.name.startswith("bulk "):
            thread.join()
    state.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path, "http://127.0.0.1:8402") as (found, _app):
        yield found


@pytest.fixture
def installed(world: World) -> World:
    world.install()
    return world
