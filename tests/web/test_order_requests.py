"""An order we never heard of: the store is asked for it, and what came of that is told."""

import pytest

from connector.core import clock, outbox
from tests.fakes import WooStore
from tests.flows.service import make_service
from tests.web.schema import problems
from tests.web.test_api import Api, refusal
from tests.worker.test_dispatch import ORDER

JOBS = ("dispatch", "drain")


@pytest.fixture
def service(database, serve):
    store = WooStore(orders={"3": {**ORDER, "id": 3}})
    serve(store)
    return make_service(database, private=[store.origin]), store.origin


@pytest.fixture
def acme(service):
    made, origin = service
    return Api(made, made.install("woocommerce", origin)), made


def ask(api, key):
    once = {"Idempotency-Key": f"ask {key}"}
    return api.ask(f"/orders/{key}/request", "POST", headers=once)


def state(api, key):
    return api.get(f"/orders/{key}/request")["state"]


def test_an_order_that_never_came_is_asked_for_and_diagnosed(acme):
    api, service = acme
    assert refusal(api.ask("/orders/3/diagnosis")) == (404, "order_not_found")
    assert state(api, "3") == "missing"
    told, described = ask(api, "3").get_json(), api.get("/openapi.json")
    assert told == {"key": "3", "state": "waiting", "code": None}
    answer = described["paths"]["/orders/{key}/request"]["post"]["responses"]["200"]
    assert problems(told, answer["content"]["application/json"]["schema"], described) == []
    service.work(JOBS)
    assert state(api, "3") == "known"
    assert api.get("/orders/3/diagnosis")


def test_what_the_store_does_not_have_is_said_to_be_missing(acme):
    api, service = acme
    assert ask(api, "999").get_json()["state"] == "waiting"
    service.work(JOBS)
    assert state(api, "999") == "missing"


def test_what_the_store_would_not_say_is_given_up_with_its_reason(acme):
    api, service = acme
    ask(api, "3")
    with service.database.write() as db:
        (task,) = outbox.claim(db, api.shop.id, clock.now(), 1)
        outbox.postpone(db, task, clock.now(), "key_refused", seconds=-1)
    assert api.get("/orders/3/request") == {"key": "3", "state": "given_up", "code": "key_refused"}


def test_what_is_no_id_is_not_asked_for(acme):
    api, _ = acme
    assert refusal(ask(api, "x1")) == (422, "invalid_key")
    assert refusal(ask(api, "9" * 30)) == (422, "invalid_key")
