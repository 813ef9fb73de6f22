"""Days of her year in the panel: told once, changed for next year, forgotten when she likes."""

import pytest

from connector.core import clock
from connector.members import preferences
from connector.program.rules import Rule
from tests.web.shoppers import acme
from tests.web.test_api import refusal
from tests.web.test_club import section, sections, told
from tests.web.test_club_rewards import press

__all__ = ["acme"]


@pytest.fixture
def birthdays(acme):
    acme.service.publish(
        acme.shop, rules=(Rule("b", "occasion", points=200, occasion="birthday"),)
    )
    return acme


def day(front, **query):
    (one,) = section(told(front, front.token(), **query), "you")["items"]
    return one


def test_nobody_is_asked_for_days_that_nothing_celebrates(acme):
    assert "you" not in sections(told(acme, acme.token()))


def test_a_day_is_told_changed_and_forgotten(birthdays):
    birthday = day(birthdays)
    assert birthday["title"] == "Your birthday"
    (save,) = birthday["acts"]
    assert [one["label"] for one in save["fields"][:2]] == ["Day", "Month"]
    greet = {"name": "greet", "kind": "checkbox", "value": False}
    assert greet.items() <= save["fields"][2].items(), "nobody agrees by saying nothing"
    assert save["fields"][1]["options"][1] == ["01", "January"]
    assert save["join"] == {"month_day": ["month", "day"]}
    press(birthdays, save, month_day="05-14", greet=False)
    assert day(birthdays)["lines"] == [
        "No greeting and no gift that day: you did not agree to one."
    ]
    press(birthdays, save, "k1b", month_day="05-14", greet=True)
    birthday = day(birthdays)
    assert birthday["lines"][0].startswith("It counts from ")
    save, remove = birthday["acts"]
    assert [one["value"] for one in save["fields"]] == ["14", "05", True]
    press(birthdays, remove, "k2")
    (again,) = day(birthdays)["acts"]
    assert again["name"] == "set_occasion"


def test_it_is_said_from_when_on_it_counts(birthdays):
    wanted = {"name": "birthday", "month_day": "05-14", "greet": True}
    answer = birthdays.do("set_occasion", wanted, birthdays.token(), lang="ar").get_json()
    assert answer["sentence"].startswith("حُفظ. يسري من ")
    assert answer["counts_from"] > "2026"
    declined = {**wanted, "greet": False}
    answer = birthdays.do("set_occasion", declined, birthdays.token(), once="k2").get_json()
    assert answer["sentence"] == "Saved. No greeting and no gift that day, as you wish."


def test_no_such_day(birthdays):
    wanted = {"name": "birthday", "month_day": "02-30"}
    answer = birthdays.do("set_occasion", wanted, birthdays.token())
    assert refusal(answer)[:2] == (422, "occasion_day")
    assert "occasion_day" in told(birthdays, birthdays.token())["says"]


@pytest.mark.parametrize(
    ("lang", "labels", "may"),
    [("ar", ["اليوم", "الشهر"], "مايو"), ("zh-TW", ["月份", "日"], "5月")],
)
def test_day_and_month_come_as_people_say_them(birthdays, lang, labels, may):
    (save,) = day(birthdays, lang=lang)["acts"]
    assert [one["label"] for one in save["fields"][:2]] == labels
    months = next(one for one in save["fields"] if one["name"] == "month")
    assert months["options"][5] == ["05", may]


def test_two_questions_ask_what_she_likes(acme):
    tea = {1: {"en": "Green", "ar": "أخضر"}, 2: {"en": "Black"}}
    with acme.service.database.write() as db:
        asked = [preferences.Question(1, {"en": "Which tea?", "ar": "أي شاي؟"}, tea)]
        preferences.ask(db, acme.shop.id, asked, clock.now())
    (save,) = section(told(acme, acme.token(), lang="ar"), "wishes")["acts"]
    (field,) = save["fields"]
    assert field["label"] == "أي شاي؟"
    assert field["options"] == [[None, "بلا إجابة"], [1, "أخضر"], [2, "Black"]]
    press(acme, save, question_1=2)
    (save,) = section(told(acme, acme.token()), "wishes")["acts"]
    assert save["fields"][0]["value"] == 2
    press(acme, save, "k2", question_1=None)
    (save,) = section(told(acme, acme.token()), "wishes")["acts"]
    assert "value" not in save["fields"][0]


def test_a_day_that_nobody_named_is_refused(birthdays):
    wanted = {"name": "nope", "month_day": "02-03", "greet": False}
    answer = birthdays.do("set_occasion", wanted, birthdays.token())
    assert refusal(answer)[:2] == (422, "occasion_unknown")
    assert "occasion_unknown" in told(birthdays, birthdays.token())["says"]
