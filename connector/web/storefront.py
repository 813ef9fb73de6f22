"""The storefront's JSON: what shoppers' browsers ask, and nothing that is not theirs.

WooCommerce: straight from the browser, a signed five-minute token says who asks. Shopify: through
the app proxy, whose signature says so. Only ``me`` is private; it is never cached.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from flask import Blueprint, Response, g, jsonify, request
from sqlalchemy import Connection

from adapters.shopify import Shopify
from connector.core import clock
from connector.core.errors import NotFound, Unauthenticated
from connector.rooms.points import service as points
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.web import addresses, public, remembered
from connector.web.history import entries_json
from connector.web.runtime import runtime

TOKEN_SECONDS = 300
LEEWAY_SECONDS = 10
MAX_TOKEN_CHARS = 2000
HISTORY_ENTRIES = 30
_CUSTOMER = re.compile(r"[0-9]{1,20}", re.ASCII)
blueprint = Blueprint("storefront", __name__, url_prefix="/storefront")
remembered.remember_in(blueprint)


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

    def find(db: Connection) -> Shop:
        shop = g.read_by = _living(shops.by_public_id(db, public_id))
        return shop

    if view in public.VIEWS:
        return remembered.answer(view, remembered.asked(request.environ), find, _readable_by)
    with runtime().database.read() as db:
        shop = find(db)
        _check_view(view)
        return _own(db, Visitor(shop, _token_customer(db, shop)))


@blueprint.route("/woocommerce/<public_id>/<view>", methods=["OPTIONS"])
def preflight(public_id: str, view: str) -> tuple[str, int]:
    """May the shop's own pages send a token? Yes, and no others."""
    del view
    with runtime().database.read() as db:
        g.read_by = shops.by_public_id(db, public_id)
    return "", 204


@blueprint.get("/shopify/<view>")
def shopify(view: str) -> Response:
    """A Shopify storefront through the app proxy."""
    platform = runtime().platforms.get("shopify")
    if platform is None:
        raise NotFound("not_found", "Shopify is not set up here")
    proven = cast("Shopify", platform).visitor(request.query_string.decode("latin-1"))

    def find(db: Connection) -> Shop:
        shop = shops.find(db, "shopify", proven.shop_key)
        if shop is None:
            raise NotFound("shop_not_found", "no such shop")
        return _living(shop)

    if view in public.VIEWS:
        products = addresses.text("product")  # the rest of the query is new each time
        return remembered.answer(view, ("shopify", proven.shop_key, view, products), find)
    _check_view(view)
    with runtime().database.read() as db:
        return _own(db, Visitor(find(db), proven.customer_key))


@blueprint.after_request
def _allow_origin(response: Response) -> Response:
    shop: Shop | None = g.get("read_by")
    if shop is None:
        return response
    if "Access-Control-Allow-Origin" not in response.headers:
        response.headers.extend(_readable_by(shop))
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Headers"] = "Authorization"
        response.headers["Access-Control-Allow-Methods"] = "GET"
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def _readable_by(shop: Shop) -> list[tuple[str, str]]:
    """The store's own pages, and no others."""
    scheme, _, rest = shop.key.partition("://")
    origin = f"{scheme}://{rest.partition('/')[0]}"
    return [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]


def _check_view(view: str) -> None:
    if view != "me":
        raise NotFound("not_found", "no such view")


def _own(db: Connection, visitor: Visitor) -> Response:
    response = jsonify(me(db, visitor))
    response.headers["Cache-Control"] = "private, no-store"
    return response


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
    scheme, _, token = header.partition(" ")
    payload, _, given = token.partition(".")
    secret = shops.secret(db, runtime().keys, shop.id, "widget_secret") or b""
    # Compared as written: base64 has several spellings of the same bytes.
    expected = _base64url(hmac.digest(secret, payload.encode(), hashlib.sha256))
    genuine = hmac.compare_digest(expected, given.encode()) and scheme == "Bearer"
    try:
        body = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        short = len(header) <= MAX_TOKEN_CHARS
        claims = msgspec.json.decode(body, type=_Claims) if secret and genuine and short else None
    except (ValueError, msgspec.DecodeError):
        claims = None
    if claims is None or claims.aud != "widget" or not _CUSTOMER.fullmatch(claims.sub):
        raise Unauthenticated("invalid_token", "not a token of this shop")
    now = clock.now().timestamp()
    lives = claims.iat - LEEWAY_SECONDS <= now <= claims.exp + LEEWAY_SECONDS
    if not lives or claims.exp - claims.iat > TOKEN_SECONDS:
        raise Unauthenticated("expired", "ask the store for a new token")
    return claims.sub


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _living(shop: Shop) -> Shop:
    if not shop.is_live:
        raise NotFound("shop_not_found", "no such shop")
    return shop
