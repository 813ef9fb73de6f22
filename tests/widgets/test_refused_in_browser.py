"""What a shopper refuses stays refused: rows, single products, statistics."""

import json
import threading
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import SplitResult, parse_qs

import pytest

from bench.chromium import Browser, Page, installed
from tests.widgets.serving import Serving

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/widgets/mount.css"></head>
<body><perennial-recommendations surface="{surface}" product="{product}">
</perennial-recommendations><script type="module" src="/static/widgets/loader.js"
data-base="/storefront" {token}></script></body></html>"""
TOKEN = {"shopify": "", "woocommerce": 'data-token-url="/token"'}
LATE = "late"  # the product whose row is answered once ``Shop.may_answer``
CARD = {"title": "Tall cup", "price_said": "$22.00", "reason": "Often"}
HOST = "document.querySelector('perennial-recommendations')"
ROOT = f"{HOST}.shadowRoot"
SEEN = (
    f"[...{ROOT}?.querySelectorAll('[part=card]') ?? []].filter(c => c.checkVisibility()).length"
)
AWAY = f"{ROOT}?.querySelector('.gone')"
TOLD, ASKED = (f"JSON.parse(sessionStorage.{name} ?? '[]')" for name in ("told", "asked"))
WATCH = """(() => {
  const send = navigator.sendBeacon.bind(navigator), load = fetch;
  const keep = (name, one) => sessionStorage[name] =
    JSON.stringify([...JSON.parse(sessionStorage[name] ?? "[]"), one]);
  navigator.sendBeacon = (url, body) => {
    keep("told", [new URL(url, location).pathname, `${body}`]);
    return send(url, body);
  };
  fetch = (url, ...more) => {
    if (/recommendations[?]/.test(url)) keep("asked", new URL(url, location).search.slice(1));
    return load(url, ...more);
  };
})()"""
TOOLS = {
    "shopify": "Shopify = {{customerPrivacy: {{analyticsProcessingAllowed: () => {}}}}}",
    "woocommerce": "wp_has_consent = () => {}",
}
EVENTS = [
    ("shopify", "shopifyCustomerPrivacyApiLoaded"),
    ("shopify", "visitorConsentCollected"),
    ("woocommerce", "wp_consent_type_defined"),
    ("woocommerce", "wp_listen_for_consent_change"),
]
pytestmark = pytest.mark.skipif(installed() is None, reason="no chromium here")


class Shop(Serving):
    """Pages with a row of either platform, at /<platform>/<surface>/<product>."""

    may_answer: ClassVar[threading.Event] = threading.Event()

    def get(self, url: SplitResult) -> None:
        match url.path.strip("/").split("/"):
            case ["shopify" | "woocommerce" as face, surface, product]:
                page = PAGE.format(surface=surface, product=product, token=TOKEN[face])
                self.page(page)
            case ["static", "widgets", name]:
                self.bundle(name)
            case ["storefront", "recommendations"]:
                query = {name: found[0] for name, found in parse_qs(url.query).items()}
                if query["product"] == LATE:
                    self.may_answer.wait(30)
                self.say(200, self.row(query))
            case _:
                self.say(404, {})

    def post(self, url: SplitResult, body: bytes) -> None:
        self.say(204)

    def row(self, query: dict[str, str]) -> dict[str, Any]:
        bucket = query.get("bucket")
        left = [n for n in range(12) if f"k{n}" not in query.get("hidden", "").split(",")]
        return {
            "bucket": None if bucket is None else int(bucket),
            "surface": query["surface"],
            "row": "together",
            "method": "standard",
            "heading": "With it",
            "items": [{**CARD, "key": f"k{n}", "url": f"#k{n}"} for n in left[:6]],
            "pages_a_day": 8,
        }


class Shopper:
    """Looks at pages of one store, and says no."""

    def __init__(self, page: Page, address: str, face: str) -> None:
        self.page, self._address, self.face = page, address, face
        page.ask("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def goes(self, surface: str, product: str) -> None:
        url = f"{self._address}/{self.face}/{surface}/{product}"
        self.page.ask("Page.navigate", url=url)
        self.page.wait(f"location.href === '{url}' && document.readyState === 'complete'")

    def meets_a_row(self, surface: str = "cart", product: str = "1") -> None:
        self.goes(surface, product)
        self.page.wait(f"{SEEN} === 6")

    def says_not_now(self) -> None:
        self.page.see(f"{ROOT}.getElementById('later').click()")
        self.page.wait(AWAY)

    def has_in_the_cart(self, products: str) -> None:
        """What a block cart does: the same element, beside other things."""
        self.page.see(f"({HOST}.setAttribute('product', '{products}'), {HOST}.ready)")

    def has_a_tool_that_says(self, yes: str, event: str = "") -> None:
        """From now on; it says so by this event."""
        said = f"document.dispatchEvent(new CustomEvent('{event}'))" if event else "0"
        self.page.see(f"{TOOLS[self.face].format(yes)}; {said}")

    def kept(self, name: str) -> Any:
        return self.page.see(f"JSON.parse(localStorage['perennial:{name}'] ?? null)")

    def noted(self) -> str | None:
        """What the order would bring: of the cart, as it was last told; or of a cookie."""
        if self.face == "woocommerce":
            cookie = self.page.see("/perennial_row=([^;]*)/.exec(document.cookie)?.[1] ?? null")
            return cookie if cookie is None else str(cookie)
        told = [body for path, body in self.page.see(TOLD) if path == "/cart/update.js"]
        return parse_qs(told[-1]).get("attributes[_perennial_row]", [None])[0] if told else None

    def asked(self) -> list[dict[str, str]]:
        """What its pages asked for rows, in turn."""
        told = [parse_qs(query) for query in self.page.see(ASKED)]
        return [{name: found[0] for name, found in one.items()} for one in told]

    def told(self) -> list[str]:
        """What pages told of themselves."""
        return [body for path, body in self.page.see(TOLD) if path == "/storefront/beacon"]


@pytest.fixture(params=TOKEN)
def shopper(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Shopper]:
    Shop.may_answer.clear()
    yield Shopper(browser.page(), address, request.param)
    Shop.may_answer.set()


def on(*pairs: tuple[str, str]) -> pytest.MarkDecorator:
    """Each store with one of its own."""
    return pytest.mark.parametrize(("shopper", "event"), pairs, indirect=["shopper"])


def test_a_row_sent_away_stays_away_when_the_cart_changes(shopper: Shopper) -> None:
    shopper.meets_a_row()
    shopper.says_not_now()
    shopper.has_in_the_cart("1,2")
    assert shopper.page.see(SEEN) == 0
    assert shopper.page.see(f"{AWAY}.innerText").startswith("No suggestions for 30 days.")
    shopper.page.see(f"{HOST}.replaceWith({HOST}.cloneNode())")
    shopper.page.see(f"{HOST}.ready")
    assert (shopper.page.see(SEEN), shopper.kept("rows")[1]) == (0, 1e9)


def test_a_row_had_back_is_beside_what_the_cart_holds_by_then(shopper: Shopper) -> None:
    shopper.meets_a_row()
    shopper.says_not_now()
    shopper.has_in_the_cart("1,2")
    shopper.page.see(f"{AWAY}.querySelector('button').click()")
    shopper.page.wait(f"{SEEN} === 6")
    shopper.page.see(f"{HOST}.ready")
    assert shopper.asked()[-1]["product"] == "1,2"
    assert shopper.kept("rows") is None


def test_not_now_in_one_tab_counts_in_another_that_waits_for_its_row(shopper: Shopper) -> None:
    shopper.goes("product", LATE)
    shopper.page.wait(f"{HOST}.shadowRoot")
    other = f"/{shopper.face}/product/1"
    shopper.page.see(f"""new Promise(done => {{
      const other = document.createElement("iframe");
      Object.assign(other, {{src: "{other}", width: 1200, height: 700, onload: done}});
      document.body.prepend(other);
    }})""")
    inside = "document.querySelector('iframe').contentDocument.querySelector("
    row = f"{inside}'perennial-recommendations').shadowRoot"
    shopper.page.wait(f"{row}?.getElementById('later')")
    shopper.page.see(f"{row}.getElementById('later').click()")
    shopper.page.wait(f"{row}.querySelector('.gone')")
    rest = shopper.kept("rows")
    Shop.may_answer.set()
    shopper.page.see(f"{HOST}.ready")
    assert (shopper.page.see(SEEN), shopper.kept("rows")) == (0, rest)
    assert rest[1] == 1e9


def test_what_is_hidden_goes_with_the_question_and_nothing_else_does(shopper: Shopper) -> None:
    shopper.meets_a_row()
    for n in range(6):
        shopper.page.see(f"{ROOT}.querySelectorAll('.hide')[{n}].click()")
        shopper.page.wait(f"{ROOT}.querySelectorAll('.gone').length === {n + 1}")
    shopper.meets_a_row(product="2")
    before, after = shopper.asked()
    assert "hidden" not in before
    assert after["hidden"] == "k0,k1,k2,k3,k4,k5"
    shopper.page.see("localStorage['perennial:hidden-products'] = '[]'")
    shopper.meets_a_row(product="3")
    assert "hidden" not in shopper.asked()[-1]


def test_a_hidden_product_hides_no_other_when_the_cart_changes(shopper: Shopper) -> None:
    shopper.meets_a_row()
    shopper.page.see(f"{ROOT}.querySelector('.hide').click()")
    shopper.page.wait(AWAY)
    shopper.has_in_the_cart("1,2")
    titles = f"[...{ROOT}.querySelectorAll('.card a')].map(a => a.checkVisibility() && a.hash)"
    assert shopper.page.see(titles) == [f"#k{n}" for n in range(1, 7)]
    assert shopper.page.see(AWAY) is None


def test_a_browser_that_refuses_nothing_tells_what_it_met(shopper: Shopper) -> None:
    shopper.meets_a_row()
    bucket = shopper.kept("bucket")
    assert shopper.noted() == f"{bucket}"
    shopper.goes("cart", "2")
    assert [json.loads(body)["bucket"] for body in shopper.told()] == [bucket]


@on(*EVENTS)
@pytest.mark.parametrize("before", ["true", None])
def test_a_refusal_is_heard_at_once_and_known_on_the_next_page(
    shopper: Shopper, event: str, before: str | None
) -> None:
    shopper.goes("cart", "1")
    if before:
        shopper.has_a_tool_that_says(before)
    shopper.page.wait(f"{SEEN} === 6")
    shopper.page.see(f"{HOST}.ready")
    assert shopper.noted() == f"{shopper.kept('bucket')}"
    shopper.has_a_tool_that_says("false", event)
    refused_all(shopper)
    shopper.meets_a_row(product="2")  # where the tool is late again
    refused_all(shopper)
    assert "bucket" not in shopper.asked()[-1]
    shopper.goes("cart", "3")
    assert shopper.told() == []


def test_a_tool_that_says_nothing_by_itself_is_asked_before_anything_is_told(
    shopper: Shopper,
) -> None:
    shopper.meets_a_row()
    shopper.has_a_tool_that_says("false")
    shopper.meets_a_row(product="2")
    refused_all(shopper)
    assert shopper.told() == []


def test_who_allows_statistics_again_is_learnt_from_again(shopper: Shopper) -> None:
    shopper.meets_a_row()
    shopper.has_a_tool_that_says("false", "visitorConsentCollected")
    refused_all(shopper)
    shopper.has_a_tool_that_says("true", "visitorConsentCollected")
    shopper.has_in_the_cart("1,2")
    assert shopper.noted() == f"{shopper.kept('bucket')}"


def refused_all(shopper: Shopper) -> None:
    shopper.page.see(f"{HOST}.ready")
    kept = [shopper.kept(name) or None for name in ("bucket", "row-click", "noted", "bare-home")]
    assert (kept, shopper.noted()) == ([None] * 4, None)
    assert shopper.kept("bucket") == ""
