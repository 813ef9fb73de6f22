"""What a browser keeps for its shopper: whose it is, in any shape, on a page gone back to."""

import json
from typing import Any
from urllib.parse import SplitResult

import pytest

from bench.chromium import Browser, Page, installed
from tests.widgets.serving import Serving

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<link rel="icon" href="data:,"></head><body>
<perennial-recommendations surface="{surface}" product="{product}">
</perennial-recommendations><script type="module" data-base="/storefront" {who}>
import("/static/widgets/loader.js")</script></body></html>"""
CARD = {"title": "Tall cup", "url": "#", "price_said": "$22.00", "reason": "Often"}
ROW = {
    "bucket": 7,
    "surface": "home",
    "row": "viewed",
    "method": "standard",
    "heading": "You looked at",
    "items": [{"key": "k", **CARD}] * 4,
    "pages_a_day": 0,
}
HOST = "document.querySelector('perennial-recommendations')"
CARDS = f"{HOST}.shadowRoot?.querySelectorAll('[part=card]').length"
ASKED = (
    "performance.getEntriesByType('resource').map(one => new URL(one.name))"
    ".findLast(one => /(recommendations|for_me)$/.test(one.pathname)).searchParams"
)
AGREES = "globalThis.wp_has_consent = () => true;"
pytestmark = pytest.mark.skipif(installed() is None, reason="no chromium here")


class Shop(Serving):
    """Pages at /<surface>/<product>, for whom the query says."""

    def get(self, url: SplitResult) -> None:
        match url.path.strip("/").split("/"):
            case ["page", surface, *product]:
                who = f'data-customer="{url.query}"' if url.query else ""
                page = PAGE.format(surface=surface, product=",".join(product), who=who)
                self.page(page)
            case ["static", "widgets", name]:
                self.bundle(name)
            case ["storefront", "recommendations" | "for_me"]:
                self.say(200, ROW)
            case _:
                self.say(200, {"day": "", "watch": []})

    def post(self, url: SplitResult, body: bytes) -> None:
        self.say(200, {"watch": []})


@pytest.fixture
def page(browser: Browser, address: str) -> Page:
    """In a new browser of somebody who agrees to what is kept, in this shop."""
    made = browser.page()
    made.ask("Page.addScriptToEvaluateOnNewDocument", source=AGREES)
    made.go(f"{address}/other")
    return made


def looks(page: Page, address: str, path: str, customer: str = "") -> None:
    page.ask("Page.navigate", url=f"{address}/page/{path}?{customer}")
    page.wait(f"location.pathname === '/page/{path}' && {CARDS} === 4")


def asks(page: Page) -> str | None:
    """What its home page said was looked at."""
    told = page.see(f"{ASKED}.get('viewed')")
    return None if told is None else str(told)


def test_what_a_member_looked_at_is_gone_once_they_are(page: Page, address: str) -> None:
    guest, mia, noor = "", "8214006661012", "8214006661013"
    for before, after, told in (
        (guest, guest, "2"),
        (guest, mia, "2"),
        (mia, mia, "2"),
        (mia, guest, None),
        (mia, noor, None),
    ):
        looks(page, address, "product/2", before)
        looks(page, address, "home", after)
        assert asks(page) == told, (before, after)
        looks(page, address, "home", before)
        assert told or asks(page) is None, "gone is gone"
        kept = page.see("JSON.stringify({...localStorage})")
        assert mia not in kept, "nothing says who was here"
        page.see("localStorage.clear()")


@pytest.mark.parametrize("shape", [5, {}, "1,2", True, [None], [[1], {}], {"0": 1}])
def test_a_row_comes_whatever_is_kept_by_its_names(page: Page, address: str, shape: Any) -> None:
    for path in ("product/2", "home", "cart/2/3"):
        for name in ("rows", "viewed", "viewed-by", "row-click", "noted", "rests", "bucket"):
            kept = json.dumps(json.dumps(shape))
            page.see(f"localStorage['perennial:{name}'] = {kept}, 0")
        looks(page, address, path)
    page.see(f"localStorage['perennial:hidden-products'] = {kept}, 0")
    page.see(f"{HOST}.shadowRoot.querySelector('.hide').click()")
    page.wait(f"{HOST}.shadowRoot.querySelector('.gone')")
    assert page.see("JSON.parse(localStorage['perennial:hidden-products']).at(-1)") == "k"


def test_a_page_gone_back_to_heeds_what_was_said_since(page: Page, address: str) -> None:
    looks(page, address, "product/2")
    page.see(f"localStorage['perennial:rows'] = JSON.stringify([{10**6}, 1e9]), 0")
    page.see("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: false}))")
    page.see(f"{HOST}.ready")
    assert page.see(CARDS) == 4, "a page that was just made knows"
    page.see("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    page.wait(f"{CARDS} === 0")


def test_no_more_products_are_named_than_the_service_takes(page: Page, address: str) -> None:
    looks(page, address, "cart/" + "/".join(str(n) for n in range(120)))
    assert page.see(f"{ASKED}.get('product').split(',').length") == 100
