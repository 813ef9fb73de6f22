"""The cause a member gives to: theirs alone, and only one that is offered."""

from dataclasses import replace

import pytest

from connector.core import clock
from connector.rooms.giving import service as giving
from tests.web.shoppers import acme
from tests.web.test_api import refusal

__all__ = ["acme"]


@pytest.fixture
def causes(acme):
    """Riverbank, which is the default, and Shelter."""
    with acme.service.database.write() as db:
        for name in ("Riverbank", "Shelter"):
            giving.add_cause(db, acme.shop.id, name, "", clock.now())
    return acme


def cause(acme, token=None):
    return acme.ask("giving", token).get_json()["cause"]


def test_the_cause_chosen_last_is_remembered_of_a_member(causes):
    assert cause(causes, causes.token()) == "riverbank"
    answer = causes.do("choose_cause", {"cause": "shelter"}, causes.token())
    assert answer.get_json() == {"cause": "shelter"}
    assert cause(causes, causes.token()) == "shelter"
    assert cause(causes) is None, "of nobody else"


def test_only_what_is_offered_can_be_chosen(causes):
    answer = causes.do("choose_cause", {"cause": "gone"}, causes.token())
    assert refusal(answer) == (404, "cause_not_found")
    answer = causes.do("choose_cause", {"cause": "shelter"}, once="k2")
    assert refusal(answer) == (401, "sign_in_needed")
    assert cause(causes, causes.token()) == "riverbank"


def test_a_cause_is_told_in_the_readers_language(causes):
    with causes.service.database.write() as db:
        one = giving.causes(db, causes.shop.id)[0]
        told = replace(one, names={"ar": "ضفة النهر"}, stories={"ar": "ماء نظيف."})
        giving.change_cause(db, causes.shop.id, told, clock.now())
    first, _ = causes.ask("config", lang="ar").get_json()["causes"]
    assert (first["name"], first["story"]) == ("ضفة النهر", "ماء نظيف.")
    assert causes.ask("config", lang="en").get_json()["causes"][0]["name"] == "Riverbank"


def test_a_member_is_listed_by_a_name_and_taken_off_again(causes):
    answer = causes.do("list_giver", {"name": "Kit"}, causes.token())
    assert answer.get_json() == {"listed_as": "Kit"}
    refused = causes.do("list_giver", {"name": "a@b.example"}, causes.token(), once="k2")
    assert refusal(refused) == (422, "listed_name")
    answer = causes.do("unlist_giver", {}, causes.token(), once="k3")
    assert answer.get_json() == {"listed_as": None}
    assert refusal(causes.do("list_giver", {"name": "Kit"}, once="k4")) == (401, "sign_in_needed")
