import dataclasses
import json
from typing import Any

import pytest
import requests
import responses

from devstore import faults
from devstore.model import Buyer, Customer, Product, Status, replace
from devstore.shopify.signing import webhook_hmac
from devstore.shopify.webhooks import Webhooks
from tests.devstore.shopify.conftest import SECRET, SERVICE, World

HOOK = f"{SERVICE}/hooks/shopify"


@pytest.fixture
def service():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add(responses.POST, HOOK)
        yield mock


def sent(world: World, service) -> list[tuple[str, dict[str, Any]]]:
    """What arrives at the service when all that waits is delivered: topic and body."""
    service.calls.reset()
    world.face.tick(everything=True)
    return [
        (call.request.headers["X-Shopify-Topic"], json.loads(call.request.body))
        for call in service.calls
    ]


def topics(world: World, service) -> list[str]:
    return [topic for topic, _ in sent(world, service)]


def test_a_delivery_is_signed_and_named_as_documented(installed, service):
    installed.sell({"CP-EVE": 1})
    installed.face.tick()
    calls = [call.request for call in service.calls]
    assert len(calls) == 3
    for call in calls:
        assert call.headers["X-Shopify-Hmac-Sha256"] == webhook_hmac(SECRET, call.body)
        assert call.headers["X-Shopify-Shop-Domain"] == "acme.myshopify.com"
        assert call.headers["X-Shopify-API-Version"] == "2026-10"
        assert call.headers["X-Shopify-Triggered-At"].startswith("2026-11-22T12:00:00.0")
        assert call.headers["X-Shopify-Triggered-At"].endswith("Z")
    assert len({call.headers["X-Shopify-Webhook-Id"] for call in calls}) == 3
    assert len({call.headers["X-Shopify-Event-Id"] for call in calls}) == 1


def test_every_thing_that_happens_has_its_topics(installed, service):
    order = installed.sell({"CP-EVE": 2})
    assert topics(installed, service) == ["orders/create", "orders/paid", "orders/updated"]
    installed.shop.refund(order.id, amount_minor=100)
    assert topics(installed, service) == ["refunds/create", "orders/updated"]
    installed.shop.set_status(order.id, Status.COMPLETED)
    assert topics(installed, service) == ["orders/updated"]
    installed.shop.cancel(order.id)
    assert topics(installed, service) == ["orders/cancelled", "orders/updated"]
    installed.shop.erase(order.id)
    assert sent(installed, service) == [("orders/delete", {"id": order.id})]
    noah = installed.shop.add_customer("noah@customers.example", "Noah", "Birch")
    installed.shop.change_customer(replace(noah, last_name="Ash"))
    installed.shop.delete_customer(noah.id)
    assert topics(installed, service) == [
        "customers/create",
        "customers/update",
        "customers/delete",
    ]
    product = installed.shop.shelf.get(Product, "CP-EVE")
    installed.shop.change_product(replace(product, price_minor=1900))
    installed.shop.delete_product(product.id)
    assert topics(installed, service) == ["products/update", "products/delete"]


def test_cash_is_paid_when_it_is_handed_over(installed, service):
    order = installed.sell({"CP-EVE": 1}, payment="cod")
    (_, body), _ = sent(installed, service)
    assert body["financial_status"] == "pending"
    assert body["total_outstanding"] == body["total_price"]
    installed.shop.set_status(order.id, Status.COMPLETED)
    told = sent(installed, service)
    assert [topic for topic, _ in told] == ["orders/paid", "orders/updated"]
    assert told[0][1]["financial_status"] == "paid"
    assert told[0][1]["fulfillment_status"] == "fulfilled"


def test_a_shop_without_the_app_tells_nothing(world, service):
    world.sell({"CP-EVE": 1})
    assert sent(world, service) == []


def test_a_delivery_is_retried_eight_times_with_the_same_bytes(installed):
    installed.shop.add_customer("noah@customers.example", "Noah", "Birch")
    with responses.RequestsMock() as service:
        service.add(responses.POST, HOOK, status=503)
        for _ in range(12):
            installed.face.tick()
            installed.clock.pass_by(hours=1)
        calls = [call.request for call in service.calls]
    assert len(calls) == 9
    assert len({(call.body, call.headers["X-Shopify-Webhook-Id"]) for call in calls}) == 1
    assert installed.face.webhooks.waiting() == []


def test_a_retry_waits_and_then_arrives(installed):
    installed.shop.add_customer("noah@customers.example", "Noah", "Birch")
    with responses.RequestsMock() as service:
        service.add(responses.POST, HOOK, body=requests.Timeout())
        installed.face.tick()
        installed.face.tick()
        assert len(service.calls) == 1
    with responses.RequestsMock() as service:
        service.add(responses.POST, HOOK, status=302)
        service.add(responses.POST, HOOK, status=204)
        installed.clock.pass_by(seconds=1)
        assert installed.face.tick() == 1
        installed.clock.pass_by(seconds=2)
        assert installed.face.tick() == 1
    assert installed.face.webhooks.waiting() == []


def test_faults_duplicate_drop_and_delay(installed, service):
    faults.switch(installed.shop, faults.Faults(duplicate=1))
    installed.shop.add_customer("noah@customers.example", "Noah", "Birch")
    assert topics(installed, service) == ["customers/create"] * 2
    ids = {call.request.headers["X-Shopify-Webhook-Id"] for call in service.calls}
    assert len(ids) == 1
    faults.switch(installed.shop, faults.Faults(drop=1))
    installed.shop.add_customer("lena@customers.example", "Lena", "Birch")
    assert topics(installed, service) == []
    assert installed.face.webhooks.waiting() == []
    faults.switch(installed.shop, faults.Faults(delay_seconds=30))
    installed.shop.add_customer("kai@customers.example", "Kai", "Birch")
    assert installed.face.tick() == 0
    installed.clock.pass_by(seconds=30)
    assert installed.face.tick() == 1


def test_what_the_app_did_not_declare_is_not_sent(installed, service):
    few = declaring(installed, {"orders/paid"})
    few.queue(("orders/create", {"id": 1}), ("orders/paid", {"id": 1}))
    assert topics(installed, service) == ["orders/paid"]


def declaring(world: World, declared: set[str]):
    app = dataclasses.replace(world.app, topics=frozenset(declared))
    return Webhooks(world.shop, "acme.myshopify.com", app)


def test_the_body_is_as_things_stood_when_it_happened(installed, service):
    order = installed.sell({"CP-EVE": 1})
    installed.shop.cancel(order.id)
    first, *_, last = sent(installed, service)
    assert first[1]["cancelled_at"] is None
    assert last[1]["cancelled_at"].endswith("-08:00")


def test_a_guest_order_has_no_customer_and_a_deleted_account_neither(installed, service):
    installed.shop.place_order(Buyer("guest@customers.example", "Gil", "Guest"), {"CP-EVE": 1})
    told = sent(installed, service)
    assert told[0][1]["customer"] is None
    assert told[0][1]["email"] == "guest@customers.example"
    order = installed.sell({"CP-EVE": 1})
    installed.shop.shelf.drop(Customer, installed.mia().id)
    installed.shop.set_status(order.id, Status.COMPLETED)
    assert sent(installed, service)[-1][1]["customer"] is None
