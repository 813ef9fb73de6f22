"""Events and actions over the API: rules give for them, once a key; and the ways to earn."""

from dataclasses import replace

import pytest

from connector.program import rules
from connector.program import service as programs
from connector.program.rules import Caps, Rule
from tests.flows.service import LONG_AGO
from tests.flows.test_bad_webhooks import woocommerce
from tests.web.schema import problems
from tests.web.test_api import PAID, Api, refusal

OWN = (
    Rule("survey-1", rules.CUSTOM, points=20, target="survey", most=50, caps=Caps(per_member=80)),
    Rule("story-1", rules.VISIT, points=5, target="/story", labels={"en": "Read our story"}),
    Rule("mail-1", rules.NEWSLETTER, points=10, hold_days=3),
    Rule("told-1", rules.CUSTOM, target="told", most=50),
    Rule("order-1", rules.ORDER, points=25, minimum={"USD": 5000}, caps=Caps(per_day=50)),
)


@pytest.fixture
def acme(service):
    shop = service.install("woocommerce", "https://acme.example")
    with service.database.write() as db:
        known = programs.newest(db, shop.id)
        programs.publish(db, shop.id, replace(known, rules=OWN), LONG_AGO)
    woocommerce(service, shop, PAID)
    service.work(["drain"])
    return Api(service, shop)


@pytest.fixture
def mia(acme):
    return acme.get("/members", customer_key="7")["members"][0]["id"]


def event(acme, key, once=None, **body):
    headers = {"Idempotency-Key": once or f"once-{key}"}
    return acme.ask(
        "/events", "POST", json={"event": "survey", "key": key} | body, headers=headers
    )


def act(acme, mia, once, **body):
    headers = {"Idempotency-Key": once}
    return acme.ask(f"/members/{mia}/actions", "POST", json=body, headers=headers)


def test_an_event_gives_once_for_each_key(acme, mia, service):
    before = acme.get(f"/members/{mia}")["available"]
    (given,) = event(acme, "s1", member_id=mia).get_json()["given"]
    assert (given["rule_id"], given["points"], given["waits_until"]) == ("survey-1", 20, None)
    assert event(acme, "s1", "again", member_id=mia).get_json() == {"given": []}
    (given,) = event(acme, "s2", customer_key="7", points=50).get_json()["given"]
    assert given["points"] == 50
    (given,) = event(acme, "s3", member_id=mia).get_json()["given"]
    assert given["points"] == 10, "what the limit left"
    assert event(acme, "s4", member_id=mia).get_json() == {"given": []}
    service.work(["drain"])
    assert acme.get(f"/members/{mia}")["available"] == before + 80


def test_what_an_event_may_not_say_is_refused(acme, mia):
    assert refusal(event(acme, "a", member_id=mia, points=51)) == (422, "points_range")
    assert refusal(event(acme, "b")) == (422, "member_missing")
    assert refusal(event(acme, "c", member_id=mia, customer_key="7")) == (422, "member_missing")
    assert refusal(event(acme, "d", customer_key="nobody")) == (404, "member_not_found")
    assert refusal(event(acme, "e", member_id=mia, event="gone")) == (404, "event_unknown")
    assert refusal(event(acme, "t", member_id=mia, event="told")) == (422, "points_missing")
    (given,) = event(acme, "t", "t2", member_id=mia, event="told", points=5).get_json()["given"]
    assert given["points"] == 5, "the key was not spent"
    assert refusal(act(acme, mia, "f", kind="gold")) == (422, "action_kind")
    assert refusal(act(acme, "99", "g", kind="newsletter")) == (404, "member_not_found")


def test_an_action_gives_by_its_rule(acme, mia):
    (given,) = act(acme, mia, "a", kind="visit", target="/story").get_json()["given"]
    assert (given["rule_id"], given["points"]) == ("story-1", 5)
    assert act(acme, mia, "b", kind="visit", target="/story").get_json() == {"given": []}
    assert act(acme, mia, "c", kind="visit", target="/else").get_json() == {"given": []}
    (given,) = act(acme, mia, "d", kind="newsletter").get_json()["given"]
    assert given["waits_until"] is not None


def test_ways_to_earn_say_what_is_done(acme, mia):
    act(acme, mia, "a", kind="visit", target="/story")
    everybody = {one["rule_id"]: one for one in acme.get("/ways")["ways"]}
    hers = {one["rule_id"]: one for one in acme.get(f"/members/{mia}/ways")["ways"]}
    assert not everybody["story-1"]["is_done"]
    assert (hers["story-1"]["is_done"], hers["story-1"]["times"]) == (True, 1)
    assert hers["story-1"]["labels"] == {"en": "Read our story"}
    assert hers["survey-1"]["left"] == 80
    assert hers["order-1"]["sentence"] == "25 points for each order."
    assert everybody["order-1"]["details"] == [
        "From $50.00 on.",
        "At most 50 points for a member in a day.",
        "Counts for levels.",
    ]
    assert hers["mail-1"]["sentence"] == "10 points for agreeing to the newsletter."


def test_every_answer_is_what_the_description_says(acme, mia):
    api = acme.get("/openapi.json")
    answers = {
        ("/events", "post"): event(acme, "s1", member_id=mia),
        ("/members/{member_id}/actions", "post"): act(acme, mia, "n", kind="newsletter"),
        ("/ways", "get"): acme.ask("/ways"),
        ("/members/{member_id}/ways", "get"): acme.ask(f"/members/{mia}/ways"),
    }
    for (path, method), answer in answers.items():
        schema = api["paths"][path][method]["responses"]["200"]["content"]["application/json"]
        assert problems(answer.get_json(), schema["schema"], api) == [], path
