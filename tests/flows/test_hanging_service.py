"""Stores whose service takes connections and never answers: their pages are as without us."""

import threading

import pytest
import requests

from bench.chromium import chromium, installed
from connector.cli import demo_world
from connector.shops import service as shops
from devstore.app import create_shopify, create_woocommerce
from devstore.people import MIA
from devstore.seed import fill
from devstore.state import State
from devstore.storefront import PRODUCT_PATHS
from tests.flows.processes import free_port
from tests.flows.service import CLIENT_ID, CLIENT_SECRET, make_service

MAKERS = {"shopify": create_shopify, "woocommerce": create_woocommerce}
PAGES = ("/", "{product}", "/cart/", "/club/", "/my-account/", "/checkout/")
LOG_IN = f"""fetch("/my-account/login", {{method: "POST",
  body: new URLSearchParams({{email: {MIA.email!r}, password: "practice"}})}}).then(r => r.ok)"""
BUY = "document.querySelector('form.buy').requestSubmit()"
PAINTED = "performance.getEntriesByType('paint').some(one => one.name === 'first-paint')"
pytestmark = pytest.mark.skipif(installed() is None, reason="no chromium here")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A browser sees no database: one is enough."""
    return sqlite_url


class Hanging:
    """A service that answers until it is hung, and then nobody until the test is over."""

    def __init__(self, app):
        self._app, self._hung, self._over = app, threading.Event(), threading.Event()
        self.asked = []
        self.hang, self.end = self._hung.set, self._over.set

    def __call__(self, environ, start_response):
        if self._hung.is_set():
            self.asked.append(environ["PATH_INFO"])
            self._over.wait()
        return self._app(environ, start_response)


@pytest.fixture(params=MAKERS)
def store(request, database, tmp_path, listen, monkeypatch):
    """(which, its address, its product's page, its service, which hangs from now on)."""
    monkeypatch.setenv("SHOPIFY_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", CLIENT_SECRET)
    face, ours, theirs = request.param, free_port(), free_port()
    origin, url = f"http://127.0.0.1:{theirs}", f"http://127.0.0.1:{ours}"
    service = make_service(database, shopify_origin=origin, public_url=url, private=[origin])
    state = State(tmp_path / "devstore", {face: origin}, url)
    fill(state.shops[face], with_history=False)
    hanging = Hanging(service.app.wsgi_app)
    monkeypatch.setattr(service.app, "wsgi_app", hanging)
    listen(service.app, ours)
    listen(MAKERS[face](state), theirs)
    browser = requests.Session()
    if face == "shopify":
        demo_world.install_shopify(browser, origin)
    else:
        demo_world.install_woocommerce(browser, url, origin)
    with database.read() as db:
        (shop,) = shops.everywhere(db)
        secret = shops.secret(db, service.runtime.keys, shop.id, "widget_secret") or b""
    told = {"secret": secret.decode(), "public_id": shop.public_id, "service": url}
    assert requests.put(f"{origin}/_devstore/pairing", json=told, timeout=30).ok
    hanging.hang()
    product = PRODUCT_PATHS[face].format(slug=state.shops[face].products()[0].slug)
    yield face, origin, product, hanging
    hanging.end()
    state.close()


@pytest.mark.parametrize("member", [False, True])
def test_every_page_is_painted_and_loaded_before_a_word_of_the_service(store, member):
    face, origin, product, hanging = store
    with chromium() as browser:
        page = browser.page()
        if member:
            page.ask("Page.navigate", url=f"{origin}/my-account/")
            page.wait("document.readyState === 'complete'")
            assert page.see(LOG_IN)
        for path in PAGES:
            if path == "/cart/":
                page.see(BUY)
                page.wait("location.pathname === '/cart/'")
            page.ask("Page.navigate", url=origin + path.format(product=product))
            page.wait(f"document.readyState === 'complete' && {PAINTED}")
            page.wait("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    assert hanging.asked, f"pages of {face} had a service to wait for"
