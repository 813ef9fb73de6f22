"""A Shopify shop comes in: managed install, the code grant, and everything that is neither."""

import re
import time
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
import pytest
import requests
from sqlalchemy import select

from connector.core import clock
from connector.orders import imports
from connector.shops import service as shops
from connector.shops.models import shop as shop_table
from connector.shops.models import staff
from devstore.app import create_shopify
from devstore.seed import fill
from devstore.state import State
from tests.adapters.shopify import world as acme
from tests.flows.processes import free_port
from tests.flows.service import CLIENT_ID, CLIENT_SECRET, make_service
from tests.web.test_install_woocommerce import CSRF, code_of, send

INSTALL, CALLBACK = "/install/shopify", "/install/shopify/callback"


class World:
    """The service and the practice shop on two ports, and a merchant's browser."""

    def __init__(self, service, origin):
        self.service, self.origin = service, origin
        self.browser = requests.Session()
        self.url = service.settings.public_url

    def open_app(self):
        """As the admin opens it: the grant screen first where the app is not in yet."""
        page = f"{self.origin}/admin/apps/perennial"
        self.browser.get(page, timeout=30)
        return self.browser.post(f"{page}/install", timeout=30)

    def id_token(self):
        answer = self.browser.get(
            f"{self.origin}/admin/apps/perennial", timeout=30, allow_redirects=False
        )
        return parse_qs(urlsplit(answer.headers["Location"]).query)["id_token"][0]

    def control(self, path, **body):
        requests.post(f"{self.origin}/_devstore/shopify{path}", json=body, timeout=30)

    def shop(self):
        with self.service.database.read() as db:
            return shops.find(db, "shopify", acme.SHOP)


@pytest.fixture
def world(database, tmp_path, listen, monkeypatch):
    monkeypatch.setenv("SHOPIFY_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", CLIENT_SECRET)
    ours, theirs = free_port(), free_port()
    origin, url = f"http://127.0.0.1:{theirs}", f"http://127.0.0.1:{ours}"
    service = make_service(database, shopify_origin=origin, public_url=url)
    state = State(tmp_path / "devstore", {"shopify": origin}, url)
    fill(state.shops["shopify"], with_history=False)
    listen(service.app, ours)
    listen(create_shopify(state), theirs)
    yield World(service, origin)
    state.close()


def test_a_managed_install_is_one_click(world):
    answer = world.open_app()
    assert answer.status_code == 200, answer.text
    shop = world.shop()
    assert (shop.state, shop.currency, shop.name) == ("active", "USD", "Acme Ceramics")
    assert answer.url == f"{world.url}/admin/{shop.public_id}/"
    world.service.work(["reconcile", "drain", "dispatch"])
    world.open_app()  # opening it again is not another install
    with world.service.database.read() as db:
        assert len(db.execute(select(shop_table)).all()) == 1
        people = db.execute(select(staff.c.role, staff.c.platform_key)).all()
        held = shops.credentials(db, world.service.runtime.keys, shop.id)
        begun = imports.newest(db, shop.id)
    assert sorted(role for role, _ in people) == ["member", "owner"]
    assert held.refresh
    assert held.expires_at
    assert sorted(one.what for one in begun) == ["orders", "products"]


def test_44_an_app_that_was_removed_is_installed_again_or_not_at_all(world):
    world.open_app()
    token = world.id_token()
    world.control("/uninstall")
    with world.service.database.write() as db:
        now = clock.now()
        shops.uninstall(db, world.shop().id, now, now)
    answer = world.service.http.get("/app/shopify", query_string={"id_token": token})
    assert (answer.status_code, code_of(answer)) == (401, "reinstall")
    assert world.shop().state == "uninstalled"
    before = world.shop().business_id
    assert world.open_app().status_code == 200
    after = world.shop()
    assert (after.state, after.business_id) == ("active", before), "its staff knows the account"


def test_who_takes_a_shop_over_does_not_get_the_account_of_those_who_left(world):
    """Somebody nobody knows installs it again: the account may hold other shops."""
    world.open_app()
    before = world.shop()
    with world.service.database.write() as db:
        now = clock.now()
        shops.uninstall(db, before.id, now, now)
        db.execute(staff.update().values(platform_key=None))
    world.control("/uninstall")
    assert world.open_app().status_code == 200
    after = world.shop()
    assert (after.id, after.state) == (before.id, "active")
    assert after.business_id != before.business_id


def test_the_code_grant_is_the_other_way_in(world):
    begin = f"{world.url}{INSTALL}?shop=ACME.MyShopify.com"
    (token,) = CSRF.findall(world.browser.get(begin, timeout=30).text)
    form = {"csrf": token}
    answer = world.browser.post(begin, data=form, headers={"Origin": world.url}, timeout=30)
    assert answer.url.startswith(f"{world.origin}/admin/oauth/authorize?")
    nonce = answer.text.partition('name="nonce" value="')[2].partition('"')[0]
    approve = f"{world.origin}/admin/oauth/approve"
    back = world.browser.post(approve, data={"nonce": nonce}, timeout=30)
    assert back.status_code == 200, back.text
    assert back.url == f"{world.url}/admin/{world.shop().public_id}/"
    code = back.history[-2].headers["Location"]
    again = world.browser.get(code, timeout=30)
    assert (again.status_code, again.text.count("state_mismatch")) == (403, 1)


@pytest.fixture
def service(sqlite_url):
    """Nothing below may reach a shop or a table."""
    from connector.core.db import Database

    return make_service(Database(sqlite_url), shopify_origin="http://127.0.0.1:9")


def shops_of(service):
    with service.database.read() as db:
        return db.execute(select(shop_table)).all()


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("shop=acme.myshopify.com.evil.com", id="31"),
        pytest.param("shop=acme.myshopify.com%0A", id="32 a line's end"),
        pytest.param("shop[]=acme.myshopify.com", id="34 an array"),
        pytest.param("shop=acme.myshopify.com&shop=b.myshopify.com", id="34 twice"),
        pytest.param("shop=", id="empty"),
        pytest.param("", id="none"),
        pytest.param("shop=-acme.myshopify.com", id="a dash first"),
        pytest.param("shop=acme.myshopify.com%2F..", id="a path"),
        pytest.param("shop=%D0%B0cme.myshopify.com", id="another alphabet"),
        pytest.param("shop=https%3A%2F%2Facme.myshopify.com", id="an address"),
    ],
)
def test_31_to_34_a_shop_is_a_myshopify_domain(service, query):
    answer = service.http.get(f"{INSTALL}?{query}")
    assert (answer.status_code, code_of(answer)) == (400, "invalid_shop")
    form = CSRF.findall(service.http.get("/install/woocommerce").text)[0]
    url = service.settings.public_url
    answer = service.http.post(
        f"{INSTALL}?{query}", base_url=url, data={"csrf": form}, headers={"Origin": url}
    )
    assert (answer.status_code, code_of(answer)) == (400, "invalid_shop")
    assert "Location" not in answer.headers


def test_33_capitals_are_the_same_shop(service):
    answer = send(service, service.http, f"{INSTALL}?shop=A.MYSHOPIFY.COM")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("http://127.0.0.1:9/")


def test_another_language_asks_about_the_same_shop(service):
    page = service.http.get(f"{INSTALL}?shop={acme.SHOP}&lang=ar").text
    (english,) = re.findall(r'href="([^"]+)" lang="en"', page)
    assert english == f"{INSTALL}?shop={acme.SHOP}&amp;lang=en"
    assert "Go to Shopify" in service.http.get(english.replace("&amp;", "&")).text


def begun(service):
    """(browser, state) of a code grant somebody began."""
    browser = service.http
    answer = send(service, browser, f"{INSTALL}?shop={acme.SHOP}")
    return browser, parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]


def signed(state, *, at=0, secret=CLIENT_SECRET, **changes):
    told = {"code": "c0de", "shop": acme.SHOP, "state": state, **changes}
    told["timestamp"] = str(int(time.time()) + at)
    text = "&".join(f"{name}={value}" for name, value in sorted(told.items()))
    return urlencode({**told, "hmac": acme.hex_hmac(text, secret)})


def test_35_the_browser_that_comes_back_is_the_one_that_left(service):
    _, state = begun(service)
    stranger = service.http.get(f"{CALLBACK}?{signed(state)}")
    assert (stranger.status_code, code_of(stranger)) == (403, "state_mismatch")
    never = service.http.get(f"{CALLBACK}?{signed('0' * 64)}")
    assert (never.status_code, code_of(never)) == (403, "state_mismatch")
    assert shops_of(service) == []


def test_36_a_state_serves_once(service):
    browser, state = begun(service)
    first = browser.get(f"{CALLBACK}?{signed(state)}")
    assert first.status_code == 502  # nobody is there to redeem the code
    again = browser.get(f"{CALLBACK}?{signed(state)}")
    assert (again.status_code, code_of(again)) == (403, "state_mismatch")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        pytest.param({"at": -91}, 403, "expired", id="37"),
        pytest.param({"at": 120}, 403, "expired", id="37 from the future"),
        pytest.param({"secret": "somebody else's"}, 401, "bad_signature", id="not theirs"),
        pytest.param({"shop": "rival.myshopify.com"}, 400, "invalid_shop", id="another shop"),
    ],
)
def test_37_a_callback_is_fresh_signed_and_of_that_shop(service, changes, status, code):
    browser, state = begun(service)
    answer = browser.get(f"{CALLBACK}?{signed(state, **changes)}")
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert shops_of(service) == []


def test_a_callback_says_everything_once(service):
    browser, state = begun(service)
    query = signed(state)
    for name, value in parse_qsl(query):
        answer = browser.get(f"{CALLBACK}?{query}&{urlencode({name: value})}")
        assert answer.status_code == 400, name


def claims(**changes):
    """``exp`` and ``nbf`` in seconds from now."""
    now = int(time.time())
    told = {
        "iss": f"https://{acme.SHOP}/admin",
        "dest": f"https://{acme.SHOP}",
        "aud": CLIENT_ID,
        "sub": "42",
        "exp": 60,
        "nbf": -1,
        **changes,
    }
    from_now = {"exp": now, "nbf": now}
    return {
        name: from_now[name] + value if name in from_now else value
        for name, value in told.items()
        if value is not None
    }


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        pytest.param({"aud": [CLIENT_ID]}, 401, "invalid_token", id="39 aud is a list"),
        pytest.param({"aud": "another"}, 401, "invalid_token", id="39 aud is another app"),
        pytest.param({"exp": -30}, 401, "expired", id="40 too old"),
        pytest.param({"nbf": 3600}, 401, "invalid_token", id="41 not yet"),
        pytest.param({"dest": "https://rival.myshopify.com"}, 401, "invalid_token", id="42"),
        pytest.param({"iss": f"https://{acme.SHOP}/checkouts"}, 403, "wrong_token_type", id="43"),
        pytest.param({"sub": "gid://shopify/Customer/7"}, 403, "wrong_token_type", id="43 sub"),
        *(
            pytest.param({name: None}, 401, "invalid_token", id=f"no {name}")
            for name in ("iss", "dest", "aud", "sub", "exp", "nbf")
        ),
    ],
)
def test_39_to_43_an_id_token_is_what_it_must_be(service, changes, status, code):
    token = jwt.encode(claims(**changes), CLIENT_SECRET, algorithm="HS256")
    answer = service.http.get("/app/shopify", query_string={"id_token": token})
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert "Set-Cookie" not in answer.headers
    assert shops_of(service) == []


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_38_a_token_nobody_signed_is_none(service):
    for token in (
        jwt.encode(claims(), "", algorithm="none"),
        jwt.encode(claims(), "k" * 64, algorithm="HS256"),
        jwt.encode(claims(), CLIENT_SECRET, algorithm="HS512"),
        jwt.encode(claims(), CLIENT_SECRET, algorithm="HS256", headers={"crit": ["x"], "x": 1}),
        "a.b.c",
        "é",
        "x" * 10_000,
    ):
        answer = service.http.get("/app/shopify", query_string={"id_token": token})
        assert (answer.status_code, code_of(answer)) == (401, "invalid_token"), token[:40]


def test_without_a_token_a_page_goes_and_gets_one(service):
    answer = service.http.get(f"/app/shopify?shop={acme.SHOP}&host=abc")
    assert answer.status_code == 200
    assert "app-bridge.js" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-ancestors https://{acme.SHOP} https://admin.shopify.com" in policy
