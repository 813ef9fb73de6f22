"""The levels' draft over the API: read, changed, dropped, published; the template; warnings."""

import pytest

from connector.core import clock
from connector.core.commerce import Product
from connector.orders import record_products
from connector.program import service as program_service
from connector.web.api import tiers
from tests.web.schema import operations, problems
from tests.web.test_api import Api, refusal

EARLY = {
    "title": "Drop",
    "url": "https://acme.example/drop",
    "starts_at": "2026-12-01T09:00:00Z",
    "ends_at": "2026-12-03T09:00:00Z",
}
BASE = {"names": {"en": "Base"}, "threshold": 0}
TOP = {
    "names": {"en": "Top", "ar": "القمة"},
    "threshold": 1_500,
    "gift_points": 50,
    "perks": {"collection": "Summer", "collection_percent": 15, "early": EARLY},
}
WANTED = {
    "measure": "spend",
    "levels": [BASE, TOP],
    "rates": {"EUR": [108, 100]},
    "ladder": {"measure": "orders", "steps": [{"threshold": 3, "percent": 5}]},
    "trial": {"days": 7, "level": 2},
}


@pytest.fixture
def api(service):
    return Api(service, service.install("woocommerce", "https://acme.example"))


def send(api, path, method="POST", key="k1", **sending):
    return api.ask(path, method, headers={"Idempotency-Key": key}, **sending)


def as_described(api, answer, path, method="get"):
    assert answer.status_code == 200, answer.text
    described, told = api.get("/openapi.json"), answer.get_json()
    content = described["paths"][path][method]["responses"]["200"]["content"]
    assert problems(told, content["application/json"]["schema"], described) == [], path
    return told


def test_a_draft_is_read_as_it_was_sent_and_can_be_sent_again(api):
    assert refusal(api.ask("/tiers/draft")) == (404, "draft_not_found")
    saved = as_described(
        api, send(api, "/tiers/draft", json=WANTED), "/tiers/draft", method="post"
    )
    read = as_described(api, api.ask("/tiers/draft"), "/tiers/draft")
    assert read == saved
    program = read["program"]
    assert (program["measure"], program["rates"]) == ("spend", {"EUR": [108, 100]})
    assert program["trial"] == {"days": 7, "level": 2}
    base, top = program["levels"]
    assert (base["names"], base["threshold"]) == ({"en": "Base"}, 0)
    assert top["perks"]["early"] == EARLY
    assert int(top["id"]) > 0
    again = send(api, "/tiers/draft", key="k2", json=program)
    assert again.get_json()["program"] == program, "levels keep their ids"


def test_a_draft_is_dropped_and_what_is_in_force_stays(service, api):
    send(api, "/tiers/draft", json=WANTED)
    published = as_described(
        api, send(api, "/tiers/publish", key="k2"), "/tiers/publish", method="post"
    )
    assert refusal(send(api, "/tiers/draft", "DELETE", "k3")) == (404, "draft_not_found")
    send(api, "/tiers/draft", key="k4", json={"levels": [BASE]})
    dropped = send(api, "/tiers/draft", "DELETE", "k5")
    assert as_described(api, dropped, "/tiers/draft", "delete") == {"version": 2}
    assert refusal(api.ask("/tiers/draft")) == (404, "draft_not_found")
    assert refusal(send(api, "/tiers/publish", key="k6")) == (404, "draft_not_found")
    assert api.get("/tiers") == published


def test_the_levels_in_force_tell_of_early_access(api):
    send(api, "/tiers/draft", json=WANTED)
    send(api, "/tiers/publish", key="k2")
    told = as_described(api, api.ask("/tiers"), "/tiers")
    assert [one["perks"]["early"] for one in told["levels"]] == [None, EARLY]


def test_four_levels_with_welcome_points_by_a_program(service, api):
    drafted = as_described(api, send(api, "/tiers/template"), "/tiers/template", method="post")
    names = [one["names"]["en"] for one in drafted["program"]["levels"]]
    assert names == ["Seed", "Sprout", "Bloom", "Evergreen"]
    assert refusal(api.ask("/tiers")) == (404, "tiers_not_found"), "a draft is not in force"
    send(api, "/tiers/publish", key="k2", json={"welcome_points": True})
    assert [one["names"]["en"] for one in api.get("/tiers")["levels"]] == names
    (rule,) = welcome(service, api)
    assert (rule.points, rule.qualifies) == (5_000, False)
    send(api, "/tiers/template", key="k3")
    send(api, "/tiers/publish", key="k4", json={"welcome_points": True})
    assert len(welcome(service, api)) == 1, "joining earns once"


def test_levels_are_published_without_welcome_points_unless_asked(service, api):
    send(api, "/tiers/template")
    wrong = send(api, "/tiers/publish", key="k2", json={"welcome": True})
    assert refusal(wrong) == (422, "unknown_field")
    assert send(api, "/tiers/publish", key="k3", json={}).status_code == 200
    assert welcome(service, api) == []
    body = api.get("/openapi.json")["paths"]["/tiers/publish"]["post"]["requestBody"]
    assert body["required"] is False


def test_a_price_of_a_collection_nothing_is_in_is_warned_of(service, api):
    saved = send(api, "/tiers/draft", json=WANTED).get_json()
    assert saved["warnings"] == [], "no product has told of any: nobody can say"
    with service.database.write() as db:
        record_products(
            db, api.shop.id, [Product("1", "Tea", collections=("Winter",))], clock.now()
        )
    told = as_described(api, api.ask("/tiers/draft"), "/tiers/draft")
    (warning,) = told["warnings"]
    assert (warning["code"], warning["field"]) == ("collection_unknown", "levels-1-collection")
    with service.database.write() as db:
        record_products(
            db, api.shop.id, [Product("2", "Pot", categories=("Summer",))], clock.now()
        )
    assert api.get("/tiers/draft")["warnings"] == []
    assert send(api, "/tiers/publish", key="k2").status_code == 200


def test_every_operation_of_levels_is_described(api):
    paths = api.get("/openapi.json")["paths"]
    assert {("delete", "/tiers/draft"), ("post", "/tiers/template")} <= operations(
        tiers.OPERATIONS
    )
    assert all(method in paths[path] for method, path in operations(tiers.OPERATIONS))


def welcome(service, api):
    with service.database.read() as db:
        rules = program_service.newest(db, api.shop.id).rules
    return [one for one in rules if one.kind == "joined"]
