"""The WooCommerce face: everything the platform adds to the shop, in one place."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets

from flask import Flask, Response, abort, request, session

from devstore.control import pairing
from devstore.face import Mount
from devstore.model import Change, Customer, Order, Product
from devstore.state import State
from devstore.woocommerce.grant import grant
from devstore.woocommerce.hooks import RIGHTS, Hooks
from devstore.woocommerce.listing import json_response
from devstore.woocommerce.rest import Resource, door, index
from devstore.woocommerce.rest_coupons import Coupons
from devstore.woocommerce.rest_orders import Orders, Refunds
from devstore.woocommerce.rest_things import Customers, Products
from devstore.woocommerce.rest_webhooks import Webhooks
from devstore.woocommerce.wire import RestError

TOKEN_SECONDS = 300
TOKEN_URL = "/wp-admin/admin-ajax.php?action=perennial_token"  # noqa: S105  # an address


class WooFace:
    """Implements ``devstore.face.Face``."""

    name = "woocommerce"
    api_prefixes = ("/wp-json/",)

    def __init__(self, state: State) -> None:
        self._state = state
        self._shop = state.shops[self.name]
        self._origin = state.origins[self.name]
        self._hooks = Hooks(self._shop, self._origin)

    def register(self, app: Flask) -> None:
        products = Products(self._state)
        webhooks = Webhooks(self._state, self._hooks)
        resources: list[Resource] = [
            Orders(self._state),
            products,
            Customers(self._state),
            Coupons(self._state),
            webhooks,
        ]
        api = door(self._state, resources)
        api.add_url_rule("/products/<int:key>/variations", "variations", products.variations)
        Refunds(self._state).register(api)
        app.register_blueprint(api)
        app.register_blueprint(grant(self._state))

        @app.get("/wp-json/")
        def about() -> Response:
            return index(self._state)

        @app.errorhandler(RestError)
        def refused(problem: RestError) -> Response:
            return json_response(problem.body, problem.status)

        @app.route("/wp-json/<path:anything>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        def no_route(anything: str) -> Response:
            del anything
            message = "No route was found matching the URL and request method."
            raise RestError(404, "rest_no_route", message)

        @app.get("/wp-admin/admin-ajax.php")
        def token() -> Response:
            if request.args.get("action") != "perennial_token":
                abort(400)
            response = json_response({"token": self.shopper_token(session.get("customer_id"))})
            response.headers["Cache-Control"] = "no-cache, must-revalidate, max-age=0, no-store"
            return response

        @app.put("/_devstore/rights")
        def rights() -> Response:
            """{"demoted": true}: whoever approved the keys lost their rights."""
            self._shop.shelf.put(RIGHTS, "demoted", bool(request.get_json().get("demoted")))
            return Response(status=204)

    def shopper_token(self, customer_id: int | None) -> str | None:
        """What the plugin signs for whoever is logged in; None for guests and before pairing."""
        paired = pairing(self._shop)
        customer = self._shop.shelf.get(Customer, customer_id) if customer_id else None
        if paired is None or customer is None:
            return None
        now = int(self._shop.now().timestamp())
        claims = {
            "iss": self._origin,
            "sub": str(customer.id),
            "email": customer.email,
            "aud": "widget",
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": secrets.token_hex(12),
        }
        part = _base64url(json.dumps(claims, separators=(",", ":")).encode())
        digest = hmac.new(paired.secret.encode(), part.encode(), hashlib.sha256).digest()
        return f"{part}.{_base64url(digest)}"

    def mount(self) -> Mount:
        paired = pairing(self._shop)
        if paired is None:
            return Mount(None, TOKEN_URL)
        base = f"{paired.service}/storefront/woocommerce/{paired.public_id}"
        return Mount(base, TOKEN_URL, paired.service)

    def block(self, _name: str, _language: str, _product: Product | None = None) -> None:
        return None

    def extension(self, _name: str, _order: Order | None = None) -> None:
        return None

    def product_key(self, product: Product) -> str:
        return str(product.id)

    def order_name(self, order: Order) -> str:
        return str(order.id)

    def heard(self, change: Change) -> None:
        self._hooks.heard(change)

    def tick(self, *, everything: bool = False) -> int:
        return self._hooks.tick(everything=everything)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
