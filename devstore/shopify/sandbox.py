"""The app's UI extensions inside this shop's checkout, thank-you and account pages.

As on the platform each runs in a sandbox without cookies and without an origin, and everything
it knows of the shop comes through one global. The page around it answers (static/extensions.js).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request, session

from devstore import cart, money
from devstore.model import Order
from devstore.shop import Shop
from devstore.shopify import ajax
from devstore.shopify.install import Door
from devstore.shopify.payloads import gid
from devstore.shopify.reading import DONATION_PROPERTY, lines, variant_id
from devstore.shopify.signing import session_token
from devstore.shopify.theme import HOUSE, TAGS

EXTENSIONS = HOUSE / "adapters" / "shopify" / "extensions"
SERVICE = "https://example.com"  # what stands in the bundles for the service's address
LOCALES = {"en": "en.default.json", "ar": "ar.json", "zh-Hant": "zh-TW.json"}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Surface:
    """One extension's place: whose words, and what its global has beyond the standard."""

    folder: str
    target: str


SURFACES = {
    "checkout": Surface("perennial-checkout", "purchase.checkout.block.render"),
    "thank-you": Surface("perennial-thank-you", "purchase.thank-you.block.render"),
    "order-status": Surface("perennial-thank-you", "customer-account.order-status.block.render"),
    "profile": Surface("perennial-account", "customer-account.profile.block.render"),
    "page": Surface("perennial-account", "customer-account.page.render"),
}


def sandbox(shop: Shop, domain: str, door: Door) -> Blueprint:
    """Routes under ``/_extensions``: the sandbox's page, its bundle, and what its host knows."""
    bp = Blueprint("shopify extensions", __name__, url_prefix="/_extensions")

    @bp.get("/<name>")
    def page(name: str) -> str:
        surface = SURFACES.get(name) or abort(404)
        language = session.get("lang", "en")
        words = (EXTENSIONS / surface.folder / "locales" / LOCALES[language]).read_text("utf-8")
        told = {
            "bundle": f"/_extensions/{name}.js",
            "target": surface.target,
            "language": TAGS[language],
            "words": json.loads(words),
            "state": _state(shop, request.args.get("order", type=int)),
        }
        return render_template("shopify/sandbox.html", told=told, language=language)

    @bp.get("/<name>.js")
    def bundle(name: str) -> Response:
        if name not in SURFACES:
            abort(404)
        code = (EXTENSIONS / "dist" / f"{name}.js").read_text("utf-8")
        response = Response(code.replace(SERVICE, door.app.service), mimetype="text/javascript")
        response.headers["Access-Control-Allow-Origin"] = "*"  # a sandbox has no origin
        return response

    @bp.get("/state")
    def state() -> Response:
        return jsonify(_state(shop, request.args.get("order", type=int)))

    @bp.get("/token")
    def token() -> Response:
        signed = session_token(
            client_id=door.app.client_id,
            secret=door.app.client_secret,
            shop=domain,
            customer_id=session.get("customer_id"),
            now=shop.now(),
        )
        return jsonify(token=signed)

    return bp


def _state(shop: Shop, order_id: int | None) -> Json:
    """The cart, or one order of it, as an extension's global tells it."""
    order = shop.shelf.get(Order, order_id) if order_id else None
    currency = shop.settings.currency
    if order is not None:
        rows = [
            _line(line.id, line.product_id, line.quantity, line.total_minor, currency, line.cause)
            for line in lines(order)
        ]
        noted: Iterable[tuple[str, str]] = order.attributes
        total, subtotal = order.total_minor, sum(line.total_minor for line in lines(order))
    else:
        held = ajax.shown(shop)
        rows = [
            _line(
                item["key"],
                item["product_id"],
                item["quantity"],
                item["final_line_price"],
                currency,
                item["properties"].get(DONATION_PROPERTY),
                item["properties"],
            )
            for item in held["items"]
        ]
        noted = cart.notes(session).items()
        total, subtotal = held["total_price"], held["items_subtotal_price"]
    return {
        "lines": rows,
        "attributes": [{"key": name, "value": value} for name, value in noted],
        "codes": [{"code": code} for code in session.get("codes", [])],
        "total": _amount(total, currency),
        "subtotal": _amount(subtotal, currency),
        "order": order and {"id": gid("Order", order.id), "name": f"#{order.number}"},
        "settings": {
            "donation_variant": gid("ProductVariant", ajax.GIFT_VARIANT),
            "choice": True,
        },
        "gift_price": money.text(ajax.GIFT_PRICE, currency),
    }


def _line(
    key: object,
    product_id: int,
    quantity: int,
    minor: int,
    currency: str,
    cause: str | None,
    properties: Json | None = None,
) -> Json:
    told = properties or ({DONATION_PROPERTY: cause} if cause is not None else {})
    return {
        "id": f"gid://shopify/CartLine/{key}",
        "quantity": quantity,
        "merchandise": {
            "id": gid("ProductVariant", variant_id(product_id)),
            "product": {"id": gid("Product", product_id)},
        },
        "cost": {"totalAmount": _amount(minor, currency)},
        "attributes": [{"key": name, "value": value} for name, value in told.items()],
    }


def _amount(minor: int, currency: str) -> Json:
    return {"amount": float(money.major(minor, currency)), "currencyCode": currency}
