"""Every Shopify topic, signed and sent over HTTP, against the oracle's rows."""

import copy
import json
import random
import uuid
from typing import Any

import pytest

from connector.core import clock
from connector.orders import store as order_store
from connector.shops import service as shops
from tests.adapters.shopify import world as acme
from tests.fakes import ShopifyStore, shopify_signed
from tests.flows import oracle
from tests.flows.service import CLIENT_SECRET, make_service

pytestmark = acme.needed
WHOLE = ("orders/cancelled", "orders/create", "orders/paid", "orders/updated")
IGNORED = {
    "bulk_operations/finish", "carts/update", "checkouts/create", "customers/merge",
    "customers/purchasing_summary", "discounts/create", "discounts/redeemcode_added",
    "discounts/redeemcode_removed", "order_transactions/create", "shop/update",
}  # fmt: skip
# What these do depends on what was there before; the redacted example has the buyer's e-mail.
TURNS = ("app/uninstalled", "customers/redact", "shop/redact")
BUYER, ACCOUNT = "115310627314723954", "706405506930370084"
PRODUCT = "788032119674292922"
ROUNDED = "820982911946154500"  # where no exact id stands beside it: an order nobody has
SHIRT: dict[str, Any] = {
    "id": f"gid://shopify/Product/{PRODUCT}",
    "title": "Example T-Shirt",
    "handle": "example-t-shirt",
    "status": "ACTIVE",
    "publishedAt": "2022-01-01T00:00:00Z",
    "updatedAt": "2022-01-01T00:00:00Z",
    "priceRangeV2": {"minVariantPrice": {"amount": "19.99", "currencyCode": "USD"}},
}


@pytest.fixture
def world(database, serve):
    """A service with Acme on Shopify, at a store that holds one product and no order."""
    store = ShopifyStore(nodes={SHIRT["id"]: SHIRT})
    service = make_service(database, shopify_origin=serve(store))
    return service, service.install("shopify", acme.SHOP)


def send(service, topic, body=None, delivery=None):
    raw = acme.sample(topic) if body is None else json.dumps(body).encode()
    key = str(uuid.uuid5(uuid.NAMESPACE_DNS, delivery or topic))
    headers = shopify_signed(raw, CLIENT_SECRET, topic, delivery=key)
    answer = service.http.post("/hooks/shopify", data=raw, headers=headers)
    assert (answer.status_code, answer.data) == (200, b"")


def assert_as(service, shop, orders, gone=None):
    told = service.told(shop)
    right = oracle.expect(map(oracle.shopify, orders), clock.now(), confirmed=False)
    assert told.orders == right.orders | (gone or {})
    assert told.gifts == right.gifts
    assert {who: told.members[who] for who in right.members} == right.members
    assert service.audit(shop) == []


@pytest.mark.parametrize("topic", acme.TOPICS)
def test_one_topic_alone(world, topic):
    service, shop = world
    send(service, topic)
    service.work()
    (kept, *fetched) = service.inbox(shop)
    assert kept.state == ("ignored" if topic in IGNORED else "done")
    assert [row.state for row in fetched] == ["done"] * (
        topic in ("products/create", "products/update")
    )
    gone = topic == "orders/delete"  # an order Shopify does not show may only be out of our sight
    assert_as(
        service,
        shop,
        [json.loads(acme.sample(topic))] if topic in WHOLE else [],
        {ROUNDED: ("deleted", 0)} if gone else {},
    )
    members = {BUYER} if topic in WHOLE else set()
    members |= {ACCOUNT} if topic in ("customers/create", "customers/update") else set()
    assert set(service.told(shop).members) == members
    with service.database.read() as db:
        after = shops.get(db, shop.id)
        products = order_store.products(db, shop.id, [PRODUCT])
    assert after.state == ("uninstalled" if topic == "app/uninstalled" else "active")
    assert bool(after.problem) is (topic == "app/scopes_update")
    assert {one.price_minor for one in products.values()} == ({1999} if fetched else set())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_topics_in_any_order_end_the_same(world, seed):
    service, shop = world
    topics = [topic for topic in acme.TOPICS if topic not in TURNS]
    rng = random.Random(seed)
    sent = [*topics, *rng.sample(topics, 9)] if seed > 1 else topics
    if seed > 1:
        rng.shuffle(sent)
    for topic in sent:
        send(service, topic)
        if rng.random() < 0.3:
            service.work()
    service.work()
    kept = service.inbox(shop)
    assert len([row for row in kept if row.source == "hook"]) == len(topics)
    assert {row.state for row in kept} == {"done", "ignored"}
    gone = {ROUNDED: ("deleted", 0)}
    assert_as(service, shop, [json.loads(acme.sample("orders/updated"))], gone)
    assert set(service.told(shop).members) == {BUYER}


def paid(**changes):
    """The documented order as if it were real, paid and not undone."""
    order = copy.deepcopy(json.loads(acme.sample("orders/paid")))
    return {**order, "test": False, "cancelled_at": None, "financial_status": "paid", **changes}


def test_a_paid_order_earns_by_halves_until_it_is_seen_in_the_shop(world):
    service, shop = world
    order = paid()
    gift = [{"name": "_perennial_donation", "value": "riverbank"}]
    order["line_items"][4] |= {
        "properties": gift,
        "requires_shipping": False,
        "taxable": False,
        "gift_card": False,
    }
    send(service, "orders/paid", order)
    service.work()
    assert_as(service, shop, [order])
    told = service.told(shop)
    assert told.members[BUYER] == (0, 294)  # 89.99 + 19.99 + 24.99 + 159.99, long paid
    assert list(told.gifts.values()) == [(11999, 11999, 0)]  # pledged, not due


def test_refunds_by_line_and_amount_take_points_back(world):
    service, shop = world
    refund = json.loads(acme.sample("refunds/create"))
    refund["refund_line_items"] = refund["refund_line_items"][:2]
    partly = paid(
        financial_status="partially_refunded",
        refunds=[refund],
        updated_at="2022-01-02T00:00:00-05:00",
    )
    refund["transactions"][0]["amount"] = "150.00"  # and 10.00: more than the two lines
    orders = [("orders/paid", paid()), ("orders/updated", partly), ("orders/create", paid())]
    for number, (topic, order) in enumerate(orders):
        send(service, topic, order, delivery=str(number))
        service.work()
    assert_as(service, shop, [partly])
    assert service.told(shop).members[BUYER] == (0, 254)  # 414 less 90 and 20, less 50.02 / 414.95


def test_after_an_uninstall_only_the_law_is_heard(world):
    service, shop = world
    send(service, "app/uninstalled")
    service.work()
    for topic in set(acme.TOPICS) - {"shop/redact"}:
        send(service, topic, delivery=f"late {topic}")
    service.work()
    told = service.told(shop)
    assert (told.orders, told.members, told.gifts) == ({}, {}, {})
    heard = {row.topic for row in service.inbox(shop) if row.state == "done"}
    assert heard == {"app/uninstalled", "customers/data_request", "customers/redact"}


@pytest.mark.parametrize("at_once", [True, False])
def test_a_shop_that_left_is_forgotten_but_for_its_numbers(world, at_once):
    """Also when a worker that was away finds both messages at once."""
    service, shop = world
    send(service, "orders/paid", paid())
    service.work()
    send(service, "app/uninstalled")
    if not at_once:
        service.work()
    send(service, "shop/redact")
    service.work()
    told = service.told(shop)
    assert (service.inbox(shop), told.orders, told.members) == ([], {}, {})
    assert service.entries(shop) == 1


def test_a_shop_that_is_here_is_not_forgotten(world):
    """It came back within the 48 hours after which Shopify asks for it."""
    service, shop = world
    send(service, "orders/paid", paid())
    send(service, "shop/redact")
    service.work()
    assert service.told(shop).members[BUYER] == (0, 414)
