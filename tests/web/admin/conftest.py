"""Acme's admin over the real application: ``ada`` is signed in, ``visitor`` is not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.app import create_app, create_runtime
from connector.core import clock
from connector.core.db import Database
from connector.settings import Settings
from connector.shops import service as shops
from connector.web.admin import home
from connector.worker.engine import Engine
from tests import world as worlds
from tests.world import World, acme

HOME = "http://127.0.0.1:8400"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass
class Ada:
    """A signed-in merchant at a browser without a script."""

    client: FlaskClient
    shop: str

    def see(self, path: str = "", status: int = 200, **query: str) -> str:
        """The page as text, entities resolved; ``path`` is below the shop's own."""
        answer = self.ask(path, **query)
        assert answer.status_code == status, answer.text[:2000]
        return unescape(answer.text)

    def ask(self, path: str = "", **query: str) -> TestResponse:
        where = path if path.startswith("/") else f"/admin/{self.shop}/{path}"
        return self.client.get(where, base_url=HOME, query_string=query)

    def send(self, path: str, seen_on: str = "", origin: str = HOME, **form: Any) -> TestResponse:
        """Send a form as found on the page ``seen_on``."""
        token = re.search(r'name="csrf" value="(\w+)"', self.see(seen_on))
        assert token
        return self.client.post(
            f"/admin/{self.shop}/{path}",
            base_url=HOME,
            data={"csrf": token[1], **form},
            headers={"Origin": origin},
        )


def words_of(page: str) -> str:
    """What a person reads of a page: no tags, single spaces."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    body = re.sub(r"</?(?:a|b|bdi|q)\b[^>]*>", "", body)
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
    return re.sub(r" (?=[:.,])", "", said)


@pytest.fixture(autouse=True)
def still_time(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr(clock, "now", lambda: worlds.NOW)
    home._checked.forget()
    home._insights.forget()
    return worlds.NOW


@pytest.fixture
def world(database: Database) -> World:
    return acme(database, key="https://acme.example")


@pytest.fixture
def app(world: World, tmp_path: Path) -> Iterator[Flask]:
    settings = Settings(
        database_url=world.database.url,
        jobs_url=f"sqlite:///{tmp_path}/jobs.db",
        public_url=HOME,
        secret_keys=(KEY,),
    )
    runtime = create_runtime(settings, Engine(settings.jobs_url))
    yield create_app(runtime)
    runtime.database.dispose()


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def ada(app: Flask, world: World) -> Ada:
    return Ada(signed_in(app, world), world.shop.public_id)


def signed_in(app: Flask, world: World) -> FlaskClient:
    """A client with the session of the owner of this world's shop."""
    client = app.test_client()
    with world.database.write() as db:
        link = shops.sign_in_link(db, world.shop.business_id, clock.now())
    answer = client.get(f"/admin/signin/{link}", base_url=HOME)
    assert answer.status_code == 303, answer.text
    return client
