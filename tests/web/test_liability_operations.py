"""Liability by the API: the admin's figures, as described."""

from tests.web.schema import problems
from tests.web.test_api import acme, mia

__all__ = ["acme", "mia"]


def put(api, body, key="w1"):
    headers = {"Idempotency-Key": key}
    return api.ask("/liability/worth", "PUT", json=body, headers=headers)


def test_opening_and_flow_make_the_closing(acme, mia):
    acme.adjust(mia, 250)
    told = acme.get("/liability")
    (month,) = told["months"]
    assert month["opening"] == 0
    assert month["flow"]["adjusted"] == 250
    assert sum(month["flow"].values()) == month["closing"] == told["outstanding"]
    assert told["cost"] is told["worth"] is told["breakage_rate"] is None
    assert told["deferrals"] == []


def test_a_worth_makes_money_of_it(acme, mia):
    acme.adjust(mia, 980)  # beside the 20 of her order
    told = put(acme, {"value_minor": 1000, "redemption_percent": 80}).get_json()
    assert told == acme.get("/liability") | {"as_of": told["as_of"]}
    assert told["worth"]["value"] == {"minor": 1000, "currency": "USD"}
    assert told["worth"]["cost"] == told["worth"]["value"]
    assert told["cost_of_all"]["minor"] == told["outstanding"]
    assert told["cost"]["minor"] == told["outstanding"] * 80 // 100
    (month,) = told["deferrals"]
    assert month["closing"]["minor"] == month["deferred"]["minor"] > 0
    described = acme.ask("/openapi.json").get_json()
    answer = described["paths"]["/liability"]["get"]["responses"]["200"]
    assert problems(told, answer["content"]["application/json"]["schema"], described) == []


def test_a_margin_changes_the_cost_and_not_what_is_deferred(acme, mia):
    acme.adjust(mia, 980)
    plain = put(acme, {"value_minor": 1000, "redemption_percent": 80}).get_json()
    body = {"value_minor": 1000, "margin_percent": 50, "redemption_percent": 80}
    told = put(acme, body, "w2").get_json()
    assert told["worth"]["cost"] == {"minor": 500, "currency": "USD"}
    assert told["cost"]["minor"] == plain["cost"]["minor"] // 2
    assert told["deferrals"] == plain["deferrals"]
    assert told["without_sale"] == {"points": 980, "cost": {"minor": 392, "currency": "USD"}}


def test_what_cannot_be_meant_is_refused(acme):
    for body in ({"value_minor": -1}, {"value_minor": 1, "margin_percent": 101}, {}):
        assert put(acme, body).status_code == 422
