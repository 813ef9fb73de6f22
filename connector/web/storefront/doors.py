"""The two doors of the storefront, by platform: views to look at, and acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
from flask import Blueprint, Flask, Response, g, jsonify, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Connection

from adapters.shopify import Shopify
from adapters.shopify.verify import Visitor as Proven
from connector.core import clock
from connector.core.errors import NotFound, PerennialError, Unauthenticated
from connector.orders import store as products
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.web import addresses, public, remembered
from connector.web.runtime import runtime
from connector.web.storefront import acts, beacons, bearer, giving, thanks
from connector.web.storefront.asker import Visitor, forwarded_address, who
from connector.web.storefront.club import club
from connector.web.storefront.me import me
from connector.web.storefront.rows import for_me
from connector.web.storefront.told.earning import tasks

blueprint = Blueprint("storefront", __name__, url_prefix="/storefront")
remembered.remember_in(blueprint)
_PRIVATE: Mapping[str, Callable[[Connection, Visitor, datetime], Any]] = {
    "me": me,
    "club": club,
    "tasks": tasks,
    "giving": giving.remembered,
    "for_me": for_me,
}
_VIEWS = frozenset({*public.VIEWS, *_PRIVATE})
_NAMES = (
    "product",
    "lang",
    "surface",
    "viewed",
    "hidden",
    "bucket",
)  # all that a public view reads of its query


@blueprint.record_once
def _offer(state: BlueprintSetupState) -> None:
    acts.offer(cast("Flask", state.app))


@blueprint.get("/woocommerce/<public_id>/<view>", provide_automatic_options=False)
def woocommerce(public_id: str, view: str) -> Response:
    """A WooCommerce storefront; its own origin is the only one that may read the answer."""

    def find(db: Connection) -> Shop:
        return _found_by(db, public_id)

    if view in public.VIEWS:
        return remembered.answer(view, remembered.asked(request.environ), find, _readable_by)
    with runtime().database.read() as db:
        shop = find(db)
        _check_view(view)
        return _own(view, db, _bearer(db, shop))


@blueprint.get(f"/woocommerce/<public_id>/{thanks.VIEW}", provide_automatic_options=False)
def order_of_woocommerce(public_id: str) -> Response:
    """What the shop gives for an order, to whoever has the token of that order's own page."""
    with runtime().database.read() as db:
        shop = _found_by(db, public_id)
        key = bearer.proven(db, shop, bearer.ORDER)
        if key is None:
            raise Unauthenticated("invalid_token", "bring the token of the order's page")
        return _private(thanks.of_order(db, shop, key, clock.now()))


@blueprint.post("/woocommerce/<public_id>/<act>", provide_automatic_options=False)
def act_on_woocommerce(public_id: str, act: str) -> Response:
    """What a shopper does on a WooCommerce storefront."""
    _check_act(act)
    with runtime().database.read() as db:
        visitor = _bearer(db, _found_by(db, public_id))
    return jsonify(acts.carry_out(act, visitor))


@blueprint.post(f"/woocommerce/<public_id>/{beacons.ACT}", provide_automatic_options=False)
def told_by_woocommerce(public_id: str) -> tuple[str, int]:
    """What a page of a WooCommerce store tells while it is left; the store's own pages only."""
    with runtime().database.read() as db:
        shop = _found_by(db, public_id)
    beacons.check_origin(_origin(shop))
    return beacons.take(shop, request.remote_addr or "")


@blueprint.route("/woocommerce/<public_id>/<name>", methods=["OPTIONS"])
def preflight(public_id: str, name: str) -> tuple[str, int]:
    """May the shop's own pages send a token, or a wish? Yes, and no others."""
    del name
    with runtime().database.read() as db:
        g.read_by = shops.by_public_id(db, public_id)
    return "", 204


@blueprint.get("/shopify/<view>")
def shopify(view: str) -> Response:
    """A Shopify storefront through the app proxy."""
    proven = _proven()

    def find(db: Connection) -> Shop:
        return _named(db, proven)

    if view in public.VIEWS:
        asked = [addresses.text(name) for name in _NAMES]  # the rest is new each time
        return remembered.answer(view, ("shopify", proven.shop_key, view, *asked), find)
    _check_view(view)
    with runtime().database.read() as db:
        return _own(view, db, who(db, find(db), proven.customer_key, forwarded_address()))


@blueprint.post("/shopify/<act>")
def act_on_shopify(act: str) -> Response:
    """What a shopper does on a Shopify storefront; the signature does not cover the body."""
    _check_act(act)
    proven = _proven()
    with runtime().database.read() as db:
        visitor = who(db, _named(db, proven), proven.customer_key, forwarded_address())
    return jsonify(acts.carry_out(act, visitor))


@blueprint.post(f"/shopify/{beacons.ACT}")
def told_by_shopify() -> tuple[str, int]:
    """What a page of a Shopify store tells while it is left, through the app proxy."""
    proven = _proven()
    with runtime().database.read() as db:
        shop = _named(db, proven)
        beacons.check_proxied(lambda: _hosts(db, shop))
    return beacons.take(shop, forwarded_address())


@blueprint.after_request
def _allow_origin(response: Response) -> Response:
    if request.method == "POST":
        response.headers["Cache-Control"] = "private, no-store"
    shop: Shop | None = g.get("read_by")
    if shop is None:
        return response
    if "Access-Control-Allow-Origin" not in response.headers:
        response.headers.extend(_readable_by(shop))
    if request.method == "OPTIONS":
        looks = (request.view_args or {}).get("name") in {*_VIEWS, thanks.VIEW}
        sent = "Authorization" if looks else "Authorization, Content-Type, Idempotency-Key"
        response.headers["Access-Control-Allow-Headers"] = sent
        response.headers["Access-Control-Allow-Methods"] = "GET" if looks else "POST"
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def _readable_by(shop: Shop) -> list[tuple[str, str]]:
    """The store's own pages, and no others."""
    return [("Access-Control-Allow-Origin", _origin(shop)), ("Vary", "Origin")]


def _origin(shop: Shop) -> str:
    """Where a WooCommerce store's pages are."""
    scheme, _, rest = shop.key.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _hosts(db: Connection, shop: Shop) -> set[str]:
    """Where a Shopify store's pages are: at its own name, and where its catalogue says."""
    return {shop.key, urlsplit(products.some_page(db, shop.id) or "").hostname or shop.key}


def _check_view(view: str) -> None:
    if view not in _VIEWS:
        raise NotFound("not_found", "no such view")


def _check_act(act: str) -> None:
    if act in _VIEWS:
        raise PerennialError("method_not_allowed", "this is to look at: GET", status=405)


def _own(view: str, db: Connection, visitor: Visitor) -> Response:
    return _private(_PRIVATE[view](db, visitor, clock.now()))


def _private(told: Any) -> Response:
    response = Response(msgspec.json.encode(told), mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _found_by(db: Connection, public_id: str) -> Shop:
    shop = g.read_by = _living(shops.by_public_id(db, public_id))
    return shop


def _bearer(db: Connection, shop: Shop) -> Visitor:
    return who(db, shop, bearer.proven(db, shop), request.remote_addr or "")


def _proven() -> Proven:
    platform = runtime().platforms.get("shopify")
    if platform is None:
        raise NotFound("not_found", "Shopify is not set up here")
    return cast("Shopify", platform).visitor(request.query_string.decode("latin-1"))


def _named(db: Connection, proven: Proven) -> Shop:
    shop = shops.find(db, "shopify", proven.shop_key)
    if shop is None:
        raise NotFound("shop_not_found", "no such shop")
    return _living(shop)


def _living(shop: Shop) -> Shop:
    if not shop.is_live:
        raise NotFound("shop_not_found", "no such shop")
    return shop
