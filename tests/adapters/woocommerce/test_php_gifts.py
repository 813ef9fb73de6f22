"""What the plugin's PHP makes of published programmes that ask shoppers to give.

Needs php; where there is none these tests say so and are skipped.
"""

import pytest

from tests.adapters.woocommerce.test_php_cart import DONATION, NOW, PHP, choose, php

ROUND_UP, ADD_ON = "7001", "7002"
ASKED = {
    "causes": [
        {
            "key": "riverbank",
            "name": "Riverbank",
            "names": {"en": "Riverbank", "ar": "ضفة النهر", "zh-Hant": "河岸"},
            "ways": {"round_up": f"riverbank@{ROUND_UP}", "add_on": f"riverbank@{ADD_ON}"},
        },
        {
            "key": "library",
            "name": "Library",
            "names": {"en": "Library"},
            "ways": {"add_on": f"library@{ADD_ON}"},
        },
    ],
    "amounts_minor": [100, 300],
    "round_up_to_minor": 100,
    "least_minor": 50,
    "most_minor": 5_000,
    "share_kept_percent": 0,
    "currency": "USD",
    "exponent": 2,
    "said": {"en": "You are the giver.", "ar": "أنت المتبرع.", "zh-Hant": "您是捐款人。"},
    "times": {
        "round_up": {"from": NOW - 60, "until": NOW + 60},
        "add_on": {"from": NOW - 60, "until": 0},
    },
}
NO_AMOUNTS: list[object] = [
    "",
    "0",
    "0.49",
    "50.01",
    "-5",
    "+5",
    "5e1",
    "NaN",
    "INF",
    "0x10",
    "1,000",
    "5.",
]
NO_AMOUNTS += ["1.000", ".5", "5 0", "$5", "9" * 30, None, 5, 5.5, True, ["5"], {"a": 1}, "五"]

pytestmark = pytest.mark.skipif(not PHP, reason="php is not installed: its half is not tested")


def give(gift="own", cause="riverbank", written="", **more):
    return choose(gift, cause, written=written, donation={**ASKED, **more.pop("told", {})}, **more)


def marked(gift, cause, **more):
    return php("mark", donation=ASKED, chosen=held(gift, cause), **more)


def held(gift, cause):
    """What the session keeps of a choice."""
    programme = ROUND_UP if gift == "round_up" else ADD_ON
    return {"gift": gift, "cause": cause, "mark": f"{cause}@{programme}", "by": "form"}


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("0.50", "50"),
        ("50", "5000"),
        ("50.00", "5000"),
        (" 7.5 ", "750"),
        ("007.05", "705"),
        ("٧٫٥", "750"),
        ("۷٫۵", "750"),
        ("７.５", "750"),
        ("3", "300"),
    ],
)
def test_an_amount_of_ones_own_is_taken_between_the_bounds(written, minor):
    assert give(written=written) == ["kept", held(minor, "riverbank")]


@pytest.mark.parametrize("written", NO_AMOUNTS)
def test_what_is_not_plainly_such_an_amount_is_refused(written):
    assert give(written=written) == ["donation_amount", None]


def test_the_sign_between_units_is_the_shops():
    german = {"signs": [",", "."]}
    assert give(written="7,50", **german)[1]["gift"] == "750"
    assert give(written="7.50", **german) == ["donation_amount", None]
    assert give(written="7.50", signs=[",", " "])[1]["gift"] == "750"


def test_money_without_smaller_units_takes_no_part_of_one():
    yen = {"told": {"currency": "JPY", "exponent": 0}, "currency": "JPY", "shop_currency": "JPY"}
    assert give(written="500", **yen)[1]["gift"] == "500"
    for written in ("500.0", "49", "5001"):
        assert give(written=written, **yen) == ["donation_amount", None]


def test_dinars_have_a_thousand_fils():
    dinar = {"told": {"currency": "KWD", "exponent": 3}, "currency": "KWD", "shop_currency": "KWD"}
    assert give(written="0.05", **dinar)[1]["gift"] == "50"
    assert give(written="5.001", **dinar) == ["donation_amount", None]


def test_without_bounds_there_is_no_amount_of_ones_own():
    closed = {"told": {"least_minor": 0, "most_minor": 0}}
    assert give(written="7.50", **closed) == ["donation_amount", None]
    assert give("750", **closed) == ["donation_amount", None]
    assert give(written="3", **closed)[1]["gift"] == "300", "but a listed one may be written"


def test_a_cause_takes_only_what_its_programmes_ask():
    assert give("round_up", "library") == ["donation_cause", None]
    assert give("300", "library")[0] == "kept"
    assert php("field", value="round_up library", donation=ASKED) is None
    assert php("field", value="round_up riverbank", donation=ASKED)["gift"] == "round_up"


def test_the_orders_line_names_the_programme():
    for gift, cause, mark in (
        ("round_up", "riverbank", f"riverbank@{ROUND_UP}"),
        ("300", "library", f"library@{ADD_ON}"),
        ("777", "riverbank", f"riverbank@{ADD_ON}"),
    ):
        told = {"_perennial_donation": mark}
        assert marked(gift, cause) == [told, told, "none"], "no tax, however often it is totalled"


def test_a_programme_that_is_over_asks_nothing_and_keeps_nothing():
    late = {"now": NOW + 60}
    assert give("round_up", **late) == ["donation_amount", None]
    assert give("300", **late)[0] == "kept"
    assert marked("round_up", "riverbank", **late) == [[], [], "taxable"]
    over = {"round_up": {"from": 0, "until": NOW}, "add_on": {"from": NOW + 1, "until": 0}}
    assert php("offer", donation={**ASKED, "times": over}) is None
    assert give("300", told={"times": over}) == ["donation_off", None]


def test_a_choice_is_good_for_the_programme_that_asked_and_no_other():
    before = {**held("300", "library"), "mark": "library@6999"}
    assert php("mark", donation=ASKED, chosen=before) == [[], [], "taxable"]
    del before["mark"]
    assert php("mark", donation=ASKED, chosen=before) == [[], [], "taxable"], "of an older plugin"


def test_it_speaks_the_readers_language():
    for locale, name, said in (
        ("en_US", "Riverbank", "You are the giver."),
        ("zh_TW", "河岸", "您是捐款人。"),
        ("ar", "ضفة النهر", "أنت المتبرع."),
        ("fr_FR", "Riverbank", "You are the giver."),
    ):
        offer = php("offer", donation=ASKED, locale=locale)
        assert (offer["causes"][0]["name"], offer["said"]) == (name, said)


def test_what_is_shown_is_what_is_asked():
    shown = ["round_up", "100", "300", "own", "0"]
    bounds = "An amount from $0.50 to $50.00."
    assert php("shown", donation=ASKED, total="9.95") == [shown, ["", ""], bounds]
    own = held("777", "library")
    assert php("shown", donation=ASKED, total="9.95", chosen=own)[1] == ["own", "7.77"]
    rounds = {**ASKED, "amounts_minor": [], "most_minor": 0, "least_minor": 0}
    assert php("shown", donation=rounds, total="9.95")[0] == ["round_up", "0"]
    assert php("shown", donation=rounds, total="9.00")[0] == [], "nothing to round up, no question"


def test_settings_of_an_older_service_ask_as_they_did():
    both = {"round_up": "riverbank", "add_on": "riverbank"}
    offer = php("offer")
    assert offer["causes"][0] == {"key": "riverbank", "name": "Riverbank", "ways": both}
    assert (offer["said"], offer["most_minor"]) == ("", 0)
    chosen = {"gift": "200", "cause": "library", "mark": "library", "by": "form"}
    assert php("mark", chosen=chosen)[:2] == [{"_perennial_donation": "library"}] * 2


@pytest.mark.parametrize(
    "told",
    [{}, {"causes": []}, {"causes": [{}]}, {"causes": DONATION["causes"]}, {"causes": None}],
)
def test_settings_that_lack_something_ask_nothing(told):
    assert php("offer", donation={"nothing": True, **told}) is None


def test_totals_are_asked_for_while_an_amount_is_being_written():
    form = "perennial_gift=own&perennial_cause=riverbank&perennial_currency=USD&perennial_own="
    assert php("preview", donation=ASKED, form=form) == [[], None]
    assert php("preview", donation=ASKED, form=f"{form}7.50")[1]["gift"] == "750"
    ((code, words),), kept = php("preview", donation=ASKED, form=f"{form}700")
    assert (code, kept) == ("donation_amount", None)
    assert words.endswith("An amount from $0.50 to $50.00.")


@pytest.mark.parametrize("has_cart", [True, False])
def test_the_page_says_from_the_start_what_will_be_asked(has_cart):
    told, from_the_start = php("words", donation=ASKED, total="9.95", cart=has_cart)
    assert from_the_start == told
    assert (told is not None) is has_cart
