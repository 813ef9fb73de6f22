"""Every recorded WooCommerce delivery, sent over HTTP, against the oracle's rows."""

import json
import random

import pytest
import requests

from connector.core import clock
from connector.orders import store as order_store
from connector.shops import service as shops
from tests.adapters.woocommerce import samples
from tests.fakes import woo_signed
from tests.flows import oracle, recorded
from tests.flows.processes import wait_for
from tests.flows.service import HOOK_SECRET, LONG_AGO, make_service

pytestmark = samples.needed
RATES = {"USD": (1, 100), "EUR": (2, 100), "JPY": (1, 10), "KWD": (3, 1000)}
NO_ROW = {"ping-webhook-created"}
FETCHED = {"action-order-refunded": "46", "action-order-status-changed": "44"} | {
    "action-payment-complete": "57",
    "order-deleted-trash": "51",
}
CUSTOMERS = ("customer-created", "customer-updated")


@pytest.fixture
def world(database, serve):
    """A service and its shop, at a store of your choice."""

    def make(store):
        origin = serve(store)
        service = make_service(database, private=[origin])
        shop = service.install("woocommerce", origin)
        service.publish(shop, LONG_AGO, rates=RATES)
        return service, shop

    return make


def send(service, shop, name):
    path = f"/hooks/woocommerce/{shop.hook_path}"
    return service.http.post(path, data=samples.raw(name), headers=recorded.headers(name))


def expected(orders):
    return oracle.expect(recorded.sales(orders), clock.now(), rates=RATES)


def buyers(told):
    """The members who bought something: accounts are told without an order, too."""
    return {who: has for who, has in told.members.items() if has != (0, 0)}


def assert_as(service, shop, orders):
    told, right = service.told(shop), expected(orders)
    assert told.orders == right.orders
    assert told.gifts == right.gifts
    assert buyers(told) == buyers(right)
    assert set(right.members) <= set(told.members)
    assert service.audit(shop) == []


@pytest.mark.parametrize("name", samples.DELIVERIES)
def test_one_delivery_alone_ends_as_the_store_stood_then(world, name):
    store = recorded.as_of(name)
    service, shop = world(store)
    assert send(service, shop, name).status_code == 200
    assert len(service.inbox(shop)) == (name not in NO_ROW)
    service.work()
    named = FETCHED.get(name) or str(samples.body(name)["id"] if name in samples.ORDERS else "")
    assert_as(service, shop, [store.orders[named]] if named else [])
    states = {row.state for row in service.inbox(shop)}
    assert states <= {"done", "ignored"}
    if name.startswith(CUSTOMERS):
        assert list(service.told(shop).members) == [str(samples.body(name)["id"])]
    with service.database.read() as db:
        problem = shops.get(db, shop.id).problem
        products = order_store.products(db, shop.id, ["53"])
    lost = "woocommerce_rest_cannot_view" if "permission-error" in name else None
    assert problem == lost
    assert list(products) == (["53"] if name in ("product-created", "product-updated") else [])


def test_points_follow_a_recorded_order_through_its_refunds(world):
    store = recorded.as_of("order-created-registered")
    service, shop = world(store)
    balances = []
    for name in (
        "order-created-registered",
        "order-updated-registered-completed",
        "order-updated-partial-refund-line",
        "order-updated-partial-refund-amount",
        "order-updated-full-refund-after-partials",
    ):
        store.orders["46"] = samples.body(name)
        store.refunds["46"] = recorded.refunds_of(samples.body(name))
        send(service, shop, name)
        service.work()
        assert_as(service, shop, [samples.body(name)])
        balances.append(sum(service.told(shop).members["2"]))
    assert balances == [0, 32, 21, 18, 0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_deliveries_in_any_order_end_the_same(world, seed):
    """Shuffled, a third of them twice, with the worker looking in now and then."""
    store = recorded.store(recorded.newest().values())
    service, shop = world(store)
    rng = random.Random(seed)
    names = [*samples.DELIVERIES, *rng.sample(samples.DELIVERIES, len(samples.DELIVERIES) // 3)]
    rng.shuffle(names)
    if seed == 1:
        names = samples.DELIVERIES
    for name in names:
        assert send(service, shop, name).status_code == 200
        if rng.random() < 0.2:
            service.work()
    service.work()
    kept = service.inbox(shop)
    assert len([row for row in kept if row.source == "hook"]) == len(samples.DELIVERIES) - 1
    assert {row.state for row in kept} <= {"done", "ignored"}
    assert_as(service, shop, store.orders.values())
    told = service.told(shop)
    assert set(told.members) == {"2", "7", "8"} | {
        f"{name}@customers.example" for name in ("gina.guest", "henry.guest", "ivy.guest")
    } | {"unicode@customers.example"}


def test_the_same_orders_once_completed_earn_in_every_currency(world):
    """What was recorded unpaid, completed: coupons, tax inside, three decimals, donations."""
    orders = [recorded.completed(one) for key, one in recorded.newest().items() if key != "51"]
    orders = [one for one in orders if one["status"] != "refunded"]
    service, shop = world(recorded.store(orders))
    for order in orders:
        body = json.dumps(order).encode()
        path = f"/hooks/woocommerce/{shop.hook_path}"
        headers = woo_signed(body, HOOK_SECRET, delivery=str(order["id"]))
        assert service.http.post(path, data=body, headers=headers).status_code == 200
    service.work()
    assert_as(service, shop, orders)
    told = service.told(shop)
    assert len(buyers(told)) >= 5
    assert told.gifts["68", "34"] == (10, 0, 0)  # given, and refunded
    assert told.gifts["72", "42"] == (100, 0, 100)


def test_all_deliveries_through_a_real_server(world, programs):
    """The web program keeps, over a socket; a worker of another process reads."""
    store = recorded.store(recorded.newest().values())
    service, shop = world(store)
    started = programs()
    wait_for(f"{started.url}/healthz", started.web())
    with requests.Session() as sender:
        for name in samples.DELIVERIES:
            answer = sender.post(
                f"{started.url}/hooks/woocommerce/{shop.hook_path}",
                data=samples.raw(name),
                headers=recorded.headers(name),
                timeout=30,
            )
            assert answer.status_code == 200, (name, answer.text)
    assert len(service.inbox(shop)) == len(samples.DELIVERIES) - 1
    service.work()
    assert_as(service, shop, store.orders.values())


def test_a_customer_deleted_before_it_is_told_stays_gone(world):
    service, shop = world(recorded.as_of("customer-created"))
    for name in ("customer-deleted", "customer-created", "customer-updated"):
        send(service, shop, name)
        service.work()
    assert service.told(shop).members == {}
