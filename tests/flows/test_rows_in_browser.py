"""Rows of recommendations on every page of both practice stores, in a real browser.

Each row of each place in three languages, drawn by its element for a guest and for members; every
page that has a row and what extensions draw after an order, walked through once; views and clicks
reach the figures, and who is held out sees none.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests

from bench.chromium import Browser, Page, chromium, installed
from connector import orders
from connector.cli import demo_world
from connector.core import clock
from connector.core.commerce import LineKind, Order, OrderLine, OrderState
from connector.core.commerce import Product as Ware
from connector.rooms import recommend
from connector.rooms.recommend import showing
from connector.rooms.recommend.learning import service as learning
from connector.rooms.recommend.learning import store as figures
from connector.shops import service as shops
from connector.shops.service import Shop
from devstore.app import create_shopify, create_woocommerce
from devstore.model import Customer, Product
from devstore.people import MIA, NOOR
from devstore.seed import fill
from devstore.state import State
from devstore.storefront import PRODUCT_PATHS
from tests.flows.processes import free_port
from tests.flows.service import CLIENT_ID, CLIENT_SECRET, Service, make_service

MAKERS = {"shopify": create_shopify, "woocommerce": create_woocommerce}
PATIENCE_SECONDS = 120
LANGUAGES = ("en", "ar", "zh-Hant")
HEADINGS = {
    "trending": ("Popular these weeks", "الأكثر طلبًا هذه الأسابيع", "近幾週熱門"),
    "similar": ("Similar to it", "منتجات مشابهة", "類似商品"),
    "together": ("Goes well with it", "يناسبه أيضًا", "與它很搭"),
    "viewed": ("You looked at", "منتجات شاهدتها", "您看過的商品"),
    "again": ("Buy again", "اشترِ مرة أخرى", "再次購買"),
    "for_you": ("For you", "من أجلك", "為您推薦"),
    "complete": ("Goes well with what you bought", "يناسب ما اشتريته", "與您買的商品很搭"),
}
TOGETHER, AGAIN = "Bought with it 4 times", "You bought it 3 times"
COUNTED = "Bought 4 times with Celadon teapot, 350 ml"
SOLD, TEA_SOLD = (f"Bought {n} times in the last four weeks" for n in (5, 3))
BECAUSE = "Because you bought Celadon teapot, 350 ml"
ROWS = {  # place, beside which product, row, and why its first product is in it
    "guest": (
        ("home", "", "trending", SOLD),
        ("account", "", "trending", SOLD),
        ("product", "PL-DIN", "similar", "A similar product"),
        ("product", "TE-SEN", "trending", TEA_SOLD),
        ("product", "TP-CEL", "together", TOGETHER),
        ("cart", "TP-CEL", "together", TOGETHER),
        ("thank_you", "TP-CEL", "complete", TOGETHER),
        ("home", "", "viewed", "You looked at it lately"),
    ),
    MIA.email: (
        ("home", "", "again", AGAIN),
        ("account", "", "again", AGAIN),
        ("thank_you", "PL-DIN", "again", AGAIN),
    ),
    NOOR.email: (("home", "", "for_you", BECAUSE), ("account", "", "for_you", BECAUSE)),
}
SCREEN = {"height": 900, "deviceScaleFactor": 1, "mobile": False}
HELD, SHOWN = 3, 999  # of a thousand, the first are held out
AGREES = "globalThis.wp_has_consent = () => true;"
BARE = ".replace(/\\p{Cf}/gu, '')"
HOST = "document.querySelector('perennial-recommendations')"
ROW = f"""(host => {{
  host?.scrollIntoView({{block: "center"}});
  const root = host?.shadowRoot?.querySelector("[part=section]");
  return root && [root.querySelector("h2").textContent{BARE},
    root.querySelector("[part=reason]").textContent{BARE}];
}})({HOST})"""
FIRST = f"{HOST}.shadowRoot.querySelector('[part=card] a')"
COUNT_IS_SEEN = """(reason => {
  const [text, range] = [[...reason.childNodes].find(one => one.nodeType === 3), new Range()];
  range.setStart(text, text.data.search(/(?<!\\d)4(?!\\d)/));
  range.setEnd(text, range.startOffset + 1);
  const [count, box] = [range.getBoundingClientRect(), reason.getBoundingClientRect()];
  const middle = (count.top + count.bottom) / 2;
  return count.width > 0 && middle > box.top && middle < box.bottom;
})(document.querySelector("perennial-recommendations").shadowRoot.querySelector("[part=reason]"))"""
IN_SIGHT = """new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
  () => setTimeout(done, 100))))"""  # who watches what is in sight is told between two frames
BUY = "document.querySelector('form.buy').requestSubmit()"
BUY_AS_GUEST = """fetch("/checkout/", {method: "POST", body: new URLSearchParams(
  {email: "gina@customers.example", first_name: "Gina", last_name: "Guest"})}).then(
  ({url}) => location = url)"""
LOG_IN = """fetch("/my-account/login", {{method: "POST",
  body: new URLSearchParams({{email: {0!r}, password: "practice"}})}}).then(r => r.ok)"""
FORGET = "localStorage.removeItem('perennial:viewed')"
MOUNT = """(() => {{
  for (const one of document.querySelectorAll("perennial-recommendations")) one.remove();
  const host = document.createElement("perennial-recommendations");
  host.setAttribute("surface", {0!r});
  host.setAttribute("product", {1!r});
  document.querySelector("main").prepend(host);
}})()"""
INSIDE = f"""[...document.querySelectorAll("[heading]")].map(
  one => one.getAttribute("heading")).join("\\n"){BARE}"""
pytestmark = pytest.mark.skipif(installed() is None, reason="no chromium here")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A browser sees no database: one is enough."""
    return sqlite_url


@dataclass
class Store:
    """A practice store with a past, connected to the service."""

    face: str
    origin: str
    service: Service
    shop: Shop
    practice: Any

    def product(self, sku: str) -> Product:
        found = self.practice.shelf.get(Product, sku)
        assert isinstance(found, Product)
        return found

    def path(self, sku: str) -> str:
        return PRODUCT_PATHS[self.face].format(slug=self.product(sku).slug)

    def hold_out(self, percent: int) -> None:
        """From this moment on, where a merchant's own choice counts from the next day on."""
        wanted = {"holdout_percent": percent, "rows_limit": 4, "since": None}
        with self.service.database.write() as db:
            figures.put_settings(db, self.shop.id, **wanted)

    def told(self, surface: str, row: str) -> tuple[int, int]:
        """(times it was shown, clicks) in the figures."""
        with self.service.database.read() as db:
            rows = learning.figures(db, self.shop.id, clock.now()).rows
        mine = [one for one in rows if (one.place.surface, one.place.row) == (surface, row)]
        return sum(one.shown for one in mine), sum(one.clicks for one in mine)

    def wait_for(
        self, surface: str, row: str, wanted: Callable[[tuple[int, int]], bool]
    ) -> tuple[int, int]:
        """The figures once a page has told what they should: it waits for no answer."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not wanted(found := self.told(surface, row)):
            assert time.monotonic() < until, found
            time.sleep(0.1)
        return found


@pytest.fixture(params=MAKERS)
def store(request, database, tmp_path, listen, monkeypatch):
    monkeypatch.setenv("SHOPIFY_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", CLIENT_SECRET)
    face, ours, theirs = request.param, free_port(), free_port()
    origin, url = f"http://127.0.0.1:{theirs}", f"http://127.0.0.1:{ours}"
    service = make_service(database, shopify_origin=origin, public_url=url, private=[origin])
    state = State(tmp_path / "devstore", {face: origin}, url)
    fill(state.shops[face], with_history=False)
    listen(service.app, ours)
    listen(MAKERS[face](state), theirs)
    browser = requests.Session()
    if face == "shopify":
        demo_world.install_shopify(browser, origin)
    else:
        demo_world.install_woocommerce(browser, url, origin)
    with database.read() as db:
        (shop,) = (one for one in shops.everywhere(db) if one.platform == face)
        secret = shops.secret(db, service.runtime.keys, shop.id, "widget_secret") or b""
    told = {"secret": secret.decode(), "public_id": shop.public_id, "service": url}
    assert requests.put(f"{origin}/_devstore/pairing", json=told, timeout=30).ok
    made = Store(face, origin, service, shop, state.shops[face])
    service.publish(shop, hold_days=0)
    give_a_past(made)
    yield made
    state.close()


def give_a_past(store: Store) -> None:
    """Four bought pot and cup, Noor the pot, Mia hojicha thrice; a plate is like another plate.

    Nobody buys a second pot, so that Noor is shown what is new to her.
    """
    mia, noor = (str(store.practice.shelf.get(Customer, one.email).id) for one in (MIA, NOOR))
    placed = [bought(store, n, f"90{n}", "TP-CEL", "CP-EVE") for n in range(4)]
    placed += [bought(store, 4 + n, mia, "TE-HOJ") for n in range(3)]
    placed += [bought(store, 7, noor, "TP-CEL")]
    wares = [
        Ware(
            str(one.id),
            one.titles["en"],
            one.price_minor,
            f"{store.origin}{PRODUCT_PATHS[store.face].format(slug=one.slug)}",
            categories=("tea",) if one.sku.startswith("TE-") else (),
        )
        for one in store.practice.products()
    ]
    shop_id, now = store.shop.id, clock.now()
    context = orders.Context(shop_id, "UTC", "hook", trusted=True)
    with store.service.database.write() as db:
        orders.record_products(db, shop_id, wares, now)
        orders.record(db, context, store.service.runtime.members, placed, now)
        showing.rest_after(db, shop_id, 0)
        recommend.mark(db, shop_id, now, at_once=True)
    store.hold_out(0)
    assert recommend.build(store.service.database, shop_id, now)


def bought(store: Store, number: int, customer_key: str, *skus: str) -> Order:
    at = clock.now() - timedelta(days=number + 1)
    keys = [str(store.product(sku).id) for sku in skus]
    lines = tuple(
        OrderLine(key, LineKind.GOODS, "", 1, 900, 900, 0, product_key=key) for key in keys
    )
    return Order(
        key=f"past-{number}",
        state=OrderState.PAID,
        currency=store.shop.currency,
        modified_at=at,
        placed_at=at,
        customer_key=customer_key,
        lines=lines,
    )


class Visit:
    """A browser in the store."""

    language = "en"

    def __init__(self, browser: Browser, store: Store, bucket: int) -> None:
        self.page: Page = browser.page()
        self._store = store
        drawn = f"localStorage['perennial:bucket'] ??= {bucket};"
        self.page.ask("Page.addScriptToEvaluateOnNewDocument", source=AGREES + drawn)

    def go(self, path: str) -> None:
        mark = "&" if "?" in path else "?"
        url = f"{self._store.origin}{path}{mark}lang={self.language}"
        self.page.ask("Page.navigate", url=url)
        self.page.wait("document.readyState === 'complete'")

    def log_in(self, email: str) -> None:
        assert self.page.see(LOG_IN.format(email))

    def meets(self, kind: str, why: str) -> None:
        """This page's row is of this kind; in English, says why."""
        self.page.wait(f"!!{ROW}")
        heading, reason = self.page.see(ROW)
        assert heading == self.heading(kind)
        if self.language == "en":
            assert reason == why

    def mounts(self, surface: str, sku: str, kind: str, why: str) -> None:
        """A row put on this page as on a page of that place, beside these products."""
        product = ",".join(str(self._store.product(one).id) for one in sku.split())
        self.page.see(MOUNT.format(surface, product))
        self.meets(kind, why)

    def meets_inside(self, kind: str) -> None:
        """The same of an extension's sandbox."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            texts = [one.see(INSIDE) for one in self.page.frames()]
            if any(self.heading(kind) in text for text in texts):
                return
            self.page.see("new Promise(done => setTimeout(done, 100))")
        raise AssertionError(texts)

    def inside(self) -> list[str]:
        """What is headed in an extension's sandbox, once it is drawn."""
        for _ in range(100):
            found = [text for one in self.page.frames() if (text := one.see(INSIDE))]
            if found:
                return found
            self.page.see(IN_SIGHT)
        raise AssertionError(self.page.see("location.href"))

    def meets_none(self) -> None:
        """Not even once everything has come."""
        self.page.see(ROW)
        self.page.rest()
        assert self.page.see(ROW) is None

    def heading(self, kind: str) -> str:
        return HEADINGS[kind][LANGUAGES.index(self.language)]


def test_every_row_of_every_place_speaks_every_language(store):
    with chromium() as browser:
        visit = Visit(browser, store, SHOWN)
        for who, rows in ROWS.items():
            if who != "guest":
                visit.log_in(who)
            for visit.language in LANGUAGES:
                visit.go("/")
                visit.page.see(FORGET)
                for row in rows:
                    visit.mounts(*row)


def test_a_reason_keeps_its_count_however_narrow_the_page(store):
    with chromium() as browser:
        visit = Visit(browser, store, SHOWN)
        for width in (320, 390, 1280):
            visit.page.ask("Emulation.setDeviceMetricsOverride", width=width, **SCREEN)
            for visit.language in LANGUAGES:
                visit.go("/")
                visit.mounts("cart", "TP-CEL PL-DIN", "together", COUNTED)
                assert visit.page.see(COUNT_IS_SEEN), (width, visit.language)


def test_every_page_has_its_row_and_what_is_met_is_told(store):
    with chromium() as browser:
        walk(Visit(browser, store, SHOWN), store)
        shown, clicks = store.wait_for("product", "together", seen)
        assert clicks == 0
        visit = Visit(browser, store, SHOWN)
        visit.go(store.path("TP-CEL"))
        visit.meets("together", TOGETHER)
        visit.page.see(IN_SIGHT)
        visit.page.leave(f"{FIRST}.click()")
        assert store.path("CP-EVE") in visit.page.see("location.pathname")
        store.wait_for("product", "together", (shown + 1, 1).__eq__)
        store.hold_out(5)
        visit = Visit(browser, store, HELD)
        visit.go(store.path("TP-CEL"))
        visit.meets_none()
        visit.page.leave(BUY)
        visit.go("/cart/")
        visit.meets_none()
    assert store.told("product", "together") == (shown + 1, 1)


def test_not_now_in_the_store_holds_after_the_order(store):
    with chromium() as browser:
        visit = Visit(browser, store, SHOWN)
        visit.go(store.path("TP-CEL"))
        visit.meets("together", TOGETHER)
        visit.page.see(f"{HOST}.shadowRoot.getElementById('later').click()")
        visit.page.wait(f"{HOST}.shadowRoot.querySelector('.gone')")
        visit.page.leave(BUY)
        visit.meets_none()
        visit.page.leave(BUY_AS_GUEST)
        visit.meets_none()
        if store.face == "shopify":
            thanks = visit.page.see("location.pathname + location.search")
            for status in ("", "&again=1"):
                visit.go(thanks + status)
                assert visit.inside() == ["What this order brought"], (
                    "what the order brought, and no row"
                )


def seen(told: tuple[int, int]) -> bool:
    return told[0] > 0


def walk(visit: Visit, store: Store) -> None:
    """A guest looks around, becomes Mia and buys; what extensions draw, in every language."""
    visit.go("/")
    visit.meets("trending", SOLD)
    visit.go(store.path("TP-CEL"))
    visit.meets("together", TOGETHER)
    visit.page.see(IN_SIGHT)
    visit.page.leave(BUY)
    visit.go("/cart/")
    visit.meets("together", TOGETHER)
    visit.log_in(MIA.email)
    visit.go("/")
    visit.meets("again", AGAIN)
    visit.go("/checkout/")
    visit.page.leave("document.getElementById('checkout').requestSubmit()")
    if store.face == "woocommerce":
        visit.meets("complete", TOGETHER)
        visit.go("/my-account/")
        visit.meets("again", AGAIN)
        return
    thanks = visit.page.see("location.pathname + location.search")
    visit.meets_inside("complete")
    store.wait_for("thank_you", "complete", seen)
    for visit.language in LANGUAGES[1:]:
        visit.go(thanks)
        visit.meets_inside("complete")
    for visit.language in LANGUAGES:
        visit.go(f"{thanks}&again=1")  # the same page, as its status
        assert "order-status" in visit.page.see("document.querySelector('iframe').src")
        visit.meets_inside("complete")
