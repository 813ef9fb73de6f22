"""The donation product: Shopify's merchants say which it is, and are warned until they do."""

import pytest

from connector import orders
from connector.core.commerce import Product
from connector.orders import gifts
from tests.web.admin.conftest import Ada, signed_in, words_of
from tests.world import NOW, World, acme

WARNING = "Say which product is your donation product."


@pytest.fixture
def world(database):
    made = acme(database, platform="shopify", key="acme.myshopify.com")
    with database.write() as db:
        told = [Product("700", "A gift", 100), Product("800", "A song", 900)]
        orders.record_products(db, made.shop.id, told, NOW)
    return made


def kept(world: World):
    with world.database.read() as db:
        return [row.key for row in gifts.kept(db, world.shop.id)]


def test_who_kept_none_is_warned_and_may_name_it(ada: Ada, world: World):
    assert WARNING in words_of(ada.see("giving"))
    sent = ada.send("giving/products", "giving", products=" a GIFT ")
    assert sent.location.endswith("said=saved")
    assert kept(world) == ["700"]
    page = words_of(ada.see("giving"))
    assert WARNING not in page
    assert "Only these products are gifts." in page


def test_products_are_added_by_number_and_taken_out_by_their_tick(ada: Ada, world: World):
    ada.send("giving/products", "giving", products="700")
    ada.send("giving/products", "giving", kept="700", products="800")
    assert kept(world) == ["700", "800"]
    ada.send("giving/products", "giving", kept="800")
    assert kept(world) == ["800"]
    ada.send("giving/products", "giving")
    assert kept(world) == []
    assert WARNING in words_of(ada.see("giving"))


@pytest.mark.parametrize("name", ["A lamp", "x" * 201, "a\x00b"])
def test_what_is_no_product_is_refused_beside_its_field(ada: Ada, world: World, name):
    answer = ada.send("giving/products", "giving", products=name)
    assert answer.status_code == 422
    assert 'id="products' in answer.text
    assert kept(world) == []


def test_a_forged_tick_keeps_nothing(ada: Ada, world: World):
    answer = ada.send("giving/products", "giving", kept=["9", "700"])
    assert answer.status_code == 422
    assert kept(world) == []


def test_where_the_store_marks_gifts_itself_nothing_is_asked(app, database):
    other = acme(database, key="https://other.example")
    ada = Ada(signed_in(app, other), other.shop.public_id)
    assert "donation product" not in words_of(ada.see("giving")).lower()
    answer = ada.send("giving/products", "giving", products="700")
    assert answer.status_code in (409, 422)
