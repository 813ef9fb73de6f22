"""The key-granting page."""

import html
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from devstore.woocommerce.keys import KEYS, Key

SCOPE = "read_write"


def asked(sink, **changed):
    params = {
        "app_name": "Perennial",
        "scope": SCOPE,
        "user_id": "t1-nonce",
        "return_url": "http://127.0.0.1:8400/install/woocommerce/return?tab=2",
        "callback_url": sink.url,
    }
    return "/wc-auth/v1/authorize?" + urlencode({**params, **changed})


def links(page):
    found = re.findall(r'class="(?:primary|plain)" href="([^"]+)"', page.text)
    return [html.unescape(link) for link in found]


def kept(store):
    return [key for key in store.shop.shelf.all(KEYS, Key).values() if key != store.key]


def test_the_consent_page_names_the_app_and_what_it_may_do(store, sink):
    page = store.http.get(asked(sink))
    assert page.status_code == 200
    assert "Perennial would like to connect" in page.text
    assert "Read/Write" in page.text
    assert "Create webhooks" in page.text
    assert "Create webhooks" not in store.http.get(asked(sink, scope="read")).text


@pytest.mark.parametrize("name", ["app_name", "scope", "user_id", "return_url", "callback_url"])
def test_each_parameter_is_required(store, sink, name):
    page = store.http.get(asked(sink, **{name: ""}))
    assert page.status_code == 401
    assert f"Missing parameter {name}" in page.text


def test_a_callback_must_be_over_ssl_unless_it_is_on_loopback(store, sink):
    page = store.http.get(asked(sink, callback_url="http://service.example/cb"))
    assert page.status_code == 401
    assert "over SSL" in page.text
    assert store.http.get(asked(sink, scope="admin")).status_code == 401


def test_approving_hands_the_keys_over_and_they_work_before_the_answer(store, sink):
    seen = []

    def prove(heard):
        key = store.shop.shelf.take(KEYS, heard.body["consumer_key"], Key)
        seen.append(store.rest("GET", "orders", key=key).status_code)

    sink.during = prove
    approve, _ = links(store.http.get(asked(sink)))
    answer = store.http.get(approve)
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.location).query)
    assert query == {"tab": ["2"], "success": ["1"], "user_id": ["t1-nonce"]}
    (heard,) = sink.heard
    assert re.fullmatch(r"ck_[0-9a-f]{40}", heard.body["consumer_key"])
    assert re.fullmatch(r"cs_[0-9a-f]{40}", heard.body["consumer_secret"])
    assert (heard.body["user_id"], heard.body["key_permissions"]) == ("t1-nonce", SCOPE)
    assert heard.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert heard.headers["User-Agent"] == "WordPress/7.1; http://shop.example"
    assert seen == [200]
    assert len(kept(store)) == 1


def test_a_consent_can_be_used_once(store, sink):
    approve, _ = links(store.http.get(asked(sink)))
    store.http.get(approve)
    assert store.http.get(approve).status_code == 401
    assert len(kept(store)) == 1


@pytest.mark.parametrize("status", [201, 204, 302, 500])
def test_only_exactly_200_keeps_the_key(store, sink, status):
    sink.status = status
    approve, _ = links(store.http.get(asked(sink)))
    assert store.http.get(approve).status_code == 401
    assert kept(store) == []


def test_denying_makes_no_key_and_says_so(store, sink):
    _, deny = links(store.http.get(asked(sink)))
    assert parse_qs(urlsplit(deny).query)["success"] == ["0"]
    assert (kept(store), sink.heard) == ([], [])


def test_a_plus_in_the_reference_does_not_survive(store, sink):
    approve, _ = links(store.http.get(asked(sink, user_id="a+b/c")))
    store.http.get(approve)
    assert sink.heard[0].body["user_id"] == "a b/c"
