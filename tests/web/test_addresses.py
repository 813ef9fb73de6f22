"""Every GET address there is, with values no table could hold: refused by a code, never broken."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

import pytest
from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

from connector.core import clock
from connector.shops import service as shops
from tests.adapters.shopify.test_app_proxy import pairs_of, query_of
from tests.flows.service import CLIENT_SECRET, PUBLIC_URL
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce
from tests.web.test_install_woocommerce import CODE

HOSTILE = (
    "9223372036854775807",
    "9223372036854775808",
    "9" * 30,
    "9" * 5000,
    "0",
    "-1",
    "٣",
    "1.5",
    "a\x00b",
    "\ud800",
    "' OR 1=1 --",
    "../../etc/passwd",
    "{{config}}",
    "a" * 3000,
)
ALLOWED = {200, 204, 302, 303, 308, 400, 401, 403, 404, 415, 422, 429}
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
VIEWS = ("config", "badge", "recommendations", "me")
RAW = ("shop", "product", "state", "code", "hmac", "id_token", "timestamp", "signature")


class Everything(ImmutableMultiDict[str, str]):
    """A query in which every name, also one that only a later view asks for, has one value."""

    def __init__(self, value):
        super().__init__()
        self.value = value

    def __contains__(self, name):
        return True

    def __getitem__(self, name):
        return self.value

    def get(self, name, *_default, **_type):  # type: ignore[override]
        return self.value


class Asked(Request):
    """A request whose query says everything the header X-Hostile says."""

    @cached_property
    def args(self):
        value = self.headers.get("X-Hostile")
        return super().args if value is None else Everything(value)


@dataclass(frozen=True)
class Acme:
    """How to ask its doors, and what stands in the addresses of what it has."""

    ask: Callable[..., Any]
    known: dict[str, str]


@pytest.fixture
def acme(service):
    """Acme's storefront, API and admin at once: the browser is signed in and has a key."""
    shop = service.install("woocommerce", "https://acme.example")
    woocommerce(service, shop, WOO_ORDER)
    service.work(["drain"])
    service.app.request_class = Asked
    browser, key = service.http, service.api_key(shop)
    with service.database.write() as db:
        link = shops.sign_in_link(db, shop.business_id, clock.now())
    browser.get(f"/admin/signin/{link}", base_url=PUBLIC_URL)
    with service.database.read() as db:
        member = service.runtime.members.by_customer_key(db, shop.id, "7")
    (order,) = service.orders(shop)

    def ask(path, query="", **headers):
        if path.startswith("/api/"):
            headers["Authorization"] = f"Bearer {key}"
        where = f"{path}?{query}" if query else path
        return browser.get(where, base_url=PUBLIC_URL, headers=headers)

    known = {
        "shop": shop.public_id,
        "public_id": shop.public_id,
        "member_id": str(member),
        "order_id": str(order.id),
        "key": "1",
        "view": "config",
    }
    return Acme(ask, known)


def quoted(value):
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


def rules(service):
    return [rule for rule in service.app.url_map.iter_rules() if "GET" in (rule.methods or ())]


def checked(answer, what):
    """Answered as it should be; a refusal says its code."""
    assert answer.status_code in ALLOWED, (what, answer.status_code)
    if answer.status_code >= 400:
        told = answer.get_json(silent=True) or {}
        assert told.get("code") or CODE.search(answer.text), (what, answer.text[:300])
    return answer


def path_of(rule, known, **hostile):
    values = {**known, **hostile}
    return ARGUMENT.sub(lambda found: quoted(values.get(found[1], "1")), str(rule))


def test_no_value_in_a_path_breaks_a_page(service, acme):
    for rule in rules(service):
        for name in rule.arguments:
            for value in HOSTILE:
                path = path_of(rule, acme.known, **{name: value})
                checked(acme.ask(path), (str(rule), name, value[:30]))


def test_an_id_that_no_row_can_have_is_not_there(service, acme):
    ids = [(rule, name) for rule in rules(service) for name in rule._converters]
    ids = [(rule, name) for rule, name in ids if name.endswith("_id") and name != "public_id"]
    assert {name for _, name in ids} >= {"member_id", "order_id"}
    for rule, name in ids:
        for value in (*HOSTILE[:8], "9" * 19, "1"):
            answer = acme.ask(path_of(rule, acme.known, **{name: value}))
            assert answer.status_code == 404, (str(rule), value)


def test_no_value_of_a_query_breaks_a_page(service, acme):
    for rule in rules(service):
        views = VIEWS if "view" in rule.arguments else ("",)
        for view in views:
            path = path_of(rule, acme.known, view=view)
            for value in HOSTILE:
                what = (path, value[:30])
                if value.isprintable() and value.isascii():
                    checked(acme.ask(path, **{"X-Hostile": value}), what)
                checked(acme.ask(path, f"{RAW[0]}={quoted(value)}"), what)


@pytest.mark.parametrize("name", RAW)
def test_no_value_of_a_signed_query_breaks_a_page(service, acme, name):
    paths = ("/app/shopify", "/install/shopify", "/install/shopify/callback")
    for value in HOSTILE:
        for path in paths:
            checked(acme.ask(path, f"{name}={quoted(value)}"), (path, name, value[:30]))


def test_no_product_of_a_proven_visitor_breaks_a_storefront(service, acme):
    service.install("shopify", "acme.myshopify.com")
    for view in VIEWS:
        for value in HOSTILE:
            if value == "\ud800":
                continue  # no signature is made of it
            now = int(clock.now().timestamp())  # a signature serves ninety seconds
            pairs = pairs_of(("product", value), shop="acme.myshopify.com", at=now)
            answer = acme.ask(f"/storefront/shopify/{view}", query_of(pairs, CLIENT_SECRET))
            checked(answer, (view, value[:30]))
            assert answer.status_code != 401, (view, value[:30])


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("members?before=9223372036854775808", 422, "invalid_parameter"),
        ("giving?page=" + "9" * 5000, 422, "invalid_parameter"),
        ("members?q=%00", 400, "invalid_text"),
        ("orders?number=%00", 400, "invalid_text"),
        ("members/9223372036854775808", 404, "not_found"),
        ("orders/" + "9" * 30, 404, "not_found"),
    ],
)
def test_the_admin_says_which_code(acme, path, status, code):
    answer = acme.ask(f"/admin/{acme.known['shop']}/{path}")
    assert (answer.status_code, CODE.findall(answer.text)[:1]) == (status, [code])
