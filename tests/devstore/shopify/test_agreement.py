"""The service's own adapter reads the practice shop over HTTP: all its doors tell one story."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from werkzeug.serving import make_server

from adapters.shopify.admin_api import AdminApi
from adapters.shopify.bulk import History
from adapters.shopify.client import ShopifyClient
from adapters.shopify.normalise import normalise
from connector.core.commerce import (
    Customer,
    Delivery,
    NeedsFetch,
    Order,
    OrderState,
    Page,
    Person,
    Product,
)
from connector.core.http import Http
from devstore.model import Buyer, Status, replace
from tests.devstore.shopify.conftest import World, opened
from tests.flows.processes import free_port

DOMAIN = "acme.myshopify.com"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[World, ShopifyClient]]:
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with opened(tmp_path, origin) as (world, app):
        server = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        world.install()
        http = Http(allow_private=[origin])
        api = AdminApi(http, origin, world.tokens["access_token"])
        history = History(api, http, tmp_path / "work", DOMAIN)
        yield world, ShopifyClient(DOMAIN, api, history, world.clock)
        server.shutdown()
        server.server_close()
        thread.join()


def heard(world: World, order_id: int) -> Order:
    """The order as its newest webhook tells it."""
    parcel = next(
        one
        for one in reversed(world.face.webhooks.waiting())
        if one.topic == "orders/updated" and str(order_id).encode() in one.body
    )
    headers = {key.lower(): value for key, value in world.face.webhooks.headers(parcel).items()}
    return only(Delivery(parcel.topic, parcel.webhook_id, headers, parcel.body, DOMAIN))


def only(delivery: Delivery) -> Order:
    order = normalise(delivery)[0]
    assert isinstance(order, Order)
    return order


def goods(delivery: Delivery) -> list[Product]:
    return [one for one in normalise(delivery) if isinstance(one, Product)]


def story(order: Order) -> dict[str, Any]:
    """An order without what one door names more precisely than another."""
    told = {name: getattr(order, name) for name in Order.__struct_fields__}
    told["refunds"] = {one.key: (one.amount_minor, one.other_minor) for one in order.refunds}
    return told


def pieces(order: Order) -> list[tuple[str, int, int]]:
    found = [line for one in order.refunds for line in one.lines]
    return [(line.line_key, line.quantity, line.total_minor) for line in found]


def bought(world: World) -> list[int]:
    """Orders in every state a shop of ours can bring about."""
    shop, gift = world.shop, (250, "riverbank")
    orders = [world.sell({"CP-EVE": 2, "TP-CEL": 1}, donation=gift).id for _ in range(6)]
    orders.append(world.sell({"CP-EVE": 1}, payment="cod").id)
    guest = shop.place_order(Buyer("gil@customers.example", "Gil", "Guest"), {"CP-EVE": 1})
    world.clock.pass_by(minutes=5)
    first = shop.order(orders[1])
    shop.refund(first.id, {first.lines[0].id: 1}, amount_minor=2000, shipping_minor=100)
    world.http.post(f"/_devstore/shopify/orders/{orders[2]}/refund-all")
    world.http.post(f"/_devstore/shopify/orders/{orders[3]}/edit", json={"sku": "BW-MAT"})
    shop.cancel(orders[4])
    shop.set_status(orders[5], Status.COMPLETED)
    shop.set_status(orders[6], Status.COMPLETED)
    return [*orders, guest.id]


def test_a_webhook_and_a_fetch_tell_the_same_order(served):
    world, client = served
    for order_id in bought(world):
        asked = only(client.fetch(NeedsFetch("order", str(order_id))))
        told = heard(world, order_id)
        assert story(asked) == story(told)
        assert pieces(asked) == pieces(told)


def test_every_door_tells_the_same_of_the_account_that_bought(served):
    world, client = served
    order = world.sell({"CP-EVE": 1})
    mia = str(world.mia().id)
    world.clock.pass_by(minutes=1)
    world.shop.tag(world.mia().id, ["staff", "vip"])
    world.shop.change_customer(replace(world.mia(), newsletter=True))
    (asked,) = normalise(client.fetch(NeedsFetch("customer", mia)))
    assert isinstance(asked, Customer)
    assert (asked.tags, asked.accepts_marketing) == (("staff", "vip"), True)
    since, until = datetime(2026, 11, 1, tzinfo=UTC), world.clock() + timedelta(seconds=1)
    doors = [
        [client.fetch(NeedsFetch("order", str(order.id)))],
        whole(lambda cursor: client.changed("orders", since, until, cursor)),
        whole(lambda cursor: client.history("orders", until, cursor)),
    ]
    for (delivery,) in doors:
        assert normalise(delivery)[1:] == [structs.replace(asked, person=Person())]


def test_amounts_and_states_are_the_shops_own(served):
    world, client = served
    ids = bought(world)
    orders = [only(client.fetch(NeedsFetch("order", str(number)))) for number in ids]
    for order, number in zip(orders, ids, strict=True):
        own = world.shop.order(number)
        assert order.total_minor == own.total_minor
        assert sum(line.total_minor for line in order.lines) + order.shipping_minor == (
            order.total_minor
        )
        assert sum(one.amount_minor for one in order.refunds) == own.refunded_minor
        gifts = [line.total_minor for line in order.lines if line.cause == "riverbank"]
        assert sum(gifts) == own.donation_minor
    assert [order.state for order in orders] == [
        OrderState.PAID,
        OrderState.PAID,
        OrderState.REFUNDED,
        OrderState.PAID,
        OrderState.CANCELLED,
        OrderState.COMPLETED,
        OrderState.COMPLETED,
        OrderState.PAID,
    ]
    assert orders[-1].customer_key is None
    assert orders[0].customer_key == str(world.mia().id)


def test_history_and_reconcile_find_every_order(served):
    world, client = served
    ids = bought(world)
    until = world.clock() + timedelta(seconds=1)
    found = [only(one) for one in whole(lambda cursor: client.history("orders", until, cursor))]
    assert {order.key for order in found} == {str(number) for number in ids}
    since = datetime(2026, 11, 1, tzinfo=UTC)
    changed = whole(lambda cursor: client.changed("orders", since, until, cursor))
    assert {only(one).key for one in changed} == {order.key for order in found}
    assert len(changed) == len(ids)
    products = whole(lambda cursor: client.history("products", until, cursor))
    assert len(products) > 10
    told = {one.title: one.titles for delivery in products for one in goods(delivery)}
    for ware in world.shop.products():
        others = {tag: title for tag, title in ware.titles.items() if tag != "en"}
        assert told[ware.titles["en"]] == others


def whole(ask: Any) -> list[Delivery]:
    """All deliveries of a paged question."""
    cursor: str | None = None
    deliveries: list[Delivery] = []
    while True:
        page: Page = ask(cursor)
        deliveries += page.deliveries
        cursor = page.cursor
        if cursor is None:
            return deliveries


def test_the_shop_introduces_itself(served):
    _, client = served
    facts = client.shop_facts()
    assert (facts.name, facts.currency, facts.timezone) == (
        "Acme Ceramics",
        "USD",
        "America/Los_Angeles",
    )
    assert client.ensure_webhooks("", "") == []
