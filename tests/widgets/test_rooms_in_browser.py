"""A row's room in the first screen: there where a row comes, not where none is known to come."""

import json
import re
import time
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import SplitResult, parse_qs

import pytest

from bench.chromium import Browser, Page, installed
from tests.widgets.serving import Serving

ROOT = Path(__file__).parents[2]
PRINTED = (
    "adapters/shopify/extensions/perennial-theme/blocks/recommendations.liquid",
    "adapters/woocommerce/plugin/perennial-loyalty/includes/class-surfaces.php",
    "devstore/templates/_row.html",
    "static/widgets/README.md",
)
SCRIPT = re.compile(r"try\{let e=document\.currentScript.*?catch\{\}")
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/widgets/mount.css">
<script>shift = 0; new PerformanceObserver(list => list.getEntries().forEach(
  one => shift += one.value)).observe({{type: "layout-shift", buffered: true}})</script></head>
<body><div style="block-size: {above}px">A cup</div>
<perennial-recommendations surface="{surface}" product="1"><script>{script}</script>
</perennial-recommendations><p id="after">Terms</p><div style="block-size: 3000px"></div>
<script>first = after.offsetTop</script>
<script type="module" src="/static/widgets/loader.js" data-base="/storefront"></script>
</body></html>"""
SLOW_SECONDS = 3
LATE_SECONDS = 0.3  # less than a page is waited for
ANSWERED = """performance.getEntriesByType("resource").find(
  ({name}) => name.includes("/recommendations?")).responseEnd"""
SPOKEN = (
    'performance.getEntriesByType("resource").find(({name}) => /en.json/.test(name)).responseEnd'
)
DAY_SECONDS = 86_400
REST = "attributes[_perennial_rest]"
CARD = {"title": "Tall cup", "url": "#", "price_said": "$22.00", "reason": "Often"}
HOST = "document.querySelector('perennial-recommendations')"
GONE = f"!!{HOST}.shadowRoot.querySelector('.gone')"
CARDS = f"{HOST}.shadowRoot?.querySelectorAll('[part=card]').length ?? 0"
pytestmark = pytest.mark.skipif(installed() is None, reason="no chromium here")


def scripts(path: str) -> list[str]:
    return SCRIPT.findall((ROOT / path).read_text("utf-8"))


class Shop(Serving):
    """Pages with a row, and the row's answer as ``how`` says."""

    how: ClassVar[str] = "row"
    noted: ClassVar[list[str]] = []  # until when no rows are wanted, as the cart is told
    most: ClassVar[int] = 8

    def get(self, url: SplitResult) -> None:
        query = parse_qs(url.query)
        match url.path.strip("/").split("/"):
            case ["page", surface, above]:
                told = PAGE.format(surface=surface, above=above, script=scripts(PRINTED[0])[0])
                self.page(told)
            case ["static", "widgets", name]:
                time.sleep(LATE_SECONDS * (self.how == "late words" and name == "en.json"))
                self.bundle(name)
            case ["storefront", "recommendations"] if self.how != "dead":
                time.sleep(SLOW_SECONDS * (self.how == "slow"))
                self.say(200, self.row(query))
            case _:
                self.say(503, {})

    def post(self, url: SplitResult, body: bytes) -> None:
        self.noted.extend(parse_qs(body.decode(), keep_blank_values=True).get(REST, []))
        self.say(204)

    def row(self, query: dict[str, list[str]]) -> dict[str, Any]:
        surface = query["surface"][0]
        told = {
            "bucket": int(query.get("bucket", ["7"])[0]),
            "surface": surface,
            "heading": "With it",
        }
        if self.how == "held":
            return {**told, "row": None, "items": [], "pages_a_day": 0}
        items = [] if self.how == f"none on {surface}" else [{"key": "k", **CARD}] * 4
        return {
            **told,
            "row": "together",
            "method": "standard",
            "items": items,
            "pages_a_day": self.most,
        }


class Shopper:
    """Looks at pages, one after the other; on none does anything move."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self._address = page, address

    def meets(self, surface: str = "product", *, above: int = 300) -> tuple[bool, int]:
        """(whether there is room before anything came, how many cards there are at the end)."""
        self.page.go(f"{self._address}/page/{surface}/{above}")
        assert self.page.see("shift") == 0
        assert self.page.see("after.offsetTop === first") or above > 900  # below, it may open
        return self.page.see(f"first > {above} + 99"), self.page.see(CARDS)

    def presses(self, button: str) -> None:
        """And waits for what that changes."""
        before = self.page.see(GONE)
        self.page.see(f"{HOST}.shadowRoot.querySelector('{button}').click()")
        self.page.wait(f"({GONE}) !== {json.dumps(before)}")

    def kept(self, name: str) -> Any:
        return self.page.see(f"JSON.parse(localStorage['perennial:{name}'] ?? null)")

    def sleep(self) -> None:
        """What was kept today was kept yesterday."""
        name = "localStorage['perennial:rows']"
        self.page.see(f"{name} = {name}.replace(/\\d+/, day => day - 1)")


@pytest.fixture
def shopper(browser: Browser, address: str, monkeypatch: pytest.MonkeyPatch) -> Shopper:
    monkeypatch.setattr(Shop, "how", "row")
    monkeypatch.setattr(Shop, "most", 8)
    monkeypatch.setattr(Shop, "noted", [])
    return Shopper(browser.page(), address)


def answers(how: str) -> None:
    Shop.how = how


def test_the_same_script_is_printed_wherever_a_row_is() -> None:
    printed = {path: scripts(path) for path in PRINTED}
    assert len({text for found in printed.values() for text in found}) == 1, printed
    assert all(printed.values())


def test_a_row_in_the_first_screen_has_its_room_and_moves_nothing(shopper: Shopper) -> None:
    assert shopper.meets() == (True, 4)
    assert shopper.meets("cart") == (True, 4)


def test_a_row_is_asked_for_while_its_words_are_on_their_way(shopper: Shopper) -> None:
    answers("late words")
    assert shopper.meets() == (True, 4)
    assert shopper.page.see(f"{ANSWERED} < {SPOKEN}")


def test_who_is_held_out_finds_no_room_from_the_second_page_on(shopper: Shopper) -> None:
    answers("held")
    assert shopper.meets() == (True, 0)
    assert shopper.meets() == (False, 0)
    assert shopper.meets("cart") == (False, 0), "nor at any other place"
    shopper.sleep()
    assert shopper.meets("cart") == (False, 0), "nor on another day"
    answers("row")
    assert shopper.meets() == (False, 0), "what opens in sight would move what follows"
    assert shopper.meets() == (True, 4)


def test_a_browser_that_rests_finds_no_room(shopper: Shopper) -> None:
    Shop.most = 2
    assert [shopper.meets() for _ in range(3)] == [(True, 4), (True, 4), (False, 0)]
    assert shopper.meets("cart") == (False, 0)
    shopper.sleep()
    assert shopper.meets() == (True, 4)


def test_a_cap_that_the_merchant_changes_counts_from_the_next_page_on(shopper: Shopper) -> None:
    shopper.meets()
    Shop.most = 1
    assert shopper.meets() == (True, 0)
    assert shopper.meets() == (False, 0)
    Shop.most = 0
    assert shopper.meets() == (False, 0)
    assert shopper.meets() == (True, 4)


def test_after_not_now_there_is_no_room_until_it_is_taken_back(shopper: Shopper) -> None:
    shopper.meets()
    shopper.presses("#later")
    for surface in ("product", "cart", "product"):
        assert shopper.meets(surface) == (False, 0)
    assert shopper.kept("rows")[1] == 1e9
    shopper.page.see("localStorage['perennial:rows'] = null")
    assert shopper.meets() == (True, 4)


def test_a_not_now_is_told_to_each_cart_once_and_taken_back(shopper: Shopper) -> None:
    shopper.meets()
    for button in ("#later", ".gone button", "#later"):
        shopper.presses(button)
    until = str(int(time.time()) // DAY_SECONDS + 30)
    assert shopper.kept("rows") == [int(until), 1e9]
    for cart in ("one", "one", "two"):
        shopper.page.see(f"document.cookie = 'cart={cart};path=/'")
        shopper.meets()
    assert Shop.noted == [until, "", until, until, until]


def test_a_service_that_is_gone_leaves_no_second_blank(shopper: Shopper) -> None:
    answers("dead")
    assert shopper.meets() == (True, 0)
    assert shopper.meets() == (False, 0)
    answers("row")
    assert shopper.meets(above=1200) == (False, 4), "below what is seen it may open"
    assert shopper.meets() == (True, 4)


def test_a_service_that_is_slow_leaves_no_second_blank(shopper: Shopper) -> None:
    answers("slow")
    assert shopper.meets() == (True, 0), "left before anything came"
    assert shopper.meets("product") == (False, 0)


def test_a_place_without_a_row_has_no_room_and_the_others_have(shopper: Shopper) -> None:
    answers("none on product")
    assert shopper.meets() == (True, 0)
    assert shopper.meets() == (False, 0)
    assert shopper.meets("cart") == (True, 4)
    assert shopper.meets() == (False, 0)


def test_who_refuses_statistics_keeps_no_trace_of_having_seen_none(shopper: Shopper) -> None:
    answers("held")
    for surface in ("product", "cart"):
        shopper.meets(surface)
    answers("row")
    source = "globalThis.wp_has_consent = () => false"
    shopper.page.ask("Page.addScriptToEvaluateOnNewDocument", source=source)
    shopper.meets()
    assert [shopper.kept(name) for name in ("bucket", "bare-cart")] == ["", None]
    assert shopper.meets("cart") == (True, 4)
