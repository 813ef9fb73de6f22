"""Stores that only answer: what a platform's API holds, over real HTTP on loopback.

They have no rules of their own. A test puts bodies in, and the product's own adapters read them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REST = "/wp-json/wc/v3/"
CONSUMER_KEY, CONSUMER_SECRET = f"ck_{'a' * 40}", f"cs_{'b' * 40}"
ERRORS = {
    "orders": "woocommerce_rest_shop_order_invalid_id",
    "products": "woocommerce_rest_product_invalid_id",
    "customers": "woocommerce_rest_invalid_id",
}
_OPERATION = re.compile(r"query (\w+)")

Answer = tuple[int, Any]  # status and body


@dataclass
class WooStore:
    """A WooCommerce store's REST. ``opens`` are the consumer keys it opens to."""

    currency: str = "USD"
    orders: dict[str, Any] = field(default_factory=dict)
    refunds: dict[str, list[Any]] = field(default_factory=dict)
    customers: dict[str, Any] = field(default_factory=dict)
    products: dict[str, Any] = field(default_factory=dict)
    webhooks: list[Any] = field(default_factory=list)
    opens: set[str] = field(default_factory=lambda: {CONSUMER_KEY})
    fail_next: int = 0  # answers 503 so many times
    asked: list[str] = field(default_factory=list)
    origin: str = ""

    def answer(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
        self.asked.append(f"{method} {path}")
        if self.fail_next:
            self.fail_next -= 1
            return 503, "down for a moment"
        if path == "/wp-json/":
            return 200, {"name": "Acme", "namespaces": ["wc/v3"], "timezone_string": "UTC"}
        if _consumer(headers, query) not in self.opens:
            return 401, _error("woocommerce_rest_cannot_view", 401)
        what, *rest = path.removeprefix(REST).split("/")
        if what == "webhooks":
            return self._webhooks(method, rest, body)
        return self._read(what, rest, is_first=query.get("page", ["1"]) == ["1"])

    def _read(self, what: str, rest: list[str], *, is_first: bool) -> Answer:
        fixed: dict[str, Any] = {
            "data": {"code": self.currency},
            "system_status": {
                "environment": {"version": "11.0.1"},
                "settings": {"currency": self.currency},
            },
        }
        if what in fixed:
            return 200, fixed[what]
        if rest[1:] == ["refunds"]:
            return 200, self.refunds.get(rest[0], []) if is_first else []
        held = {"orders": self.orders, "products": self.products, "customers": self.customers}
        if not rest:
            return 200, list(held[what].values()) if is_first else []
        found = held[what].get(rest[0])
        return (404, _error(ERRORS[what], 404)) if found is None else (200, found)

    def _webhooks(self, method: str, rest: list[str], body: bytes) -> Answer:
        if method == "GET":
            return 200, self.webhooks
        if method == "DELETE":
            self.webhooks = [one for one in self.webhooks if str(one["id"]) != rest[0]]
            return 200, {}
        made = {"id": len(self.webhooks) + 1, "status": "active", **json.loads(body)}
        self.webhooks.append(made)
        return 201, made


@dataclass
class ShopifyStore:
    """A Shopify store's Admin GraphQL: whole nodes by gid; null for all it does not hold."""

    nodes: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    origin: str = ""

    def answer(self, _method: str, _url: str, _headers: dict[str, str], body: bytes) -> Answer:
        told = json.loads(body)
        operation = _OPERATION.search(told["query"])
        name = operation[1].lower() if operation else ""
        gid = told["variables"].get("id", "")
        self.asked.append(f"{name} {gid}".strip())
        return 200, {"data": {name: self.nodes.get(gid)}}


@contextmanager
def serving(store: WooStore | ShopifyStore) -> Iterator[str]:
    """The store on a free loopback port; yields its origin."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, told = store.answer(self.command, self.path, headers, self.rfile.read(length))
            body = told.encode() if isinstance(told, str) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if isinstance(told, list):
                self.send_header("X-WP-Total", str(len(told)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - names of the standard library

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    store.origin = f"http://127.0.0.1:{server.server_port}"
    try:
        yield store.origin
    finally:
        server.shutdown()
        server.server_close()


# ------------------------------------------------------------------------------- what they send


def woo_signed(
    body: bytes, secret: str, topic: str = "order.updated", delivery: str = "d1"
) -> dict[str, str]:
    """Headers of a WooCommerce delivery."""
    resource, _, event = topic.partition(".")
    return {
        "Content-Type": "application/json",
        "User-Agent": "WooCommerce/11.0.1 Hookshot (WordPress/7.1)",
        "X-WC-Webhook-Source": "http://shop.example/",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Resource": resource,
        "X-WC-Webhook-Event": event,
        "X-WC-Webhook-Signature": base64_hmac(body, secret),
        "X-WC-Webhook-ID": "1",
        "X-WC-Webhook-Delivery-ID": delivery,
    }


def shopify_signed(
    body: bytes,
    secret: str,
    topic: str = "orders/updated",
    *,
    shop: str = "acme.myshopify.com",
    delivery: str = "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    triggered_at: str = "2026-11-22T11:59:58.123456789Z",
) -> dict[str, str]:
    """Headers of a Shopify delivery."""
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64_hmac(body, secret),
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Webhook-Id": delivery,
        "X-Shopify-Triggered-At": triggered_at,
    }


def base64_hmac(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def _consumer(headers: dict[str, str], query: dict[str, list[str]]) -> str:
    """Who asks: by Basic over https, by OAuth's parameters over http. Signatures are not checked:
    the practice shop does that.
    """
    scheme, _, told = headers.get("authorization", "").partition(" ")
    if scheme == "Basic":
        return base64.b64decode(told).decode().partition(":")[0]
    return query.get("oauth_consumer_key", [""])[0]


def _error(code: str, status: int) -> Any:
    return {"code": code, "message": "No.", "data": {"status": status}}
