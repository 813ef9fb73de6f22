"""The recorded WooCommerce deliveries as a store sends them, and that store as it then stood."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from tests.adapters.woocommerce import samples
from tests.fakes import WooStore
from tests.flows import oracle

TRASHED_AT = "2026-11-22T02:48:57"  # order 51, after it had failed
SENT_HEADERS = ("content-type", "user-agent")


def headers(name: str) -> dict[str, str]:
    """What the store sent, less what any client writes by itself."""
    return {
        header: value
        for header, value in samples.told(name)["headers"].items()
        if header.lower().startswith("x-wc-") or header.lower() in SENT_HEADERS
    }


def refund_answers() -> dict[int, Any]:
    """Recorded refunds by id, from every REST answer that has some."""
    told = [*samples.body("rest-order-refunds-list"), *samples.body("rest-refunds-collection")]
    told += [samples.body("rest-refund-partial-line"), samples.body("rest-refund-amount-only")]
    return {one["id"]: one for one in told}


def refunds_of(order: Any) -> list[Any]:
    """What ``orders/<id>/refunds`` answers: recorded, or money alone where nothing was recorded.

    WooCommerce makes refunds of money alone when an order is set to refunded.
    """
    recorded = refund_answers()
    return [
        recorded.get(one["id"])
        or {
            "id": one["id"],
            "amount": one["total"].removeprefix("-"),
            "date_created_gmt": order["date_modified_gmt"],
            "line_items": [],
            "fee_lines": [],
            "shipping_lines": [],
        }
        for one in order["refunds"]
    ]


def newest() -> dict[str, Any]:
    """Every recorded order as it was last told; order 51 lies in the trash."""
    bodies = sorted((samples.body(name) for name in samples.ORDERS), key=_modified)
    found = {str(one["id"]): one for one in bodies}
    trashed = {"status": "trash", "date_modified_gmt": TRASHED_AT}
    return found | {"51": {**found["51"], **trashed}}


def store(orders: Iterable[Any]) -> WooStore:
    """A store that holds these orders."""
    held = {str(one["id"]): one for one in orders}
    return WooStore(orders=held, refunds={key: refunds_of(one) for key, one in held.items()})


def as_of(name: str) -> WooStore:
    """The store at the moment it sent one delivery."""
    body, held = samples.body(name), newest()
    if name in samples.ORDERS:
        held[str(body["id"])] = body
    found = store(held.values())
    if name in ("product-created", "product-updated"):
        found.products = {str(body["id"]): body}
    return found


def completed(order: Any) -> Any:
    """The same order once it is paid and handed over, a minute later."""
    after = copy.deepcopy(order)
    day, _, time = order["date_modified_gmt"].partition("T")
    hour, minute, second = time.split(":")
    later = f"{day}T{hour}:{int(minute) + 1:02}:{second}"
    dates = dict.fromkeys(("date_modified_gmt", "date_paid_gmt", "date_completed_gmt"), later)
    return {**after, **dates, "status": "completed"}


def sales(orders: Iterable[Any]) -> list[oracle.Sale]:
    """What the oracle makes of orders with their refunds."""
    return [oracle.woocommerce(one, refunds_of(one)) for one in orders]


def _modified(order: Any) -> str:
    return str(order["date_modified_gmt"])
