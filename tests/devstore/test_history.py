"""The past of the practice shop: repeatable, whole, and drawn from the truth it tells."""

import random
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from devstore.catalogue import COMPANIONS, WARES
from devstore.history import habits, sales
from devstore.model import Customer, Order, Status
from devstore.people import MIA, NOOR
from devstore.seed import fill
from devstore.shelf import Query
from devstore.state import State

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    state = State(tmp_path_factory.mktemp("devstore"), now=lambda: NOW)
    started = time.process_time()
    for shop in state.shops.values():
        fill(shop)
    assert time.process_time() - started < 5
    yield state
    state.close()


@pytest.fixture
def shop(state):
    return state.shops["woocommerce"]


def orders_of(shop):
    found, total = shop.shelf.find(Order, Query(sort="created", limit=100_000))
    assert len(found) == total
    return found


def test_the_same_seed_and_time_give_the_same_past():
    assert sales(NOW) == sales(NOW)
    assert sales(NOW, seed=1) != sales(NOW)


def test_both_faces_sold_the_same_under_their_own_ids(state):
    woo, shopify = (orders_of(shop) for shop in state.shops.values())
    assert [(one.number, one.total_minor, one.placed_at) for one in woo] == [
        (one.number, one.total_minor, one.placed_at) for one in shopify
    ]
    assert not {one.id for one in woo} & {one.id for one in shopify}


def test_two_years_of_every_kind_of_order_end_now(shop):
    orders = orders_of(shop)
    assert len(orders) > 1_500
    assert (orders[-1].placed_at - orders[0].placed_at).days > 700
    assert orders[-1].placed_at <= NOW
    assert max(one.modified_at for one in orders) <= NOW
    states = Counter(one.status for one in orders)
    for status in (Status.PROCESSING, Status.COMPLETED, Status.CANCELLED, Status.REFUNDED):
        assert states[status] > 3, status
    assert sum(one.buyer.customer_id is None for one in orders) > 400
    assert 0.08 < sum(one.donation is not None for one in orders) / len(orders) < 0.2
    refunds = [refund for one in orders for refund in one.refunds]
    assert any(refund.lines for refund in refunds)
    assert any(not refund.lines for refund in refunds)


def test_orders_add_up_and_ids_rise_with_time(shop):
    orders = orders_of(shop)
    assert [one.id for one in orders] == sorted(one.id for one in orders)
    for one in orders:
        assert one.total_minor == one.goods_minor + one.donation_minor + one.shipping_minor
        assert one.refunded_minor <= one.total_minor
        assert (one.status is Status.REFUNDED) == (one.refunded_minor == one.total_minor)
        assert one.placed_at <= one.modified_at
    lines = [line.id for one in orders for line in one.lines]
    assert len(set(lines)) == len(lines)


def test_mia_and_noor_come_back_and_have_something_pending(shop):
    for person, least in ((MIA, 12), (NOOR, 4)):
        customer = shop.shelf.get(Customer, person.email)
        assert customer
        orders = shop.orders_of(customer.id)
        assert len(orders) >= least
        assert (NOW - orders[0].placed_at).days < 21


def test_companions_join_as_often_as_the_truth_says(shop):
    anchors: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    for one in orders_of(shop):
        skus = {line.sku for line in one.lines}
        for anchor, companions in COMPANIONS.items():
            if anchor in skus:
                anchors[anchor] += 1
                together.update((anchor, companion) for companion in companions.keys() & skus)
    # Where the anchor is hardly ever a companion or refill itself, the share is the odds.
    for anchor in ("TP-CEL", "TP-KYU", "GW-WHT", "BW-MAT", "PL-DIN"):
        for companion, percent in COMPANIONS[anchor].items():
            share = 100 * together[anchor, companion] / anchors[anchor]
            assert abs(share - percent) < 16, (anchor, companion, share)


def test_the_truth_is_kept_for_whoever_judges_by_it(shop):
    truth = shop.shelf.take("shop", "truth", dict)
    assert truth["companions_percent"] == COMPANIONS
    told = {one["email"]: one["orders"] for one in truth["customers"]}
    counted = Counter(one.buyer.email for one in orders_of(shop))
    assert told[MIA.email] == counted[MIA.email]
    assert sum(told.values()) == sum(counted.values())


def test_everybody_and_everything_exists_once():
    known = habits(random.Random(1), NOW)
    emails = [habit.person.email for habit in known]
    assert len(set(emails)) == len(emails)
    assert len({ware.sku for ware in WARES}) == len({ware.slug for ware in WARES}) == 25
    companions = {name for names in COMPANIONS.values() for name in names}
    assert companions | COMPANIONS.keys() <= {ware.sku for ware in WARES}
