"""Deliveries as a WooCommerce 11 store sends them: every field of a real one, invented people."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.woocommerce import sign

ORIGIN = "https://bench.example"
PRODUCTS = 500
ORDERS_A_CUSTOMER = 3
_FIRST = datetime(2026, 3, 1, tzinfo=UTC)
_NAMES = "Ada Bo Cleo Dana Emil Fay Gus Hana Ivo Jun Kim Lea Mia Noor Omar Pia Quinn Rui Sam Tia"
_SURNAMES = "Abel Berg Chen Diaz Egan Falk Gray Hall Ito Jones Khan Lund Moss Nash Okoro Park"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of a store: the headers that count, and the exact bytes."""

    headers: Mapping[str, str]
    body: bytes


def sent(topic: str, body: bytes, secret: bytes, delivery_id: str) -> Sent:
    resource, _, event = topic.partition(".")
    return Sent(
        {
            "User-Agent": "WooCommerce/11.0.1 Hookshot (WordPress/7.1)",
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{ORIGIN}/",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": sign(body, secret).decode(),
            "X-WC-Webhook-ID": "1",
            "X-WC-Webhook-Delivery-ID": delivery_id,
        },
        body,
    )


def order_of_size(size: int) -> bytes:
    """One order of exactly ``size`` bytes, filled up by what plugins leave in ``meta_data``."""
    told = _order(1, random.Random(1))
    number = 0
    while len(json.dumps(told)) < size - 200:
        number += 1
        value = hashlib.sha256(str(number).encode()).hexdigest()
        told["meta_data"].append({"id": 900 + number, "key": f"_plugin_{number}", "value": value})
    told["customer_note"] = "x" * (size - len(json.dumps(told)))
    return json.dumps(told).encode()


def days(orders: int, secret: bytes, first: int = 1) -> Iterator[Sent]:
    """What arrives while ``orders`` are placed, in the order it arrives; each tells something new.

    An order is created paid; accounts tell that they bought; three in five orders are completed
    later, one in 25 is refunded; one in ten buyers has no account, one in 50 orders gives.
    """
    rng = random.Random(orders + first)
    later: dict[int, list[tuple[str, dict[str, Any]]]] = {}
    for number in range(first, first + orders + 40):
        told = later.pop(number, [])
        if number < first + orders:
            order = _order(number, rng)
            told.append(("order.created", order))
            if order["customer_id"]:
                told.append(("customer.updated", _customer(order)))
            if rng.random() < 0.6:
                done = ("order.updated", _completed(order))
                later.setdefault(number + 20, []).append(done)
            elif rng.random() < 0.1:
                back = ("order.updated", _refunded(order))
                later.setdefault(number + 39, []).append(back)
        for topic, body in told:
            delivery_id = f"{rng.getrandbits(128):032x}"
            yield sent(topic, json.dumps(body).encode(), secret, delivery_id)


def _order(number: int, rng: random.Random) -> dict[str, Any]:
    placed = _FIRST + timedelta(seconds=60 * number)
    customer = 0 if rng.random() < 0.1 else 1 + rng.randrange(max(number // ORDERS_A_CUSTOMER, 1))
    lines = [_line(number, place, rng) for place in range(rng.choice((1, 1, 1, 2, 2, 4)))]
    fees = [_donation(number)] if rng.random() < 0.02 else []
    total = 490 + sum(round(100 * float(line["total"])) for line in [*lines, *fees])
    who = _address(customer or number)
    return {
        "id": 10_000 + number,
        "parent_id": 0,
        "status": "processing",
        "currency": "USD",
        "version": "11.0.1",
        "prices_include_tax": False,
        **_dates(placed, placed),
        "discount_total": "0.00",
        "discount_tax": "0.00",
        "shipping_total": "4.90",
        "shipping_tax": "0.00",
        "cart_tax": "0.00",
        "total": _money(total),
        "total_tax": "0.00",
        "customer_id": customer,
        "order_key": f"wc_order_{number:013}",
        "billing": who,
        "shipping": {name: value for name, value in who.items() if name != "email"},
        "payment_method": "stripe",
        "payment_method_title": "Card",
        "transaction_id": "ch_1",
        "customer_ip_address": "203.0.113.7",
        "created_via": "store-api",
        "customer_user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
        "customer_note": "",
        "date_completed": None,
        "date_completed_gmt": None,
        "date_paid": _moment(placed),
        "date_paid_gmt": _moment(placed),
        "cart_hash": hashlib.md5(b"cart", usedforsecurity=False).hexdigest(),
        "number": str(10_000 + number),
        "meta_data": [_meta(100, "is_vat_exempt", "no"), _meta(101, "_shipping_hash", "a255fc")],
        "line_items": lines,
        "tax_lines": [],
        "fee_lines": fees,
        "shipping_lines": [{"id": 9 * number, "method_title": "Flat rate", "total": "4.90"}],
        "coupon_lines": [],
        "refunds": [],
        "is_editable": False,
        "needs_payment": False,
        "payment_url": f"{ORIGIN}/checkout/order-pay/{10_000 + number}/?pay_for_order=true",
        "needs_processing": True,
        "currency_symbol": "$",
        "_links": {"self": [{"href": f"{ORIGIN}/wp-json/wc/v3/orders/{10_000 + number}"}]},
    }


def _completed(order: dict[str, Any]) -> dict[str, Any]:
    at = _after(order, timedelta(minutes=20))
    done = {"status": "completed", "date_completed": _moment(at)}
    return order | _dates_of(order, at) | done | {"date_completed_gmt": _moment(at)}


def _refunded(order: dict[str, Any]) -> dict[str, Any]:
    at = _after(order, timedelta(minutes=39))
    refund = {"id": 900_000 + order["id"], "reason": "returned", "total": f"-{order['total']}"}
    return order | _dates_of(order, at) | {"status": "refunded", "refunds": [refund]}


def _customer(order: dict[str, Any]) -> dict[str, Any]:
    who = order["billing"]
    return {
        "id": order["customer_id"],
        **_dates(_FIRST, _after(order, timedelta())),
        **{name: who[name] for name in ("email", "first_name", "last_name")},
        "role": "customer",
        "username": who["email"].partition("@")[0],
        "billing": who,
        "shipping": order["shipping"],
        "is_paying_customer": True,
        "avatar_url": "https://secure.gravatar.com/avatar/b69160410a4d?s=96&d=mm&r=g",
        "meta_data": [_meta(1, "wc_last_active", "1795315716")],
    }


def _line(number: int, place: int, rng: random.Random) -> dict[str, Any]:
    product = 1 + int(PRODUCTS * rng.random() ** 2)
    price = _money(300 + product * 7919 % 9000)
    return {
        "id": 5 * number + place,
        "name": f"Tea blend no. {product}",
        "product_id": product,
        "variation_id": 0,
        "quantity": 1,
        "tax_class": "",
        "subtotal": price,
        "subtotal_tax": "0.00",
        "total": price,
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
        "sku": f"FF-{product:03}",
        "global_unique_id": "",
        "price": float(price),
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def _donation(number: int) -> dict[str, Any]:
    return {
        "id": 5 * number + 4,
        "name": "Donation",
        "tax_class": "0",
        "tax_status": "taxable",
        "amount": "2",
        "total": "2.00",
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [_meta(200, "_perennial_donation", "1")],
    }


def _address(number: int) -> dict[str, str]:
    first, last = _NAMES.split()[number % 20], _SURNAMES.split()[number // 20 % 16]
    return {
        "first_name": first,
        "last_name": last,
        "company": "",
        "city": "Sampletown",
        "address_1": f"{number} Madeup Road",
        "address_2": "",
        "state": "CA",
        "postcode": "90210",
        "country": "US",
        "phone": "5550199",
        "email": f"{first}.{last}.{number}@customers.example".lower(),
    }


def _meta(number: int, key: str, value: str) -> dict[str, Any]:
    return {"id": number, "key": key, "value": value}


def _dates(created: datetime, modified: datetime) -> dict[str, str]:
    found = {"date_created": _moment(created), "date_modified": _moment(modified)}
    return found | {f"{name}_gmt": value for name, value in found.items()}


def _dates_of(order: dict[str, Any], modified: datetime) -> dict[str, str]:
    return _dates(_after(order, timedelta()), modified)


def _after(order: dict[str, Any], gap: timedelta) -> datetime:
    return datetime.fromisoformat(order["date_created_gmt"]).replace(tzinfo=UTC) + gap


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S")


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"
