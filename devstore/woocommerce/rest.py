"""The door of REST v3: who may ask, what the shop says of itself, and how a resource is routed."""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint, Response, request

from devstore import money
from devstore.state import State
from devstore.woocommerce import wire
from devstore.woocommerce.hooks import RIGHTS
from devstore.woocommerce.keys import authenticate
from devstore.woocommerce.listing import fields, json_response
from devstore.woocommerce.wire import Json, RestError


class Resource(Protocol):
    """One kind of thing under ``wc/v3``: list, add, show, change, delete."""

    path: str

    def list(self) -> Response: ...

    def add(self) -> Response: ...

    def one(self, key: int) -> Response: ...

    def change(self, key: int) -> Response: ...

    def delete(self, key: int) -> Response: ...


def door(state: State, resources: list[Resource]) -> Blueprint:
    """Everything under ``/wp-json/wc/v3``; every request proves a key first."""
    shop, origin = state.shops["woocommerce"], state.origins["woocommerce"]
    bp = Blueprint("rest", __name__, url_prefix="/wp-json/wc/v3")

    @bp.before_request
    def permit() -> None:
        key = authenticate(shop, request, origin)
        if key is None or shop.shelf.take(RIGHTS, "demoted", bool):
            verb = "list" if request.method == "GET" else "create"
            message = f"Sorry, you cannot {verb} resources."
            raise RestError(401 if key is None else 403, "woocommerce_rest_cannot_view", message)

    _about(bp, state)
    for resource in resources:
        path, name = f"/{resource.path}", resource.path
        bp.add_url_rule(path, f"{name} list", resource.list)
        bp.add_url_rule(path, f"{name} add", resource.add, methods=["POST"])
        bp.add_url_rule(f"{path}/<int:key>", f"{name} one", resource.one)
        bp.add_url_rule(
            f"{path}/<int:key>",
            f"{name} change",
            resource.change,
            methods=["PUT", "POST", "PATCH"],
        )
        bp.add_url_rule(f"{path}/<int:key>", f"{name} delete", resource.delete, methods=["DELETE"])
    return bp


def index(state: State) -> Response:
    """``/wp-json/``: what anybody may know, without a key."""
    settings, origin = state.shops["woocommerce"].settings, state.origins["woocommerce"]
    told = {
        "name": settings.name,
        "description": "Pots, plates and tea",
        "url": origin,
        "home": origin,
        "gmt_offset": "-8",
        "timezone_string": settings.timezone,
        "page_for_posts": 0,
        "page_on_front": 0,
        "show_on_front": "posts",
        "namespaces": ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc/store/v1", "wp/v2"],
        "authentication": [],
        "routes": {},
    }
    return json_response(fields(request, told))


def body_of() -> Json:
    """The request's JSON object; {} when there is none."""
    told = request.get_json(silent=True)
    if told is None and request.get_data():
        raise RestError(400, "rest_invalid_json", "Invalid JSON body passed.")
    if told is not None and not isinstance(told, dict):
        raise RestError(400, "rest_invalid_json", "Invalid JSON body passed.")
    return told or {}


def created(body: Json, path: str, origin: str) -> Response:
    """201 with its ``Location``."""
    response = json_response(body, 201)
    response.headers["Location"] = f"{origin}/wp-json/wc/v3/{path}/{body['id']}"
    return response


def _about(bp: Blueprint, state: State) -> None:
    shop, origin = state.shops["woocommerce"], state.origins["woocommerce"]

    @bp.get("/system_status")
    def system_status() -> Response:
        settings = shop.settings
        told = {
            "environment": {
                "home_url": origin,
                "site_url": origin,
                "version": wire.VERSION,
                "wp_version": wire.WP_VERSION,
                "wp_multisite": False,
                "php_version": "8.2.0",
                "language": "en_US",
                "default_timezone": "UTC",
            },
            "active_plugins": [],
            "settings": {
                "api_enabled": False,
                "force_ssl": False,
                "currency": settings.currency,
                "currency_symbol": money.SYMBOLS[settings.currency],
                "currency_position": "left",
                "thousand_separator": ",",
                "decimal_separator": ".",
                "number_of_decimals": settings.decimals,
                "HPOS_enabled": True,
                "HPOS_sync_enabled": False,
            },
        }
        return json_response(fields(request, told))

    @bp.get("/settings/general/woocommerce_currency")
    def currency_setting() -> Response:
        told = {
            "id": "woocommerce_currency",
            "label": "Currency",
            "description": "This controls what currency prices are listed at in the catalog.",
            "type": "select",
            "default": "USD",
            "options": {code: f"{code} ({sign})" for code, sign in money.SYMBOLS.items()},
            "tip": "This controls what currency prices are listed at in the catalog.",
            "value": shop.settings.currency,
            "group_id": "general",
        }
        return json_response(fields(request, told))

    @bp.get("/data/currencies/current")
    def currency() -> Response:
        code = shop.settings.currency
        return json_response({"code": code, "name": code, "symbol": money.SYMBOLS[code]})


def forced() -> bool:
    """Whether the request deletes for good."""
    return request.args.get("force", "") in {"1", "true", "True"}


def demand_force(message: str) -> None:
    """501 unless ``force=true``: this resource has no trash."""
    if not forced():
        raise RestError(501, "woocommerce_rest_trash_not_supported", message)
