"""Whatever a WooCommerce order went through, told in any sequence and often: the oracle's end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.woocommerce.normalise import CURRENCY_HEADER, ORDER_HEADER, normalise
from connector.core.commerce import Delivery, Order, RefundsOfOrder
from tests import oracle, stories
from tests.adapters.woocommerce import samples
from tests.oracle import Payload
from tests.world import MIA, NOW, World, acme, compare

LATER = NOW + timedelta(days=20)
anywhere = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@anywhere
@given(data=st.data())
def test_any_sequence_of_deliveries_ends_as_the_oracle_says(database, data):
    world = acme(database)
    lives = [data.draw(stories.woocommerce(number)) for number in (1, 2)]
    told = [hook(one) for versions, _ in lives for one in versions]
    told += [answer(versions[-1], refunds) for versions, refunds in lives]
    again = data.draw(st.lists(st.sampled_from(told), max_size=4))
    shuffled = data.draw(st.permutations(told + again))
    release_after = data.draw(st.integers(0, len(shuffled)))
    spent = data.draw(st.integers(0, 300))
    gone = 0
    for number, delivery in enumerate(shuffled):
        at = NOW if number < release_after else LATER
        if number == release_after:
            world.release(LATER)
            gone = spend(world, spent)
        tell(world, delivery, at)
    for versions, refunds in lives:  # what the last fetch brings
        tell(world, answer(versions[-1], refunds), LATER)
    assert world.audit() == []
    expected = [oracle.woocommerce(versions[-1], refunds) for versions, refunds in lives]
    compare(world, ["1", "2"], expected)
    balance = world.balance(MIA)
    assert balance.available + balance.pending == sum(one.points for one in expected) - gone


@anywhere
@given(data=st.data(), currency=st.sampled_from(["JPY", "KWD", "EUR"]))
def test_a_shop_earns_in_its_own_currency(database, data, currency):
    world = acme(database, currency=currency)
    versions, refunds = data.draw(stories.woocommerce(1, (currency, "USD")))
    for version in versions:
        tell(world, hook(version))
        tell(world, answer(version, refunds if version is versions[-1] else []))
    compare(world, ["1"], [oracle.woocommerce(versions[-1], refunds, currency)])
    assert world.audit() == []


@pytest.mark.skipif(not samples.FOLDER.is_dir(), reason="the recorded samples are not at hand")
@pytest.mark.parametrize("name", samples.ORDERS if samples.FOLDER.is_dir() else [])
def test_recorded_orders_end_as_the_oracle_says(database, name):
    world = acme(database)
    told = samples.body(name)
    known = [*samples.body("rest-order-refunds-list"), *samples.body("rest-refunds-collection")]
    listed = {one["id"] for one in told["refunds"]}
    refunds = [one for one in known if one["id"] in listed]
    tell(world, hook(told))
    tell(world, answer(told, refunds))
    compare(world, [str(told["id"])], [oracle.woocommerce(told, refunds)])
    assert world.audit() == []


# ------------------------------------------------------------------------------------------------


def hook(order: Payload) -> Delivery:
    return Delivery("order.updated", "", {}, json.dumps(order).encode())


def answer(order: Payload, refunds: list[Payload]) -> Delivery:
    headers = {ORDER_HEADER: str(order["id"]), CURRENCY_HEADER: order["currency"]}
    return Delivery("fetch/order_refunds", "", headers, json.dumps(refunds).encode())


def tell(world: World, delivery: Delivery, at: Any = NOW) -> None:
    told = [one for one in normalise(delivery) if isinstance(one, Order | RefundsOfOrder)]
    source = "fetch" if delivery.topic.startswith("fetch/") else "hook"
    world.tell(*told, source=source, trusted=True, at=at)


def spend(world: World, wanted: int) -> int:
    amount = min(wanted, max(world.balance(MIA).available, 0))
    if amount:
        world.adjust(world.member(MIA), -amount, LATER)
    return amount
