"""What is the same for everybody is remembered for a moment; what is one's own, never."""

from dataclasses import replace
from functools import partial

import pytest
from cachetools import TTLCache

from connector.core import clock
from connector.rooms.giving import programmes
from connector.rooms.points import service as points
from connector.shops import store as shop_store
from connector.web import memory, public
from connector.web.memory import Memory

STORE = "https://acme.example"


class Page:
    """A page of Acme's store, which asks us."""

    def __init__(self, service):
        self.service, self.shop = service, service.install("woocommerce", STORE)

    def __call__(self, view, **headers):
        path = f"/storefront/woocommerce/{self.shop.public_id}/{view}"
        return self.service.http.get(path, headers=headers)


@pytest.fixture
def ask(service):
    return Page(service)


def publish(service, shop, hold_days):
    with service.database.write() as db:
        rule = replace(points.program(db, shop.id), hold_days=hold_days)
        points.publish_program(db, shop.id, rule, clock.now())


def hold_days(answer):
    return answer.get_json()["program"]["hold_days"]


def test_a_programme_is_remembered_for_a_moment(service, ask):
    assert hold_days(ask("config")) == 14
    publish(service, ask.shop, 7)
    assert hold_days(ask("config")) == 14
    service.app.extensions["perennial_remembered"]._known.clear()  # as after ten seconds
    assert hold_days(ask("config")) == 7


def test_a_programme_without_a_rate_in_the_shops_currency_says_that_it_gives_nothing(service, ask):
    publish(service, ask.shop, 14)
    with service.database.write() as db:
        shop_store.change(db, ask.shop.id, currency="KWD")
    program = ask("config").get_json()["program"]
    assert (program["currency"], program["points_each"], program["per_minor"]) == ("KWD", 0, 1000)


def test_goals_tell_what_is_paid_apart_from_what_is_promised(service, ask):
    assert ask("goals").get_json() == {"campaigns": []}
    goal = programmes.Campaign(0, "", {"en": "Trees", "ar": "أشجار"}, {}, "USD", 50_000)
    with service.database.write() as db:
        programmes.add_campaign(db, ask.shop.id, goal, clock.now())
    service.app.extensions["perennial_remembered"]._known.clear()  # as after ten seconds
    (told,) = ask("goals?lang=ar").get_json()["campaigns"]
    assert (told["key"], told["name"], told["goal_minor"]) == ("trees", "أشجار", 50_000)
    states = ("pledged_minor", "reconciled_minor", "paid_minor")
    assert [told[name] for name in states] == [0, 0, 0]
    assert told["said"]


def test_memory_forgets_in_time_and_when_there_is_too_much(monkeypatch):
    passed = [0.0]
    monkeypatch.setattr(memory, "TTLCache", partial(TTLCache, timer=lambda: passed[0]))
    known = Memory[str, int](2)
    known.put("a", 1)
    known.put("b", 2)
    known.put("c", 3)
    assert [known.get(key) for key in "abc"] == [None, 2, 3]
    passed[0] = memory.SECONDS - 0.1
    assert [known.get(key) for key in "abc"] == [None, 2, 3]
    passed[0] = memory.SECONDS
    assert [known.get(key) for key in "abc"] == [None, None, None]


def test_what_is_remembered_of_a_path_is_not_for_other_questions(ask):
    told = ask("config").data
    assert ask("config?more=1").data == told
    assert ask("me").get_json() == {"member": None}
    path = f"/storefront/woocommerce/{ask.shop.public_id}/config"
    assert ask.service.http.post(path).status_code == 405
    assert ask.service.http.head(path).data == b""
    preflight = ask.service.http.options(path)
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET"


def test_each_question_has_its_own_answer(service, ask):
    other = service.install("woocommerce", "https://other.example")
    publish(service, other, 3)
    told = service.http.get(f"/storefront/woocommerce/{other.public_id}/config")
    assert (hold_days(ask("config")), hold_days(told)) == (14, 3)
    assert told.headers["Access-Control-Allow-Origin"] == "https://other.example"
    assert ask("config").headers["Access-Control-Allow-Origin"] == STORE


def test_a_remembered_answer_looks_like_the_first(ask):
    first, again = ask("config"), ask("config")
    del first.headers["X-Request-Id"], again.headers["X-Request-Id"]
    assert (first.data, dict(first.headers)) == (again.data, dict(again.headers))
    assert "max-age=60" in again.headers["Cache-Control"]


def test_who_has_the_answer_gets_no_body(ask):
    etag = ask("config").headers["ETag"]
    answer = ask("config", **{"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == STORE
    assert ask("config", **{"If-None-Match": '"other"'}).status_code == 200


def test_a_refusal_is_not_remembered_and_may_be_read_by_the_store(ask):
    refused = ask("badge")
    assert (refused.status_code, refused.get_json()["code"]) == (422, "product_required")
    assert refused.headers["Access-Control-Allow-Origin"] == STORE
    assert "Cache-Control" not in refused.headers


def test_no_part_of_the_programme_hides_another(service, ask):
    with service.app.test_request_context(), service.database.read() as db:
        told = [set(part(db, ask.shop)) for part in public.PARTS]
        together = public.config(db, ask.shop)
    assert sum(map(len, told)) == len(together)
