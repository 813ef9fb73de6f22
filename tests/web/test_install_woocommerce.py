"""A WooCommerce store comes in: what a merchant clicks, and everything that is not that."""

import html
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import select, update

from connector.app import create_app
from connector.core import clock
from connector.shops import service as shops
from connector.shops.models import credential, install_intent
from connector.shops.models import shop as shop_table
from devstore.app import create_woocommerce
from devstore.seed import fill
from devstore.state import State
from tests.fakes import CONSUMER_KEY, CONSUMER_SECRET, WooStore
from tests.flows.processes import free_port
from tests.flows.service import make_service

GRANT = {
    "key_id": 1,
    "consumer_key": CONSUMER_KEY,
    "consumer_secret": CONSUMER_SECRET,
    "key_permissions": "read_write",
}
CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
CODE = re.compile(r'Code:? ?[^<]*<code dir="ltr">([a-z_]+)</code>')


@pytest.fixture
def store(serve):
    made = WooStore()
    serve(made)
    return made


@pytest.fixture
def acme(database, store):
    """A service that may call the store."""
    return make_service(database, private=[store.origin])


def code_of(answer):
    """The stable code of a refusal, on a page as in JSON."""
    if answer.is_json:
        return answer.get_json()["code"]
    found = CODE.search(answer.text)
    assert found, answer.text
    return found[1]


def send(service, browser, path="/install/woocommerce", **form):
    """Send the form of a page, as a browser does."""
    url = service.settings.public_url
    token = CSRF.search(browser.get(path).text)
    assert token
    form = {"csrf": token[1], **form}
    return browser.post(path, data=form, headers={"Origin": url})


def begin(service, store, browser=None):
    """(browser, state) of an installation somebody began."""
    browser = browser or service.http
    answer = send(service, browser, store=store.origin)
    assert answer.status_code == 303, answer.text
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["callback_url"] == [f"{service.settings.public_url}/install/woocommerce/callback"]
    assert query["scope"] == ["read_write"]
    return browser, query["user_id"][0]


def hand_over(service, state, **changes):
    told = {**GRANT, "user_id": state, **changes}
    body = {name: value for name, value in told.items() if value is not None}
    return service.http.post("/install/woocommerce/callback", json=body)


def shops_of(service):
    with service.database.read() as db:
        return [(row.key, row.state) for row in db.execute(select(shop_table))]


def test_the_way_in_over_both_programs(database, tmp_path, listen):
    """A browser, the practice shop and the service, all over HTTP."""
    ours, theirs = free_port(), free_port()
    origin = f"http://127.0.0.1:{theirs}"
    service = make_service(database, private=[origin], public_url=f"http://127.0.0.1:{ours}")
    state = State(tmp_path / "devstore", {"woocommerce": origin}, service.settings.public_url)
    fill(state.shops["woocommerce"], with_history=False)
    listen(service.app, ours)
    listen(create_woocommerce(state), theirs)
    browser = requests.Session()
    begin_at = f"{service.settings.public_url}/install/woocommerce"
    page = browser.get(begin_at, params={"store": origin}, timeout=30)
    assert f'value="{origin}"' in page.text
    (csrf,) = CSRF.findall(page.text)
    ours_only = {"Origin": service.settings.public_url}
    consent = browser.post(
        begin_at, data={"csrf": csrf, "store": origin}, headers=ours_only, timeout=30
    )
    (approve,) = re.findall(r'href="(/wc-auth/v1/access_granted/[^"]+)"', consent.text)
    back = browser.get(origin + html.unescape(approve), timeout=30)
    assert shops_of(service) == [(origin, "pending")]
    (token,) = re.findall(r'name="state" value="([0-9a-f]+)"', back.text)
    form = {"state": token}
    confirm = f"{service.settings.public_url}/install/woocommerce/confirm"
    admin = browser.post(confirm, data=form, timeout=30)
    assert admin.status_code == 200, admin.text
    assert "/admin/" in admin.url
    assert shops_of(service) == [(origin, "unpaired")]
    with database.read() as db:
        shop = shops.find(db, "woocommerce", origin)
    assert shop
    service.work(["import", "reconcile", "drain", "dispatch"])
    hooks = state.shops["woocommerce"].shelf.all("woo webhooks", dict)
    assert len(hooks) == 12
    assert {hook["status"] for hook in hooks.values()} == {"active"}
    assert browser.post(confirm, data=form, timeout=30).status_code == 404
    state.close()


def test_a_store_that_says_no_is_not_kept(acme, store):
    browser, state = begin(acme, store)
    answer = browser.get("/install/woocommerce/return", query_string={"success": "0"})
    assert answer.status_code == 200
    assert shops_of(acme) == []
    answer = browser.get(
        "/install/woocommerce/return", query_string={"success": "1", "user_id": state}
    )
    assert (
        answer.status_code == 200
    )  # the page that waits for keys: success alone connects nothing
    assert shops_of(acme) == []
    assert (
        code_of(browser.post("/install/woocommerce/confirm", data={"state": state})) == "not_ready"
    )


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        pytest.param({"key_id": None}, 400, "invalid_callback", id="25 a field is missing"),
        pytest.param({"user_id": None}, 404, "intent_not_found", id="25 the state is missing"),
        pytest.param({"shop": "x"}, 400, "invalid_callback", id="26 a field too many"),
        pytest.param({"consumer_key": "ck_short"}, 400, "invalid_callback", id="27"),
        pytest.param({"consumer_key": f"ck_{'A' * 40}"}, 400, "invalid_callback", id="27 case"),
        pytest.param({"consumer_key": f"ck_{'a' * 40}\n"}, 400, "invalid_callback", id="27 end"),
        pytest.param({"consumer_secret": "cs_"}, 400, "invalid_callback", id="27 secret"),
        pytest.param({"key_permissions": "read"}, 400, "scope_too_small", id="30"),
        pytest.param({"key_permissions": "write"}, 400, "scope_too_small", id="30 write"),
        pytest.param({"consumer_key": f"ck_{'b' * 40}"}, 400, "invalid_callback", id="not theirs"),
        pytest.param({"key_id": [1]}, 400, "invalid_callback", id="a list"),
        pytest.param({"key_id": 1.5}, 400, "invalid_callback", id="a fraction"),
    ],
)
def test_bad_keys_are_not_taken_and_the_right_ones_still_are(acme, store, changes, status, code):
    _, state = begin(acme, store)
    answer = hand_over(acme, state, **changes)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert CONSUMER_SECRET not in answer.text
    assert shops_of(acme) == []
    assert hand_over(acme, state).status_code == 200
    assert shops_of(acme) == [(store.origin, "pending")]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"user_id": ' * 900])
def test_what_is_no_callback_is_refused(acme, body):
    answer = acme.http.post("/install/woocommerce/callback", data=body or b" ")
    assert answer.status_code in (400, 413)
    assert answer.get_json()["code"] in ("invalid_callback", "too_large")


def test_a_callback_has_four_kibibytes_at_most(acme, store):
    _, state = begin(acme, store)
    body = json.dumps({**GRANT, "user_id": state}).encode()
    path = "/install/woocommerce/callback"
    answer = acme.http.post(path, data=body + b" " * (4097 - len(body)))
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
    assert acme.http.post(path, data=body + b" " * (4096 - len(body))).status_code == 200


def test_28_and_29_an_intent_lives_ten_minutes_and_once(acme, store):
    _, state = begin(acme, store)
    with acme.database.write() as db:
        db.execute(update(install_intent).values(expires_at=clock.now()))
    answer = hand_over(acme, state)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "intent_not_found")
    _, fresh = begin(acme, store)
    assert hand_over(acme, fresh).status_code == 200
    answer = hand_over(acme, fresh)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "intent_not_found")
    assert len(shops_of(acme)) == 1


def test_a_state_nobody_gave_out_opens_nothing(acme, store):
    begin(acme, store)
    told = [hand_over(acme, f"{number:064x}") for number in range(100)]
    assert [one.status_code for one in told] == [404] * 29 + [429] * 71  # the first was the form
    assert told[-1].headers["Retry-After"] == "60"
    assert told[-1].get_json()["code"] == "too_many_requests"
    assert shops_of(acme) == []
    assert store.asked == ["GET /wp-json/"]  # looked for a store once, called with no key


def test_keys_of_one_store_do_not_open_another(acme, store, serve, database):
    other = WooStore(opens={f"ck_{'c' * 40}"})
    service = make_service(database, private=[store.origin, serve(other)])
    _, state = begin(service, store)
    answer = hand_over(service, state, consumer_key=f"ck_{'c' * 40}")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_callback")
    assert shops_of(service) == []


def test_a_store_that_is_down_is_no_reason_to_forget_the_intent(acme, store):
    _, state = begin(acme, store)
    store.fail_next = 1
    assert hand_over(acme, state).status_code == 502
    assert shops_of(acme) == []
    assert hand_over(acme, state).status_code == 200


def test_twenty_callbacks_at_once_make_one_shop(acme, store):
    _, state = begin(acme, store)
    together = Barrier(20)

    def call(_):
        together.wait()
        return hand_over(acme, state).status_code

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(call, range(20))) == [200] + [404] * 19
    assert shops_of(acme) == [(store.origin, "pending")]
    with acme.database.read() as db:
        assert len(db.execute(select(credential)).all()) == 3  # access, hooks, widgets


def test_an_approval_fished_for_stays_pending(acme, store):
    """Mallory mails her link; the store's admin approves it in another browser."""
    mallory, state = begin(acme, store)
    assert hand_over(acme, state).status_code == 200
    admin = acme.http
    back = {"success": "1", "user_id": state}
    for answer in (
        admin.get("/install/woocommerce/return", query_string=back),
        admin.post("/install/woocommerce/confirm", data={"state": state}),
    ):
        assert (answer.status_code, code_of(answer)) == (403, "state_mismatch")
    assert shops_of(acme) == [(store.origin, "pending")]
    assert list(mallory.get("/admin/").headers.getlist("Set-Cookie")) == []
    acme.work(["drain", "dispatch", "reconcile", "import", "release"])
    assert store.webhooks == []


def test_what_nobody_confirmed_in_time_is_not_confirmed_later(acme, store):
    browser, state = begin(acme, store)
    hand_over(acme, state)
    with acme.database.write() as db:
        db.execute(update(install_intent).values(expires_at=clock.now()))
    answer = browser.post("/install/woocommerce/confirm", data={"state": state})
    assert (answer.status_code, code_of(answer)) == (404, "intent_not_found")
    assert shops_of(acme) == [(store.origin, "pending")]


def test_a_living_store_is_joined_again_by_its_own_account_only(acme, store):
    browser, state = begin(acme, store)
    hand_over(acme, state)
    browser.post("/install/woocommerce/confirm", data={"state": state})
    assert shops_of(acme) == [(store.origin, "unpaired")]
    answer = send(acme, acme.http, store=store.origin)
    assert (answer.status_code, code_of(answer)) == (409, "shop_taken")
    _, again = begin(acme, store, browser)
    assert hand_over(acme, again).status_code == 200
    assert shops_of(acme) == [(store.origin, "unpaired")]


@pytest.mark.parametrize(
    "address",
    [
        "http://shop.example", "https://shop.example:22", "https://user@shop.example",
        "https://0x7f.1", "https://[::ffff:127.0.0.1]", "https://100.64.0.1",
        "https://[64:ff9b::7f00:1]", "https://127.0.0.1", "https://localhost", "ftp://shop.example",
        "javascript:alert(1)", "//evil.example", "https://2130706433",
    ],
)  # fmt: skip
def test_82_an_address_inside_a_network_is_not_called(sqlite_url, address):
    from connector.core.db import Database

    service = make_service(Database(sqlite_url))
    answer = send(service, service.http, store=address)
    assert answer.status_code == 422
    assert code_of(answer) in ("url_not_allowed", "not_woocommerce")


def test_nothing_begins_before_our_own_form_is_sent(acme, store):
    """A link, a form of another site, a form without this session's token: no intent, no call."""
    path, url = "/install/woocommerce", acme.settings.public_url
    page = acme.http.get(path, query_string={"store": store.origin})
    assert page.status_code == 200
    (token,) = CSRF.findall(page.text)
    form = {"csrf": token, "store": store.origin}
    for data, origin in (
        (form, "https://evil.example"),
        (form, None),
        ({**form, "csrf": "0" * 40}, url),
        ({"store": store.origin}, url),
    ):
        headers = {"Origin": origin} if origin else {}
        answer = acme.http.post(path, data=data, headers=headers)
        assert (answer.status_code, code_of(answer)) == (403, "csrf")
    with acme.database.read() as db:
        assert db.execute(select(install_intent)).all() == []
    assert store.asked == []


def test_one_address_may_knock_thirty_times_a_minute(acme):
    """Whoever stands behind a proxy is counted by the address it names, and only then."""
    path = "/install/woocommerce/confirm"

    def knock(app, address):
        told = {"X-Forwarded-For": address}
        return app.test_client().post(path, data={"state": "x"}, headers=told).status_code

    assert [knock(acme.app, f"192.0.2.{n}") for n in range(31)] == [404] * 30 + [429]
    told = acme.http.post(path)
    assert (code_of(told), told.headers["Retry-After"]) == ("too_many_requests", "60")
    behind = create_app(replace(acme.runtime, settings=replace(acme.settings, proxies=1)))
    assert [knock(behind, "192.0.2.1") for _ in range(31)][-2:] == [404, 429]
    assert knock(behind, "192.0.2.2") == 404
    assert [knock(behind, f"2001:db8::{n:x}") for n in range(31)][-2:] == [404, 429]
    assert acme.http.get("/install/woocommerce").status_code == 200
