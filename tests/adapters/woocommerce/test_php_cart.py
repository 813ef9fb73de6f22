"""What the plugin's PHP takes as a gift, and to whom it sells what is early.

Needs php; where there is none these tests say so and are skipped.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.woocommerce.packing import PLUGIN

PHP = shutil.which("php") or ""
BENCH = Path(__file__).parent / "php" / "cart.php"
NOW = 1_800_000_000
HOUR = 3_600
CAUSES = [{"key": "riverbank", "name": "Riverbank"}, {"key": "library", "name": "Library"}]
DONATION = {
    "causes": CAUSES,
    "amounts_minor": [100, 200, 500],
    "round_up_to_minor": 100,
    "currency": "USD",
    "exponent": 2,
}
MUG = "acme.example/product/%D9%83%D9%88%D8%A8"
POSTS = {
    "11": {
        "post_type": "product",
        "post_name": "%d9%83%d9%88%d8%a8",
        "link": f"http://{MUG}/",
        "categories": [{"slug": "new", "link": "http://acme.example/product-category/new/"}],
    },
    "12": {"post_type": "product_variation", "post_name": "mug-red", "post_parent": 11},
    "13": {"post_type": "product", "post_name": "cap", "link": "http://acme.example/product/cap/"},
}
EARLY = {
    "url": f"https://{MUG}",
    "tags": ["perennial-tier-2", "perennial-tier-3"],
    "names": {"en": "Gold", "zh-Hant": "金"},
    "from": NOW,
    "until": NOW + 24 * HOUR,
}
OTHERS = ["-100", -5, "1", "99999999999999999999", "1e2", "100.0", " 100", "NaN", "INF", "0x64"]
OTHERS += [1.5, None, True, [], ["100"], {"a": 1}, "٢٠٠", "100 riverbank"]

pytestmark = pytest.mark.skipif(not PHP, reason="php is not installed: its half is not tested")


def php(ask, early=(EARLY,), now=NOW, donation=None, **question):
    """What the plugin's own code answers in a shop that is connected."""
    told = {"donation": donation or DONATION, "perks": [], "early": list(early)}
    options = {"perennial_settings": {"state": "paired", "settings": told}}
    asked = {"ask": ask, "now": now, "options": options, "posts": POSTS, **question}
    done = subprocess.run(
        [PHP, "-d", "display_errors=stderr", str(BENCH), str(PLUGIN)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert not done.stderr
    return json.loads(done.stdout)


def choose(gift="200", cause="library", currency="USD", **more):
    return php("choose", gift=gift, cause=cause, currency=currency, **more)


def sold(product=11, **more):
    """Whether a product may be put into the cart, and the code of what is said otherwise."""
    is_let, said = php("let_add", product=product, **more)
    return is_let, [code for code, _ in said]


@pytest.mark.parametrize("gift", ["round_up", "100", "500", 200])
def test_what_is_offered_is_kept(gift):
    kept = {"gift": str(gift), "cause": "library", "mark": "library", "by": "form"}
    assert choose(gift) == ["kept", kept]


def test_nothing_is_rounded_up_where_the_total_is_whole():
    rounded = {"gift": "round_up", "cause": "library", "mark": "library", "by": "form"}
    assert choose("round_up", total="17.00") == ["donation_whole", None]
    assert choose("round_up", total="17.01") == ["kept", rounded]
    assert choose("100", total="17.00")[0] == "kept"
    kept = choose("round_up", total="17.00", chosen=rounded)
    assert kept == ["kept", rounded], "a cart that became whole keeps the choice"
    assert "whole amount now" in php("said", total="17.00", chosen=rounded)
    assert "is in the total" in php("said", total="17.01", chosen=rounded)


@pytest.mark.parametrize("gift", ["0", ""])
def test_nothing_is_always_good(gift):
    assert choose(gift, cause="") == ["kept", None]


@pytest.mark.parametrize("gift", OTHERS)
def test_any_other_amount_is_refused_by_its_code(gift):
    assert choose(gift) == ["donation_amount", None]


@pytest.mark.parametrize("cause", ["", None, "LIBRARY", 0, ["library"], "other"])
def test_a_cause_of_nobody_is_refused_by_its_code(cause):
    assert choose(cause=cause) == ["donation_cause", None]


@pytest.mark.parametrize("currency", ["JPY", "usd", None, 840])
def test_a_foreign_amount_is_refused_by_its_code(currency):
    assert choose(currency=currency) == ["donation_currency", None]


def test_a_shop_in_another_currency_takes_none():
    assert choose(shop_currency="JPY") == ["donation_off", None]


def test_the_select_field_names_gift_and_cause():
    expected = {"gift": "round_up", "cause": "library", "mark": "library", "by": "field"}
    assert php("field", value="round_up library") == expected
    for value in ("", "100", "100 nobody", "-1 library", "library 100"):
        assert php("field", value=value) is None


def test_an_early_product_is_for_its_members():
    refused = (False, ["early_access"])
    assert sold() == refused
    assert sold(standing="perennial-discount-5") == refused
    assert sold(standing="perennial-tier-22") == refused
    for standing in ("perennial-tier-2", "perennial-discount-5 perennial-tier-3"):
        assert sold(standing=standing) == (True, [])
    assert sold(12) == refused, "its variations, too"
    assert sold(13) == (True, []), "and no other"


def test_what_is_kept_of_a_member_is_read_once_a_request():
    tags = ["perennial-tier-2", "perennial-discount-5"]
    assert php("tags", standing=" ".join(tags)) == [tags, tags, 1]
    assert php("tags") == [[], [], 0]


@pytest.mark.parametrize(
    ("now", "expected"),
    [(NOW - 1, True), (NOW, False), (NOW + 24 * HOUR - 1, False), (NOW + 24 * HOUR, True)],
)
def test_it_is_early_from_its_time_until_its_end(now, expected):
    assert sold(now=now)[0] is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://acme.example/product/كوب/", False),
        ("https://ACME.example/product-category/new", False),
        ("https://acme.example/product-category/new/?a=1", True),
        ("https://other.example/product/كوب/", True),
        ("https://acme.example/new/", True),
        ("https://acme.example/", True),
    ],
)
def test_it_is_the_product_at_that_address_or_those_of_that_category(url, expected):
    assert sold(early=[{**EARLY, "url": url}])[0] is expected


def test_the_level_is_named_as_the_reader_reads():
    ((_, said),) = php("let_add", product=11, locale="zh_TW")[1]
    assert said == "Product 11 is only for members of 金 until 2027-01-16."


def test_two_levels_may_share_a_page():
    first = {**EARLY, "from": NOW + HOUR, "tags": ["perennial-tier-1"]}
    assert sold(early=[first, EARLY], standing="perennial-tier-1")[0] is False
    assert sold(early=[first, EARLY], standing="perennial-tier-1", now=NOW + HOUR)[0] is True
