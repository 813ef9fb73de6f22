"""The gift block of a Shopify cart in a real browser whose JavaScript is off.

What programmes ask is what is printed, in three languages and on a phone; it is put into the cart
and taken out by forms and links alone. Nothing is printed where nothing is asked.
"""

import pytest

from bench.chromium import chromium, installed
from connector.core import clock
from connector.rooms.giving import programmes
from connector.rooms.giving.rules import AddOn, RoundUp
from devstore.model import Product
from devstore.shopify.reading import variant_id
from tests.flows.test_asked import cause, publish
from tests.flows.test_customer_tags import world
from tests.flows.test_extensions_in_browser import ADD, LANGUAGES, Visit, database_url

__all__ = ["database_url", "world"]
JOBS = ("drain", "giving", "dispatch")
BLOCK = "document.querySelector('perennial-cart-gift')"
BUTTONS = f"[...{BLOCK}.querySelectorAll('button:not([type]), [type=submit]')]"
SEEN = f"""{BUTTONS}.filter(one => one.checkVisibility()).map(
  one => one.textContent.replace(/[^0-9.,]/g, ""))"""
TEXT = f"{BLOCK}.innerText.replace(/\\p{{Cf}}/gu, '')"
MARK = "document.querySelector('perennial-donation').getAttribute('cause')"
TOTAL = "document.querySelector('[data-total]').textContent"
ROUND = {"en": "Round up", "ar": "تقريب المجموع", "zh-Hant": "湊成整數"}
pytestmark = pytest.mark.skipif(installed() is None, reason="no chromium here")


@pytest.fixture
def shop(world):
    """Two programmes ask: 3, 7 or any amount to 50, and up to the next five."""
    trees = cause(world, "Trees")
    world.made = [
        publish(world, AddOn((300, 700), 50, 5_000), trees),
        publish(world, RoundUp(500), trees),
    ]
    world.service.work(JOBS)
    return world


def press(visit, element):
    """The browser goes to the next page by itself."""
    visit.page.leave(f"{element}.click()")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_a_cart_without_scripts_asks_what_programmes_ask(shop, language, width):
    ware = shop.practice.shelf.get(Product, "WH-CHA")
    with chromium() as browser:
        visit = Visit(browser, shop.origin, language, width)
        page = visit.page
        visit.go("/cart/")
        assert page.see(ADD % variant_id(ware.id))
        page.ask("Emulation.setScriptExecutionDisabled", value=True)
        visit.go("/cart/")
        assert page.see(SEEN) == ["3.00", "7.00", "1.40"]
        text = page.see(TEXT)
        assert "Trees" in text
        assert ROUND[language] in text
        page.see(f"{BLOCK}.querySelector('details').open = true")
        visit.look("off-asked")
        assert page.see(TOTAL).endswith("23.60")
        press(visit, f"{BUTTONS}[1]")
        assert "30.60" in page.see(TOTAL)
        assert page.see(MARK) == f"trees@{shop.made[0].id}"
        visit.look("off-given")
        press(visit, f"{BLOCK}.querySelector('a')")
        assert "23.60" in page.see(TOTAL)
        press(visit, f"{BUTTONS}[2]")
        assert "25.00" in page.see(TOTAL)
        assert page.see(MARK) == f"trees@{shop.made[1].id}"
    assert not visit.faults, visit.faults


def test_where_nothing_is_asked_any_more_nothing_is_printed(shop):
    ware = shop.practice.shelf.get(Product, "WH-CHA")
    with shop.service.database.write() as db:
        for one in shop.made:
            programmes.end(db, shop.shop.id, one.id, clock.now())
    shop.service.work(JOBS)
    with chromium() as browser:
        visit = Visit(browser, shop.origin, "en")
        visit.go("/cart/")
        assert visit.page.see(ADD % variant_id(ware.id))
        for is_off in (True, False):
            visit.page.ask("Emulation.setScriptExecutionDisabled", value=is_off)
            visit.go("/cart/")
            assert visit.page.see(BLOCK) is None
