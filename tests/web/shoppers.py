"""Shoppers at a WooCommerce and at a Shopify storefront, as their browsers reach us."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from connector.core import clock
from connector.shops import service as shops
from tests.adapters.shopify import world as shopify_world
from tests.adapters.shopify.test_app_proxy import canonical
from tests.flows.service import CLIENT_SECRET
from tests.flows.test_bad_webhooks import WOO_ORDER, shopify, woocommerce

STORE = "https://acme.example"
MIA = "115310627314723954"  # her customer id on Shopify; on WooCommerce she is 7


class Storefront:
    """A WooCommerce shop's pages: where its JSON is, and the secret its plugin signs with."""

    def __init__(self, service, shop):
        self.service, self.shop = service, shop
        with service.database.read() as db:
            self.secret = shops.secret(db, service.runtime.keys, shop.id, "widget_secret")

    def ask(self, view, token=None, method="GET", **query):
        return self.send(view, token, method=method, query_string=query)

    def do(self, act, wanted, token=None, once="k1", **query):
        headers = {} if once is None else {"Idempotency-Key": once}
        return self.send(act, token, headers, method="POST", json=wanted, query_string=query)

    def send(self, name, token=None, headers=(), **sending):
        told = {"Origin": "https://anybody.example", **dict(headers)}
        if token is not None:
            told["Authorization"] = f"Bearer {token}"
        path = f"/storefront/woocommerce/{self.shop.public_id}/{name}"
        return self.service.http.open(path, headers=told, **sending)

    def token(self, secret=None, **changes):
        now = int(clock.now().timestamp())
        claims = {"sub": "7", "aud": "widget", "iat": now, "exp": now + 300, **changes}
        kept = {name: value for name, value in claims.items() if value is not None}
        return signed(json.dumps(kept).encode(), self.secret if secret is None else secret)


def signed(payload, secret):
    part = base64.urlsafe_b64encode(payload).rstrip(b"=")
    digest = hmac.digest(secret, part, hashlib.sha256)
    return f"{part.decode()}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@pytest.fixture
def acme(service):
    """Acme, where Mia (customer 7) has bought something."""
    shop = service.install("woocommerce", STORE)
    woocommerce(
        service, shop, {**WOO_ORDER, "billing": {"email": "m@b.example", "first_name": "Mia"}}
    )
    service.work(["drain"])
    return Storefront(service, shop)


class Proxy:
    """A Shopify shop's pages, as Shopify forwards them."""

    def __init__(self, service):
        self.service = service
        self.shop = service.install("shopify", shopify_world.SHOP)
        shopify(service)
        service.work(["drain"])

    def pairs(self, *extra, customer=MIA, **changes):
        told = {
            "shop": shopify_world.SHOP,
            "path_prefix": "/apps/perennial",
            "timestamp": str(int(clock.now().timestamp())),
            "logged_in_customer_id": customer,
            **changes,
        }
        return [*extra, *((name, value) for name, value in told.items() if value is not None)]

    def query(self, pairs):
        return [*pairs, ("signature", shopify_world.hex_hmac(canonical(pairs), CLIENT_SECRET))]

    def ask(self, query, view="me"):
        text = query if isinstance(query, str) else urlencode(query)
        return self.service.http.get(f"/storefront/shopify/{view}?{text}")

    def do(self, act, wanted, *extra, headers=(), **changes):
        """Send a wish through the proxy; ``extra`` pairs go into the query that is signed."""
        text = urlencode(self.query(self.pairs(*extra, **changes)))
        return self.service.http.post(
            f"/storefront/shopify/{act}?{text}", json=wanted, headers=dict(headers)
        )


@pytest.fixture
def proxy(service):
    return Proxy(service)
