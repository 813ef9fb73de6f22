"""What a shopper sees of store credit, standing discounts and codes, and what the order keeps."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from devstore.app import create_shopify
from devstore.discounts import spread
from devstore.model import Customer, Discount, Kind, Order
from devstore.people import MIA
from devstore.promotions import Segment
from devstore.seed import fill
from devstore.shelf import Query
from devstore.shop import Shop
from devstore.state import State

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Pages:
    shop: Shop
    http: FlaskClient

    def put(self, sku: str = "TP-CEL") -> None:
        self.http.post("/cart/add", data={"sku": sku})

    def log_in(self) -> Customer:
        self.http.post("/my-account/login", data={"email": MIA.email})
        found = self.shop.shelf.get(Customer, MIA.email)
        assert found is not None
        return found

    def latest(self) -> Order:
        (order,), _ = self.shop.shelf.find(Order, Query(descending=True, sort="id", limit=1))
        return order


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    state = State(tmp_path, now=lambda: NOW)
    shop = state.shops["shopify"]
    fill(shop, with_history=False)
    app = create_shopify(state)
    app.testing = True
    yield Pages(shop, app.test_client())
    state.close()


def test_store_credit_is_offered_to_whoever_has_some_and_pays_when_ticked(pages):
    pages.put()
    assert "store credit" not in pages.http.get("/cart/").text
    mia = pages.log_in()
    pages.shop.wallet.give(mia.id, "USD", 1500)
    page = pages.http.get("/cart/").text
    assert "Pay with store credit" in page
    assert "checked> <span>Pay" not in page
    pages.http.post("/cart/credit", data={"credit": "1"})
    page = pages.http.get("/checkout/").text
    assert "−$15.00" in page
    assert "$38.00" in page, "still to pay"
    refused = pages.http.post("/checkout/", data={"payment": "cod"})
    assert refused.status_code == 422
    assert "paid by card" in refused.text
    placed = pages.http.post("/checkout/", data={"payment": "card"})
    assert (pages.latest().credit_minor, pages.latest().total_minor) == (1500, 5300)
    assert "−$15.00" in pages.http.get(placed.location).text
    assert pages.shop.wallet.balance_minor(mia.id, "USD") == 0


def test_a_tick_can_be_taken_back(pages):
    pages.put()
    pages.shop.wallet.give(pages.log_in().id, "USD", 1500)
    pages.http.post("/cart/credit", data={"credit": "1"})
    pages.http.post("/cart/credit", data={})
    pages.http.post("/checkout/", data={"payment": "card"})
    assert pages.latest().credit_minor == 0


def test_a_tagged_customer_sees_their_standing_discounts_without_a_code(pages):
    shop, now = pages.shop, NOW
    shop.promotions.add_segment(Segment(1, "Gold", "customer_tags CONTAINS 'gold'", "gold", now))
    tenth = Discount(2, Kind.PERCENT, "Gold", now, now, basis_points=1000, segments=(1,))
    shop.promotions.keep(tenth)
    shop.promotions.keep(Discount(3, Kind.SHIPPING, "Free", now, now, segments=(1,)))
    pages.put()
    mia = pages.log_in()
    assert "Gold" not in pages.http.get("/cart/").text
    shop.tag(mia.id, ["GOLD"])
    page = pages.http.get("/cart/").text
    assert "<dt>Gold</dt>" in page
    assert "−$4.80" in page
    assert "<dt>Free shipping</dt>" in page
    pages.http.post("/checkout/", data={})
    assert pages.latest().total_minor == 4320


def test_whoever_sent_a_shopper_is_a_note_of_the_order(pages):
    pages.http.get("/?ref=MIA-7Q")
    pages.put()
    pages.log_in()
    pages.http.post("/checkout/", data={})
    assert pages.latest().attributes == (("_perennial_ref", "MIA-7Q"),)


def test_what_a_script_notes_in_the_cart_is_a_note_of_the_order(pages):
    pages.put()
    pages.log_in()
    noted = {"_perennial_row": "7", "_perennial_rest": "20809"}
    told = {f"attributes[{name}]": text for name, text in {**noted, "other": "x"}.items()}
    assert pages.http.post("/cart/update.js", data=told).status_code == 200
    pages.http.post("/checkout/", data={})
    assert pages.latest().attributes == tuple(noted.items())


@pytest.mark.parametrize(
    ("amount", "weights", "most", "parts"),
    [
        (10, [1, 1, 1], [9, 9, 9], [4, 3, 3]),
        (500, [1, 3], [645, 3285], [125, 375]),
        (500, [1, 1], [100, 900], [100, 400]),
        (500, [1, 1], [100, 200], [100, 200]),
        (1, [5400, 1560], [5400, 1560], [1, 0]),
        (0, [1], [1], [0]),
        (7, [], [], []),
    ],
)
def test_an_amount_is_spread_by_largest_remainder_and_nothing_below_zero(
    amount, weights, most, parts
):
    assert spread(amount, weights, most) == parts
