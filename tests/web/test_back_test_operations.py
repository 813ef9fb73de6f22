"""Back-tests over the API: asked for once a key, followed, and what they found."""

import pytest

from connector.core import clock
from connector.rooms.rehearsal import service as rehearsals
from tests.flows.test_bad_webhooks import woocommerce
from tests.web.schema import problems
from tests.web.test_api import PAID, Api, refusal
from tests.web.test_programme_operations import drafted

WHERE = "/program/versions/{version}/back-test"


@pytest.fixture
def acme(service):
    shop = service.install("woocommerce", "https://acme.example")
    woocommerce(service, shop, PAID)
    service.work(["drain"])
    return Api(service, shop)


def test_a_back_test_is_asked_for_followed_and_read(acme, service):
    version = drafted(acme)
    where = WHERE.format(version=version)
    assert refusal(acme.ask(where)) == (404, "back_test_not_found")
    api = acme.get("/openapi.json")
    asked = acme.ask(where, "POST", headers={"Idempotency-Key": "k1"})
    assert asked.status_code == 200, asked.text
    assert (asked.get_json()["state"], asked.get_json()["result"]) == ("waiting", None)
    rehearsals.rehearse(service.database, acme.shop.id, clock.now())
    told = acme.get(where)
    assert told["state"] == "done"
    for method, answer in (("post", asked.get_json()), ("get", told)):
        schema = api["paths"][WHERE][method]["responses"]["200"]["content"]["application/json"]
        assert problems(answer, schema["schema"], api) == []


def test_what_is_no_version_has_no_back_test(acme):
    for version in ("99", "x", str(2**40)):
        where = WHERE.format(version=version)
        asked = acme.ask(where, "POST", headers={"Idempotency-Key": version})
        assert refusal(asked) == (404, "version_not_found")
