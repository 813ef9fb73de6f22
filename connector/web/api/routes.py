"""The API's door: whose key it is, changes once, and the table of operations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import msgspec
from flask import Blueprint, Response, g, jsonify, render_template, request
from sqlalchemy import Connection

from connector.core.errors import Unauthenticated
from connector.shops import api_keys
from connector.shops.service import Shop
from connector.web import once
from connector.web.api import (
    actions,
    donations,
    exchange,
    gift_products,
    giving,
    identities,
    learning,
    liability,
    listeners,
    members,
    orders,
    paperwork,
    points,
    products,
    programme,
    referrals,
    rehearsal,
    remittances,
    rewards,
    tiers,
)
from connector.web.api.openapi import Operation, describe
from connector.web.runtime import runtime

OPERATIONS: tuple[Operation, ...] = (
    *members.OPERATIONS,
    *identities.OPERATIONS,
    *exchange.OPERATIONS,
    *actions.OPERATIONS,
    *points.OPERATIONS,
    *orders.OPERATIONS,
    *products.OPERATIONS,
    *programme.OPERATIONS,
    *rehearsal.OPERATIONS,
    *tiers.OPERATIONS,
    *rewards.OPERATIONS,
    *referrals.OPERATIONS,
    *giving.OPERATIONS,
    *gift_products.OPERATIONS,
    *donations.OPERATIONS,
    *remittances.OPERATIONS,
    *paperwork.OPERATIONS,
    *learning.OPERATIONS,
    *liability.OPERATIONS,
    *listeners.OPERATIONS,
)
blueprint = Blueprint("api", __name__, url_prefix="/api/v1", template_folder="../templates")


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """What this API is, for machines."""
    return jsonify(_description())


@blueprint.get("/docs")
def docs() -> Response:
    """What this API is, for people."""
    told = _description()
    response = Response(render_template("api/docs.html", api=told))
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    )
    return response


def _description() -> dict[str, Any]:
    told = describe(OPERATIONS, runtime().settings.public_url)
    for path, methods in (exchange.PATHS | paperwork.PATHS).items():
        told["paths"].setdefault(path, {}).update(methods)
    return told


def add_to(blueprint: Blueprint, operation: Operation) -> None:
    """Open the door of one operation."""
    blueprint.add_url_rule(
        operation.path,
        operation.view.__name__,
        cast("Callable[..., Response]", partial(_serve, operation)),
        methods=[operation.method],
    )


def _serve(operation: Operation, **path: str) -> Response:
    with runtime().database.read() as db:
        shop = _shop_of_key(db)
        if not operation.is_once:
            return _answer(operation.view(db, shop, **path))
    key = once.key(request.headers.get("Idempotency-Key"))
    return _answer(once.carry_out(shop.id, key, lambda db: operation.view(db, shop, **path)))


def _answer(shape: Any) -> Response:
    response = Response(msgspec.json.encode(shape), mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _shop_of_key(db: Connection) -> Shop:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not key:
        raise Unauthenticated("invalid_api_key", "send Authorization: Bearer <key>")
    shop, g.api_key_id = api_keys.opened_by(db, key)
    return shop


for _operation in OPERATIONS:
    add_to(blueprint, _operation)
exchange.open_in(blueprint, _shop_of_key)
paperwork.open_in(blueprint, _shop_of_key)
