"""Our webhooks, against a store that keeps them as WooCommerce does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from adapters.woocommerce import WooCommerce
from adapters.woocommerce.webhooks import TOPICS
from connector.core.commerce import Credentials
from connector.core.errors import BadInput, PlatformBusy, PlatformError
from connector.core.http import Http

SHOP = "https://shop.example"
WEBHOOKS = f"{SHOP}/wp-json/wc/v3/webhooks"
URL = "https://perennial.example/hooks/woocommerce/secretpath"
SECRET, NEXT_SECRET = "A1b2C3d4E5f6G7h8", "Z9y8X7w6V5u4T3s2"


class Store:
    """Webhooks of one store over REST, and what was asked of it."""

    def __init__(self) -> None:
        self.webhooks: dict[int, dict[str, Any]] = {}
        self.made = 0
        self.refuse: Callable[[dict[str, Any]], bool] = lambda _webhook: False

    def list(self, request):
        query = {
            name: int(value[0]) for name, value in parse_qs(urlsplit(request.url).query).items()
        }
        start = (query["page"] - 1) * query["per_page"]
        page = list(self.webhooks.values())[start : start + query["per_page"]]
        return 200, {}, json.dumps(page)

    def create(self, request):
        asked = json.loads(request.body)
        if self.refuse(asked):
            code = "woocommerce_rest_shop_webhook_invalid_topic"
            return 400, {}, json.dumps({"code": code, "message": "", "data": {"status": 400}})
        self.made += 1
        made = self.webhooks[self.made] = {"status": "active", **asked, "id": self.made}
        shown = {name: value for name, value in made.items() if name != "secret"}
        return 201, {}, json.dumps(shown)

    def delete(self, request):
        parts = urlsplit(request.url)
        assert parse_qs(parts.query) == {"force": ["true"]}
        if self.webhooks.pop(int(parts.path.rpartition("/")[2]), None) is None:
            code = "woocommerce_rest_shop_webhook_invalid_id"
            return 404, {}, json.dumps({"code": code, "message": "", "data": {"status": 404}})
        return 200, {}, "{}"

    def at(self, url):
        return {one["topic"]: one for one in self.webhooks.values() if one["delivery_url"] == url}


@pytest.fixture
def store():
    there = Store()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback("GET", WEBHOOKS, there.list)
        mock.add_callback("POST", WEBHOOKS, there.create)
        mock.add_callback("DELETE", re.compile(f"{WEBHOOKS}/[0-9]+"), there.delete)
        yield there


@pytest.fixture
def client():
    return WooCommerce(Http()).client(Credentials(SHOP, f"ck_{'a' * 40}:cs_{'b' * 40}"))


def test_a_new_store_gets_every_topic_with_our_secret(store, client):
    assert set(client.ensure_webhooks(URL, SECRET)) == set(TOPICS)
    assert set(store.at(URL)) == set(TOPICS)
    assert {one["secret"] for one in store.webhooks.values()} == {SECRET}


def test_nothing_is_done_when_all_are_well(store, client):
    client.ensure_webhooks(URL, SECRET)
    assert client.ensure_webhooks(URL, SECRET) == []
    assert store.made == len(TOPICS)


@pytest.mark.parametrize("status", ["disabled", "paused"])
def test_one_that_does_not_deliver_is_replaced_not_woken(store, client, status):
    client.ensure_webhooks(URL, SECRET)
    old = store.at(URL)["order.updated"]
    old["status"] = status
    assert client.ensure_webhooks(URL, SECRET) == ["order.updated"]
    assert old["id"] not in store.webhooks
    assert store.at(URL)["order.updated"]["status"] == "active"


def test_a_new_secret_makes_them_all_anew(store, client):
    client.ensure_webhooks(URL, SECRET)
    assert set(client.ensure_webhooks(URL, NEXT_SECRET)) == set(TOPICS)
    assert {one["secret"] for one in store.webhooks.values()} == {NEXT_SECRET}
    assert len(store.webhooks) == len(TOPICS)


def test_those_of_an_old_path_and_doubles_go_and_strangers_stay(store, client):
    client.ensure_webhooks("https://perennial.example/hooks/woocommerce/oldpath", SECRET)
    client.ensure_webhooks(URL, SECRET)
    assert {one["delivery_url"] for one in store.webhooks.values()} == {URL}
    double = dict(store.at(URL)["order.created"], id=500)
    foreign = {"id": 501, "name": "ERP", "status": "disabled", "topic": "order.created",
               "delivery_url": "https://erp.example/hooks/woocommerce/x"}  # fmt: skip
    namesake = dict(foreign, id=502, name="ERP", delivery_url=f"{URL}/more")
    store.webhooks |= {500: double, 501: foreign, 502: namesake}
    assert client.ensure_webhooks(URL, SECRET) == []
    assert set(store.webhooks) & {500, 501, 502} == {501, 502}


def test_ours_are_found_behind_a_hundred_others(store, client):
    other = {
        "name": "n",
        "status": "active",
        "topic": "order.created",
        "delivery_url": "https://x",
    }
    store.webhooks = {number: {"id": number, **other} for number in range(1000, 1150)}
    client.ensure_webhooks(URL, SECRET)
    assert client.ensure_webhooks(URL, SECRET) == []


def test_a_lost_reply_makes_no_doubles(store, client):
    def lost(request):
        store.create(request)
        raise requests.ReadTimeout

    with responses.RequestsMock() as mock:
        mock.add_callback("GET", WEBHOOKS, store.list)
        mock.add_callback("POST", WEBHOOKS, lost)
        with pytest.raises(PlatformBusy):
            client.ensure_webhooks(URL, SECRET)
    assert len(store.webhooks) == 1
    client.ensure_webhooks(URL, SECRET)
    assert len(store.webhooks) == len(TOPICS)


def test_one_deleted_by_the_merchant_meanwhile_is_just_as_gone(store, client):
    client.ensure_webhooks(URL, SECRET)
    listed = store.list

    def then_gone(request):
        answer = listed(request)
        store.webhooks.clear()
        return answer

    with responses.RequestsMock() as mock:
        mock.add_callback("GET", WEBHOOKS, then_gone)
        mock.add_callback("DELETE", re.compile(f"{WEBHOOKS}/[0-9]+"), store.delete)
        client.remove_webhooks(URL)


def test_a_topic_the_store_refuses_is_told_and_the_others_serve(store, client):
    client.ensure_webhooks(URL, SECRET)
    for webhook in store.webhooks.values():
        webhook["status"] = "disabled"
    store.refuse = lambda webhook: webhook["topic"] == "product.restored"
    with pytest.raises(PlatformError, match="invalid_topic"):
        client.ensure_webhooks(URL, SECRET)
    assert set(store.at(URL)) == set(TOPICS) - {"product.restored"}
    assert {one["status"] for one in store.webhooks.values()} == {"active"}


@pytest.mark.parametrize(
    "secret", ["", "short", "with space 123456789", "amp&ersand12345678", "a" * 129]
)
def test_a_secret_the_store_would_change_is_refused(client, secret):
    with pytest.raises(BadInput, match="invalid_secret"):
        client.ensure_webhooks(URL, secret)


def test_leaving_takes_ours_away_and_no_other(store, client):
    store.webhooks[900] = {"id": 900, "name": "ERP", "status": "active", "topic": "order.created",
                           "delivery_url": "https://erp.example/"}  # fmt: skip
    client.ensure_webhooks(URL, SECRET)
    client.remove_webhooks(URL)
    client.remove_webhooks(URL)
    assert set(store.webhooks) == {900}
