"""The two questions, as a shopper meets them; and the days her shop asks for."""

from dataclasses import replace

import pytest

from connector.core import clock
from connector.members import preferences
from connector.members.preferences import Question
from connector.program import service as program
from connector.program.rules import Rule
from tests.web.shoppers import acme
from tests.web.test_club import section, sections, told

__all__ = ["acme"]
TEA = Question(
    1,
    {"en": "Tea?", "zh-Hant": "茶？"},
    {1: {"en": "Yes", "zh-Hant": "好"}, 3: {"en": "No"}},
)


@pytest.fixture
def asked(acme):
    """Acme gives something on birthdays, and asks one question."""
    with acme.service.database.write() as db:
        wanted = program.newest(db, acme.shop.id)
        rule = Rule(id="b", kind="occasion", points=50, occasion="birthday")
        program.publish(db, acme.shop.id, replace(wanted, rules=(rule,)), clock.now())
        preferences.ask(db, acme.shop.id, [TEA], clock.now())
    return acme


def test_nothing_is_asked_where_nothing_is_given(acme):
    own = acme.ask("me", acme.token()).get_json()
    assert (own["occasions"], own["preferences"]) == ([], [])
    assert "wishes" not in sections(told(acme, acme.token()))


def test_she_sees_the_days_that_are_asked_for(asked):
    own = asked.ask("me", asked.token()).get_json()
    assert own["occasions"] == [
        {"name": "birthday", "month_day": None, "counts_from": None, "greet": False}
    ]


def test_a_wish_is_kept(asked):
    answer = asked.do("preferences", {"question_1": 3}, asked.token())
    assert answer.get_json() == {"answers": {"1": 3}}
    own = asked.ask("me", asked.token(), lang="zh-TW").get_json()
    (question,) = own["preferences"]
    assert (question["text"], question["answer"]) == ("茶？", 3)
    assert [one["text"] for one in question["choices"]] == ["好", "No"]
    for wrong in ({"question_1": 2}, {"question_2": 1}, {"question_1": "3"}):
        answer = asked.do("preferences", wrong, asked.token(), once=str(wrong))
        assert answer.status_code == 422, wrong
    gone = asked.do("preferences", {"question_1": None}, asked.token(), once="k5")
    assert gone.get_json() == {"answers": {}}


@pytest.mark.parametrize("lang", ["en", "ar", "zh-Hant"])
def test_the_panel_has_a_form_for_it(asked, lang):
    club = told(asked, asked.token(), lang=lang)
    (form,) = section(club, "wishes")["acts"]
    assert form["name"] == "preferences"
    assert [one[0] for one in form["fields"][0]["options"]] == [None, 1, 3]
