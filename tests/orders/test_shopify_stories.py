"""Whatever a Shopify order went through, told in any sequence and often: the oracle's end."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.shopify.normalise import normalise
from connector.core.commerce import Delivery, Order
from tests import oracle
from tests.oracle import Payload
from tests.stories import CAUSES, PLACED, PRICES, text
from tests.world import MIA, NOW, World, acme, compare

LATER = NOW + timedelta(days=20)
STEPS = ["paid", "pending", "voided", "refunded", "cancel", "fulfil", "edit"]
REFUNDS = ["pieces", "pieces", "amount", "shipping"]
anywhere = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@anywhere
@given(data=st.data())
def test_any_sequence_of_deliveries_ends_as_the_oracle_says(database, data):
    world = acme(database, platform="shopify")
    lives = [data.draw(stories(number)) for number in (1, 2)]
    told = [one for versions in lives for one in versions]
    shuffled = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told)))))
    release_after = data.draw(st.integers(0, len(shuffled)))
    for number, version in enumerate(shuffled):
        if number == release_after:
            world.release(LATER)
        tell(world, version, "hook", NOW if number < release_after else LATER)
    for versions in lives:  # the reconcile has seen them
        tell(world, versions[-1], "poll", LATER)
    expected = [oracle.shopify(versions[-1]) for versions in lives]
    compare(world, ["1", "2"], expected)
    balance = world.balance(MIA)
    assert (balance.available, balance.pending) == (sum(one.points for one in expected), 0)
    assert world.audit() == []


@settings(max_examples=200)
@given(data=st.data())
def test_member_and_points_are_the_oracles_in_every_version(data):
    for version in data.draw(stories(1)):
        (order,) = normalise(delivery(version))
        assert isinstance(order, Order)
        assert order.customer_key == oracle.shopify(version).member


# ------------------------------------------------------------------------------------------------


def tell(world: World, version: Payload, source: str, at: Any) -> None:
    told = [one for one in normalise(delivery(version)) if isinstance(one, Order)]
    world.tell(*told, source=source, at=at)


def delivery(order: Payload) -> Delivery:
    headers = {"x-shopify-shop-domain": "acme.myshopify.com"}
    return Delivery("orders/updated", "", headers, json.dumps(order).encode())


class ShopifyOrder:
    """A Shopify order that changes."""

    def __init__(self, draw: Any, number: int) -> None:
        self.draw = draw
        self.currency = draw(st.sampled_from(["USD", "USD", "USD", "USD", "JPY"]))
        self.inclusive = draw(st.booleans())
        self._next = number * 1000
        self.order: Payload = {
            "id": number,
            "name": f"#{number}",
            "test": draw(st.integers(0, 9)) == 0,
            "currency": self.currency,
            "taxes_included": self.inclusive,
            "financial_status": "pending",
            "fulfillment_status": None,
            "cancelled_at": None,
            "closed_at": None,
            "created_at": PLACED.isoformat(),
            "processed_at": PLACED.isoformat(),
            "email": "mia@customers.example",
            "customer": {"id": int(MIA), "email": "mia@customers.example"},
            "total_price_set": self._set(0),
            "shipping_lines": [],
            "line_items": [self._line() for _ in range(draw(st.integers(1, 4)))],
            "refunds": [],
        }

    def step(self, verb: str) -> None:
        order = self.order
        if verb in ("paid", "pending", "voided", "refunded"):
            order["financial_status"] = verb
        elif verb == "cancel":
            order["cancelled_at"] = PLACED.isoformat()
        elif verb == "fulfil":
            order["fulfillment_status"] = "fulfilled"
        elif verb == "edit":
            self._edit()
        else:
            self._refund(verb)

    def _edit(self) -> None:
        """A piece is taken off: without a refund where nothing was paid for it."""
        for line in self.order["line_items"]:
            if line["current_quantity"] and self.draw(st.booleans()):
                line["current_quantity"] -= 1
                return
        self.order["line_items"].append(self._line())

    def _refund(self, verb: str) -> None:
        pieces, shipping, money = [], [], 0
        if verb == "amount":
            money = self.draw(st.integers(1, 3000))
        elif verb == "shipping":
            money = 457 if self.inclusive else 514
            line = {"subtotal_amount_set": self._set(457), "tax_amount_set": self._set(57)}
            shipping = [line]
        else:
            for line in self.order["line_items"]:
                count = self.draw(st.integers(0, line["current_quantity"]))
                if count:
                    line["current_quantity"] -= count
                    subtotal, tax = line["_money"]
                    share = [one * count // line["quantity"] for one in (subtotal, tax)]
                    money += share[0] + (0 if self.inclusive else share[1])
                    pieces.append(self._piece(line, count, *share))
        paid_back = [{"kind": "refund", "status": "success", "amount": text(money, self.currency)}]
        self.order["refunds"].append(
            {
                "id": self._id(),
                "created_at": PLACED.isoformat(),
                "refund_line_items": pieces,
                "refund_shipping_lines": shipping,
                "transactions": paid_back if money else [],
            }
        )

    def _piece(self, line: Payload, count: int, subtotal: int, tax: int) -> Payload:
        return {
            "line_item_id": line["id"],
            "quantity": count,
            "subtotal_set": self._set(subtotal),
            "total_tax_set": self._set(tax),
        }

    def _line(self) -> Payload:
        quantity = self.draw(st.integers(1, 4))
        price = self.draw(PRICES)
        discount = self.draw(st.integers(0, price * quantity // 2))
        kept = price * quantity - discount
        tax = kept * self.draw(st.sampled_from([0, 0, 7, 19])) // 119
        kind = self.draw(st.sampled_from(["goods"] * 4 + ["card", "gift", "gift", "claim"]))
        shipped, taxed = self.draw(st.sampled_from([(True, True), (True, False), (False, True)]))
        name = {"name": "_perennial_donation", "value": self.draw(st.sampled_from(CAUSES))}
        return {
            "id": self._id(),
            "title": "Cup",
            "sku": "CUP",
            "product_id": 5,
            "quantity": quantity,
            "current_quantity": quantity,
            "price_set": self._set(price),
            "gift_card": kind == "card",
            "requires_shipping": shipped and kind != "gift",
            "taxable": taxed and kind != "gift",
            "properties": [] if kind == "goods" else [name],
            "tax_lines": [{"price_set": self._set(tax)}] if tax else [],
            "discount_allocations": [{"amount_set": self._set(discount)}] if discount else [],
            "_money": (kept, tax),
        }

    def _set(self, amount_minor: int) -> Payload:
        amount = text(amount_minor, self.currency)
        return {"shop_money": {"amount": amount, "currency_code": self.currency}}

    def _id(self) -> int:
        self._next += 1
        return self._next


@st.composite
def stories(draw: Any, number: int) -> list[Payload]:
    """Every state of one order, oldest first."""
    living = ShopifyOrder(draw, number)
    versions = []
    verbs = st.sampled_from([*STEPS, *["paid"] * 6, *REFUNDS * 2])
    for minute, verb in enumerate(["", *draw(st.lists(verbs, min_size=1, max_size=8))]):
        if verb:
            living.step(verb)
        moment = PLACED + timedelta(minutes=minute)
        versions.append(copy.deepcopy({**living.order, "updated_at": moment.isoformat()}))
    return versions
