"""The storefront's JSON: what shoppers' browsers ask, and nothing that is not theirs.

WooCommerce: straight from the browser, a signed five-minute token says who asks. Shopify: through
the app proxy, whose signature says so. Only ``me`` is private; it is never cached.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import msgspec
from flask import Blueprint, Response, g, jsonify, request
from sqlalchemy import Connection

from adapters.shopify import Shopify
from connector.core import clock
from connector.core.errors import BadInput, NotFound, Unauthenticated
from connector.core.money import exponent
from connector.orders import store as order_store
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.recommend import service as recommend
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.web.history import entries_json
from connector.web.runtime import runtime

TOKEN_SECONDS = 300
LEEWAY_SECONDS = 10
MAX_TOKEN_CHARS = 2000
HISTORY_ENTRIES = 30
PUBLIC_SECONDS = 60
MAX_PRODUCTS = 20
_AMOUNTS = (1, 2, 5)  # whole units offered as gifts
blueprint = Blueprint("storefront", __name__, url_prefix="/storefront")


class _Claims(msgspec.Struct):
    """A shopper's token, as the store signs it."""

    sub: str
    aud: str
    iat: int
    exp: int


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks, at which shop. ``customer_key`` None: not signed in there."""

    shop: Shop
    customer_key: str | None


@blueprint.get("/woocommerce/<public_id>/<view>", provide_automatic_options=False)
def woocommerce(public_id: str, view: str) -> Response:
    """A WooCommerce storefront; its own origin is the only one that may read the answer."""
    with runtime().database.read() as db:
        shop = _living(shops.by_public_id(db, public_id))
        g.cors_origin = _origin(shop.key)
        visitor = Visitor(shop, _token_customer(db, shop) if view == "me" else None)
        return _answer(db, visitor, view)


@blueprint.route("/woocommerce/<public_id>/<view>", methods=["OPTIONS"])
def preflight(public_id: str, view: str) -> tuple[str, int]:
    """May the shop's own pages send a token? Yes, and no others."""
    del view
    with runtime().database.read() as db:
        g.cors_origin = _origin(shops.by_public_id(db, public_id).key)
    return "", 204


@blueprint.get("/shopify/<view>")
def shopify(view: str) -> Response:
    """A Shopify storefront through the app proxy."""
    platform = runtime().platforms.get("shopify")
    if platform is None:
        raise NotFound("not_found", "Shopify is not set up here")
    proven = cast("Shopify", platform).visitor(request.query_string.decode("latin-1"))
    with runtime().database.read() as db:
        shop = shops.find(db, "shopify", proven.shop_key)
        if shop is None:
            raise NotFound("shop_not_found", "no such shop")
        return _answer(db, Visitor(_living(shop), proven.customer_key), view)


@blueprint.after_request
def _allow_origin(response: Response) -> Response:
    origin = g.get("cors_origin")
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Vary"] = "Origin"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Headers"] = "Authorization"
            response.headers["Access-Control-Allow-Methods"] = "GET"
            response.headers["Access-Control-Max-Age"] = "600"
    return response


def _answer(db: Connection, visitor: Visitor, view: str) -> Response:
    if view == "me":
        response = jsonify(me(db, visitor))
        response.headers["Cache-Control"] = "private, no-store"
        return response
    if view == "config":
        body = config(db, visitor.shop)
    elif view == "badge":
        body = badge(db, visitor.shop, _product_keys()[0])
    elif view == "recommendations":
        body = recommendations(db, visitor.shop, _product_keys())
    else:
        raise NotFound("not_found", "no such view")
    response = jsonify(body)
    response.add_etag()
    response.headers["Cache-Control"] = (
        f"public, max-age={PUBLIC_SECONDS}, stale-while-revalidate={PUBLIC_SECONDS}"
    )
    return cast("Response", response.make_conditional(request))


def config(db: Connection, shop: Shop) -> dict[str, Any]:
    """The programme in public: what a visitor who is nobody may know."""
    program = points.program(db, shop.id)
    points_each, per_minor = program.rates[shop.currency]
    unit = 10 ** exponent(shop.currency)
    return {
        "program": {
            "name": shop.name,
            "currency": shop.currency,
            "points_each": points_each,
            "per_minor": per_minor,
            "hold_days": program.hold_days,
            "award_on": program.award_on,
        },
        "causes": [
            {"key": cause.key, "name": cause.name, "story": cause.story}
            for cause in giving.causes(db, shop.id)
        ],
        "donation": {
            "amounts_minor": [amount * unit for amount in _AMOUNTS],
            "round_up_to_minor": unit,
            "share_kept_percent": 0,
        },
        "currency_exponent": exponent(shop.currency),
        "version": str(program.version),
    }


def badge(db: Connection, shop: Shop, product_key: str) -> dict[str, int]:
    """Points this product earns now, by the award's own arithmetic."""
    product = order_store.products(db, shop.id, [product_key]).get(product_key)
    if product is None or product.price_minor is None or not product.published:
        raise NotFound("product_not_found", "no such product")
    return {"points": points.preview(db, shop.id, product.price_minor)}


def recommendations(db: Connection, shop: Shop, product_keys: Sequence[str]) -> dict[str, Any]:
    """What goes with these products, from the shop's own orders; nothing is better than noise."""
    return {
        "items": [
            {
                "key": item.key,
                "title": item.title,
                "url": item.url,
                "image_url": item.image_url,
                "price": item.price and asdict(item.price),
                "together": item.together,
            }
            for item in recommend.together(db, shop.id, product_keys)
        ]
    }


def me(db: Connection, visitor: Visitor) -> dict[str, Any]:
    """The signed-in shopper's own points; ``member`` None for everybody else."""
    shop = visitor.shop
    members = runtime().members
    member_id = None
    if visitor.customer_key is not None:
        member_id = members.by_customer_key(db, shop.id, visitor.customer_key)
    if member_id is None:
        return {"member": None}
    balance = points.balance(db, shop.id, member_id)
    coming = points.next_pending(db, shop.id, member_id)
    return {
        "member": {
            "name": members.person(db, shop.id, member_id).name,
            "available": balance.available,
            "pending": balance.pending,
            "debt": balance.debt,
            "pending_next": coming
            and {"points": coming[1], "on": clock.local_date(coming[0], shop.timezone)},
        },
        "history": entries_json(db, shop, member_id, None, HISTORY_ENTRIES),
    }


def _token_customer(db: Connection, shop: Shop) -> str | None:
    """The customer a bearer token proves; None without one. Unauthenticated if it proves nothing.

    The shop is the one whose secret signed it, never what the token says.
    """
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    secret = shops.secret(db, runtime().keys, shop.id, "widget_secret") or b""
    payload, _, given = header.removeprefix("Bearer ").partition(".")
    expected = hmac.digest(secret, payload.encode(), hashlib.sha256)
    try:
        signature = base64.urlsafe_b64decode(_padded(given))
        body = base64.urlsafe_b64decode(_padded(payload))
        genuine = len(header) <= MAX_TOKEN_CHARS and hmac.compare_digest(expected, signature)
        claims = msgspec.json.decode(body, type=_Claims) if secret and genuine else None
    except (ValueError, binascii.Error, msgspec.DecodeError):
        claims = None
    if claims is None or claims.aud != "widget" or not claims.sub.isascii():
        raise Unauthenticated("invalid_token", "not a token of this shop")
    now = clock.now().timestamp()
    lives = claims.iat - LEEWAY_SECONDS <= now <= claims.exp + LEEWAY_SECONDS
    if not lives or claims.exp - claims.iat > TOKEN_SECONDS:
        raise Unauthenticated("expired", "ask the store for a new token")
    return claims.sub


def _padded(text: str) -> bytes:
    return text.encode() + b"=" * (-len(text) % 4)


def _product_keys() -> list[str]:
    keys = [key for key in request.args.get("product", "").split(",") if key]
    if not 1 <= len(keys) <= MAX_PRODUCTS:
        raise BadInput("product_required", f"name 1 to {MAX_PRODUCTS} products", field="product")
    return keys


def _living(shop: Shop) -> Shop:
    if not shop.is_live:
        raise NotFound("shop_not_found", "no such shop")
    return shop


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
