"""Signed does not mean sane: whatever stands in a body, it is read or refused by name."""

import copy
import json
import random
from typing import Any

import pytest

from connector.core.commerce import Order
from connector.core.errors import UnreadablePayload
from connector.core.money import LIMIT_MINOR
from tests.adapters.shopify import graph, world

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    2**63,
    10**30,
    1.5,
    "",
    "x",
    "-5.00",
    "99999999999999999.99",
    "1e3",
    "NaN",
    "\u0661",
    "a\x00b",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-11-20T10:00:00",
    "gid://shopify/Order/1/../2",
    [],
    [None],
    [[]],
    {},
    {"shop_money": None},
]
WEBHOOK = world.order(
    taxes_included=True,
    total_tip_received="1.00",
    line_items=[
        world.line(1, "20.00", 3, discount="6.00", tax="8.62"),
        world.gift(2, "2.50"),
    ],
    fulfillments=[{"status": "success", "created_at": "2026-11-21T08:00:00Z"}],
    shipping_lines=[{"discounted_price_set": world.money("4.90")}],
    refunds=[world.refund((1, 1, "20.00", "3.80"), paid="23.80")],
)
ANSWER = {
    "order": graph.order(
        graph.line(1, "60.0", 3, discount="6.0", tax="8.62"),
        refunds=[{"id": "gid://shopify/Refund/509562969"}],
    ),
    "refunds": [graph.refund((1, 1, "20.00", "3.80"), paid="23.80")],
}


def places(value, path=()):
    """Every place in a body."""
    keys = (
        value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    )
    for key in keys:
        yield (*path, key)
        yield from places(value[key], (*path, key))


def changed(body, path, odd):
    copied = copy.deepcopy(body)
    place = copied
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = odd
    return copied


def check(topic, body):
    try:
        found = world.tell(topic, body)[0]
    except UnreadablePayload:
        return False
    assert isinstance(found, Order)
    amounts = [one.total_minor for one in found.lines]
    amounts += [piece.total_minor for one in found.refunds for piece in one.lines]
    amounts += [one.amount_minor for one in found.refunds]
    amounts += [one.other_minor for one in found.refunds]
    assert all(0 <= amount <= LIMIT_MINOR for amount in amounts)
    assert all(one.quantity >= 0 for one in found.lines)
    assert "\x00" not in json.dumps([one.title for one in found.lines])
    return True


@pytest.mark.parametrize(("topic", "body"), [("orders/updated", WEBHOOK), ("fetch/order", ANSWER)])
def test_one_odd_value_anywhere(topic, body):
    assert check(topic, body)
    read = [check(topic, changed(body, path, odd)) for path in places(body) for odd in ODD]
    assert 0 < sum(read) < len(read)


@pytest.mark.parametrize(("topic", "body"), [("orders/updated", WEBHOOK), ("fetch/order", ANSWER)])
def test_several_odd_values_at_once(topic, body):
    source = random.Random(2026)
    known = [path for path in places(body) if len(path) < 4]
    for _ in range(1_000):
        odd_body = body
        for path in source.sample(known, 3):
            try:
                odd_body = changed(odd_body, path, source.choice(ODD))
            except (KeyError, IndexError, TypeError):
                continue  # an earlier change took the place away
        check(topic, odd_body)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"Tea\u0000pot", "Teapot"),
        (r"Tea\\u0000pot", r"Tea\u0000pot"),
        (r"Tea\\\u0000pot", "Tea\\pot"),
        (r"\u0000\u0000", ""),
    ],
)
def test_a_nul_in_text_is_dropped_and_a_backslash_is_not_one(written, read):
    body = json.dumps(WEBHOOK).replace("Thing 1", written).encode()
    assert world.tell("orders/updated", body)[0].lines[0].title == read


def test_amounts_that_only_together_exceed_the_book_are_refused():
    line = world.line(1, "9999999999999.99", 10_000_000)
    with pytest.raises(UnreadablePayload, match="amount_range"):
        world.tell("orders/updated", world.order(line_items=[line]))
