"""The gift block's script, run as it is served; and what the block tells it."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connector.core.money import EXPONENTS
from connector.rooms.giving.asking import of_the_house
from devstore.shopify import theme

SCRIPT_TESTS = [Path(__file__).with_name(f"{name}.test.mjs") for name in ("giving", "gift")]
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_the_script_puts_one_gift_into_the_cart_and_takes_all_out():
    command = [str(NODE), "--test", *map(str, SCRIPT_TESTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def cart(currency: str, total: int, **gift: Any) -> dict[str, Any]:
    """What a block in a cart of so many hundredths knows, and of a gift if there is one."""
    return {
        "cart": {
            "items": [{"key": "a", "url_to_remove": "/out", **gift}] if gift else [],
            "item_count": 2,
            "total_price": total,
            "currency": {"iso_code": currency},
        },
        "shop": {"currency": currency},
        "template": "cart",
    }


def drawn(currency: str, total: int, chosen: Mapping[str, Any] | None = None, **gift: Any) -> str:
    smallest = 1 if EXPONENTS[currency] else 100
    variant = {"id": 1, "price": smallest, "available": True}
    settings = {"product": {"variants": [variant]}, **(chosen or {})}
    html = theme.block("giving", "en", settings, **cart(currency, total, **gift))
    assert html is not None
    return str(html)


def told(html: str) -> dict[str, str]:
    names = "cart-total-minor|chosen-minor|piece-minor|data-(?:before|given|step|piece|smallest)"
    return dict(re.findall(rf'({names})="(\d+)"', html))


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_a_cart_is_counted_as_the_service_counts(currency):
    """The platform's Liquid counts hundredths, whatever a currency's smallest unit is."""
    whole = 10 ** EXPONENTS[currency]
    piece = max(1, whole // 100)
    assert told(drawn(currency, 9_000_00)) == {
        "cart-total-minor": str(9_000 * whole),
        "piece-minor": str(piece),
        "data-piece": str(piece),
        "data-smallest": "1" if whole > 1 else "100",
    }


def test_the_block_knows_every_currency_that_has_no_hundredths():
    source = (theme.THEME / "blocks" / "giving.liquid").read_text("utf-8")
    found = [set(re.findall("'([A-Z]{3})'", line)) for line in re.findall("when (.*)", source)]
    other = [{one for one, places in EXPONENTS.items() if places == wanted} for wanted in (0, 3)]
    assert found == other


@pytest.mark.parametrize(("currency", "decimals"), [("USD", 2), ("JPY", 0), ("KWD", 3)])
@pytest.mark.parametrize("steps", [None, 5])
def test_a_gift_is_rounded_to_what_the_service_asks(currency, decimals, steps):
    """By the line's own word; a line from before lines said it is rounded to the house's step."""
    house = of_the_house(currency).round_up_to_minor
    step = house * (steps or 1)
    properties = {
        "_perennial_donation": "riverbank",
        "_perennial_round_up": str(step) if steps else "1",
    }
    hundredths = 100 if decimals else 10_000  # of what the house rounds to
    gift: dict[str, Any] = {
        "final_line_price": hundredths * 56 // 100,
        "properties": properties,
    }
    found = told(drawn(currency, 10 * hundredths, **gift))
    assert found["data-step"] == str(step)
    assert found["data-before"] == found["cart-total-minor"] == str(house * 944 // 100)
    assert found["data-given"] == found["chosen-minor"] == str(house * 56 // 100)


@pytest.mark.parametrize(
    ("currency", "total", "said"),
    [
        ("USD", 9_060, ["100 $1.00", "200 $2.00", "500 $5.00", "40 $0.40"]),
        ("JPY", 90_600_00, ["100 ¥100", "200 ¥200", "500 ¥500"]),
        ("JPY", 9_060_00, ["100 ¥100", "200 ¥200", "500 ¥500", "40 ¥40"]),
        ("KWD", 9_060, ["100 د.ك1.000", "200 د.ك2.000", "500 د.ك5.000", "40 د.ك0.400"]),
    ],
)
def test_without_scripts_pieces_come_to_what_is_said(currency, total, said):
    form = re.search(
        r'<form\s+class="perennial-ways".*?</form>', drawn(currency, total), re.DOTALL
    )
    assert form
    buttons = re.findall(
        r'name="quantity" value="(\d+)">.*?<bdi dir="ltr">(.*?)<', form[0], re.DOTALL
    )
    assert [" ".join(one) for one in buttons] == said


def test_without_scripts_a_gift_is_taken_out_by_a_link():
    gift: dict[str, Any] = {
        "final_line_price": 200,
        "properties": {"_perennial_donation": "riverbank"},
    }
    html = drawn("USD", 9_200, **gift)
    assert re.search(r'<a class="perennial-way" href="/out">Not this time</a>', html)
    assert 'name="quantity"' not in html, "one gift is in the cart"
    assert "Your gift is in the total." in html
    assert "Nothing is added" not in html


def test_where_programmes_ask_the_house_asks_nothing_without_scripts():
    unseen = "<noscript><style>perennial-donation { display: none }</style></noscript>"
    html = drawn("USD", 9_060, {"programmes": True})
    assert unseen in html
    assert re.search(r'<form\s+class="perennial-ways"[^>]*style="visibility: hidden"', html)
    held: dict[str, Any] = {"final_line_price": 200, "properties": {"_perennial_donation": "x"}}
    for html in (drawn("USD", 9_060), drawn("USD", 9_200, {"programmes": True}, **held)):
        assert unseen not in html
        assert "visibility" not in html


def test_the_block_says_the_cause_of_the_line_whatever_is_set():
    properties = {"_perennial_donation": "trees@7"}
    gift: dict[str, Any] = {"final_line_price": 200, "properties": properties}
    for settings in ({}, {"cause": "riverbank"}, {"choice": True}):
        html = drawn("USD", 9_200, settings, **gift)
        assert re.findall(r'\scause="(.*?)"', html) == ["trees@7"]
    printed = {"_perennial_donation": "1"}
    html = drawn("USD", 9_200, {"cause": "riverbank"}, **gift | {"properties": printed})
    assert re.findall(r'\scause="(.*?)"', html) == ["riverbank"], "the form's, for the house's"
    assert ' cause="' not in drawn("USD", 9_200, **gift | {"properties": printed})


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
