"""How calls leave, and what every kind of answer means. The package's version is pinned here."""

from __future__ import annotations

import base64
import inspect
from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
import woocommerce

from adapters.woocommerce.api import Api, Rest
from connector.core.errors import PlatformBusy, PlatformError, PlatformMissing, PlatformRefused
from connector.core.http import Http

SHOP, LOCAL = "https://shop.example", "http://127.0.0.1:8901"
ACCESS = f"ck_{'a' * 40}:cs_{'b' * 40}"
BASIC = f"Basic {base64.b64encode(ACCESS.encode()).decode()}"
ORDERS = f"{SHOP}/wp-json/wc/v3/orders"


@pytest.fixture
def store():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def rest(shop=SHOP, modes=None):
    return Rest(Http([LOCAL]), shop, ACCESS, {} if modes is None else modes)


def error(code, status):
    return {"code": code, "message": "m", "data": {"status": status}}


def test_the_package_is_the_one_whose_private_method_we_replace():
    assert version("woocommerce") == "3.0.0"
    replaced = inspect.signature(woocommerce.API._API__request)
    assert list(replaced.parameters) == ["self", "method", "endpoint", "data", "params", "kwargs"]
    assert Api._API__request is not woocommerce.API._API__request
    for name in ("_API__get_url", "_API__get_oauth_url"):
        assert callable(getattr(woocommerce.API, name))


def test_https_is_called_with_basic_and_nothing_secret_in_the_address(store):
    store.get(ORDERS, json=[])
    rest().get("orders", {"page": 2})
    (call,) = store.calls
    assert call.request.headers["Authorization"] == BASIC
    assert urlsplit(call.request.url).query == "page=2"


def signed(request):
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def test_plain_http_is_signed_and_sends_each_parameter_once(store):
    store.get(f"{LOCAL}/wp-json/wc/v3/orders", json=[])
    rest(LOCAL).get("orders", {"page": 2, "after": "2026-11-20T10:00:00"})
    (call,) = store.calls
    assert "Authorization" not in call.request.headers
    assert call.request.url.count("page=2") == 1
    assert signed(call.request)["oauth_signature_method"] == "HMAC-SHA256"


def expected_signature(method, url, query):
    """OAuth 1.0a by hand, as WooCommerce checks it."""
    import hashlib
    import hmac
    from urllib.parse import quote

    pairs = {name: value for name, value in query.items() if name != "oauth_signature"}
    joined = "&".join(f"{name}={quote(pairs[name], safe='')}" for name in sorted(pairs))
    text = f"{method}&{quote(url, safe='')}&{quote(joined, safe='')}"
    key = ACCESS.partition(":")[2] + "&"
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


@pytest.mark.parametrize(("refusals", "believed"), [(1, "http"), (2, "https")])
def test_a_store_that_does_not_see_basic_is_signed_for(store, refusals, believed):
    for _ in range(refusals):
        store.get(ORDERS, json=error("woocommerce_rest_cannot_view", 401), status=401)
    store.get(ORDERS, json=[])
    modes: dict[str, str] = {}
    rest(modes=modes).get("orders", {"after": "2026-11-20T10:00:00", "page": 1})
    last = store.calls[-1].request
    query = signed(last)
    assert last.url.startswith("https://shop.example/")
    assert "Authorization" not in last.headers
    base = f"{believed}://shop.example/wp-json/wc/v3/orders"
    assert query["oauth_signature"] == expected_signature("GET", base, query)
    assert modes == {SHOP: believed}
    rest(modes=modes).get("orders")
    assert len(store.calls) == refusals + 2  # remembered: asked once


def test_a_key_refused_every_way_is_refused(store):
    store.get(ORDERS, json=error("woocommerce_rest_cannot_view", 401), status=401)
    with pytest.raises(PlatformRefused, match="woocommerce_rest_cannot_view"):
        rest().get("orders")
    assert len(store.calls) == 3


PAGE = "<html><h1>Just a moment</h1>"


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (403, error("woocommerce_rest_cannot_view", 403), PlatformRefused, "platform_refused"),
        (404, error("woocommerce_rest_shop_order_invalid_id", 404), PlatformMissing, None),
        (404, error("rest_no_route", 404), PlatformBusy, "platform_no_api"),
        (400, error("rest_invalid_param", 400), PlatformError, "platform_error"),
        (429, error("too_many", 429), PlatformBusy, "platform_busy"),
        (500, error("internal_server_error", 500), PlatformBusy, "platform_busy"),
        (403, PAGE, PlatformBusy, "platform_blocked"),
        (404, PAGE, PlatformBusy, "platform_blocked"),
        (429, PAGE, PlatformBusy, "platform_busy"),
        (500, PAGE, PlatformBusy, "platform_busy"),
        (503, PAGE, PlatformBusy, "platform_busy"),
        (301, "", PlatformError, "platform_moved"),
    ],
)
def test_an_answer_becomes_its_kind_of_no(store, status, body, kind, code):
    sent = {"json": body} if isinstance(body, dict) else {"body": body}
    store.get(
        ORDERS, status=status, headers={"Retry-After": "30", "Location": "https://x/"}, **sent
    )
    with pytest.raises(PlatformError) as refused:
        rest().get("orders")
    assert type(refused.value) is kind
    assert refused.value.code == (code or "platform_missing")
    if code == "platform_busy":
        assert isinstance(refused.value, PlatformBusy)
        assert refused.value.retry_after_seconds == 30


@pytest.mark.parametrize(
    "problem", [requests.ConnectTimeout(), requests.ReadTimeout(), requests.ConnectionError()]
)
def test_silence_and_a_lost_reply_may_be_tried_again_and_tell_no_secret(store, problem):
    store.post(ORDERS, body=problem)
    with pytest.raises(PlatformBusy) as busy:
        rest().post("orders", {"a": 1})
    assert busy.value.code == "platform_unreachable"
    assert busy.value.retry
    assert "cs_" not in str(busy.value)
