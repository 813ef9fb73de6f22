"""Recommendations by the API: the rows of a product and of a member, and the shop's wishes."""

from typing import Any

import pytest

from connector.core import clock
from connector.core.commerce import Product
from connector.orders.service import record_products
from connector.rooms import recommend
from connector.rooms.recommend.rules.scores import Due, Score
from connector.rooms.recommend.scoring import service as scoring
from connector.rooms.recommend.scoring import store
from connector.web.api import products
from tests.web.schema import operations, problems
from tests.web.test_api import acme, mia, refusal, rival

__all__ = ["acme", "mia", "rival"]
WISHES = "/recommendations/wishes"
NONE = {
    "pins": {},
    "without_products": [],
    "without_collections": [],
    "beside": {},
    "off": [],
    "pages_a_day": 8,
}
_calls = iter(range(10_000))


def put(api, what, **body):
    headers = {"Idempotency-Key": f"k{next(_calls)}"}
    return api.ask(f"{WISHES}/{what}", "PUT", json=body, headers=headers)


@pytest.fixture
def built(service, acme):
    """Two cups are alike by their titles."""
    shop_id, now = acme.shop.id, clock.now()
    cups = [Product(key, f"Celadon cup {key}", 900, f"https://acme.example/{key}") for key in "ab"]
    with service.database.write() as db:
        record_products(db, shop_id, cups, now)
        recommend.mark(db, shop_id, now, at_once=True)
    assert recommend.build(service.database, shop_id, now)
    return acme


def test_a_products_row_says_why_and_how_much(built):
    told = built.get("/products/a/recommendations")
    assert (told["row"], told["others"]) == ("similar", [])
    (item,) = told["items"]
    assert (item["product_key"], item["reason"], item["beside"]) == (
        "b",
        "titles",
        "Celadon cup a",
    )
    assert (item["together"], item["times"], item["score"]) == (0, 0, 1000)


def test_wishes_are_kept_and_taken_back(service, acme):
    filed = [Product(key, key, 900, collections=("Sale", "Tea", "Pots")) for key in "abcx"]
    with service.database.write() as db:
        record_products(db, acme.shop.id, filed, clock.now())
    assert acme.get(WISHES) == NONE
    put(acme, "pins", place="product:a", products=["b", "b", "c"])
    put(acme, "exclusions", products=["x"], collections=["Sale"])
    put(acme, "beside", collection="Tea", others=["Pots"])
    put(acme, "surfaces", surface="cart", on=False)
    put(acme, "rest", pages_a_day=3)
    wanted = {
        "pins": {"product:a": ["b", "c"]},
        "without_products": ["x"],
        "without_collections": ["Sale"],
        "beside": {"Tea": ["Pots"]},
        "off": ["cart"],
        "pages_a_day": 3,
    }
    assert acme.get(WISHES) == wanted
    put(acme, "pins", place="product:a", products=[])
    put(acme, "exclusions", products=[], collections=[])
    put(acme, "beside", collection="Tea", others=[])
    put(acme, "surfaces", surface="cart", on=True)
    assert put(acme, "rest", pages_a_day=8).get_json() == NONE


@pytest.mark.parametrize(
    ("what", "body", "code"),
    [
        ("pins", {"place": "moon", "products": ["a"]}, "unknown_place"),
        ("pins", {"place": "product:", "products": ["a"]}, "unknown_place"),
        ("pins", {"place": "surface:moon", "products": ["a"]}, "unknown_place"),
        ("pins", {"place": "product:a", "products": list("abcdefghijklm")}, "too_many"),
        ("pins", {"place": "product:a", "products": ["a"]}, "pin_beside_itself"),
        ("pins", {"place": "surface:home", "products": ["gone"]}, "product_unknown"),
        ("exclusions", {"products": ["gone"], "collections": []}, "product_unknown"),
        ("exclusions", {"products": ["x" * 201], "collections": []}, "too_many"),
        ("beside", {"collection": " ", "others": ["a"]}, "name_required"),
        ("beside", {"collection": "Nope", "others": ["a"]}, "collection_unknown"),
        ("exclusions", {"products": [], "collections": ["Nope"]}, "collection_unknown"),
        ("surfaces", {"surface": "moon", "on": True}, "unknown_surface"),
        ("rest", {"pages_a_day": 101}, "pages_range"),
        ("rest", {"pages_a_day": -1}, "pages_range"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(acme, what, body, code):
    assert refusal(put(acme, what, **body)) == (422, code)
    assert acme.get(WISHES) == NONE


def test_one_shops_wishes_are_not_anothers(acme, rival, mia):
    put(acme, "rest", pages_a_day=3)
    assert rival.get(WISHES) == NONE
    answer = rival.ask(f"/members/{mia}/recommendations")
    assert refusal(answer) == (404, "member_not_found")


def test_what_to_expect_of_a_member_is_told(built, service, mia):
    path = f"/members/{mia}/recommendations"
    assert built.get(path)["chances"] is None
    now, told = clock.now(), Score(3, 612, 2432, [Due("a", 347), Due("gone", 300)])
    assert scoring.score(service.database, built.shop.id, now)
    with service.database.write() as db:
        store.put(db, built.shop.id, {int(mia): told})
        store.finish(db, built.shop.id, returners=10, buys_learnt=True)
    chances = built.get(path)["chances"]
    assert chances.pop("scored_at").startswith(f"{now:%Y-%m-%d}")
    assert chances == {
        "buys_permille": 612,
        "yearly_thousandths": 2432,
        "needed_again": [{"product_key": "a", "title": "Celadon cup a", "permille": 347}],
        "buys_learnt": True,
        "again_learnt": False,
    }
    api = built.get("/openapi.json")
    described = api["paths"]["/members/{member_id}/recommendations"]["get"]["responses"]["200"]
    schema = described["content"]["application/json"]["schema"]
    assert problems(built.get(path), schema, api) == []


def test_every_answer_is_what_the_description_says(built, mia):
    api = built.get("/openapi.json")
    asked: dict[tuple[str, str], dict[str, Any] | None] = {
        ("put", f"{WISHES}/pins"): {"place": "surface:home", "products": ["a"]},
        ("put", f"{WISHES}/exclusions"): {"products": [], "collections": []},
        ("put", f"{WISHES}/beside"): {"collection": "Tea", "others": []},
        ("put", f"{WISHES}/surfaces"): {"surface": "home", "on": True},
        ("put", f"{WISHES}/rest"): {"pages_a_day": 0},
        ("get", WISHES): None,
        ("get", "/products/{key}/recommendations"): None,
        ("get", "/members/{member_id}/recommendations"): None,
    }
    for (method, path), body in asked.items():
        if body is None:
            told = built.get(path.replace("{key}", "a").replace("{member_id}", str(mia)))
        else:
            told = put(built, path.rpartition("/")[2], **body).get_json()
        schema = api["paths"][path][method]["responses"]["200"]["content"]["application/json"]
        assert problems(told, schema["schema"], api) == [], path
    assert asked.keys() == operations(products.OPERATIONS)
