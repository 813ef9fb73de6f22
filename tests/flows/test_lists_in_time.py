"""Lists follow a shop's orders and its people within a minute, its programs running."""

import json
import time
from functools import partial
from itertools import count

import pytest
import requests

from connector import orders
from connector.core import clock, inbox
from connector.core.commerce import Product
from connector.rooms import recommend
from tests.fakes import woo_signed
from tests.flows.practice import until
from tests.flows.processes import wait_for
from tests.flows.service import HOOK_SECRET, make_service
from tests.flows.test_bad_webhooks import WOO_ORDER

MUG, BOWL, TRAY = 1, 2, 3
WITHIN_SECONDS = 60


class Outside:
    """A store that tells of orders and customers, and whoever asks what a page shows."""

    def __init__(self, database, programs):
        service = make_service(database)
        self.shop = service.install("woocommerce", "https://shop.example")
        self.key, self._numbers = service.api_key(self.shop), count(1)
        self.database = database
        goods = [
            Product(str(one), title=title, url=f"https://shop.example/{one}")
            for one, title in ((MUG, "Mug"), (BOWL, "Bowl"), (TRAY, "Oak tray"))
        ]
        with database.write() as db:
            orders.record_products(db, self.shop.id, goods, clock.now())
        started = programs()
        self.url = started.url
        wait_for(f"{started.url}/healthz", started.web())
        for _ in range(1 if database.is_sqlite else 2):
            started.worker()

    def order(self, *products, customer=0):
        number = next(self._numbers)
        line = {"name": "Tea", "quantity": 1, "subtotal": "20.00", "total": "20.00"}
        lines = [{**line, "id": one, "product_id": one} for one in products]
        changes = {"id": number, "customer_id": customer, "line_items": lines}
        self.tell("order.updated", {**WOO_ORDER, **changes})

    def tell(self, topic, told):
        body = json.dumps(told).encode()
        signed = woo_signed(body, HOOK_SECRET, topic, f"{topic} {next(self._numbers)}")
        path = f"{self.url}/hooks/woocommerce/{self.shop.hook_path}"
        assert requests.post(path, data=body, headers=signed, timeout=30).ok

    def shows(self, product):
        """(product, reason, times) of what a product's page shows."""
        path = f"{self.url}/api/v1/products/{product}/recommendations"
        headers = {"Authorization": f"Bearer {self.key}"}
        told = requests.get(path, headers=headers, timeout=30).json()
        return [(int(one["product_key"]), one["reason"], one["times"]) for one in told["items"]]

    def has_read(self):
        with self.database.read() as db:
            return not inbox.shops_due(db, clock.now())

    def is_built(self):
        with self.database.read() as db:
            known = recommend.newest_build(db, self.shop.id)
        return known.built_at and known.due_at is None


@pytest.fixture
def outside(database, programs):
    return Outside(database, programs)


def within_a_minute(look):
    began = time.monotonic()
    until(look)
    assert time.monotonic() - began < WITHIN_SECONDS


def test_an_order_and_an_erasure_show_within_a_minute(outside):
    """One world for both: its programs and builds take their time."""
    for customer in (7, 8, 9):
        outside.order(MUG, customer=customer)
        outside.order(TRAY, customer=customer)
    for _ in range(2):
        outside.order(MUG, BOWL)
    until(outside.has_read)  # the minute is of programs that run
    within_a_minute(partial(shows, outside, (TRAY, "people", 0)))
    until(outside.is_built)
    assert [one for one, *_ in outside.shows(MUG)] == [TRAY], "two orders are no reason"
    outside.order(MUG, BOWL)
    within_a_minute(partial(shows, outside, (BOWL, "orders", 3)))
    assert (TRAY, "people", 0) in outside.shows(MUG)
    outside.tell("customer.deleted", {"id": 8})
    within_a_minute(lambda: outside.shows(MUG) == [(BOWL, "orders", 3)])


def shows(outside, item):
    return item in outside.shows(MUG)
