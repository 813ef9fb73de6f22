"""Connecting a store. Numbers are those of the list of bad inputs."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from adapters.woocommerce import WooCommerce
from connector.core.commerce import InstallRequest
from connector.core.errors import BadInput, PlatformBusy
from connector.core.http import Http
from tests.adapters.woocommerce import samples

SHOP, LOCAL = "https://shop.example", "http://127.0.0.1:8401"
STATE = "0123456789abcdef" * 4
GRANT = {
    "key_id": "4",
    "user_id": STATE,
    "consumer_key": f"ck_{'0123456789' * 4}",
    "consumer_secret": f"cs_{'abcdef0123' * 4}",
    "key_permissions": "read_write",
}
STATUS = {"environment": {"version": "11.0.1"}, "settings": {"currency": "USD"}}


@pytest.fixture
def platform():
    return WooCommerce(Http([LOCAL]))


@pytest.fixture
def store():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def request_for(shop_key, state=STATE):
    return InstallRequest(
        shop_key, state, "https://perennial.example/install/woocommerce/callback",
        "https://perennial.example/install/woocommerce/return",
    )  # fmt: skip


def test_the_merchant_is_sent_to_the_stores_own_page(platform):
    parts = urlsplit(platform.install_url(request_for("Shop.Example/")))
    query = {name: value[0] for name, value in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{SHOP}/wc-auth/v1/authorize"
    assert query == {
        "app_name": "Perennial",
        "scope": "read_write",
        "user_id": STATE,
        "return_url": "https://perennial.example/install/woocommerce/return",
        "callback_url": "https://perennial.example/install/woocommerce/callback",
    }


@pytest.mark.parametrize("state", ["", "short", "A" * 64, "g" * 64, STATE + "\n", "a+b" * 20])
def test_a_state_the_store_would_mangle_is_refused(platform, state):
    with pytest.raises(BadInput, match="invalid_state"):
        platform.install_url(request_for(SHOP, state))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("shop.example", SHOP),
        (" https://SHOP.example:443/ ", SHOP),
        ("https://shop.example/wp-admin/index.php", SHOP),
        ("https://shop.example/tea/wp-json/wc/v3", f"{SHOP}/tea"),
        ("https://shop.example/?utm=1#top", SHOP),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        (f"{LOCAL}/", LOCAL),
    ],
)
def test_an_address_a_merchant_types_becomes_one_key(platform, text, key):
    assert platform.install_url(request_for(text)).startswith(f"{key}/wc-auth/")


@pytest.mark.parametrize(
    "text",
    [
        "http://shop.example",
        "https://shop.example:22",
        "https://user@shop.example",
        "https://0x7f.1",
        "https://[::ffff:127.0.0.1]",
        "https://100.64.0.1",
        "https://[64:ff9b::7f00:1]",
        "javascript://shop.example",
        "https://shop.example/../x",
        "https://shop.example/a b",
        "https://shop.example/a/b/c/d/e",
        "https://[",
        "",
        "http://127.0.0.1:8402",
    ],
)
def test_82_an_address_we_must_not_call_is_refused(platform, text):
    for tried in (platform.find_shop, lambda one: platform.install_url(request_for(one))):
        with pytest.raises(BadInput) as refused:
            tried(text)
        assert (refused.value.code, refused.value.status) == ("url_not_allowed", 422)


def index(store, base, **answer):
    store.get(f"{base}/wp-json/", **(answer or {"json": {"namespaces": ["wp/v2", "wc/v3"]}}))


def test_a_store_is_found_at_its_address(platform, store):
    index(store, SHOP)
    assert platform.find_shop("shop.example") == SHOP


def test_a_store_is_found_above_the_page_that_was_copied(platform, store):
    index(store, f"{SHOP}/de/product", status=404, body="<html>")
    index(store, f"{SHOP}/de")
    assert platform.find_shop("https://shop.example/de/product/") == f"{SHOP}/de"


def test_a_store_that_moved_to_www_is_found_there(platform, store):
    index(store, SHOP, status=301, headers={"Location": "https://www.shop.example/wp-json/?a=b"})
    index(store, "https://www.shop.example")
    assert platform.find_shop(SHOP) == "https://www.shop.example"


@pytest.mark.parametrize(
    "inside",
    [
        "http://169.254.169.254/latest/",
        "http://shop.example/wp-json/",
        "https://10.0.0.1/",
        "//[::1]/",
    ],
)
def test_83_a_redirect_to_where_we_must_not_go_is_refused(platform, store, inside):
    index(store, SHOP, status=302, headers={"Location": inside})
    with pytest.raises(BadInput, match="url_not_allowed"):
        platform.find_shop(SHOP)


def test_redirects_in_a_circle_end(platform, store):
    index(store, SHOP, status=302, headers={"Location": "https://b.example/wp-json/"})
    index(store, "https://b.example", status=302, headers={"Location": f"{SHOP}/wp-json/"})
    with pytest.raises(BadInput, match="not_woocommerce"):
        platform.find_shop(SHOP)


@pytest.mark.parametrize(
    "answer",
    [{"body": "<html>"}, {"json": {"namespaces": ["wp/v2"]}}, {"json": []}, {"status": 500}],
)
def test_a_site_that_is_no_store_is_told_so(platform, store, answer):
    index(store, SHOP, **answer)
    with pytest.raises(BadInput, match="not_woocommerce"):
        platform.find_shop(SHOP)


def test_a_store_that_hides_its_index_from_strangers_is_a_store(platform, store):
    hidden = {"code": "rest_cannot_access", "message": "", "data": {"status": 401}}
    index(store, SHOP, status=401, json=hidden)
    assert platform.find_shop(SHOP) == SHOP


def test_keys_count_once_the_stored_store_opens_to_them(platform, store):
    store.get(f"{SHOP}/wp-json/wc/v3/system_status", json=STATUS)
    index(store, SHOP)
    found = platform.finish_install(GRANT, SHOP)
    assert (found.shop_key, found.scopes) == (SHOP, ("read_write",))
    assert found.access == f"{GRANT['consumer_key']}:{GRANT['consumer_secret']}"
    assert {urlsplit(call.request.url).netloc for call in store.calls} == {"shop.example"}


@samples.needed
def test_the_recorded_callback_is_one(platform, store):
    store.get(f"{SHOP}/wp-json/wc/v3/system_status", json=STATUS)
    index(store, SHOP)
    body = samples.body("wc-auth-callback")
    assert platform.finish_install(body, SHOP).access.startswith(body["consumer_key"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key_id": None}, "invalid_callback"),  # 25
        ({"user_id": None}, "invalid_callback"),
        ({"store": SHOP}, "invalid_callback"),  # 26
        ({"consumer_key": "ck_" + "0" * 39}, "invalid_callback"),  # 27
        ({"consumer_key": "ck_" + "0" * 40 + "\n"}, "invalid_callback"),
        ({"consumer_key": "ck_" + "G" * 40}, "invalid_callback"),
        ({"consumer_secret": "ck_" + "0" * 40}, "invalid_callback"),
        ({"key_permissions": "read"}, "scope_too_small"),  # 30
        ({"key_permissions": "write"}, "scope_too_small"),
    ],
)
def test_25_26_27_30_a_callback_that_is_none_is_refused_before_any_call(platform, change, code):
    told = {name: value for name, value in {**GRANT, **change}.items() if value is not None}
    with pytest.raises(BadInput) as refused:
        platform.finish_install(told, SHOP)
    assert (refused.value.code, refused.value.status) == (code, 400)


def test_keys_of_another_store_are_refused(platform, store):
    wrong = {"code": "woocommerce_rest_cannot_view", "message": "", "data": {"status": 401}}
    store.get(f"{SHOP}/wp-json/wc/v3/system_status", status=401, json=wrong)
    with pytest.raises(BadInput) as refused:
        platform.finish_install(GRANT, SHOP)
    assert (refused.value.code, refused.value.status) == ("invalid_callback", 400)
    assert "cs_" not in str(refused.value)


def test_a_store_that_is_down_proves_nothing_and_may_try_again(platform, store):
    store.get(f"{SHOP}/wp-json/wc/v3/system_status", status=503)
    with pytest.raises(PlatformBusy):
        platform.finish_install(GRANT, SHOP)
