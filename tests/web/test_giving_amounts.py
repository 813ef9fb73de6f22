"""No amount that a client invents is taken: each door refuses it by a code that stays."""

import json
from itertools import count
from typing import Any

import pytest

from connector.core import clock
from connector.rooms.giving import programmes
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import Kind, Offer
from tests.web.shoppers import acme
from tests.web.test_api import Api, refusal

__all__ = ["acme"]
TOO_MUCH = "1" + "0" * 18
NO_INTEGER = [
    ('"5"', "integer_required"),
    ("1.5", "integer_required"),
    ("true", "integer_required"),
]
NO_NUMBER = [
    ("NaN", "invalid_json"),
    ("Infinity", "invalid_json"),
    ("1e999", "invalid_json"),
    ("٣", "invalid_json"),
    ("0x10", "invalid_json"),
]
BAD = [
    ("-1", "amount_range"),
    (TOO_MUCH + "0", "amount_range"),
    (TOO_MUCH + "0" * 20, "amount_range"),
    *NO_INTEGER,
    *NO_NUMBER,
]
KINDS: dict[str, tuple[str, ...]] = {
    "round_up": ("step_minor",),
    "add_on": ("least_minor", "most_minor"),
    "share": ("percent_bps", "amount_minor", "least_order_minor", "most_each_minor"),
    "per_unit": ("amount_minor",),
    "in_kind": ("amount_minor",),
    "match": ("ratio_bps",),
    "points": ("points", "value_minor"),
}
_keys = count()


def send(api, path, raw):
    headers = {"Idempotency-Key": f"k{next(_keys)}", "Content-Type": "application/json"}
    return api.ask(path, "POST", data=raw.encode(), headers=headers)


def draft(terms: dict[str, Any], **values: Any) -> str:
    """A programme as JSON; ``@`` stands where the amount comes."""
    told = {"name": "A", "currency": "USD", "terms": terms, **values}
    return json.dumps(told)


def codes(api, path, document):
    return [
        (amount, refusal(send(api, path, document.replace('"@"', amount)))[1]) for amount, _ in BAD
    ]


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in KINDS.items() for name in names]
)
def test_no_term_of_a_programme_is_an_invented_amount(acme, kind, name):
    api = Api(acme.service, acme.shop)
    told = codes(api, "/giving/programmes", draft({"kind": kind, name: "@"}))
    assert told == BAD
    with acme.service.database.read() as db:
        assert programmes.programmes(db, acme.shop.id) == []


def test_nor_are_its_bounds_its_amounts_or_a_goal(acme):
    api = Api(acme.service, acme.shop)
    amounts = draft({"kind": "add_on", "amounts_minor": ["@"]})
    assert codes(api, "/giving/programmes", amounts) == BAD
    for name in ("minimum_minor", "cap_minor"):
        bound = draft({"kind": "share"}, **{name: "@"})
        assert codes(api, "/giving/programmes", bound) == BAD
    goal = json.dumps({"names": {"en": "Trees"}, "currency": "USD", "goal_minor": "@"})
    assert codes(api, "/giving/campaigns", goal) == BAD
    zero = send(api, "/giving/campaigns", goal.replace('"@"', "0"))
    assert refusal(zero) == (422, "amount_range")


@pytest.mark.parametrize("currency", ["XXX", "usd", "", "US", "٣٣٣", "USDX"])
def test_no_currency_is_invented(acme, currency):
    api = Api(acme.service, acme.shop)
    told = draft({"kind": "round_up", "step_minor": 100}).replace("USD", currency)
    assert refusal(send(api, "/giving/programmes", told)) == (422, "unknown_currency")


def test_points_for_a_cause_are_of_what_the_reward_offers(acme):
    """From 1.00 to 50.00 in the reward's own currency, whatever a browser says."""
    now = clock.now()
    with acme.service.database.write() as db:
        mia = acme.service.runtime.members.by_customer_key(db, acme.shop.id, "7")
        points.adjust(db, acme.shop.id, mia, 9000, reason="a gift", made_by="x", now=now)
        cause = giving.add_cause(db, acme.shop.id, "Riverbank", "", now)
        offered = Offer(
            Kind.DONATION,
            {"en": "For the river"},
            "USD",
            points_each=1,
            per_minor=10,
            least_minor=100,
            most_minor=5000,
            cause_id=cause.id,
        )
        reward = str(catalogue.publish(db, acme.shop.id, offered, now).id)
        before = points.balance(db, acme.shop.id, mia)
    wrong = [*BAD, ("0", "amount_range"), ("99", "amount_range"), ("5001", "amount_range")]
    for amount, code in wrong:
        raw = json.dumps({"reward": reward, "amount": "@"}).replace('"@"', amount).encode()
        headers = {"Idempotency-Key": f"r{amount[:20]}", "Content-Type": "application/json"}
        answer = acme.send("redeem", acme.token(), headers, method="POST", data=raw)
        assert refusal(answer)[1] == code, amount
    for more in ({"currency": "JPY"}, {"value_minor": 1}, {"points": 0}, {"cause": "mine"}):
        wish = {"reward": reward, "amount": 100, **more}
        answer = acme.do("redeem", wish, acme.token(), str(more))
        assert refusal(answer) == (422, "unknown_field")
    with acme.service.database.read() as db:
        assert points.balance(db, acme.shop.id, mia) == before
        assert giving.totals(db, acme.shop.id) == []


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"cause": "otters"}, "cause_not_found"),
        ({"cause": ""}, "cause_not_found"),
        ({"cause": "riverbank@7"}, "cause_not_found"),
        ({"cause": None}, "invalid_field"),
        ({"cause": "riverbank", "amount_minor": 5}, "unknown_field"),
        ({}, "field_missing"),
    ],
)
def test_only_a_cause_that_is_asked_for_is_chosen_and_nothing_with_it(acme, wish, code):
    with acme.service.database.write() as db:
        giving.add_cause(db, acme.shop.id, "Riverbank", "", clock.now())
    assert refusal(acme.do("choose_cause", wish, acme.token()))[1] == code
