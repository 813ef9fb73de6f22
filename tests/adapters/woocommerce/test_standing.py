"""A customer's levels at a store: a field that our plugin reads, and alone lets be written."""

import json

import pytest
import responses

from adapters.woocommerce import WooCommerce
from connector.core.commerce import Credentials
from connector.core.discounts import DiscountKind, Standing
from connector.core.errors import BadInput, PlatformError
from connector.core.http import Http

SHOP = "https://shop.example"
CUSTOMER = f"{SHOP}/wp-json/wc/v3/customers/7"
FIELD = "_perennial_standing"


@pytest.fixture
def store():
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client():
    return WooCommerce(Http()).client(Credentials(SHOP, f"ck_{'a' * 40}:cs_{'b' * 40}"))


def answer(*meta):
    other = {"id": 1, "key": "lists", "value": {"3": [True]}}
    return {"id": 7, "email": "mia@example.com", "meta_data": [other, *meta]}


def test_all_of_a_customers_tags_are_written_at_once(store, client):
    tags = "perennial-tier-2 perennial-discount-5"
    store.put(CUSTOMER, json=answer({"id": 2, "key": FIELD, "value": tags}))
    client.tag("7", ["perennial-tier-2", "perennial-discount-5"], ["perennial-tier-1"])
    sent = json.loads(store.calls[0].request.body)
    assert sent == {"meta_data": [{"key": FIELD, "value": tags}]}


def test_no_tags_are_an_empty_field_or_none(store, client):
    store.put(CUSTOMER, json=answer({"id": 2, "key": FIELD, "value": ""}))
    client.tag("7", [], ["perennial-tier-1"])
    store.put(CUSTOMER, json=answer())
    client.tag("7", [], ["perennial-tier-1"])


def test_a_store_whose_plugin_is_off_drops_the_field_and_we_notice(store, client):
    store.put(CUSTOMER, json=answer())
    with pytest.raises(PlatformError) as caught:
        client.tag("7", ["perennial-tier-2"], [])
    assert caught.value.code == "not_supported"


def test_a_key_that_is_none_reaches_no_store(client):
    with pytest.raises(BadInput, match="invalid_key"):
        client.tag("7/orders", ["perennial-tier-2"], [])


def test_discounts_go_to_the_plugin_with_its_settings_and_not_one_by_one(client):
    client.put_standing(Standing("Gold", "gold", DiscountKind.PERCENT, 10))
    client.remove_standing("Gold")
