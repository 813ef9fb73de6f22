"""Acme on Shopify: payloads with only what matters, signatures, and the samples where they are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.shopify.normalise import normalise
from connector.core.commerce import Delivery

FOLDER = Path(__file__).parents[3].parent / "shared" / "samples" / "shopify"
SCHEMA = FOLDER.parent / "shopify-schema"
needed = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="recorded samples are not beside the repository (../shared/samples)",
)
TOPICS = sorted(
    path.stem.replace("__", "/")
    for path in (FOLDER / "webhooks").glob("*.json")
    if not path.name.startswith("_")
)
SHOP = "acme.myshopify.com"
CLIENT_ID = "acme-client-id"
SECRET = "shpss_new_0123456789abcdef0123456789abcdef"
OLD_SECRET = "shpss_old_0123456789abcdef0123456789abcdef"
SECRETS = (SECRET.encode(), OLD_SECRET.encode())
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TRIGGERED = "2026-11-22T11:59:58.123456789Z"


def sample(topic: str) -> bytes:
    """A documentation example as a body."""
    return (FOLDER / "webhooks" / f"{topic.replace('/', '__')}.json").read_bytes()


def vectors(kind: str) -> list[dict[str, str]]:
    if not FOLDER.is_dir():
        return []
    told = json.loads((FOLDER / "test-vectors.json").read_text(encoding="utf-8"))
    return list(told[kind])


def base64_hmac(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def hex_hmac(text: str, secret: str = SECRET) -> str:
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256).hex()


def headers(body: bytes, topic: str = "orders/paid", **changes: str) -> dict[str, str]:
    """What Shopify sends with a body; other headers by their last words, e.g. Webhook_Id."""
    told = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64_hmac(body),
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Triggered-At": TRIGGERED,
        "Content-Type": "application/json",
    }
    return told | {f"X-Shopify-{name.replace('_', '-')}": text for name, text in changes.items()}


def delivery(topic: str, body: object) -> Delivery:
    """A verified delivery of Acme."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"x-shopify-shop-domain": SHOP, "x-shopify-triggered-at": TRIGGERED}
    return Delivery(topic, "key", told, raw)


def told(found: Delivery) -> list[Any]:
    """What a delivery tells."""
    return list(normalise(found))


def tell(topic: str, body: object) -> list[Any]:
    """What a body tells under a topic."""
    return told(delivery(topic, body))


def money(amount: str, currency: str = "EUR") -> dict[str, Any]:
    """A webhook's set: shop money, and presentment money that must never be read."""
    return {
        "shop_money": {"amount": amount, "currency_code": currency},
        "presentment_money": {"amount": "99999.99", "currency_code": "USD"},
    }


def gift(number: int, price: str, **changes: Any) -> dict[str, Any]:
    """A line of the donation product: marked, with nothing to ship and nothing to tax."""
    marked = [{"name": "_perennial_donation", "value": "riverbank"}]
    values = {"requires_shipping": False, "taxable": False, "properties": marked}
    return line(number, price, **(values | changes))


def line(number: int, price: str, quantity: Any = 1, **changes: Any) -> dict[str, Any]:
    """A line item; ``tax`` and ``discount`` are amounts."""
    currency = changes.pop("currency", "EUR")
    tax, discount = changes.pop("tax", None), changes.pop("discount", None)
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{number}",
        "title": f"Thing {number}",
        "sku": f"SKU-{number}",
        "quantity": quantity,
        "current_quantity": quantity,
        "price": price,
        "price_set": money(price, currency),
        "product_id": 700 + number,
        "gift_card": False,
        "taxable": True,
        "requires_shipping": True,
        "properties": [],
        "tax_lines": [{"price_set": money(tax, currency)}] if tax else [],
        "discount_allocations": [{"amount_set": money(discount, currency)}] if discount else [],
        **changes,
    }


def order(**changes: Any) -> dict[str, Any]:
    """A paid order of Mia, in euro."""
    currency = changes.get("currency", "EUR")
    return {
        "id": 450789469,
        "admin_graphql_api_id": "gid://shopify/Order/450789469",
        "name": "#1001",
        "test": False,
        "created_at": "2026-11-20T10:00:00+01:00",
        "processed_at": "2026-11-20T10:00:00+01:00",
        "updated_at": "2026-11-20T10:05:00+01:00",
        "cancelled_at": None,
        "closed_at": None,
        "currency": currency,
        "presentment_currency": "USD",
        "financial_status": "paid",
        "fulfillment_status": None,
        "taxes_included": False,
        "email": "mia@example.com",
        "customer_locale": "en",
        "customer": {
            "id": 115310627314723950,
            "admin_graphql_api_id": "gid://shopify/Customer/115310627314723954",
            "email": "mia@example.com",
            "first_name": "Mia",
            "last_name": "Berg",
        },
        "total_price_set": money("100.00", currency),
        "total_tax_set": money("0.00", currency),
        "total_tip_received": "0.00",
        "line_items": [line(1, "100.00", currency=currency)],
        "shipping_lines": [],
        "fulfillments": [],
        "refunds": [],
        **changes,
    }


def refund(*pieces: tuple[int, int, str, str], paid: str | None = None, **changes: Any) -> Any:
    """A refund of (line, quantity, subtotal, tax) pieces; ``paid`` is what the buyer got."""
    return {
        "id": 509562969,
        "admin_graphql_api_id": "gid://shopify/Refund/509562969",
        "order_id": 450789469,
        "created_at": "2026-11-21T10:00:00+01:00",
        "processed_at": "2026-11-21T10:00:00+01:00",
        "refund_line_items": [
            {
                "id": 10 + number,
                "line_item_id": number,
                "quantity": quantity,
                "subtotal": float(subtotal),
                "total_tax": float(tax),
                "subtotal_set": money(subtotal),
                "total_tax_set": money(tax),
            }
            for number, quantity, subtotal, tax in pieces
        ],
        "refund_shipping_lines": [],
        "order_adjustments": [],
        "transactions": [
            {"kind": "refund", "status": "success", "amount": paid, "currency": "EUR"}
        ]
        if paid
        else [],
        "duties": [],
        **changes,
    }


def claims(**changes: Any) -> dict[str, Any]:
    """What an App Bridge ID token of Ada says; a claim changed to None is left out."""
    now = int(NOW.timestamp())
    told = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": CLIENT_ID,
        "sub": "42",
        "exp": now + 60,
        "nbf": now,
        "iat": now,
        "jti": "f8912129-1af6-4cad-9ca3-76b0f7621087",
        "sid": "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def token(header: object, told: object, secret: str = SECRET) -> str:
    """A JWT with any header and claims at all, signed by HS256."""
    signed = ".".join(_unpadded(json.dumps(part).encode()) for part in (header, told))
    return f"{signed}.{_unpadded(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


def id_token(secret: str = SECRET, **changes: Any) -> str:
    return token({"alg": "HS256", "typ": "JWT"}, claims(**changes), secret)


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
