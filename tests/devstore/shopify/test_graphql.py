from datetime import timedelta

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse

from adapters.shopify import documents
from devstore.model import Product, replace
from devstore.shopify.graph.cost import Bucket
from devstore.shopify.graph.roots import Roots

ORDERS = """query($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id name } pageInfo { hasNextPage endCursor }
  }
}"""


def asks_for(name: str) -> tuple[str, set[str]]:
    """The root field a document asks for, and the variables it takes."""
    document = parse(documents.document(name))
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    taken = {one.variable.name.value for one in operation.variable_definitions}
    field = operation.selection_set.selections[0]
    assert isinstance(field, FieldNode)
    return field.name.value, taken


@pytest.fixture
def busy(installed):
    """A shop with a paid, twice refunded order that carries a donation."""
    order = installed.sell({"CP-EVE": 3, "TP-CEL": 1}, donation=(250, "riverbank"))
    shop = installed.shop
    shop.refund(order.id, {order.lines[0].id: 1}, reason="Chipped")
    shop.refund(order.id, {order.donation.line_id: 0}, amount_minor=450, shipping_minor=100)
    installed.order = shop.order(order.id)
    return installed


CHANGES = {  # asked with real inputs by test_gifts.py
    *("code_basic", "code_product", "code_shipping", "code_end", "credit_give", "segment_make"),
    *("standing_basic_make", "standing_basic_change", "standing_shipping_make", "standing_end"),
    *("standing_shipping_change", "standing_delete", "tags_add", "tags_remove"),
    *("metafield_define", "metafields_set", "metafields_delete"),  # test_metafields.py
}


@pytest.mark.parametrize("name", sorted(set(documents.names()) - CHANGES))
def test_every_document_of_the_service_is_answered_whole(busy, name):
    field, taken = asks_for(name)
    gids = {
        "order": ("Order", busy.order.id),
        "refund": ("Refund", busy.order.refunds[0].id),
        "customer": ("Customer", busy.mia().id),
        "product": ("Product", busy.order.lines[0].product_id),
    }
    if field == "bulkOperation":
        query = documents.document("products_bulk")
        started = busy.graphql(documents.document("bulk_start"), query=query)
        gid = started["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"]
    else:
        gid = "gid://shopify/{}/{}".format(*gids.get(field, ("None", 0)))
    bulk = documents.document("orders_bulk")
    searched = {"segments": "name:'VIP'", "collections": "title:'Tea'"}
    since = "updated_at:>='2026-01-01T00:00:00Z'"
    values = {
        "id": gid,
        "query": bulk if name == "bulk_start" else searched.get(field, since),
        "code": "NOT-THERE",
        "accounts": "currency_code:USD",
        "first": 2,
        "lines": 5,
        "refunds": 5,
        "after": None,
        "namespace": "perennial",
        "key": "asked",
    }
    if name == "order_lines":
        order = busy.graphql(documents.document("order"), id=gid, lines=1, refunds=1)["data"]
        values["after"] = order["order"]["lineItems"]["pageInfo"]["endCursor"]
    if name.endswith("_bulk"):  # sent as an argument of bulk_start, not by itself
        answer = busy.graphql(documents.document("bulk_start"), query=documents.document(name))
        assert answer["data"]["bulkOperationRunQuery"]["userErrors"] == []
        return
    body = busy.graphql(documents.document(name), **{key: values[key] for key in taken})
    assert "errors" not in body
    assert name == "code_find" or body["data"][field] is not None


def test_an_order_adds_up_and_names_its_donation(busy):
    gid = f"gid://shopify/Order/{busy.order.id}"
    document = documents.document("order")
    order = busy.graphql(document, id=gid, lines=10, refunds=10)["data"]["order"]
    lines = order["lineItems"]["nodes"]
    assert [line["currentQuantity"] for line in lines] == [2, 1, 0]
    assert lines[2]["customAttributes"] == [{"key": "_perennial_donation", "value": "riverbank"}]
    assert not lines[2]["taxable"]
    assert not lines[2]["requiresShipping"]
    assert lines[0]["originalTotalSet"]["shopMoney"] == {"amount": "54.0", "currencyCode": "USD"}
    assert order["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    refund = documents.document("refund")
    for wanted, one in zip(((1800, 0, 0), (250, 100, 100)), order["refunds"], strict=True):
        told = busy.graphql(refund, id=one["id"], lines=10)["data"]["refund"]
        pieces = sum(cents(piece["subtotalSet"]) for piece in told["refundLineItems"]["nodes"])
        shipping = [cents(x["subtotalAmountSet"]) for x in told["refundShippingLines"]["nodes"]]
        other = cents(told["totalRefundedSet"]) - pieces - sum(shipping)
        assert (pieces, sum(shipping), other) == wanted


def cents(bag) -> int:
    return round(float(bag["shopMoney"]["amount"]) * 100)


def test_pages_of_orders_neither_skip_nor_repeat_when_one_changes_between(installed):
    orders = []
    for _ in range(5):
        orders.append(installed.sell({"CP-EVE": 1}))
        installed.clock.pass_by(minutes=1)
    first = installed.graphql(ORDERS, first=2)["data"]["orders"]
    installed.shop.cancel(orders[3].id)  # moves to the end
    cursor = first["pageInfo"]["endCursor"]
    rest = installed.graphql(ORDERS, first=10, after=cursor)["data"]["orders"]
    names = [node["name"] for node in first["nodes"] + rest["nodes"]]
    assert names == ["#1001", "#1002", "#1003", "#1005", "#1004"]
    assert not rest["pageInfo"]["hasNextPage"]


def test_orders_of_the_same_second_are_paged_by_id(installed):
    for _ in range(5):
        installed.sell({"CP-EVE": 1})
    seen, cursor = [], None
    for _ in range(3):
        page = installed.graphql(ORDERS, first=2, after=cursor)["data"]["orders"]
        seen += [node["name"] for node in page["nodes"]]
        cursor = page["pageInfo"]["endCursor"]
    assert seen == ["#1001", "#1002", "#1003", "#1004", "#1005"]


def test_searches_by_time_are_windows(installed):
    start = installed.clock()
    for _ in range(4):
        installed.sell({"CP-EVE": 1})
        installed.clock.pass_by(minutes=10)
    low, high = start + timedelta(minutes=10), start + timedelta(minutes=30)
    query = f"updated_at:>='{low.isoformat()}' AND updated_at:<'{high.isoformat()}'"
    found = installed.graphql(ORDERS, first=10, query=query)["data"]["orders"]["nodes"]
    assert [node["name"] for node in found] == ["#1002", "#1003"]
    named = installed.graphql(ORDERS, first=10, query="name:#1004")["data"]["orders"]["nodes"]
    assert [node["name"] for node in named] == ["#1004"]
    unknown = installed.graphql(ORDERS, first=10, query="colour:green")
    assert "colour" in unknown["errors"][0]["message"]


def test_a_trashed_order_is_gone(installed):
    order = installed.sell({"CP-EVE": 1})
    installed.shop.trash(order.id)
    gid = f"gid://shopify/Order/{order.id}"
    assert installed.graphql("query($id: ID!) { order(id: $id) { id } }", id=gid)["data"] == {
        "order": None
    }
    assert installed.graphql(ORDERS, first=5)["data"]["orders"]["nodes"] == []


def test_without_read_all_orders_old_orders_are_not_there(installed):
    installed.sell({"CP-EVE": 1})
    installed.clock.pass_by(days=61)
    installed.sell({"CP-EVE": 1})
    few = Roots(installed.shop, "http://shop", "acme.myshopify.com", "read_orders")
    assert [node["name"] for node in few.bulk("orders", None)] == ["#1002"]


def test_a_field_beyond_the_granted_scopes_is_denied(installed):
    pair = installed.face.door.tokens.grant("read_orders", installed.clock(), expiring=True)
    installed.tokens["access_token"] = pair.access
    body = installed.graphql('{ shop { name } customer(id: "gid://shopify/Customer/1") { id } }')
    assert body["data"] == {"shop": {"name": "Acme Ceramics"}, "customer": None}
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_costs_are_asked_paid_and_given_back(busy):
    gid = f"gid://shopify/Order/{busy.order.id}"
    body = busy.graphql(documents.document("order"), id=gid, lines=20, refunds=5)
    cost = body["extensions"]["cost"]
    assert cost["requestedQueryCost"] > cost["actualQueryCost"] > 10
    status = cost["throttleStatus"]
    assert status["maximumAvailable"] == 2000
    assert 2000 - status["currentlyAvailable"] <= cost["actualQueryCost"] + 1
    assert status["restoreRate"] == 100


def test_too_large_a_query_is_refused(installed):
    lines = "lineItems(first: 50) { nodes { id } }"
    query = f"{{ orders(first: 50) {{ nodes {{ id {lines} }} }} }}"
    error = installed.graphql(query)["errors"][0]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"


def test_throttling_is_an_error_inside_200(installed):
    installed.http.put("/_devstore/shopify/switches", json={"throttle_next": 1})
    refused = installed.graphql("{ shop { name } }")
    assert refused["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in refused
    assert refused["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 2000
    assert installed.graphql("{ shop { name } }")["data"]["shop"]["name"] == "Acme Ceramics"


def test_a_bucket_leaks_and_fills():
    now = [0.0]
    bucket = Bucket(clock=lambda: now[0])
    assert bucket.take(1900)
    assert not bucket.take(200)
    now[0] += 1
    assert bucket.take(200)
    assert bucket.status()["currentlyAvailable"] == 0


def test_personal_data_can_be_withheld_field_by_field(busy):
    busy.http.put("/_devstore/shopify/switches", json={"withhold_personal": True})
    gid = f"gid://shopify/Order/{busy.order.id}"
    body = busy.graphql(documents.document("order"), id=gid, lines=5, refunds=5)
    assert body["data"]["order"]["email"] is None
    assert body["data"]["order"]["customer"]["firstName"] is None
    assert body["data"]["order"]["name"] == "#1001"
    assert {error["extensions"]["code"] for error in body["errors"]} == {"ACCESS_DENIED"}


def test_a_wrong_query_or_id_is_told_in_200(installed):
    assert "errors" in installed.graphql("{ shop { colour } }")
    assert "errors" in installed.graphql("{ shop {")
    wrong = "query($id: ID!) { product(id: $id) { id } }"
    assert "Invalid global id" in str(installed.graphql(wrong, id="42")["errors"])


def test_without_a_token_nothing_is_answered(installed):
    answer = installed.http.post("/admin/api/2026-10/graphql.json", json={"query": "{ shop }"})
    assert answer.status_code == 401
    assert answer.get_json() == {
        "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
    }


def test_a_product_that_is_no_longer_sold_is_a_draft(installed):
    product = installed.shop.shelf.get(Product, "CP-EVE")
    installed.shop.change_product(replace(product, published=False, in_stock=False))
    gid = f"gid://shopify/Product/{product.id}"
    told = installed.graphql(documents.document("product"), id=gid)["data"]["product"]
    assert told["status"] == "DRAFT"
    assert told["publishedAt"] is None
    assert told["totalInventory"] == 0
