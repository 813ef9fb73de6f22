"""The hand behind the curtain on this face: the merchant's, the platform's and the clock's."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, abort, jsonify, request

from devstore.shop import Shop
from devstore.shopify import api
from devstore.shopify.install import Door
from devstore.shopify.merchant import Merchant
from devstore.shopify.telling import Teller
from devstore.shopify.webhooks import Webhooks

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def control(
    shop: Shop, door: Door, merchant: Merchant, teller: Teller, webhooks: Webhooks
) -> Blueprint:
    """Routes under ``/_devstore/shopify``; refusals are 422 with a sentence."""
    bp = Blueprint("shopify control", __name__, url_prefix="/_devstore/shopify")
    _orders(bp, merchant)
    _app(bp, shop, door, merchant, teller)

    @bp.post("/customers/merge")
    def merge() -> Response:
        """{"kept": id, "gone": id}."""
        body = _body()
        return _json(merchant.merge(int(body["kept"]), int(body["gone"])))

    @bp.get("/webhooks")
    def waiting() -> Response:
        """What nobody has answered yet."""
        told = [{"topic": one.topic, "attempts": one.attempts} for one in webhooks.waiting()]
        return jsonify(waiting=told)

    @bp.before_request
    def only_loopback() -> None:
        host = request.host.rsplit(":", 1)[0].strip("[]")
        if request.remote_addr not in _LOOPBACK or host not in _LOOPBACK:
            abort(403)

    @bp.errorhandler(LookupError)
    @bp.errorhandler(ValueError)
    def refused(problem: Exception) -> tuple[Response, int]:
        return jsonify(code="not_possible", message=str(problem)), 422

    return bp


def _orders(bp: Blueprint, merchant: Merchant) -> None:
    @bp.post("/orders/<int:order_id>/edit")
    def edit(order_id: int) -> Response:
        """{"sku": "CP-EVE", "quantity": 2}."""
        body = _body()
        return _json(merchant.add_line(order_id, body["sku"], int(body.get("quantity", 1))))

    @bp.post("/orders/<int:order_id>/paid")
    def paid(order_id: int) -> Response:
        return _json(merchant.mark_paid(order_id))

    @bp.post("/orders/<int:order_id>/refund-all")
    def refund_all(order_id: int) -> Response:
        return _json(merchant.refund_all(order_id, _body().get("reason", "")))

    @bp.post("/orders/<int:order_id>/cancel")
    def cancel(order_id: int) -> Response:
        """{"refund": true}: give the money back too."""
        return _json(merchant.cancel(order_id, refund=bool(_body().get("refund", False))))


def _app(bp: Blueprint, shop: Shop, door: Door, merchant: Merchant, teller: Teller) -> None:
    @bp.get("/app")
    def state() -> Response:
        """Whether the app is in, and with which scopes."""
        return _json(door.installed)

    @bp.post("/uninstall")
    def uninstall() -> Response:
        merchant.uninstall(teller.shop())
        return Response(status=204)

    @bp.put("/scopes")
    def scopes() -> Response:
        """{"scopes": "read_orders,read_products"}."""
        merchant.change_scopes(str(_body()["scopes"]))
        return Response(status=204)

    @bp.post("/compliance")
    def compliance() -> Response:
        """{"topic": "customers/redact", "customer": id}."""
        body = _body()
        customer = body.get("customer")
        merchant.demand(body["topic"], None if customer is None else int(customer))
        return Response(status=204)

    @bp.post("/tokens/expire")
    def expire() -> Response:
        """Every access token runs out now; refresh tokens live on."""
        door.tokens.expire(shop.now())
        return Response(status=204)

    @bp.put("/tokens/lifetime")
    def lifetime() -> Response:
        """{"seconds": 5} for the access tokens given from now on."""
        door.tokens.lifetime_seconds = int(_body()["seconds"])
        return Response(status=204)

    @bp.route("/switches", methods=["GET", "PUT"])
    def switches() -> Response:
        """{"throttle_next": 3, "withhold_personal": true}."""
        if request.method == "PUT":
            api.switch(shop, msgspec.convert(_body(), api.Switches))
        return _json(api.switches(shop))


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True) or {}
    if not isinstance(body, dict):
        raise ValueError("The body must be a JSON object.")  # noqa: TRY004  # told as a refusal
    return body


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), mimetype="application/json")
