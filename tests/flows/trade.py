"""A season of a small shop, told as WooCommerce tells it: whole lives of orders, seeded.

Every state of an order is one delivery; the store holds the last one, and the lines of refunds,
which no delivery tells.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes import WooStore, woo_signed
from tests.flows import oracle
from tests.flows.service import HOOK_SECRET

PRICES = (645, 795, 1095, 1395, 2400, 4999)
LIVES = (  # each step is one delivery; most orders end well
    *[("pending", "processing", "completed")] * 6,
    ("on-hold", "processing"),
    ("pending", "failed", "pending", "processing"),
    ("processing", "cancelled"),
    ("pending", "processing", "trash"),
    ("processing", "completed", "trash", "erased"),
    ("processing", "completed", "piece back"),
    ("processing", "completed", "piece back", "money back"),
    ("processing", "money back", "completed"),
    ("processing", "completed", "gift back"),
    ("processing", "completed", "refunded"),
)


@dataclass(frozen=True)
class Parcel:
    """One delivery as it goes out."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Season:
    """``parcels`` in the order things happened; ``erased``: what the store no longer holds."""

    store: WooStore = field(default_factory=WooStore)
    parcels: list[Parcel] = field(default_factory=list)
    erased: dict[str, Any] = field(default_factory=dict)

    def sales(self) -> list[oracle.Sale]:
        """What the oracle makes of where the orders have come to."""
        return [
            oracle.woocommerce(order, self.store.refunds.get(key, ()))
            for key, order in (self.store.orders | self.erased).items()
        ]


def season(seed: int, deliveries: int, now: datetime) -> Season:
    """As many orders as it takes to send so many different deliveries."""
    rng = random.Random(seed)
    made = Season()
    number = 100
    while len(made.parcels) < deliveries:
        number += 10
        _live(made, rng, number, now, deliveries)
    return made


def _live(made: Season, rng: random.Random, number: int, now: datetime, most: int) -> None:
    """One order's life, cut short when there are deliveries enough."""
    # Nothing falls within a day of where a hold of 14 days ends.
    days = rng.choice((*range(1, 13), *range(16, 60)))
    at = (now - timedelta(days=days)).replace(microsecond=0)
    order, key = _order(rng, number, at), str(number)
    for step in rng.choice(LIVES)[: most - len(made.parcels)]:
        at += timedelta(seconds=rng.randrange(2, 5000))
        if step == "erased":
            made.erased[key] = made.store.orders.pop(key)
            continue
        order = made.store.orders[key] = _changed(made, rng, order, step, at)
        is_trash = step == "trash"
        told = {"id": number} if is_trash else order
        _send(made, "order.deleted" if is_trash else "order.updated", told)


def _order(rng: random.Random, number: int, at: datetime) -> dict[str, Any]:
    lines = []
    for line in range(1, rng.randrange(2, 5)):
        quantity, price = rng.randrange(1, 4), rng.choice(PRICES)
        lines.append(_line(number + line, price * quantity, quantity, product_id=price))
    gift = [{"id": 1, "key": "_perennial_donation", "value": "riverbank"}]
    fees = [_line(number + 9, rng.choice((100, 250)), 1, meta_data=gift)]
    fees = fees if rng.random() < 0.25 else []
    customer = rng.randrange(1, 40)
    is_guest = customer > 30
    total = 500 + sum(_cents(one["total"]) for one in (*lines, *fees))
    return {
        "id": number,
        "number": str(number),
        "status": "pending",
        "currency": "USD",
        "prices_include_tax": False,
        "date_created_gmt": _gmt(at),
        "date_modified_gmt": _gmt(at),
        "date_paid_gmt": None,
        "date_completed_gmt": None,
        "total": _text(total),
        "total_tax": "0.00",
        "shipping_total": "5.00",
        "customer_id": 0 if is_guest else customer,
        "billing": {"email": f"buyer{customer}@customers.example", "first_name": "Buyer"},
        "line_items": lines,
        "fee_lines": fees,
        "refunds": [],
    }


def _changed(
    made: Season, rng: random.Random, order: dict[str, Any], step: str, at: datetime
) -> dict[str, Any]:
    """The order after one step of its life."""
    after = {**order, "date_modified_gmt": _gmt(at)}
    left = _cents(order["total"]) + sum(_cents(one["total"]) for one in order["refunds"])
    line = rng.choice(order["line_items"])
    if step == "piece back":
        back = _cents(line["total"]) // line["quantity"]
        return _refunded(made, after, back, line_items=[_taken(line, back, 1)])
    if step == "money back":
        return _refunded(made, after, rng.randrange(50, 400))
    if step == "gift back":
        given = [_taken(one, _cents(one["total"]), 0) for one in order["fee_lines"]]
        back = sum(_cents(one["total"]) for one in order["fee_lines"])
        return _refunded(made, after, back, fee_lines=given) if given else after
    if step == "refunded":
        return {**_refunded(made, after, left), "status": step}
    after["status"] = step
    if step in ("processing", "completed"):
        after["date_paid_gmt"] = order["date_paid_gmt"] or _gmt(at)
    if step == "completed":
        after["date_completed_gmt"] = _gmt(at)
    return after


def _refunded(
    made: Season, order: dict[str, Any], amount: int, **lines: list[Any]
) -> dict[str, Any]:
    key = str(order["id"])
    told = made.store.refunds.setdefault(key, [])
    refund = {
        "id": order["id"] * 10 + len(told),
        "amount": _text(amount),
        "date_created_gmt": order["date_modified_gmt"],
        "line_items": [],
        "fee_lines": [],
        "shipping_lines": [],
        **lines,
    }
    told.append(refund)
    mention = {"id": refund["id"], "reason": "", "total": f"-{_text(amount)}"}
    return {**order, "refunds": [mention, *order["refunds"]]}


def _line(key: int, total: int, quantity: int, **more: Any) -> dict[str, Any]:
    text = _text(total)
    told = {"id": key, "name": f"Tea {key}", "quantity": quantity, "subtotal": text}
    return {**told, "total": text, "total_tax": "0.00", "meta_data": [], **more}


def _taken(line: dict[str, Any], amount: int, quantity: int) -> dict[str, Any]:
    of = [{"id": 1, "key": "_refunded_item_id", "value": str(line["id"])}]
    return {**_line(line["id"] + 1000, -amount, -quantity), "meta_data": of}


def _send(made: Season, topic: str, told: dict[str, Any]) -> None:
    body = json.dumps(told).encode()
    delivery = f"{len(made.parcels):032x}"
    made.parcels.append(Parcel(woo_signed(body, HOOK_SECRET, topic, delivery), body))


def _cents(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part) * (-1 if text.startswith("-") else 1)


def _text(minor: int) -> str:
    sign, minor = "-" * (minor < 0), abs(minor)
    return f"{sign}{minor // 100}.{minor % 100:02}"


def _gmt(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
