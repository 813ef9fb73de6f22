"""The whole history by bulk operation: started, awaited, downloaded, read in pages, resumed."""

import json
import os
import random
import stat
import tracemalloc

import pytest
import responses
from graphql import parse

from adapters.shopify import bulk
from adapters.shopify.bulk import BulkFile, History
from adapters.shopify.client import ShopifyClient
from connector.core.commerce import NeedsFetch, Order
from connector.core.errors import PlatformBusy, PlatformError, PlatformMissing, PlatformRefused
from connector.core.http import Http
from tests.adapters.shopify import graph, world
from tests.adapters.shopify.graph import bag, jsonl

OPERATION = "gid://shopify/BulkOperation/147595010"
FILE = "https://storage.example/bulk-147595010.jsonl"
CREATED = {"id": OPERATION, "status": "CREATED"}
STARTED = {"bulkOperationRunQuery": {"bulkOperation": CREATED, "userErrors": []}}


def status(name, **changes):
    told = {
        "id": OPERATION,
        "status": name,
        "errorCode": None,
        "objectCount": "7",
        "rootObjectCount": "3",
        "url": FILE if name == "COMPLETED" else None,
        **changes,
    }
    return {"bulkOperation": told}


def refused(*problems):
    return {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": list(problems)}}


def rows_of(number, *, parts=True):
    """An order's rows: itself, two lines, a shipping line."""
    order = graph.order(number=number)
    for name in ("lineItems", "shippingLines"):
        del order[name]
    parent = {"__parentId": order["id"]}
    lines = [graph.line(number * 10 + n, "10.0") | parent for n in (1, 2)] if parts else []
    price = {"discountedPriceSet": bag("4.9"), "taxLines": []}
    ship = {"id": f"gid://shopify/ShippingLine/{number}"} | price | parent
    return [order, *lines, *([ship] if parts else [])]


def file_of(rows, mock):
    mock.add(responses.GET, FILE, body=jsonl(rows))


def history(shop, cursor=None, what="orders"):
    return shop.client.history(what, world.NOW, cursor)


def read_on(shop, cursor, what="orders"):
    """All that follows a cursor."""
    found = []
    while cursor is not None:
        page = history(shop, cursor, what)
        found += [one for delivery in page.deliveries for one in world.told(delivery)]
        cursor = page.cursor
    return found


@pytest.fixture
def started(shop):
    shop.answers(STARTED)
    return history(shop).cursor


def test_it_starts_with_everything_before_a_moment(shop):
    shop.answers(STARTED)
    page = history(shop)
    assert (page.deliveries, page.wait_seconds > 0) == ((), True)
    assert page.cursor.startswith(OPERATION)
    (name, asked) = shop.asked[0]
    assert name == "BulkStart"
    assert "created_at:<'2026-11-22T12:00:00Z'" in asked["query"]
    assert "1970" not in asked["query"]
    assert len(parse(asked["query"]).definitions) == 1


def test_it_waits_while_shopify_prepares(shop, started):
    shop.answers(status("CREATED"), status("RUNNING", rootObjectCount="2"))
    for total in (3, 2):
        page = history(shop, started)
        assert (page.cursor, page.deliveries, page.total) == (started, (), total)
        assert page.wait_seconds > 0


def test_parts_find_their_order_wherever_they_stand(shop, started, mock):
    rows = [row for number in (1, 2, 3) for row in rows_of(number)]
    random.Random(7).shuffle(rows)
    file_of(rows, mock)
    shop.answers(status("COMPLETED"))
    found = read_on(shop, started)
    assert {one.key for one in found} == {"1", "2", "3"}
    for one in found:
        assert {line.key for line in one.lines} == {f"{one.key}1", f"{one.key}2"}
        assert one.shipping_minor == 490


def test_a_shop_without_history_is_done(shop, started):
    shop.answers(status("COMPLETED", url=None, objectCount="0", rootObjectCount="0"))
    page = history(shop, started)
    assert (page.deliveries, page.cursor, page.total) == ((), None, 0)


def test_pages_go_on_where_the_last_ended(shop, started, mock, monkeypatch):
    monkeypatch.setattr(bulk, "ROOTS", 2)
    file_of([row for number in range(1, 6) for row in rows_of(number)], mock)
    shop.answers(status("COMPLETED"))
    first = history(shop, started)
    assert [world.told(one)[0].key for one in first.deliveries] == ["1", "2"]
    assert first.total == 5
    assert [one.key for one in read_on(shop, first.cursor)] == ["3", "4", "5"]
    assert len(shop.asked) == 2  # asked for once, downloaded once, read from disk


def test_another_machine_goes_on_from_the_cursor(shop, started, mock, monkeypatch, tmp_path):
    monkeypatch.setattr(bulk, "ROOTS", 2)
    file_of([row for number in range(1, 6) for row in rows_of(number)], mock)
    shop.answers(status("COMPLETED"), status("COMPLETED"))
    cursor = history(shop, started).cursor
    elsewhere = History(shop.api, Http(), tmp_path / "elsewhere", world.SHOP)
    shop.client = ShopifyClient(world.SHOP, shop.api, elsewhere)
    assert [one.key for one in read_on(shop, cursor)] == ["3", "4", "5"]


def test_a_page_asked_for_twice_is_the_same_page(shop, started, mock, monkeypatch):
    monkeypatch.setattr(bulk, "ROOTS", 1)
    file_of([row for number in (1, 2, 3) for row in rows_of(number)], mock)
    shop.answers(status("COMPLETED"))
    cursor = history(shop, started).cursor
    assert history(shop, cursor) == history(shop, cursor)


def test_an_unfinished_index_is_made_anew(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(jsonl(rows_of(1)))
    tmp_path.joinpath("a.part").write_bytes(b"a crash left this")
    file = BulkFile(path, "orders")
    assert not file.is_ready()
    file.make_index()
    assert file.is_ready()
    assert len(file.read(0)[0]) == 1


def test_the_last_page_leaves_nothing_on_disk(shop, started, mock, tmp_path):
    file_of(rows_of(1), mock)
    shop.answers(status("COMPLETED"))
    read_on(shop, started)
    assert list((tmp_path / "history").iterdir()) == []
    assert stat.S_IMODE((tmp_path / "history").stat().st_mode) == 0o700


def test_files_nobody_finished_are_swept_away(shop, started, mock, tmp_path):
    (tmp_path / "history").mkdir(mode=0o700)
    old = tmp_path / "history" / "old.jsonl"
    old.write_bytes(b"{}")
    os.utime(old, (0, 0))
    file_of(rows_of(1), mock)
    shop.answers(status("COMPLETED"))
    read_on(shop, started)
    assert not old.exists()


def test_orders_with_refunds_are_asked_for_because_bulk_cannot_tell_their_lines(
    shop, started, mock
):
    refund = {"id": "gid://shopify/Refund/5", "totalRefundedSet": bag("10.0")}
    order, *parts = rows_of(1)
    file_of([order | {"refunds": [refund]}, *parts], mock)
    shop.answers(status("COMPLETED"))
    found, wanted = read_on(shop, started)
    assert isinstance(found, Order)
    assert not found.refunds[0].lines_known
    assert wanted == NeedsFetch("order", "1")


@pytest.mark.parametrize(
    "end",
    [
        status("FAILED", errorCode="INTERNAL_SERVER_ERROR"),
        status("FAILED", errorCode="TIMEOUT"),
        status("CANCELED"),
        status("EXPIRED"),
        status("COMPLETED", url=None),
    ],
)
def test_what_fails_on_shopifys_side_is_started_again_but_not_forever(shop, started, end):
    cursor = started
    for _ in range(bulk.TRIES - 1):
        shop.answers(end, STARTED)
        page = history(shop, cursor)
        assert page.cursor != cursor
        cursor = page.cursor
    shop.answers(end)
    with pytest.raises(PlatformError) as caught:
        history(shop, cursor)
    assert caught.value.code == "bulk_failed"


def test_history_we_may_not_read(shop, started):
    shop.answers(status("FAILED", errorCode="ACCESS_DENIED"))
    with pytest.raises(PlatformRefused, match="access_denied"):
        history(shop, started)


def test_an_operation_shopify_does_not_know(shop, started):
    shop.answers({"bulkOperation": None})
    with pytest.raises(PlatformMissing):
        history(shop, started)


def test_too_many_operations_at_once_wait(shop):
    for code in ("OPERATION_IN_PROGRESS", "LIMIT_REACHED"):
        shop.answers(refused({"code": code, "message": "later"}))
        with pytest.raises(PlatformBusy) as caught:
            history(shop)
        assert caught.value.retry_after_seconds == 60


def test_an_operation_shopify_refuses(shop):
    shop.answers(refused({"code": "INVALID", "message": "Queries that contain..."}), refused())
    with pytest.raises(PlatformError, match="bulk_refused"):
        history(shop)
    with pytest.raises(PlatformError, match="unreadable_answer"):
        history(shop)
    with pytest.raises(PlatformError, match="cannot_fetch"):
        history(shop, what="customers")


@pytest.mark.parametrize("answer", [(404, {}, ""), (503, {}, ""), (200, {}, "not json\n")])
def test_a_file_that_cannot_be_read_leaves_the_cursor_good(shop, started, mock, answer):
    code, _, body = answer
    broken = mock.add(responses.GET, FILE, status=code, body=body)
    shop.answers(status("COMPLETED"), status("COMPLETED"))
    with pytest.raises(PlatformError):
        history(shop, started)
    mock.remove(broken)
    file_of(rows_of(1), mock)
    assert [one.key for one in read_on(shop, started)] == ["1"]


def test_a_part_we_did_not_ask_for_is_no_silent_loss(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(jsonl([{"id": "gid://shopify/Surprise/1", "__parentId": "x"}]))
    with pytest.raises(PlatformError, match="unreadable_answer"):
        BulkFile(path, "orders").make_index()


def test_a_shipping_line_without_an_id_and_empty_lines(tmp_path):
    order, *_ = rows_of(1)
    ship = {"discountedPriceSet": bag("4.9"), "taxLines": [], "__parentId": order["id"]}
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n" + jsonl([ship]) + b"\n\n" + jsonl([order]).rstrip())
    file = BulkFile(path, "orders")
    file.make_index()
    (body,), after = file.read(0)
    assert after is None
    assert len(json.loads(body)["shipping"]) == 1


def test_products_come_with_their_collections(shop, mock):
    product = graph.product()
    del product["collections"]
    row = {
        "id": "gid://shopify/Collection/5",
        "title": "Tea",
        "__parentId": product["id"],
    }
    file_of([row, product], mock)
    shop.answers(STARTED, status("COMPLETED"))
    (found,) = read_on(shop, history(shop, what="products").cursor, "products")
    assert found.categories == ("Tea",)


def test_memory_stays_flat(tmp_path):
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        for number in range(1, 4_001):
            file.write(jsonl(rows_of(number, parts=False)))
    tracemalloc.start()
    found = BulkFile(path, "orders")
    found.make_index()
    offset: int | None = 0
    count = 0
    while offset is not None:
        bodies, offset = found.read(offset)
        count += len(bodies)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 4_000
    assert peak < 2_500_000 < path.stat().st_size
