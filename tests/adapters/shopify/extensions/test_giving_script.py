"""The gift block's script, run as it is served; and what the block tells it."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
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


def cause(key: str, **ways: str) -> dict[str, Any]:
    name = key.title()
    return {"key": key, "name": name, "names": {"en": name}, "stories": {}, "ways": ways}


HOUSE = cause("riverbank", add_on="riverbank", round_up="riverbank")


def asked_of(currency: str, causes: Sequence[Mapping[str, Any]], **told: Any) -> dict[str, Any]:
    """What the installation keeps; the house's amounts unless told otherwise."""
    amounts = asdict(of_the_house(currency))
    said = {"en": "Terms by word."}
    return {"currency": currency, "causes": causes, "said": said, "times": {}, **amounts, **told}


def drawn(
    currency: str,
    total: int,
    asked: Mapping[str, Any] | None,
    chosen: Mapping[str, Any] | None = None,
    **gift: Any,
) -> str:
    smallest = 1 if EXPONENTS[currency] else 100
    variant = {"id": 1, "price": smallest, "available": True}
    settings = {"product": {"variants": [variant]}, **(chosen or {})}
    kept = {"perennial": {"asked": {"value": asked}}} if asked else {}
    known = cart(currency, total, **gift)
    html = theme.block("giving", "en", settings, app_data=kept, **known)
    assert html is not None
    return str(html)


def house(currency: str, total: int, **gift: Any) -> str:
    """A cart where the house asks."""
    return drawn(currency, total, asked_of(currency, [HOUSE]), **gift)


def told(html: str) -> dict[str, str]:
    names = "cart-total-minor|chosen-minor|piece-minor|data-(?:before|given|step|piece|smallest)"
    return dict(re.findall(rf'({names})="(\d+)"', html))


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_a_cart_is_counted_as_the_service_counts(currency):
    """The platform's Liquid counts hundredths, whatever a currency's smallest unit is."""
    whole = 10 ** EXPONENTS[currency]
    piece = max(1, whole // 100)
    assert told(house(currency, 9_000_00)) == {
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
    whole = of_the_house(currency).round_up_to_minor
    step = whole * (steps or 1)
    properties = {
        "_perennial_donation": "riverbank",
        "_perennial_round_up": str(step) if steps else "1",
    }
    hundredths = 100 if decimals else 10_000  # of what the house rounds to
    gift: dict[str, Any] = {
        "final_line_price": hundredths * 56 // 100,
        "properties": properties,
    }
    found = told(house(currency, 10 * hundredths, **gift))
    assert found["data-step"] == str(step)
    assert found["data-before"] == found["cart-total-minor"] == str(whole * 944 // 100)
    assert found["data-given"] == found["chosen-minor"] == str(whole * 56 // 100)


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
    form = re.search(r'<form class="perennial-ways".*?</form>', house(currency, total), re.DOTALL)
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
    html = house("USD", 9_200, **gift)
    assert re.search(r'<a class="perennial-way" href="/out">Not this time</a>', html)
    assert 'name="quantity"' not in html, "one gift is in the cart"
    assert "Your gift is in the total." in html
    assert "Nothing is added" not in html


def forms(html: str) -> dict[str, list[str]]:
    """What each form of the block puts into the cart without scripts: ``mark quantity``."""
    found = {}
    pattern = r'<form ([^>]*action="/cart/add/form"[^>]*)>(.*?)</form>'
    for attributes, inside in re.findall(pattern, html, re.DOTALL):
        name = re.search(r'(?:id|class)="(.*?)"', attributes)
        mark = re.search(r'name="properties\[_perennial_donation\]" value="(.*?)"', inside)
        assert name
        assert mark
        own = rf'form="{name[1]}"' if "id=" in attributes else r'class="perennial-way"'
        pieces = re.findall(rf'<button[^>]*{own} name="quantity" value="(\d+)"', html)
        found[name[1]] = [f"{mark[1]} {one}" for one in pieces]
    return found


def test_a_gift_without_goods_is_one_that_the_script_takes_out():
    """Free goods are goods; without scripts the link takes it out."""
    gift = {"final_line_price": 200, "properties": {"_perennial_donation": "riverbank"}}
    known = cart("USD", 200, **gift)
    kept = {"perennial": {"asked": {"value": asked_of("USD", [HOUSE])}}}
    settings = {"product": {"variants": [{"id": 1, "price": 1, "available": True}]}}
    html = str(theme.block("giving", "en", settings, app_data=kept, **known))
    assert {"data-before": "0", "data-given": "200"}.items() <= told(html).items()
    known["cart"]["items"].append({"key": "b", "final_line_price": 0})
    html = str(theme.block("giving", "en", settings, app_data=kept, **known))
    assert "data-given" not in html


def test_what_programmes_ask_is_what_the_forms_put_into_the_cart():
    asks = {"amounts_minor": [300, 700], "round_up_to_minor": 500}
    causes = [cause("riverbank", add_on="riverbank@7", round_up="riverbank@8")]
    html = drawn("USD", 9_060, asked_of("USD", causes, **asks))
    assert forms(html) == {
        "perennial-round-up": ["riverbank@8 440"],
        "perennial-ways": ["riverbank@7 300", "riverbank@7 700"],
    }
    assert 'name="properties[_perennial_round_up]" value="500"' in html
    assert "Terms by word." in html


def test_of_a_kind_that_nobody_asks_there_is_no_way():
    rounds = [cause("riverbank", round_up="riverbank@8")]
    html = drawn("USD", 9_060, asked_of("USD", rounds, amounts_minor=[]))
    assert forms(html)["perennial-round-up"] == ["riverbank@8 40"]
    assert forms(html)["perennial-ways"] == []
    whole = drawn("USD", 9_000, asked_of("USD", rounds, amounts_minor=[]))
    assert "perennial-way" not in whole, "there is nothing to round up"
    assert "data-drawn" in whole, "and no room is kept; a cart that changes is asked again"
    adds = [cause("riverbank", add_on="riverbank@7")]
    assert "Round up" not in drawn("USD", 9_060, asked_of("USD", adds))


@pytest.mark.parametrize(
    "asked",
    [
        None,
        {"currency": "EUR"},
        {"causes": []},
        {"times": {"add_on": {"until": 1}, "round_up": {"until": 1}}},
    ],
)
def test_where_nothing_is_asked_nothing_is_printed_but_what_the_cart_holds(asked):
    house = asked_of("USD", [HOUSE])
    known = None if asked is None else {**house, **asked}
    assert drawn("USD", 9_060, known).strip() == ""
    held: dict[str, Any] = {"final_line_price": 200, "properties": {"_perennial_donation": "x"}}
    html = drawn("USD", 9_200, known, **held)
    assert re.search(r'<a class="perennial-way" href="/out">Not this time</a>', html)
    assert "goes to" not in html


def test_amounts_beyond_two_rows_need_no_script_either():
    adds = [cause("riverbank", add_on="riverbank@7")]
    six = asked_of("USD", adds, amounts_minor=[100, 200, 300, 400, 500, 600])
    html = drawn("USD", 9_060, six)
    assert forms(html)["perennial-ways"] == [f"riverbank@7 {n}00" for n in range(1, 7)]
    (rest,) = re.findall(r'<noscript style="display: contents">(.*?)</noscript>', html, re.DOTALL)
    assert re.findall(r'value="(\d+)"', rest) == ["400", "500", "600"]
    own = asked_of("USD", adds, amounts_minor=[], least_minor=50, most_minor=400)
    assert forms(drawn("USD", 9_060, own))["perennial-ways"] == [
        "riverbank@7 50",
        "riverbank@7 100",
        "riverbank@7 250",
    ]


def test_who_may_choose_the_cause_can_without_scripts():
    causes = [
        cause("riverbank", add_on="riverbank@7", round_up="riverbank@8"),
        cause("trees", add_on="trees@7"),
    ]
    html = drawn("USD", 9_060, asked_of("USD", causes), {"choice": True})
    (choice,) = re.findall("<select.*?</select>", html, re.DOTALL)
    assert re.findall('<option value="(.*?)">(.*?)<', choice) == [
        ("riverbank@7", "Riverbank"),
        ("trees@7", "Trees"),
    ]
    fixed = drawn("USD", 9_060, asked_of("USD", causes), {"cause": "trees"})
    assert forms(fixed)["perennial-ways"][0] == "trees@7 100"
    assert "goes to Trees" in fixed
    assert "<select" not in fixed
    assert drawn("USD", 9_060, asked_of("USD", causes), {"cause": "other"}).strip() == ""


def test_of_several_variants_those_are_offered_that_are_asked():
    variants = [{"id": n, "price": n * 100, "available": True} for n in (1, 2, 3, 9)]
    chosen = {"product": {"variants": variants}}
    adds = [cause("riverbank", add_on="riverbank@7", round_up="riverbank@8")]
    asks = asked_of("USD", adds, amounts_minor=[200], least_minor=250, most_minor=400)
    html = drawn("USD", 9_060, asks, chosen)
    assert re.findall(r'name="id" value="(\d+)">', html) == ["2", "3"]
    assert 'name="properties[_perennial_donation]" value="riverbank@7"' in html
    assert "perennial-donation " not in html
    assert drawn("USD", 9_060, asked_of("USD", adds, amounts_minor=[50]), chosen).strip() == ""


def test_the_block_says_the_cause_of_the_line_whatever_is_set():
    asked = asked_of("USD", [HOUSE])
    properties = {"_perennial_donation": "trees@7"}
    gift: dict[str, Any] = {"final_line_price": 200, "properties": properties}
    for settings in ({}, {"cause": "riverbank"}, {"choice": True}):
        html = drawn("USD", 9_200, asked, settings, **gift)
        assert re.findall(r'\scause="(.*?)"', html) == ["trees@7"]
    printed = {"_perennial_donation": "1"}
    fixed = {"cause": "riverbank"}
    html = drawn("USD", 9_200, asked, fixed, **gift | {"properties": printed})
    assert re.findall(r'\scause="(.*?)"', html) == ["riverbank"], "the form's, for the house's"
    assert ' cause="' not in house("USD", 9_200, **gift | {"properties": printed})


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
    kept = {"perennial": {"asked": {"value": asked_of("USD", [HOUSE])}}}
    told = {**cart("USD", 900), "app_data": kept}
    product = {"title": "A gift", "description": "<b>Clean water.</b>", "variants": variants}
    named = theme.block("giving", language, {"product": product, "name": "River & Bank"}, **told)
    assert named is not None
    assert (share in named, keeps in named, "Clean water." in named) == (True, True, True)
    plain = theme.block("giving", language, {"product": product, "choice": True}, **told)
    assert plain is not None
    assert keeps in plain
