import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from adapters.shopify import documents
from devstore.shopify.bulk import BulkDesk, Operation
from tests.devstore.shopify.conftest import World

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
START = documents.document("bulk_start")
STATUS = documents.document("bulk_status")


def run(world: World, query: str) -> dict[str, Any]:
    """Start a bulk operation, wait for its end, and tell its node."""
    started = world.graphql(START, query=query)["data"]["bulkOperationRunQuery"]
    assert started["userErrors"] == []
    assert started["bulkOperation"]["status"] == "CREATED"
    while True:
        node = world.graphql(STATUS, id=started["bulkOperation"]["id"])["data"]["bulkOperation"]
        if node["status"] not in ("CREATED", "RUNNING"):
            return dict(node)


def lines_of(world: World, node: dict[str, Any]) -> list[dict[str, Any]]:
    path = str(node["url"]).removeprefix("http://127.0.0.1:8402")
    answer = world.http.get(path)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]


@pytest.fixture
def stocked(installed):
    for number in range(20):
        installed.sell({"CP-EVE": 1, "TP-CEL": 1 + number % 2}, donation=(100, "riverbank"))
    installed.clock.pass_by(minutes=1)
    return installed


def all_orders(world: World) -> str:
    now = world.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    return documents.document("orders_bulk").replace("1970-01-01T00:00:00Z", now)


def test_the_history_comes_as_lines_that_name_their_parents(stocked):
    node = run(stocked, all_orders(stocked))
    lines = lines_of(stocked, node)
    assert node["status"] == "COMPLETED"
    assert node["errorCode"] is None
    tops = [line for line in lines if "__parentId" not in line]
    assert node["rootObjectCount"] == str(len(tops)) == "20"
    assert node["objectCount"] == str(len(lines)) == str(20 + 20 * 4)
    seen: set[object] = set()
    for line in lines:
        assert line.get("__parentId", None) in seen | {None}
        seen.add(line["id"])
    assert "lineItems" not in tops[0]
    assert tops[0]["refunds"] == []


def test_children_seldom_follow_their_parent_at_once(stocked):
    lines = lines_of(stocked, run(stocked, all_orders(stocked)))
    pairs = pairwise(lines)
    assert sum(child.get("__parentId") == parent["id"] for parent, child in pairs) < 5


def test_nothing_found_is_a_success_without_a_file(stocked):
    node = run(stocked, documents.document("orders_bulk"))
    assert (node["status"], node["url"], node["objectCount"]) == ("COMPLETED", None, "0")


def test_the_catalogue_has_collections_and_the_gift_that_is_not_listed(stocked):
    query = documents.document("products_bulk").replace("1970-01-01", "2999-01-01")
    lines = lines_of(stocked, run(stocked, query))
    gift, *_ = lines
    assert (gift["title"], gift["publishedAt"], gift["onlineStoreUrl"]) == ("Donation", None, None)
    shelves = {line["title"] for line in lines if "__parentId" in line}
    assert shelves == {"Tea", "Teaware", "Tableware", "Tea table", "Small gifts"}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("{ shop { name } }", "at least one connection"),
        ("{ orders { nodes { refunds { refundLineItems { nodes { quantity } } } } } }", "a list"),
        ("{ orders {", "Syntax Error"),
        ("{ colours { id } }", "Cannot query field"),
    ],
)
def test_what_the_real_service_refuses_is_refused(stocked, query, sentence):
    told = stocked.graphql(START, query=query)["data"]["bulkOperationRunQuery"]
    assert told["bulkOperation"] is None
    assert sentence in told["userErrors"][0]["message"]


def test_only_result_files_are_served(stocked):
    assert stocked.http.get("/bulk/shopify.db").status_code == 404
    assert stocked.http.get("/bulk/..%2fshopify.db").status_code == 404


def test_the_end_is_told(stocked):
    before = len(stocked.face.webhooks.waiting())
    run(stocked, all_orders(stocked))
    while len(stocked.face.webhooks.waiting()) == before:
        pass
    last = stocked.face.webhooks.waiting()[-1]
    body = json.loads(last.body)
    assert last.topic == "bulk_operations/finish"
    assert (body["status"], body["type"], body["error_code"]) == ("completed", "query", None)


def test_what_a_restart_interrupted_has_failed(stocked, tmp_path):
    shelf = stocked.shop.shelf
    shelf.put("shopify bulk", "7", Operation(7, "{ orders { nodes { id } } }", "RUNNING", AT))
    desk = BulkDesk(shelf, tmp_path, "http://127.0.0.1:8402", stocked.clock, lambda _: None)
    node = desk.find(7)
    assert node is not None
    assert (node["status"], node["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")


def test_five_at_once_are_enough(stocked):
    for number in range(5):
        query = "{ orders { nodes { id } } }"
        operation = Operation(number, query, "RUNNING", AT)
        stocked.shop.shelf.put("shopify bulk", str(number), operation)
    told = stocked.graphql(START, query=all_orders(stocked))["data"]["bulkOperationRunQuery"]
    assert told["userErrors"][0]["code"] == "OPERATION_IN_PROGRESS"
