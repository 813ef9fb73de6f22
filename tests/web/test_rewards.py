"""Rewards at the storefront: what is offered and open, one wish once, refusals by their code."""

from dataclasses import replace

import pytest

from connector.core import clock
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.rewards import catalogue, service
from connector.rooms.rewards.rules import Kind, Offer
from tests.rooms.rewards.counter import COFFEE
from tests.web.shoppers import acme, proxy
from tests.web.test_api import refusal

__all__ = ["acme", "proxy"]


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


def mine(acme, **query):
    return acme.ask("me", acme.token(), **query).get_json()["rewards"]


def redeem(acme, reward, once="k1", **more):
    return acme.do("redeem", {"reward": reward, **more}, acme.token(), once)


def test_a_member_sees_what_her_points_buy_and_what_is_missing(acme, mia):
    tea = offer(
        acme, replace(COFFEE, names={"en": "Tea", "ar": "شاي"}, points=400, value_minor=700)
    )
    coffee = offer(acme)
    first, second = mine(acme)["offers"]
    assert (first["id"], first["points"], first["reason"]) == (coffee, 100, None)
    assert first["gives"] == "\u2066$5\u2069 off"
    assert (second["id"], second["missing"]) == (tea, 150)
    assert (second["reason"], second["reason_text"]) == (
        "insufficient_points",
        "150 points to go.",
    )
    arabic = mine(acme, lang="ar")["offers"]
    assert [one["name"] for one in arabic] == ["Coffee", "شاي"]


def test_history_names_the_reward_that_points_went_for(acme, mia):
    redeem(acme, offer(acme, replace(COFFEE, names={"en": "Coffee", "ar": "قهوة"})))
    told = [acme.ask("me", acme.token(), lang=lang).get_json()["history"] for lang in ("en", "ar")]
    assert [one[0]["reward"] for one in told] == ["Coffee", "قهوة"]
    assert {one["reward"] for one in told[0][1:]} == {None}


def test_a_wish_is_carried_out_once_and_its_code_shows_when_the_store_has_it(acme, mia):
    coffee = offer(acme)
    answer = redeem(acme, coffee).get_json()
    assert (answer["available"], answer["redemption"]["state"]) == (150, "reserved")
    assert answer["redemption"]["code"] is None
    assert redeem(acme, coffee).get_json() == answer
    (one,) = mine(acme)["open"]
    assert (one["id"], one["can_cancel"]) == (answer["redemption"]["id"], True)
    with acme.service.database.write() as db:
        service.issued(db, acme.shop.id, int(one["id"]), "77", clock.now())
    (one,) = mine(acme)["open"]
    assert (one["state"], one["code"][:4]) == ("issued", "PRL-")
    assert one["expires_on"] > "2026"
    told = acme.do("cancel_redemption", {"redemption": one["id"]}, acme.token(), "k2").get_json()
    assert (told["redemption"]["state"], told["redemption"]["code"]) == ("ending", None)
    assert refusal(redeem(acme, coffee, "k1", amount=3)) == (409, "idempotency_mismatch")


def test_a_gift_to_a_cause_can_be_undone(acme, mia):
    with acme.service.database.write() as db:
        cause = giving.add_cause(db, acme.shop.id, "Riverbank", "", clock.now())
    river = Offer(
        Kind.DONATION,
        {"en": "For the river"},
        "USD",
        points_each=1,
        per_minor=10,
        least_minor=100,
        most_minor=5000,
        cause_id=cause.id,
    )
    reward = offer(acme, river)
    (told,) = mine(acme)["offers"]
    assert told["flexible"]["affordable_minor"] == 2500
    assert told["gives"] == "\u2066$1\u2069 to \u2066$50\u2069 for \u2068Riverbank\u2069"
    made = redeem(acme, reward, amount=1000).get_json()["redemption"]
    assert (made["points"], made["state"], made["can_cancel"]) == (100, "issued", True)
    assert made["undo_until"].endswith("Z")
    back = acme.do("cancel_redemption", {"redemption": made["id"]}, acme.token(), "k2").get_json()
    assert (back["available"], back["redemption"]["state"]) == (250, "cancelled")


def test_every_refusal_has_its_status_and_code(acme, mia):
    coffee = offer(acme)
    wrong = [
        ({"reward": offer(acme, replace(COFFEE, points=251))}, 409, "insufficient_points"),
        ({"reward": offer(acme, replace(COFFEE, stock=0))}, 409, "out_of_stock"),
        ({"reward": offer(acme, replace(COFFEE, budget_minor=1))}, 409, "budget_spent"),
        ({"reward": offer(acme, replace(COFFEE, tier_level=1))}, 409, "tier_needed"),
        ({"reward": "12"}, 404, "reward_not_found"),
        ({"reward": "x"}, 404, "reward_not_found"),
        ({"reward": coffee, "amount": 0}, 422, "amount_range"),
        ({"reward": coffee, "amount": -1}, 422, "amount_range"),
        ({"reward": coffee, "amount": 2**63}, 422, "amount_range"),
        ({"reward": coffee, "amount": 1.5}, 422, "integer_required"),
        ({"reward": coffee, "amount": "10"}, 422, "integer_required"),
        ({"reward": coffee, "amount": True}, 422, "integer_required"),
        ({"reward": coffee, "balance": 9}, 422, "unknown_field"),
        ({"reward": coffee, "member": "7"}, 422, "unknown_field"),
        ({}, 422, "field_missing"),
    ]
    for number, (body, status, code) in enumerate(wrong):
        answer = acme.do("redeem", body, acme.token(), f"w{number}")
        assert refusal(answer) == (status, code), body
    with acme.service.database.write() as db:
        catalogue.turn(db, acme.shop.id, int(coffee), clock.now(), on=False)
    assert refusal(redeem(acme, coffee)) == (409, "reward_paused")
    assert [one["id"] == coffee for one in mine(acme)["offers"]].count(True) == 0
    assert refusal(redeem(acme, coffee, None)) == (400, "idempotency_key")
    text = acme.send("redeem", acme.token(), {"Idempotency-Key": "k"}, method="POST", data="x")
    assert refusal(text) == (415, "json_required")
    assert mine(acme)["open"] == []


def test_nobody_touches_what_is_somebody_elses(acme, mia, proxy):
    made = redeem(acme, offer(acme)).get_json()["redemption"]
    other = offer(proxy)
    assert refusal(redeem(acme, other, "k3")) == (404, "reward_not_found")
    for who, code in (("8", "member_not_found"), (None, "sign_in_needed")):
        token = acme.token(sub=who) if who else None
        answer = acme.do("cancel_redemption", {"redemption": made["id"]}, token, "k4")
        assert refusal(answer)[1] == code
    wrong = acme.do("cancel_redemption", {"redemption": "5"}, acme.token(), "k5")
    assert refusal(wrong) == (404, "redemption_not_found")
