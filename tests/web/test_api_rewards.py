"""Rewards over the API: offered, changed, redeemed for a member, undone, decided."""

import pytest

from connector.rooms.rewards import service
from connector.web.api import rewards
from tests.web.schema import operations, problems
from tests.web.test_api import acme, mia, refusal, rival

__all__ = ["acme", "mia", "rival"]
COFFEE = {"kind": "amount", "names": {"en": "Coffee"}, "points": 100, "value_minor": 500}


def send(api, path, body=None, key="k1", method="POST"):
    headers = {"Idempotency-Key": key}
    return api.ask(path, method, json=body, headers=headers)


@pytest.fixture
def coffee(acme, mia):
    """Its id; Mia has 270 points."""
    acme.adjust(mia, 250, "gift")
    return send(acme, "/rewards", COFFEE, "made").get_json()["id"]


def test_a_reward_is_offered_changed_and_paused(acme, coffee):
    (told,) = acme.get("/rewards")["rewards"]
    assert (told["id"], told["state"], told["currency"]) == (coffee, "on", "USD")
    assert told["terms"]["valid_days"] == 90
    changed = send(acme, f"/rewards/{coffee}", COFFEE | {"stock": 5}, "k2", "PUT").get_json()
    assert (changed["terms"]["stock"], changed["taken"]) == (5, 0)
    paused = send(acme, f"/rewards/{coffee}/state", {"state": "paused"}, "k3", "PUT")
    assert paused.get_json()["state"] == "paused"


def test_points_are_redeemed_for_a_member_once_and_undone(acme, coffee, mia):
    made = send(acme, f"/members/{mia}/redemptions", {"reward_id": coffee}).get_json()
    assert send(acme, f"/members/{mia}/redemptions", {"reward_id": coffee}).get_json() == made
    assert (made["state"], made["points"], made["held"]) == ("reserved", 100, 100)
    assert made["code"] is None
    (listed,) = acme.get("/redemptions", member_id=mia, state="reserved")["redemptions"]
    assert listed == made == acme.get(f"/redemptions/{made['id']}")
    assert acme.get("/redemptions", state="used")["redemptions"] == []
    entry = acme.get(f"/members/{mia}/entries")["entries"][0]
    assert (entry["points"], entry["redemption_id"]) == (-100, made["id"])
    undone = send(acme, f"/redemptions/{made['id']}/cancellation", {}, "k2").get_json()
    assert undone["ending"] == "cancelled"


def test_days_on_no_level_are_not_sold(acme, mia):
    acme.adjust(mia, 250, "gift")
    week = {"kind": "vip", "names": {"en": "VIP week"}, "points": 100, "tier_days": 7}
    reward = send(acme, "/rewards", week, "made").get_json()["id"]
    refused = send(acme, f"/members/{mia}/redemptions", {"reward_id": reward})
    assert refusal(refused) == (409, "trial_off")


def test_a_gift_is_told_to_the_rooms(acme, coffee, mia):
    told = send(acme, f"/members/{mia}/gifts", {"reward_id": coffee, "note": "Thanks"})
    assert told.get_json()["source"].startswith("rewards:gift:")
    acme._service.work(["drain"])
    (one,) = acme.get("/redemptions")["redemptions"]
    assert (one["points"], one["note"], one["state"]) == (0, "Thanks", "reserved")


def test_a_gift_to_everybody_is_counted_before_it_is_sent(acme, coffee, mia):
    wanted = {"reward_id": coffee, "note": "Thanks"}
    counted = acme.ask("/gifts/count", "POST", json=wanted)
    assert counted.get_json() == {
        "members": 1,
        "cost_at_most": {"minor": 500, "currency": "USD"},
    }
    assert acme.get("/redemptions")["redemptions"] == []
    assert send(acme, "/gifts", wanted).get_json() == counted.get_json()
    acme._service.work(["drain"])
    (one,) = acme.get("/redemptions")["redemptions"]
    assert (one["member_id"], one["note"]) == (str(mia), "Thanks")
    nobody = send(acme, "/gifts", wanted | {"from_level": 3}, "k2")
    assert refusal(nobody) == (422, "members_missing")
    assert acme.get(f"/rewards/{coffee}")["id"] == coffee


def test_a_paused_reward_is_no_gift_either(acme, coffee, mia):
    send(acme, f"/rewards/{coffee}/state", {"state": "paused"}, "p1", "PUT")
    answer = send(acme, f"/members/{mia}/gifts", {"reward_id": coffee}, "p2")
    assert refusal(answer) == (409, "reward_paused")


def test_the_merchant_decides_what_is_parked(acme, coffee, mia):
    made = send(acme, f"/members/{mia}/redemptions", {"reward_id": coffee}).get_json()
    path = f"/redemptions/{made['id']}/resolution"
    assert refusal(send(acme, path, {"given": False}, "k2")) == (409, "not_parked")
    with acme._service.database.write() as db:
        service.park(db, acme.shop.id, int(made["id"]), "two_candidates")
    assert acme.get("/redemptions", state="parked")["redemptions"][0]["problem"]
    decided = send(acme, path, {"given": False}, "k3").get_json()
    assert (decided["state"], decided["returned"]) == ("failed", 100)


def test_what_cannot_be_is_refused_by_its_code(acme, coffee, mia, rival):
    wrong = [
        ("/rewards", COFFEE | {"kind": "car"}, 422, "invalid_field"),
        ("/rewards", COFFEE | {"points": 0}, 422, "amount_range"),
        ("/rewards", COFFEE | {"prize": 1}, 422, "unknown_field"),
        ("/rewards", COFFEE | {"cause": "x"}, 422, "cause_unknown"),
        ("/rewards", COFFEE | {"names": {}}, 422, "name_length"),
        ("/rewards/77", None, 405, "method_not_allowed"),
        (f"/members/{mia}/redemptions", {"reward_id": "77"}, 404, "reward_not_found"),
        ("/members/77/redemptions", {"reward_id": coffee}, 404, "member_not_found"),
        (f"/members/{mia}/redemptions", {"reward_id": coffee, "amount": 1}, 422, "amount_fixed"),
        ("/redemptions/77/cancellation", {}, 404, "redemption_not_found"),
        ("/redemptions/x/cancellation", {}, 404, "redemption_not_found"),
        (f"/members/{mia}/gifts", {"reward_id": "x"}, 404, "reward_not_found"),
    ]
    for number, (path, body, status, code) in enumerate(wrong):
        assert refusal(send(acme, path, body, f"w{number}")) == (status, code), path
    theirs = rival.get("/members", customer_key="7")["members"][0]["id"]
    answer = send(rival, f"/members/{theirs}/redemptions", {"reward_id": coffee}, "r1")
    assert refusal(answer) == (404, "reward_not_found")
    assert refusal(rival.ask(f"/rewards/{coffee}", "PUT", json=COFFEE))[0] == 400
    assert refusal(acme.ask("/redemptions?state=x")) == (422, "invalid_parameter")


def test_every_answer_is_what_the_description_says(acme, coffee, mia):
    api = acme.get("/openapi.json")
    called = set()

    def check(answer, method, path):
        assert answer.status_code == 200, answer.text
        told = api["paths"][path][method]["responses"]["200"]["content"]["application/json"]
        assert problems(answer.get_json(), told["schema"], api) == [], path
        called.add((method, path))
        return answer.get_json()

    made = check(send(acme, "/rewards", COFFEE, "s1"), "post", "/rewards")
    check(acme.ask("/rewards"), "get", "/rewards")
    path = "/rewards/{reward_id}"
    check(send(acme, f"/rewards/{made['id']}", COFFEE, "s2", "PUT"), "put", path)
    wanted = {"state": "on"}
    answer = send(acme, f"/rewards/{made['id']}/state", wanted, "s3", "PUT")
    check(answer, "put", f"{path}/state")
    path = "/members/{member_id}/redemptions"
    ones = [
        check(send(acme, f"/members/{mia}/redemptions", {"reward_id": coffee}, key), "post", path)
        for key in ("s4", "s5")
    ]
    answer = send(acme, f"/members/{mia}/gifts", {"reward_id": coffee}, "s6")
    check(answer, "post", "/members/{member_id}/gifts")
    check(send(acme, "/gifts", {"reward_id": coffee}, "s7"), "post", "/gifts")
    check(send(acme, "/gifts/count", {"reward_id": coffee}), "post", "/gifts/count")
    check(acme.ask(f"/rewards/{coffee}"), "get", "/rewards/{reward_id}")
    check(acme.ask("/redemptions"), "get", "/redemptions")
    path = "/redemptions/{redemption_id}"
    check(acme.ask(f"/redemptions/{ones[0]['id']}"), "get", path)
    answer = send(acme, f"/redemptions/{ones[0]['id']}/cancellation", {}, "s7b")
    check(answer, "post", f"{path}/cancellation")
    with acme._service.database.write() as db:
        service.park(db, acme.shop.id, int(ones[1]["id"]), "two_candidates")
    answer = send(acme, f"/redemptions/{ones[1]['id']}/resolution", {"given": True}, "s8")
    check(answer, "post", f"{path}/resolution")
    assert called == operations(rewards.OPERATIONS)
