"""The admin inside Shopify's: a session token on every request, and no cookie needed."""

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from connector.core import clock
from connector.shops import service as shops
from tests.adapters.shopify import world
from tests.flows.service import CLIENT_SECRET, PUBLIC_URL, make_service

RIVAL = "rival.myshopify.com"
HTTPS = "https://perennial.example"
NODE = shutil.which("node")
RETRY = "X-Shopify-Retry-Invalid-Session-Request"


@pytest.fixture
def shop(service):
    return service.install("shopify", world.SHOP)


def id_token(shop=world.SHOP, **changes):
    now = int(clock.now().timestamp())
    told = {"iss": f"https://{shop}/admin", "dest": f"https://{shop}", "nbf": now, "iat": now}
    return world.id_token(CLIENT_SECRET, **(told | {"exp": now + 600} | changes))


def see(service, shop, path="", token=None, method="GET", **sending):
    headers = dict(sending.pop("headers", ()))
    if token:
        headers["Authorization"] = f"Bearer {token}"
    where = f"/admin/{shop.public_id}/{path}"
    return service.http.open(where, method=method, headers=headers, base_url=PUBLIC_URL, **sending)


def test_a_token_opens_every_page_without_a_cookie(service, shop):
    for sent in ({"token": id_token()}, {"query_string": {"id_token": id_token()}}):
        page = see(service, shop, **sent)
        assert page.status_code == 200, page.text
        assert "Set-Cookie" not in page.headers
        assert 'class="framed"' in page.text
        assert 'name="shopify-api-key" content="acme-client-id"' in page.text
        first = re.findall(r'<script src="([^"]+)"', page.text)[0]
        assert urlsplit(first).netloc == "cdn.shopify.com", "App Bridge comes first"
        policy = page.headers["Content-Security-Policy"]
        assert f"frame-ancestors https://{world.SHOP} https://admin.shopify.com;" in policy
        assert "id_token" not in page.text
        assert "<s-app-nav>" in page.text
        assert 'class="rail"' not in page.text, "the host draws it"


def test_opening_the_app_in_the_admin_leaves_no_cookie_behind(database):
    service = make_service(database, public_url=HTTPS)
    shop = service.install("shopify", world.SHOP)
    browser, token = service.http, id_token()
    told = {"id_token": token, "shop": world.SHOP, "host": "aG9zdA", "embedded": "1"}
    opened = browser.get("/app/shopify", query_string=told, base_url=HTTPS)
    where = urlsplit(opened.location)
    assert "Set-Cookie" not in opened.headers
    assert where.path == f"/admin/{shop.public_id}/"
    assert parse_qs(where.query) == {"id_token": [token], "host": ["aG9zdA"]}
    assert opened.headers["Cache-Control"] == "no-store"
    assert browser.get(opened.location, base_url=HTTPS).status_code == 200
    assert browser.get(where.path, base_url=HTTPS).status_code == 401, "no token, no page"


def test_the_frame_speaks_as_the_shopify_admin_does(database):
    service = make_service(database, public_url=HTTPS)
    shop = service.install("shopify", world.SHOP)
    told = {"id_token": id_token(), "locale": "ar"}
    first = service.http.get("/app/shopify", query_string=told, base_url=HTTPS)
    page = service.http.get(first.location, base_url=HTTPS, headers={"Accept-Language": "zh-TW"})
    assert '<html lang="ar" dir="rtl">' in page.text
    assert f'<s-link href="/admin/{shop.public_id}/giving?locale=ar">' in page.text
    assert "Set-Cookie" not in page.headers
    for locale, spoken in (("zh-TW", "zh-Hant"), ("fr", "en"), ("", "en")):
        other = see(
            make_service(database), shop, token=id_token(), query_string={"locale": locale}
        )
        assert f'<html lang="{spoken}"' in other.text


@pytest.mark.parametrize("path", ["nowhere", "members?q=%00", "members/1", "ledger/7", "replay"])
def test_what_fails_in_the_frame_is_shown_there(service, shop, path):
    framed = {"Sec-Fetch-Dest": "iframe"}
    for sent in ({"token": id_token()}, {"headers": framed}):
        page = see(service, shop, path, **sent)
        assert page.status_code in (200, 400, 404, 405)
        policy = page.headers["Content-Security-Policy"]
        assert f"frame-ancestors https://{world.SHOP} https://admin.shopify.com;" in policy
    tab = see(service, shop, path)
    assert "frame-ancestors 'none'" in tab.headers["Content-Security-Policy"]
    rival = service.install("shopify", RIVAL)
    away = see(service, rival, token=id_token()).headers["Content-Security-Policy"]
    assert f"frame-ancestors https://{world.SHOP} https" in away, "as the token says"


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Bearer "}])
@pytest.mark.parametrize(("method", "path"), [("GET", "giving"), ("POST", "replay")])
def test_a_script_without_a_token_is_told_to_come_again(service, shop, headers, method, path):
    answer = see(service, shop, path, method=method, headers=headers)
    assert answer.status_code == 401
    assert answer.headers[RETRY] == "1"


def test_every_page_that_links_lead_to_in_a_tab_they_lead_to_in_the_frame(service, shop):
    with service.database.write() as db:
        link = shops.sign_in_link(db, shop.business_id, clock.now())
    tab = service.http
    tab.get(f"/admin/signin/{link}", base_url=PUBLIC_URL)
    token = {"Authorization": f"Bearer {id_token()}"}
    frame = service.http
    framed = crawled(shop, lambda path: frame.get(path, base_url=PUBLIC_URL, headers=token))
    in_a_tab = crawled(shop, lambda path: tab.get(path, base_url=PUBLIC_URL))
    below = f"/admin/{shop.public_id}/"
    for page in ("program/liability", "preferences", "exchange", "webhooks"):
        assert below + page in in_a_tab
    assert in_a_tab - framed == set()


def crawled(shop, ask):
    """The pages of a shop that can be reached by links, from its first one."""
    first = f"/admin/{shop.public_id}/"
    reached, ahead = set(), [first]
    while ahead:
        where = ahead.pop()
        path = where.partition("?")[0]
        if path in reached:
            continue
        reached.add(path)
        page = ask(where)
        assert page.status_code < 400, where
        if page.mimetype == "text/html":
            links = re.findall(r'<(?:a|s-link)\b[^>]* href="([^"#]+)', page.text)
            ahead += [unescape(link) for link in links if link.startswith(first)]
    return reached


def test_a_form_is_taken_with_a_token_and_refused_without(service, shop):
    page = see(service, shop, "giving", id_token())
    (csrf,) = set(re.findall(r'name="csrf" value="(\w+)"', page.text))
    form = {"csrf": csrf, "name": "Reeds", "story": ""}
    sent = {"method": "POST", "data": form, "headers": {"Origin": PUBLIC_URL}}
    taken = see(service, shop, "giving/causes", id_token(), **sent)
    assert taken.status_code == 303, taken.text
    without = see(service, shop, "giving/causes", **sent)
    assert without.status_code == 401
    in_address = see(service, shop, "giving/causes", query_string={"id_token": id_token()}, **sent)
    assert in_address.status_code == 401, "an address never posts"
    forged = sent | {"data": form | {"csrf": "0"}}
    assert see(service, shop, "giving/causes", id_token(), **forged).status_code == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"exp": 1}, 401),
        ({"aud": "another"}, 401),
        ({"sub": "gid://shopify/Customer/7"}, 403),
    ],
)
def test_a_script_with_a_bad_token_is_told_to_come_again(service, shop, changes, status):
    answer = see(service, shop, token=id_token(**changes))
    assert answer.status_code == status
    assert answer.headers.get(RETRY) == ("1" if status == 401 else None)


def test_a_frame_without_a_token_fetches_one_and_a_tab_signs_in(service, shop):
    framed = {"Sec-Fetch-Dest": "iframe"}
    now = int(clock.now().timestamp())
    expired = {"id_token": id_token(exp=now - 60)}
    for sent in ({"headers": framed}, {"query_string": expired}):
        page = see(service, shop, "members", **sent)
        assert page.status_code == 200
        assert "shopify.idToken()" in page.text
        policy = page.headers["Content-Security-Policy"]
        assert f"frame-ancestors https://{world.SHOP} https://admin.shopify.com;" in policy
        assert page.headers["Cache-Control"] == "no-store"
    assert see(service, shop, "members").status_code == 401
    forged = {"id_token": id_token(aud="another")}
    assert see(service, shop, "members", query_string=forged).status_code == 401, "and no loop"


def test_a_frame_of_a_woocommerce_store_has_no_token_to_fetch(service):
    store = service.install("woocommerce", "https://acme.example")
    page = see(service, store, headers={"Sec-Fetch-Dest": "iframe"})
    assert page.status_code == 401
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_a_token_opens_its_own_shop_alone(service, shop):
    rival = service.install("shopify", RIVAL)
    assert see(service, rival, token=id_token()).status_code == 404
    assert see(service, shop, token=id_token(RIVAL)).status_code == 404
    assert see(service, rival, token=id_token(RIVAL)).status_code == 200
    with service.database.write() as db:
        shops.uninstall(db, rival.id, clock.now(), clock.now())
    assert see(service, rival, token=id_token(RIVAL)).status_code == 401


def test_where_shopify_is_not_set_up_no_token_counts(service, shop):
    object.__setattr__(
        service.runtime, "platforms", {"woocommerce": service.runtime.platforms["woocommerce"]}
    )
    answer = see(service, shop, token=id_token())
    assert answer.status_code == 401


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_the_script_gives_each_page_a_fresh_token_and_sends_forms_once():
    command = [str(NODE), "--test", str(Path(__file__).with_name("embedded.test.mjs"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
