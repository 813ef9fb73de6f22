"""Gift products by the API, and what Shopify's own webhooks then mean."""

import json
from uuid import uuid4

import pytest

from connector import orders
from connector.core import clock
from connector.core.commerce import Product
from connector.rooms.giving import service as giving
from connector.rooms.points import timeline
from connector.web.api import gift_products
from tests.adapters.shopify import world
from tests.flows.test_bad_webhooks import shopify
from tests.web.schema import operations
from tests.web.test_api import Api, refusal

ORDER = "450789469"
GIFT, SONG = "702", "703"  # as ``world.line`` numbers products


@pytest.fixture
def acme(service):
    shop = service.install("shopify", world.SHOP)
    with service.database.write() as db:
        giving.add_cause(db, shop.id, "Riverbank", "", clock.now(), key="riverbank")
        told = [Product(GIFT, "A gift"), Product(SONG, "A song")]
        orders.record_products(db, shop.id, told, clock.now())
    return Api(service, shop)


def keep(acme, *keys):
    headers = {"Idempotency-Key": str(uuid4())}
    return acme.ask("/giving/products", "PUT", json={"keys": keys}, headers=headers)


def buy(service, **changes):
    """100 dollars of goods, a gift of 2, and a download of 9 that its buyer marked."""
    lines = [
        world.line(1, "100.00", currency="USD"),
        world.gift(2, "2.00", currency="USD"),
        world.gift(3, "9.00", currency="USD"),
    ]
    told = world.order(currency="USD", line_items=lines, **changes)
    shopify(service, json.dumps(told).encode(), Webhook_Id=str(uuid4()))
    service.work(["drain"])


def given(service, shop):
    """(gifts' minor units, points) of the order."""
    with service.database.read() as db:
        order_id = orders.store.by_keys(db, shop.id, [ORDER])[ORDER].id
        rows = giving.of_order(db, shop.id, order_id)
        posted = timeline.diagnose(db, shop.id, order_id).posted
    return sorted(row.given_minor for row in rows), posted


def test_a_marked_download_is_a_purchase_once_the_donation_product_is_known(service, acme):
    assert acme.get("/giving/products") == {"products": []}
    told = keep(acme, GIFT).get_json()
    assert told == {"products": [{"key": GIFT, "title": "A gift"}]}
    buy(service)
    assert given(service, acme.shop) == ([200], 109)


def test_an_order_of_before_stays_as_it_was(service, acme):
    buy(service)
    assert given(service, acme.shop) == ([200, 900], 100)
    keep(acme, GIFT)
    buy(service, updated_at="2026-11-21T10:00:00+01:00", note="Thanks")
    assert given(service, acme.shop) == ([200, 900], 100)


def test_what_cannot_be_kept_is_refused(service, acme):
    assert refusal(keep(acme, GIFT, "9")) == (422, "product_not_found")
    assert refusal(keep(acme, *map(str, range(21)))) == (422, "too_many_products")
    assert acme.get("/giving/products") == {"products": []}
    other = Api(service, service.install("woocommerce", "https://other.example"))
    assert refusal(keep(other)) == (409, "platform_marks")


def test_its_operations_are_described(acme):
    api = acme.get("/openapi.json")
    told = {(method, path) for path, ways in api["paths"].items() for method in ways}
    assert operations(gift_products.OPERATIONS) <= told
