"""The committed bundle in a real browser, where there is one: the page tells what it saw."""

import json
import queue
import shutil
import subprocess
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import SplitResult, parse_qs

import pytest

from tests.widgets.serving import Serving

HERE = Path(__file__).parent
BROWSER = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
RULE = {"points_each": 1, "per_minor": 100}
ANSWERS: dict[str, Any] = {
    "config": {
        "program": {
            "name": "Acme club",
            "currency": "USD",
            **RULE,
            "hold_days": 14,
            "award_on": "paid",
        },
        "causes": [
            {
                "key": "riverbank",
                "name": "Riverbank",
                "story": "They plant reeds.",
                "ways": {"round_up": "riverbank@8", "add_on": "riverbank@9"},
            },
            {
                "key": "shelter",
                "name": "Shelter",
                "story": "They open doors.",
                "ways": {"add_on": "shelter@9"},
            },
        ],
        "donation": {
            "amounts_minor": [200, 400, 600, 800, 1000],
            "round_up_to_minor": 100,
            "least_minor": 100,
            "most_minor": 5000,
            "share_kept_percent": 0,
            "currency": "USD",
            "exponent": 2,
            "said": "You are the giver.",
        },
        "currency_exponent": 2,
    },
    "goals": {
        "campaigns": [
            {"key": "later", "name": "Later", "story": "", "lines": []},
            {
                "key": "trees",
                "name": "Trees",
                "story": "A wood.",
                "said": "$80 of $100 together",
                "state": "open",
                "percent": 80,
                "paid_percent": 50,
                "lines": ["$50 has reached Riverbank."],
                "url": "#trees",
                "more": "See what came of it",
            },
        ]
    },
    "club": json.loads((HERE / "club.json").read_text("utf-8")),
}
CARD = {
    "title": "Tall cup",
    "url": "#",
    "price_said": "$22.00",
    "reason": "Bought with it 12 times",
}


class Shop(Serving):
    """A page, the bundle, and the storefront's JSON; under /storefront/broken nothing works."""

    told: queue.Queue[dict[str, Any]] = queue.Queue()
    acts: ClassVar[list[object]] = []
    proofs: ClassVar[list[str | None]] = []  # that an order's page brought

    def get(self, url: SplitResult) -> None:
        match url.path.strip("/").split("/"):
            case ["page", base]:
                page = (HERE / "page.html").read_text("utf-8").replace("BASE", base)
                self.page(page)
            case ["static", "widgets", name]:
                self.bundle(name)
            case ["acts"]:
                self.say(200, self.acts)
            case ["storefront", "works", what]:
                self.say(*self.storefront(what, parse_qs(url.query)))
            case _:
                self.say(
                    503, {"code": "temporarily_unavailable", "message": "", "request_id": "r"}
                )

    def post(self, url: SplitResult, body: bytes) -> None:
        if url.path == "/result":
            self.told.put(json.loads(body))
        else:
            once = parse_qs(url.query)["once"] == [self.headers["Idempotency-Key"]]
            self.acts.append([url.path.rpartition("/")[2], json.loads(body), once])
        if url.path.endswith("/refuse"):
            self.say(409, {"code": "sold_out", "message": "", "request_id": "r"})
        else:
            self.say(200, {"watch": []})

    def storefront(self, what: str, query: dict[str, list[str]]) -> tuple[int, object]:
        product = query.get("product", [""])[0]
        if what == "badge":
            said = ["Earn ", "48 points", ""]
            return 200, {"points": 0} if product == "404" else {"points": 48, "said": said}
        if what == "tasks":
            task = {"title": "Look at the kiln", "value": "5 points", "href": "#"}
            return 200, {"title": "Earn here", "items": [] if product == "404" else [task]}
        if what == "recommendations":
            cards = [] if product == "lonely" else [{"key": f"k{n}", **CARD} for n in range(6)]
            dealt = {"surface": "product", "row": "together", "method": "standard"}
            dealt["bucket"] = query["bucket"][0]
            row = {"heading": "Goes well with it", "items": cards, "pages_a_day": 8}
            return 200, {**row, **dealt}
        if what == "order":
            self.proofs.append(self.headers["Authorization"])
            is_known = self.proofs == ["Bearer proof"] * 2
            told = ["Acme gives $1 to Riverbank."] if is_known else []
            return 200, {"said": told, "again_ms": int(not is_known)}
        if what == "club" and query.get("only") == ["nothing"]:
            return 200, {**ANSWERS["club"], "sections": []}
        return 200, ANSWERS[what]


def visit(url: str, profile: Path) -> dict[str, Any]:
    if BROWSER is None:
        pytest.skip("no chromium here")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"]
    flags += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    browser = subprocess.Popen(
        [BROWSER, *flags, "--window-size=1280,2400", f"--user-data-dir={profile}", url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        result = Shop.told.get(timeout=240)
    finally:
        browser.terminate()
        browser.wait(60)
    assert "problem" not in result, result
    return result


@pytest.fixture(scope="module")
def seen(address: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return visit(f"{address}/page/works", tmp_path_factory.mktemp("profile"))


def test_the_badge_says_what_a_product_earns(seen: dict[str, Any]) -> None:
    assert seen["badge"] == "Earn 48 points"


def test_a_choice_of_causes_begins_with_the_first_and_goes_with_the_gift(
    seen: dict[str, Any],
) -> None:
    assert seen["causes"] == ["riverbank", "shelter"]
    assert seen["causeAtFirst"] == "riverbank"
    assert seen["asked"] == "Add a little for Shelter?"
    assert seen["waysOfShelter"] == ["$2.00", "$4.00", "$6.00", "Not this time"]
    assert [one["cause"] for one in seen["chosenFor"]] == ["shelter@9", "riverbank@9"]


def test_the_servers_own_question_stays_where_it_was_painted(seen: dict[str, Any]) -> None:
    assert seen["servers"] == "A word of the shop's"
    assert seen["questionIsOurs"] == 0
    assert seen["causesOfAmounts"] == "shelter"


def test_a_gift_in_the_cart_of_another_amount_is_said_and_ticks_nothing(
    seen: dict[str, Any],
) -> None:
    assert seen["inTheCart"] == ["$3.00 will go to Shelter.", 0]


def test_nothing_is_asked_in_another_currency(seen: dict[str, Any]) -> None:
    assert seen["foreign"] == ""


@pytest.mark.parametrize("which", ["closed", "over"])
def test_a_gift_that_is_asked_no_more_can_be_taken_out_and_nothing_else_is_offered(
    seen: dict[str, Any], which: str
) -> None:
    said, taken, buttons = seen[which]
    assert "A gift of" in said
    assert "3.00 is in the total. Not this time" in said
    assert (taken, buttons) == (0, 1)


def test_what_has_no_room_is_behind_a_button(seen: dict[str, Any]) -> None:
    assert seen["more"] == ["Other", "false", None, 5]
    assert (seen["amounts"], seen["ownHasFocus"]) == (["true", 7], True)
    assert seen["terms"] == "Terms of this giftYou are the giver."


def test_an_amount_of_ones_own_is_within_what_is_told(seen: dict[str, Any]) -> None:
    assert seen["range"] == "From $1.00 to $50.00"
    said = "From \u2066$1.00\u2069 to \u2066$50.00\u2069"
    assert seen["refusedAmounts"] == [said] * 5
    problem, status, chosen = seen["taken"]
    assert (problem, status) == ("", "$7.50 will go to Riverbank.")
    assert chosen == [
        {"amountMinor": 750, "roundUp": False, "cause": "riverbank@9", "stepMinor": 100}
    ]


def test_the_gift_shown_is_the_one_the_cart_holds(seen: dict[str, Any]) -> None:
    assert seen["held"] == [0, 3, -1]
    assert seen["saidAfterFailing"] == ["That did not work. Nothing was added.", -1]


def test_a_goal_tells_what_arrived_apart_from_what_came_together(seen: dict[str, Any]) -> None:
    assert seen["goal"] == [
        "Trees",
        "80",
        "$80 of $100 together",
        "A wood.$80 of $100 together$50 has reached Riverbank.See what came of it",
    ]
    assert seen["noGoal"] == ""
    assert seen["given"] == "Acme gives $1 to Riverbank.", "asked again while it was on its way"


def test_an_unknown_product_says_nothing_and_moves_nothing(seen: dict[str, Any]) -> None:
    assert (seen["unknownIsHidden"], seen["unknownKeepsHeight"]) == ("hidden", 32)


def test_the_panel_loads_nothing_before_the_tap(seen: dict[str, Any]) -> None:
    assert seen["launcher"] == ["a", "/account", "Points"]
    assert seen["loadedBeforeTap"] is False


def test_the_panel_opens_at_its_title_and_gives_focus_back(seen: dict[str, Any]) -> None:
    assert seen["title"] == "Hello Mia"
    assert seen["balance"] == "2,340 points, worth $117"
    assert seen["tabs"] == ["Rewards", "Earn", "Trial", "Invite", "You", "History"]
    assert seen["focusAfterClosing"] == "2,340 points"


def test_why_is_answered_line_by_line(seen: dict[str, Any]) -> None:
    expanded, answer = seen["why"]
    assert expanded == "true"
    assert "Celadon teapot" in answer
    assert "1 point per $1, rounded down once per order." in answer


def test_an_act_asks_waits_and_says_what_it_did(seen: dict[str, Any]) -> None:
    assert seen["question"] == "Use 300 points for $15 off? Use Not now"
    assert seen["focusOnQuestion"] == "Use"
    assert seen["focusAfterNotNow"] == "rewards-r1-0"
    assert seen["waits"] == "true"
    assert seen["done"] == "Done. Your code is being made."
    assert seen["focusAfterDone"] == "rewards-r1-0"
    sentence = "This reward is used up. Your points are still here."
    assert seen["refused"] == f"{sentence} Code sold_out"


def test_every_act_is_sent_once_with_its_key(seen: dict[str, Any]) -> None:
    birthday = {"name": "birthday", "month_day": "02-02", "greet": True}
    assert seen["acts"] == [
        ["redeem", {"reward_id": "1"}, True],
        ["refuse", {"reward_id": "2"}, True],
        ["occasion", birthday, True],
    ]


def test_a_no_to_an_offer_is_kept(seen: dict[str, Any]) -> None:
    said, is_there, focus = seen["afterNo"]
    assert (said, is_there) == ("We will not ask again for 90 days.", False)
    assert focus == "Hello Mia"
    assert seen["remembered"] == "number"


def test_the_same_fills_a_page(seen: dict[str, Any]) -> None:
    assert seen["page"] == ["Hello Mia", False]


def test_a_cart_shows_a_part_of_it_or_nothing(seen: dict[str, Any]) -> None:
    assert seen["cart"] == [[False, True, False], [True, False, False]]


def test_tasks_are_few_or_nothing(seen: dict[str, Any]) -> None:
    assert seen["tasks"] == "Earn here Look at the kiln 5 points"
    assert (seen["idleKeepsHeight"], seen["tasksKeepHeight"]) == (147, 147)


def test_at_most_six_things_are_suggested_with_a_reason(seen: dict[str, Any]) -> None:
    assert (seen["heading"], seen["cards"]) == ("Goes well with it", 6)
    assert seen["firstCard"] == "Tall cup $22.00 Bought with it 12 times"
    assert seen["noneIsEmpty"] == ""


def test_hiding_a_suggestion_is_remembered_and_undone(seen: dict[str, Any]) -> None:
    assert seen["hidden"] == "Hidden. We won’t suggest it again. Undo"
    assert (seen["hiddenOnce"], seen["focusAfterHiding"]) == (1, "Undo")  # though pressed twice
    assert (seen["hiddenProducts"], seen["forgotten"]) == (["k0"], [])
    assert seen["focusAfterUndoing"] == "Hide \u2068Tall cup\u2069"


def test_a_row_is_sent_away_for_a_month_and_had_back(seen: dict[str, Any]) -> None:
    assert seen["rests"] == "No suggestions for 30 days. Undo"
    assert (seen["restsForDays"], seen["keepsHeight"]) == (30, True)
    assert seen["restsNoMore"] == [None, 6, "Not now"]


def test_one_row_a_page_is_counted_and_no_second_one_shown(seen: dict[str, Any]) -> None:
    assert (seen["pagesToday"], seen["anotherRow"]) == (1, "")


def test_a_browser_is_one_of_a_thousand_and_notes_it_for_its_orders(
    seen: dict[str, Any],
) -> None:
    number, noted = seen["bucket"], seen["noted"]
    assert 0 <= int(number) < 1000
    assert seen["notedBefore"] in (f"{number}", f"{number} undefined")
    day = int(noted.rpartition(".")[2])
    assert noted == f"{number}.product.together.standard.{day}"
    assert seen["beacon"]["bucket"] == number
    rows = seen["beacon"]["rows"]
    assert {(one["surface"], one["row"], one["method"]) for one in rows} == {
        ("product", "together", "standard"),
        ("product", "none", "standard"),  # of a product that nothing honest can be said beside
    }
    assert sum(one.get("clicks", 0) for one in rows) == 1


def test_what_was_looked_at_is_kept_only_with_consent(seen: dict[str, Any]) -> None:
    assert (seen["viewed"], seen["viewedWithoutConsent"]) == (["2"], [])


def test_a_browser_that_refuses_statistics_is_in_no_bucket(seen: dict[str, Any]) -> None:
    assert seen["bucketWithoutConsent"] == ""


def test_who_withdraws_consent_leaves_nothing_behind(seen: dict[str, Any]) -> None:
    assert (seen["forgottenOnRefusal"], seen["noteOnRefusal"] or None) == ([None] * 2, None)
    # Before that, a number that is no bucket was drawn anew.
    assert 0 <= int(seen["drawnAnew"]["bucket"]) < 1000


def test_no_gift_is_chosen_for_the_shopper(seen: dict[str, Any]) -> None:
    assert seen["selectedAtFirst"] == -1
    assert seen["saidAtFirst"] == "Nothing is added unless you choose."


def test_a_choice_is_told_to_the_shop_and_a_no_is_respected(seen: dict[str, Any]) -> None:
    assert seen["chosen"] == [
        {"amountMinor": 40, "cause": "riverbank@8", "roundUp": True, "stepMinor": 100},
        {"amountMinor": 0, "cause": "riverbank", "roundUp": False, "stepMinor": 100},
    ]
    assert seen["saidAfterChoosing"] == "$0.40 will go to Riverbank."
    assert seen["saidAfterNo"] == "No gift added. We won’t ask again for 90 days."
    assert seen["askedAgain"] is False


def test_when_the_service_fails_the_server_text_stays(address: str, tmp_path: Path) -> None:
    seen = visit(f"{address}/page/broken", tmp_path)
    assert seen["failure"] == "That did not work. Your points are still here."
    assert seen["code"] == "Code temporarily_unavailable"
    assert seen["serverFormStays"] == "the server's form"
