"""Stores and keys; recommendations and their counts."""

import re
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest

from connector.core.commerce import Product
from connector.core.errors import Unauthenticated
from connector.orders import record_products
from connector.rooms.recommend import service as recommend
from connector.shops import api_keys
from connector.shops import service as shops
from tests.web.admin.conftest import HOME, Ada, words_of
from tests.world import NOW, World, goods, order


def test_a_store_tells_its_state(ada: Ada, world: World):
    page = words_of(ada.see("stores"))
    assert "Acme connected https://acme.example" in page
    assert "Platform WooCommerce" in page
    assert "Last event none yet" in page
    assert ada.send("check", "stores").location.endswith("said=checking")
    with world.database.read() as db:
        assert shops.any_due(db, "reconcile_due_at", NOW)


def test_another_store_is_connected_by_its_address(ada: Ada):
    form = ada.see("stores").partition('method="post" action="/install/woocommerce"')[2]
    assert re.findall(r'name="(\w+)"', form.partition("</form>")[0]) == ["csrf", "store"]


def test_the_plugin_is_offered_with_our_address_inside(ada: Ada):
    page = ada.see("stores")
    assert words_of(page).count("Get the plugin") == 1
    (address,) = re.findall(r'href="([^"]+/plugin\.zip)"', page)
    answer = ada.ask(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'filename="perennial-loyalty.zip"' in answer.headers["Content-Disposition"]
    with ZipFile(BytesIO(answer.data)) as made:
        told = made.read("perennial-loyalty/service.php").decode()
    assert f"return '{HOME}';" in told


def test_a_key_is_shown_once_and_can_be_revoked(ada: Ada, world: World):
    made = ada.send("keys", "stores", label="  Till \u202eat the shop ")
    key = re.search(r"pk_[0-9a-f]{64}", made.text)
    assert key
    with world.database.read() as db:
        assert api_keys.opened_by(db, key[0])[0].id == world.shop.id
    page = ada.see("stores")
    assert key[0] not in page
    assert "Till at the shop" in page
    where = re.search(r"keys/(\d+)/revocation", page)
    assert where
    assert ada.send(where[0], "stores").location.endswith("said=revoked")
    with world.database.read() as db, pytest.raises(Unauthenticated, match="invalid_api_key"):
        api_keys.opened_by(db, key[0])
    assert ada.send(where[0], "stores").status_code == 404


def test_a_key_needs_a_name(ada: Ada):
    for label in ("", "   ", "x" * 81):
        answer = ada.send("keys", "stores", label=label)
        assert answer.status_code == 422
        assert "Name the key with 1 to 80 characters." in answer.text


def test_what_is_bought_together_is_counted(ada: Ada, world: World):
    with world.database.write() as db:
        products = [
            Product("p1", "Teapot", 4800, "https://acme.example/p1"),
            Product("p2", "Cup", 1800, "https://acme.example/p2"),
            Product("p3", "Oak tray", 4100, "https://acme.example/p3", in_stock=False),
        ]
        record_products(db, world.shop.id, products, NOW)
        recommend.mark(db, world.shop.id, NOW - timedelta(hours=1), at_once=True)
    world.tell(
        *[
            order(
                str(n),
                *(goods(key, 1000, product_key=key) for key in ("p1", "p2", "p3")),
                customer_key=str(n),
            )
            for n in range(4)
        ],
    )
    assert "Orders are being counted for the first time." in ada.see("recommendations")
    recommend.build(world.database, world.shop.id, NOW)
    page = words_of(ada.see("recommendations", product="p1"))
    assert "Counted 1 second ago from 4 orders" in page
    assert "Bought with Teapot" in page
    together = "Bought with it 4 times out of 4, as often as by chance Strong"
    assert f"Cup {together}" in page
    assert f"Oak tray sold out {together}" in page
    assert f"Bought together This row is shown. Cup {together}" in page
    assert "Teapot" in words_of(ada.see("recommendations", q="tea"))
    assert "No published product has these words" in ada.see("recommendations", q="zzz")
    assert ada.ask("recommendations", product="../../etc").status_code == 200
