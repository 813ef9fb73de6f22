"""How WooCommerce 11 writes things down: text amounts, local and GMT times, links, PHP's JSON."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from devstore import money
from devstore.model import Settings

VERSION = "11.0.1"
WP_VERSION = "7.1"

Json = dict[str, Any]

_ALL_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class RestError(Exception):
    """A WordPress error object with its status: {"code", "message", "data": {"status"}}."""

    def __init__(self, status: int, code: str, message: str, **data: object) -> None:
        super().__init__(code)
        self.status = status
        self.body: Json = {"code": code, "message": message, "data": {"status": status, **data}}


def not_found(resource: str) -> RestError:
    """The 404 of a thing that is not there, or not any more."""
    codes = {
        "order": "woocommerce_rest_shop_order_invalid_id",
        "order_refund": "woocommerce_rest_shop_order_refund_invalid_id",
        "product": "woocommerce_rest_product_invalid_id",
        "coupon": "woocommerce_rest_shop_coupon_invalid_id",
        "customer": "woocommerce_rest_invalid_id",
        "webhook": "woocommerce_rest_shop_webhook_invalid_id",
    }
    message = "Invalid resource ID." if resource == "customer" else "Invalid ID."
    return RestError(404, codes[resource], message)


def encoded(body: object) -> bytes:
    r"""JSON as PHP prints it: ``\/`` for slashes, ``\uXXXX`` for all that is not ASCII."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def amount(minor: int, currency: str, settings: Settings) -> str:
    """With the shop's decimals, whatever the currency's own."""
    return money.text(minor, currency, settings.decimals)


def bare(minor: int, currency: str) -> str:
    """An amount as it was typed, without padding: "0.1", "5"."""
    written = money.text(minor, currency)
    return written.rstrip("0").rstrip(".") if "." in written else written


def unit_price(total_minor: int, quantity: int, currency: str) -> float | int:
    """A line's net price each: the one amount that is a JSON number."""
    each = money.major(total_minor, currency) / Decimal(quantity or 1)
    return int(each) if each == each.to_integral_value() else float(round(each, 8))


def times(name: str, at: datetime | None, settings: Settings) -> Json:
    """``name`` in the shop's zone and ``name_gmt`` in UTC, both without saying so."""
    if at is None:
        return {name: None, f"{name}_gmt": None}
    local = at.astimezone(ZoneInfo(settings.timezone))
    return {name: f"{local:%Y-%m-%dT%H:%M:%S}", f"{name}_gmt": f"{at:%Y-%m-%dT%H:%M:%S}"}


def links(
    origin: str, path: str, item: int, methods: list[str] | None = None, **more: str
) -> Json:
    """``_links`` of one thing under ``wc/v3/<path>``; ``more`` are further paths by relation."""
    base = f"{origin}/wp-json/wc/v3"
    hints = {"allow": methods or _ALL_METHODS}
    own = {
        "self": [{"href": f"{base}/{path}/{item}", "targetHints": hints}],
        "collection": [{"href": f"{base}/{path}"}],
    }
    return own | {relation: [{"href": f"{base}/{target}"}] for relation, target in more.items()}


def meta(meta_id: int, key: str, value: str, *, shown: bool = False) -> Json:
    """One row of ``meta_data``; lines also show how it is displayed."""
    row: Json = {"id": meta_id, "key": key, "value": value}
    return row | {"display_key": key, "display_value": value} if shown else row
