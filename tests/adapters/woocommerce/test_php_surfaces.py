"""What the plugin puts into pages: empty elements, and thanks for a gift.

Needs php; where there is none these tests say so and are skipped.
"""

import base64
import hmac
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.woocommerce.packing import PLUGIN

PHP = shutil.which("php") or ""
BENCH = Path(__file__).parent / "php" / "surfaces.php"
MARK = "riverbank@7001"
ROOM = re.compile(r"<script>try\{let e=document\.currentScript.*?\}catch\{\}</script>")

pytestmark = pytest.mark.skipif(not PHP, reason="php is not installed: its half is not tested")


def php(**question):
    done = subprocess.run(
        [PHP, "-d", "display_errors=stderr", str(BENCH), str(PLUGIN)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert not done.stderr
    return json.loads(done.stdout)


def element(name, page=None, **given):
    return php(name=name, given=given, **({} if page is None else {"page": page}))


def test_a_row_says_on_which_kind_of_page_it_stands():
    of_product = 'surface="product" product="12" class="alignwide"'
    anywhere = 'surface="home" class="alignwide"'
    named = 'product="11,12" class="alignwide"'
    for told, page, given in (
        (of_product, 12, {}),
        (anywhere, None, {}),
        (named, None, {"product": "11,12"}),
    ):
        row, rooms = ROOM.subn("", element("recommendations", page, **given))
        assert row == f"<perennial-recommendations {told}></perennial-recommendations>"
        assert rooms == 1


def test_an_account_has_a_row_of_its_own():
    row = ROOM.sub("", php(name="recommendations", given={}, account=True))
    told = 'surface="account" class="alignwide"'
    assert row == f"<perennial-recommendations {told}></perennial-recommendations>"


def test_a_hundred_products_are_named_a_carts_newest_first():
    added = list(range(1, 120))
    for told, wanted in (
        (php(cart=[*added, 1]), [1, *range(119, 20, -1)]),
        (php(fees=[], bought=added), added[:100]),
    ):
        (named,) = re.findall(r'<perennial-recommendations product="([\d,]*)"', told)
        assert named.split(",") == [str(one) for one in wanted]


def test_no_page_waits_for_the_service():
    """Its origin is in attributes that fetch nothing, and in code that runs beside the page."""
    page = php(whole=True)
    own = "https://shop.example/plugin/assets/mount.css"
    assert re.findall(r"href='(.*?)'", page) == [own]
    (path,) = re.findall(r"path='(.*?)'", page)
    assert path == f"{PLUGIN}/assets/mount.css", "which the zip has, and WordPress prints"
    ((attributes, code),) = re.findall(r"<script (\{.*?\})>(.*?)</script>", page)
    told = json.loads(attributes)
    assert told.keys() == {"type", "id", "data-base", "data-token-url", "data-lang"}
    assert told["type"] == "module"
    assert code.index("dataset.customer=who[1]") < code.index("import(")
    assert r'import("https:\/\/rewards.example\/static\/widgets\/loader.js")' in code


def test_a_goal_is_the_campaign_that_a_page_names():
    assert element("goal") == "<perennial-goal></perennial-goal>"
    river = element("goal", campaign='"river', onclick="x")
    assert river == '<perennial-goal campaign="&quot;river"></perennial-goal>'


def test_an_order_with_a_gift_is_thanked_for_and_shows_the_goal():
    page = php(fees=[[2.5, MARK], [1, MARK], [4, ""]])
    thanks, _, rest = page.partition("</p>")
    assert thanks.endswith("Thank you for your gift of EUR 3.50.")
    goal, _, row = rest.partition("></perennial-goal>")
    assert goal.startswith('<perennial-goal order="')
    assert row.startswith("<perennial-recommendations ")
    assert 'surface="thank_you"' in rest


@pytest.mark.parametrize("fees", [[], [[4, ""]]])
def test_an_order_without_a_gift_shows_the_goal_and_thanks_nobody(fees):
    page = php(fees=fees)
    assert "Thank you" not in page
    assert page.startswith('<perennial-goal order="')


def test_the_page_of_an_order_proves_whose_page_it_is_for_five_minutes():
    token = php(fees=[]).partition('order="')[2].partition('"')[0]
    payload, _, signature = token.partition(".")
    mac = hmac.digest(b"widget-secret", payload.encode(), "sha256")
    assert signature == base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert (claims["aud"], claims["sub"], claims["exp"] - claims["iat"]) == ("order", "41", 300)


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_an_order_that_fell_through_brings_no_goal_further(status):
    page = php(fees=[[2.5, MARK]], status=status)
    assert "Thank you" not in page
    assert "perennial-goal" not in page
