"""The gift block's script, run as it is served; and what the block tells it."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from connector.rooms.giving.asking import of_the_house
from devstore.shopify import theme

SCRIPT_TEST = Path(__file__).with_name("giving.test.mjs")
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_the_script_puts_one_gift_into_the_cart_and_takes_all_out():
    command = [str(NODE), "--test", str(SCRIPT_TEST)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("currency", "smallest"), [("USD", 1), ("JPY", 100)])
def test_a_gift_is_rounded_to_what_the_service_offers(currency, smallest):
    properties = {"_perennial_donation": "riverbank", "_perennial_round_up": "1"}
    gift = {"key": "a", "final_line_price": 56 * smallest, "properties": properties}
    told: dict[str, Any] = {
        "cart": {
            "items": [gift],
            "item_count": 57,
            "total_price": 1000 * smallest,
            "currency": {"iso_code": currency},
        },
        "shop": {"currency": currency},
        "template": "cart",
    }
    variant = {"id": 1, "price": smallest, "available": True}
    html = theme.block("giving", "en", {"product": {"variants": [variant]}}, **told)
    assert html is not None
    found = dict(re.findall(r'data-(before|given|step)="(\d+)"', html))
    step = str(of_the_house(currency).round_up_to_minor)
    assert found == {"before": "944", "given": "56", "step": step}


@pytest.mark.parametrize(
    ("language", "share", "keeps"),
    [
        ("en", "100% of your gift goes to River &amp; Bank", "the shop keeps nothing"),
        ("ar", "100% من تبرعك إلى River &amp; Bank", "لا يحتفظ المتجر بشيء"),
        ("zh-Hant", "100% 送達 River &amp; Bank", "商店不留分毫"),
    ],
)
def test_beside_fixed_amounts_stand_who_gets_the_gift_and_what_share_is_kept(
    language, share, keeps
):
    variants = [{"id": n, "price": n * 100, "available": True} for n in (1, 2)]
    cart = {"items": [], "item_count": 1, "total_price": 900, "currency": {"iso_code": "USD"}}
    told: dict[str, Any] = {"cart": cart, "shop": {"currency": "USD"}, "template": "cart"}
    product = {"title": "A gift", "description": "<b>Clean water.</b>", "variants": variants}
    named = theme.block("giving", language, {"product": product, "name": "River & Bank"}, **told)
    assert named is not None
    assert (share in named, keeps in named, "Clean water." in named) == (True, True, True)
    assert "<button>" in named, "nothing is written before it is pressed"
    plain = theme.block("giving", language, {"product": product}, **told)
    assert plain is not None
    assert keeps in plain
