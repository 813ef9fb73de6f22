"""Rewards and levels in the panel: what can be pressed, and what pressing it brings."""

from dataclasses import replace

import pytest

from connector.core import clock
from connector.rooms.points import service as points
from connector.rooms.rewards import catalogue, service
from connector.rooms.rewards.rules import Kind, Offer
from connector.shops import plugin
from tests.rooms.rewards.counter import COFFEE
from tests.web.shoppers import acme
from tests.web.test_club import section, sections, told

__all__ = ["acme"]
CREDIT = Offer(
    Kind.CREDIT,
    {"en": "Store credit"},
    "USD",
    points_each=20,
    per_minor=100,
    least_minor=500,
    most_minor=10000,
)


@pytest.fixture
def mia(acme):
    """Her id at Acme, with 250 points."""
    service_ = acme.service
    with service_.database.write() as db:
        found = service_.runtime.members.by_customer_key(db, acme.shop.id, "7")
        points.adjust(db, acme.shop.id, found, 250, reason="a gift", made_by="x", now=clock.now())
    return found


def offer(acme, wanted=COFFEE):
    with acme.service.database.write() as db:
        return str(catalogue.publish(db, acme.shop.id, wanted, clock.now()).id)


def press(acme, act, once="k1", **more):
    answer = acme.do(act["name"], {**act.get("body", {}), **more}, acme.token(), once)
    assert answer.status_code == 200, answer.get_json()


def test_what_can_be_bought_can_be_pressed_and_the_rest_says_why(acme, mia):
    coffee = offer(acme)
    tea = offer(acme, replace(COFFEE, names={"en": "Tea"}, points=400, value_minor=700))
    offer(acme, replace(COFFEE, names={"en": "Cake"}, points=300, stock=0))
    first, cake, second = section(told(acme, acme.token()), "rewards")["items"]
    assert (first["title"], first["lines"]) == ("Coffee", ["$5 off", "100 points"])
    (use,) = first["acts"]
    assert (use["name"], use["body"]) == ("redeem", {"reward": coffee})
    assert (use["label"], use["ask"]) == ("Use", "Use 100 points for Coffee?")
    assert "acts" not in cake
    assert cake["lines"][-1] == "None is left."
    assert (second["id"], second["lines"]) == (tea, ["$7 off", "400 points", "150 points to go."])
    assert second["acts"] == [{"label": "Soon", "off": True}]


def test_pressing_brings_a_code_that_can_be_copied_and_given_back(acme, mia):
    offer(acme)
    press(acme, section(told(acme, acme.token()), "rewards")["items"][0]["acts"][0])
    club = told(acme, acme.token())
    assert (club["head"]["balance"]["number"], club["again_ms"]) == ("150", 2000)
    (open_,) = section(club, "yours")["items"]
    assert open_["lines"] == ["$5 off", "It is being made. This takes a moment."]
    assert "code" not in open_
    with acme.service.database.write() as db:
        service.issued(db, acme.shop.id, int(open_["id"]), "77", clock.now())
    club = told(acme, acme.token())
    (open_,) = section(club, "yours")["items"]
    assert open_["code"].startswith("PRL-")
    assert open_["lines"][1].startswith("Until ")
    assert club["again_ms"] == 0
    (cancel,) = open_["acts"]
    assert cancel["ask"] == "Cancel Coffee? 100 points come back."
    press(acme, cancel, "k2")
    club = told(acme, acme.token())
    assert section(club, "yours")["items"][0]["lines"][1] == "It is being cancelled."
    assert section(club, "history")["items"][0]["title"] == "Used for a reward"


def test_with_the_plugin_a_code_goes_into_the_cart_at_a_tap(acme, mia):
    offer(acme)
    press(acme, section(told(acme, acme.token()), "rewards")["items"][0]["acts"][0])
    with acme.service.database.write() as db:
        plugin.note(db, acme.shop.id, plugin.Versions("1.0.0", "", "", ""), clock.now())
        plugin.pair(db, acme.shop.id, clock.now())
    (made,) = section(told(acme, acme.token()), "yours")["items"]
    assert [act["label"] for act in made.get("acts", [])] in ([], ["Cancel"])
    with acme.service.database.write() as db:
        service.issued(db, acme.shop.id, int(made["id"]), "77", clock.now())
    (made,) = section(told(acme, acme.token()), "yours")["items"]
    use, cancel = made["acts"]
    assert use["label"] == "Use in the cart"
    assert use["href"] == f"{acme.shop.key}/?perennial-code={made['code']}"
    assert cancel["label"] == "Cancel"


def test_how_much_of_it_is_chosen_in_round_steps_up_to_all(acme, mia):
    offer(acme, CREDIT)
    club = told(acme, acme.token())
    assert club["head"]["balance"]["unit"] == "points, worth $12.50"
    (credit,) = section(club, "rewards")["items"]
    assert credit["lines"] == ["$5 to $100 of store credit", "from 100 points"]
    (use,) = credit["acts"]
    (amount,) = use["fields"]
    minors = [minor for minor, _ in amount["options"]]
    assert minors == [500, 600, 700, 800, 900, 1000, 1100, 1200, 1250] or len(minors) <= 9
    assert amount["options"][0] == [500, "$5 for 100 points"]
    assert amount["options"][-1] == [1250, "$12.50 for 250 points"]
    press(acme, use, amount=1250)
    assert told(acme, acme.token())["head"]["balance"]["number"] == "0"


@pytest.mark.parametrize(
    ("lang", "ask", "missing"),
    [
        ("ar", "أتريد استخدام 100 نقطة مقابل Coffee؟", "بقيت 150 نقطة."),
        ("zh-TW", "用 100 點換Coffee？", "還差 150 點。"),
    ],
)
def test_in_her_language(acme, mia, lang, ask, missing):
    offer(acme)
    offer(acme, replace(COFFEE, names={"en": "Tea"}, points=400))
    first, second = section(told(acme, acme.token(), lang=lang), "rewards")["items"]
    assert first["acts"][0]["ask"] == ask
    assert second["lines"][-1] == missing


def test_a_guest_sees_what_points_buy_and_presses_nothing(acme):
    offer(acme)
    club = told(acme)
    (coffee,) = section(club, "rewards")["items"]
    assert coffee == {"title": "Coffee", "lines": ["$5 off", "100 points"]}
    assert "yours" not in sections(club)


def test_every_refusal_of_a_wish_has_a_sentence(acme, mia):
    says = told(acme, acme.token())["says"]
    for wanted, code in (
        (replace(COFFEE, points=251), "insufficient_points"),
        (replace(COFFEE, stock=0), "out_of_stock"),
        (replace(COFFEE, budget_minor=1), "budget_spent"),
        (replace(COFFEE, tier_level=1), "tier_needed"),
    ):
        refused = acme.do("redeem", {"reward": offer(acme, wanted)}, acme.token(), code)
        assert refused.get_json()["code"] == code
        assert says[code].endswith(".")


def test_a_cart_has_room_for_what_points_buy_and_for_open_codes(acme, mia):
    assert told(acme, acme.token(), only="rewards")["sections"] == []
    offer(acme)
    (buys,) = told(acme, acme.token(), only="rewards")["sections"]
    assert (buys["id"], buys["lines"]) == ("rewards", ["You have 250 points"])
    press(acme, buys["items"][0]["acts"][0])
    club = told(acme, acme.token(), only="rewards")
    assert (sections(club), club["again_ms"]) == (["yours", "rewards"], 2000)
    assert "balance" not in club["head"]
    assert [len(one.get("items", ())) for one in club["sections"]] == [1, 0]
    assert club["sections"][1]["rest"]["title"] == "More (1)"


def test_a_cart_shows_two_and_the_rest_at_a_tap(acme, mia):
    for n in range(3):
        offer(acme, replace(COFFEE, names={"en": f"Cup {n}"}, points=100 + n))
    (buys,) = told(acme, acme.token(), only="rewards")["sections"]
    assert [one["title"] for one in buys["items"]] == ["Cup 0", "Cup 1"]
    assert [one["title"] for one in buys["rest"]["items"]] == ["Cup 2"]


def test_without_sign_in_a_cart_says_nothing(acme, mia):
    offer(acme)
    club = told(acme, only="rewards")
    assert (club["sections"], club["again_ms"]) == ([], 0)
