"""The app's blocks and extensions in the practice Shopify store, in a real browser.

In three languages, on a screen and a phone: what each says, that nothing moves while it comes
(CLS 0) where a store's own page shows it, that nothing is wider than the window, and, where AXE
names axe-core's ``axe.min.js``, that axe finds nothing. PICTURES names a folder for pictures.
"""

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bench.chromium import chromium, installed
from connector import orders
from connector.core import clock
from connector.core.commerce import Product as Ware
from connector.rooms.giving import programmes
from connector.rooms.giving import service as giving
from connector.rooms.giving.rules import AddOn, Programme, RoundUp, Terms
from devstore.model import Product
from devstore.people import MIA
from devstore.shopify.reading import variant_id
from devstore.shopper import place_order
from tests.flows.test_customer_tags import world

__all__ = ["world"]
JOBS = ("drain", "dispatch", "release", "tiers")
AXE = os.environ.get("AXE", "")
LANGUAGES = ("en", "ar", "zh-Hant")
SHIFTS = """new PerformanceObserver(list => {
  for (const {value, hadRecentInput} of list.getEntries()) {
    if (!hadRecentInput) globalThis.moved = (globalThis.moved ?? 0) + value;
  }
}).observe({type: "layout-shift", buffered: true});"""
PARTS_OF_PAGES = '{type: "tag", values: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}'
FAULTS = """axe.run(document, {runOnly: %s}).then(({violations}) =>
  violations.map(({id, nodes}) => `${id}: ${nodes.map(({target}) => target.join(" "))}`))"""
ADD = """fetch("/cart/add.js", {method: "POST", headers: {"Content-Type": "application/json"},
  body: JSON.stringify({items: [{id: %s, quantity: 1}]})}).then(({ok}) => ok)"""
CHANGE = """fetch("/cart/change.js", {method: "POST",
  headers: {"Content-Type": "application/json"},
  body: JSON.stringify({id: "%s:1", quantity: %s})}).then(({ok}) => ok)"""
LOG_IN = """fetch("/my-account/login", {method: "POST",
  body: new URLSearchParams({email: %r, password: "practice"})}).then(({ok}) => ok)"""
TEXT = """(element => (element?.shadowRoot ?? element)?.textContent.replace(/\\p{Cf}/gu, ""))(
  document.querySelector(%r))"""
INSIDE = """[document.body?.innerText, ...[...document.querySelectorAll("[heading]")].map(
  element => element.getAttribute("heading"))].join("\\n").replace(/\\p{Cf}/gu, "")"""
SAID = {  # where it shows that an extension has come, and in which language
    "badge": {"en": "Earn 48 points", "ar": "48", "zh-Hant": "48 點"},
    "gift": {"en": "$2.00 will go to", "ar": "سيصل", "zh-Hant": "將送達"},
    "goal": {"en": "of $1,000 together", "ar": "أشجار", "zh-Hant": "目標 US$1,000"},
    "checkout": {"en": "A gift for Riverbank?", "ar": "تبرع لصالح", "zh-Hant": "捐款給"},
    "thank-you": {
        "en": "$2 of this order is for Riverbank",
        "ar": "من هذا الطلب لصالح Riverbank",
        "zh-Hant": "捐給 Riverbank",
    },
    "order-status": {"en": "This order earned", "ar": "66", "zh-Hant": "66"},
    "profile": {"en": "Your points", "ar": "نقاطك", "zh-Hant": "您的點數"},
    "page": {"en": "Your points", "ar": "نقاطك", "zh-Hant": "您的點數"},
}
GIFT = "document.querySelector('perennial-donation')"
WAYS = f"[...{GIFT}.shadowRoot.querySelectorAll('[aria-pressed]')]"
TOTAL = "document.querySelector('[data-total]').textContent"
OWN = f"{GIFT}.shadowRoot.querySelector('#own')"
PANEL = "document.querySelector('perennial-panel').shadowRoot"
STILL = (
    "product",
    "goal",
    "panel",
    "declined",
    "cart",
    "uneven",
    "rounded",
    "own",
    "given",
    "held",
    "account",
)
pytestmark = pytest.mark.skipif(installed() is None, reason="no chromium here")


@pytest.fixture
def database_url(sqlite_url):
    """A browser sees no database: one is enough."""
    return sqlite_url


@pytest.fixture
def shop(world):
    """A shop with a cause where Mia has points and an order."""
    wares = [
        Ware(str(one.id), one.titles["en"], one.price_minor, f"{world.origin}/products/{one.slug}")
        for one in world.practice.products()
    ]
    with world.service.database.write() as db:
        orders.record_products(db, world.shop.id, wares, clock.now())
        giving.add_cause(db, world.shop.id, "Riverbank", "Clean water.", clock.now())
    round_up_for_trees(world)
    world.service.publish(world.shop, hold_days=0)
    place_order(world.origin, "mia", "2.00", {"TP-CEL": 1})
    world.control("POST", "/tick")
    world.service.work(JOBS)
    return world


def round_up_for_trees(world):
    """A campaign that gifts of two dollars work for, since an hour ago."""
    now = clock.now() - timedelta(hours=1)
    names = {"en": "Trees", "ar": "أشجار", "zh-Hant": "植樹"}
    with world.service.database.write() as db:
        shop_id = world.shop.id
        (cause,) = giving.causes(db, shop_id)
        papers = replace(
            cause,
            registration="1048",
            country="DE",
            payee="Riverbank e.V.",
            agreement="C-7",
            agreed_on="2026-10-01",
        )
        giving.change_cause(db, shop_id, papers, now)
        wanted = programmes.Campaign(0, "", names, {}, "USD", 100_000)
        campaign = programmes.add_campaign(db, shop_id, wanted, now)
        own = AddOn(amounts_minor=(200,), least_minor=100, most_minor=5_000)
        for name, terms in (("For trees", own), ("Round up", RoundUp(step_minor=100))):
            asking = _asking(name, terms, cause.id, campaign.id, now)
            made = programmes.draft(db, shop_id, asking, now)
            programmes.publish(db, shop_id, made.id, dict.fromkeys(LANGUAGES, "Said."), now)


def _asking(name: str, terms: Terms, cause_id: int, campaign_id: int, now: datetime) -> Programme:
    return Programme(
        id=0,
        name=name,
        currency="USD",
        terms=terms,
        causes=((cause_id, 1),),
        starts_at=now,
        ends_at=now + timedelta(days=9),
        campaign_id=campaign_id,
    )


class Visit:
    """A browser in the shop, in one language, at one width."""

    def __init__(self, browser, origin, language, width=1280):
        self.page = browser.page(width, 900)
        self.page.ask("Page.addScriptToEvaluateOnNewDocument", source=SHIFTS)
        self._origin, self._language, self._width = origin, language, width
        self.faults = []

    def go(self, path):
        mark = "&" if "?" in path else "?"
        self.page.go(f"{self._origin}{path}{mark}lang={self._language}")

    def look(self, name):
        """Note what is wrong with this page as it stands."""
        moved = self.page.see("globalThis.moved ?? 0")
        if moved and name in STILL:
            self.faults.append(f"{name}: layout moved by {moved}")
        if (wide := self.page.see("document.documentElement.scrollWidth")) > self._width:
            self.faults.append(f"{name}: {wide} px wide")
        for part in (self.page, *self.page.frames()) if AXE else ():
            part.see(Path(AXE).read_text("utf-8") + ";0")
            rules = "undefined" if part is self.page else PARTS_OF_PAGES
            self.faults += [f"{name}: {one}" for one in part.see(FAULTS % rules)]
        if folder := os.environ.get("PICTURES"):
            self.page.picture(Path(folder) / f"{name}-{self._language}-{self._width}.png")
            self.page.see("globalThis.moved = 0")

    def tap(self, element):
        """As a finger does: what moves after it, the shopper moved."""
        middle = "(({x, y, width, height}) => ({x: x + width / 2, y: y + height / 2}))"
        self.page.see(f"{element}.scrollIntoView({{block: 'center'}})")
        at = self.page.see(f"{middle}({element}.getBoundingClientRect())")
        for kind in ("mousePressed", "mouseReleased"):
            told = {**at, "type": kind, "button": "left", "clickCount": 1}
            self.page.ask("Input.dispatchMouseEvent", **told)

    def enter(self, text):
        """Where the focus is."""
        self.page.ask("Input.insertText", text=text)
        for kind in ("keyDown", "keyUp"):
            self.page.ask("Input.dispatchKeyEvent", type=kind, key="Enter", text="\r")

    def said_by(self, element, words):
        """Wait until an element of the page says this."""
        said = TEXT % element
        try:
            self.page.wait(f"{said}?.includes({words!r})")
        except TimeoutError:
            raise AssertionError(self.page.see(said)) from None

    def said_inside(self, name):
        """Wait until a sandbox says what this extension says."""
        words = SAID[name][self._language]
        for _ in range(1000):
            texts = [one.see(INSIDE) for one in self.page.frames()]
            if any(words in text for text in texts):
                return
            self.page.see("new Promise(done => setTimeout(done, 100))")
        raise AssertionError(texts)


def give(visit, shop, language):
    """Round a total up, give an amount of one's own, then two dollars: the page stays as it is."""
    page = visit.page
    assert page.see(ADD % variant_id(shop.practice.shelf.get(Product, "WH-CHA").id))
    visit.go("/cart/")
    page.wait(f"{WAYS}.length === 3")
    visit.look("uneven")
    page.see("globalThis.here = true")
    whisk = variant_id(shop.practice.shelf.get(Product, "WH-CHA").id)
    for pieces, missing in ((2, "0.80"), (1, "0.40")):
        assert page.see(CHANGE % (whisk, pieces)), "as a theme's own script does"
        page.wait(f"{WAYS}[1].textContent.includes({missing!r})")
    before = page.see(TOTAL)
    visit.tap(f"{WAYS}[1]")
    page.wait(f"{TOTAL}.includes('72.00')")
    assert page.see(
        f"{WAYS}[1].ariaPressed === 'true' && {GIFT}.shadowRoot.activeElement === {WAYS}[1]"
    )
    visit.look("rounded")
    visit.tap(f"{GIFT}.shadowRoot.querySelector('.more')")
    page.wait(f"{OWN} && {OWN} === {GIFT}.shadowRoot.activeElement")
    visit.enter("\u0663\u066b\u0665")
    page.wait(f"{TOTAL}.includes('75.10')")
    visit.look("own")
    visit.tap(f"{WAYS}[2]")
    page.wait(f"{TOTAL} === {before!r}")
    visit.tap(f"{WAYS}[0]")
    visit.said_by("perennial-donation", SAID["gift"][language])
    page.wait(f"{TOTAL}.includes('73.60')")
    assert page.see("globalThis.here"), "the page was never loaded again"
    visit.look("given")
    visit.go("/cart/")
    visit.said_by("perennial-donation", SAID["gift"][language])
    visit.look("held")


def at_the_checkout(visit):
    """Another amount in place of two dollars, then no gift, then two dollars again."""
    (inside,) = visit.page.frames()
    pick = "[...document.querySelectorAll('s-choice')].find(({{value}}) => value === {0!r})"
    tap = f"{pick}.shadowRoot.querySelector('input').click()"
    inside.see(tap.format("own"))
    inside.wait("document.querySelector('s-number-field')")
    field = "document.querySelector('s-number-field')"
    write = "{0}.value = {1!r}, {0}.dispatchEvent(new Event('input', {{bubbles: true}}))"
    give = f"{field}.nextElementSibling.shadowRoot.querySelector('button').click()"
    for wrong in ("", "0.5", "3.555", "50.01"):
        inside.see(write.format(field, wrong))
        inside.see(give)
        inside.wait(f"{field}.shadowRoot.querySelector('p').textContent")
    visit.look("refused")
    inside.see(write.format(field, "\u0663,\u0665"))
    inside.see(give)
    visit.page.wait(f"{TOTAL}.includes('75.10')")
    visit.look("own-at-checkout")
    for choice, total in (("none", "71.60"), ("round_up", "72.00"), ("200", "73.60")):
        inside.wait(f"!{pick.format(choice)}.shadowRoot.querySelector('input').disabled")
        inside.see(tap.format(choice))
        visit.page.wait(f"{TOTAL}.includes({total!r})")
        kept = visit.page.see("JSON.parse(localStorage['extension:no-gift-at'] ?? null)")
        assert (kept is not None) == (choice == "none")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_every_surface_says_its_part_and_moves_nothing(shop, language, width):
    with chromium() as browser:
        visit = Visit(browser, shop.origin, language, width)
        page = visit.page
        visit.go("/products/celadon-teapot")
        visit.said_by("perennial-badge", SAID["badge"][language])
        visit.look("product")
        visit.said_by("perennial-goal", SAID["goal"][language])
        visit.look("goal")
        page.see(f"{PANEL}.querySelector('[part=launcher]').click()")
        page.wait(f"{PANEL}.querySelector('dialog[open]')")
        page.wait(f"!{PANEL}.getAnimations().length")
        visit.look("panel")
        assert page.see(LOG_IN % MIA.email)
        assert page.see(ADD % variant_id(shop.practice.shelf.get(Product, "TP-CEL").id))
        page.see("localStorage['perennial:no-gift-at'] = Date.now() - 89 * 864e5")
        visit.go("/cart/")
        assert page.see("document.querySelector('perennial-donation').offsetHeight") == 0, (
            "no is no"
        )
        visit.look("declined")
        page.see("localStorage['perennial:no-gift-at'] = Date.now() - 90 * 864e5")
        visit.go("/cart/")
        visit.said_by("perennial-donation", "Riverbank")
        visit.look("cart")
        give(visit, shop, language)
        visit.go("/checkout/")
        visit.said_inside("checkout")
        visit.look("checkout")
        at_the_checkout(visit)
        page.leave("document.getElementById('checkout').requestSubmit()")
        shop.control("POST", "/tick")
        shop.service.work(JOBS)
        page.leave("location.reload()")
        visit.said_inside("thank-you")
        visit.look("thank-you")
        order = page.see("document.querySelector('[data-order]').dataset.order")
        for name in ("order-status", "page"):
            visit.go("/my-account/")
            page.see(f"document.querySelector('iframe').src = '/_extensions/{name}?order={order}'")
            visit.said_inside(name)
            visit.look(name)
        visit.go("/my-account/")
        visit.said_inside("profile")
        visit.look("account")
    assert not visit.faults, "\n".join(visit.faults)
