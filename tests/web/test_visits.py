"""Being here counts: days in a row, and pages that the programme names."""

import pytest

from connector.program.rules import Rule
from tests.web.shoppers import acme
from tests.web.test_api import refusal
from tests.web.test_club import plain, section, told
from tests.web.test_referrals import code, publish

__all__ = ["acme"]
KILN = Rule("kiln", "visit", points=5, target="https://acme.example/pages/kiln/")
POT = Rule("pot", "visit", points=7, target="77", labels={"ar": "شاهد الإبريق"})
STREAK = Rule("streak", "streak", points=3, count=1)


@pytest.fixture
def watched(acme):
    acme.service.publish(acme.shop, rules=(KILN, POT, STREAK))
    return acme


def come(front, *seen, once="v1"):
    answer = front.do("visit", {"seen": seen}, front.token(), once)
    assert answer.status_code == 200, answer.get_json()
    front.service.work(["drain"])
    return answer.get_json()["watch"]


def available(front):
    return front.ask("me", front.token()).get_json()["member"]["available"]


def test_a_day_counts_once_and_says_which_pages_are_watched(watched):
    assert come(watched, "/") == ["/pages/kiln", "77"]
    assert available(watched) == 3
    assert come(watched, "/", once="v2") == ["/pages/kiln", "77"]
    assert available(watched) == 3


def test_a_watched_page_gives_once(watched):
    assert come(watched, "/pages/kiln", "12") == ["77"]
    assert available(watched) == 8
    assert come(watched, "/products/pot", "77", once="v2") == []
    assert come(watched, "/pages/kiln", "77", once="v3") == []
    assert available(watched) == 15


def test_nobody_is_nowhere(watched):
    assert refusal(watched.do("visit", {"seen": ["/"]}))[:2] == (401, "sign_in_needed")
    answer = watched.do("visit", {"seen": ["/"] * 5}, watched.token())
    assert answer.status_code == 422


def test_a_new_account_is_no_error_and_tells_again(watched):
    answer = watched.do("visit", {"seen": ["/pages/kiln"]}, watched.token(sub="4711"))
    assert (answer.status_code, answer.get_json()) == (200, {"watch": [], "day": ""})


def test_ways_to_earn_say_what_is_done(watched):
    before = section(told(watched, watched.token()), "earn")["items"]
    assert [one["value"] for one in before] == [
        "1 point per $1",
        "5 points",
        "7 points",
        "3 points",
    ]
    come(watched, "/pages/kiln")
    after = section(told(watched, watched.token()), "earn")["items"]
    assert [one["value"] for one in after][:2] == ["1 point per $1", "Done"]
    arabic = section(told(watched, watched.token(), lang="ar"), "earn")["items"]
    assert [one["title"] for one in arabic][2] == "شاهد الإبريق"


def test_a_products_page_names_a_few_tasks_and_their_places(watched):
    tasks = plain(watched.ask("tasks", watched.token(), product="77").get_json())
    assert tasks["title"] == "Earn here"
    first, second, third = tasks["items"]
    assert (first["title"], first["value"]) == ("Look at a page of ours", "5 points")
    assert first["href"] == "https://acme.example/pages/kiln/"
    assert "href" not in second
    assert third["title"] == "Visit us 1 day in a row"
    come(watched, "/pages/kiln")
    left = plain(watched.ask("tasks", watched.token(), product="77").get_json())["items"]
    assert len(left) == 2


def test_without_such_rules_there_is_nothing_to_do(acme):
    answer = acme.ask("tasks", acme.token(), product="77")
    assert answer.get_json() == {"title": "Earn here"}
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert come(acme, "/") == []


def test_a_visit_by_her_link_counts_for_her_once_a_day(acme):
    publish(acme)
    acme.service.publish(acme.shop, rules=(Rule("shares", "shares", points=4),))
    link = {"code": code(acme)}
    assert acme.do("referral_visit", link, once="a").status_code == 200
    assert acme.do("referral_visit", link, once="b").status_code == 200
    assert acme.do("referral_visit", link, acme.token(), once="c").get_json()["own"] is True
    acme.service.work(["drain"])
    assert available(acme) == 4
