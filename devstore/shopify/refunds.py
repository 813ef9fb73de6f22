"""Body of the refund webhook: pieces of lines, shipping, what neither explains, and the money."""

from __future__ import annotations

from devstore.model import Order, Refund, Settings
from devstore.money import text
from devstore.shopify import reading
from devstore.shopify.lines import line_item, shipping_line
from devstore.shopify.payloads import Json, gid, local, money_set
from devstore.shopify.reading import Transaction


def refund(found: Refund, of: Order, settings: Settings) -> Json:
    """The body of ``refunds/create``; the same stands inside the order."""
    currency = of.currency
    return {
        "id": found.id,
        "order_id": of.id,
        "created_at": local(found.refunded_at, settings),
        "note": found.reason or None,
        "user_id": 902_541_635,
        "processed_at": local(found.refunded_at, settings),
        "duties": [],
        "total_duties_set": money_set(0, currency),
        "return": None,
        "restock": False,
        "refund_shipping_lines": _refund_shipping(found, of),
        "admin_graphql_api_id": gid("Refund", found.id),
        "order_adjustments": _adjustments(found, of),
        "refund_line_items": [
            {
                "id": piece.id,
                "quantity": piece.quantity,
                "line_item_id": piece.line.id,
                "location_id": None,
                "restock_type": "no_restock",
                # A JSON number here, a string beside it: so it is on the real wire.
                "subtotal": float(text(piece.subtotal_minor, currency)),
                "total_tax": 0.0,
                "subtotal_set": money_set(piece.subtotal_minor, currency),
                "total_tax_set": money_set(0, currency),
                "line_item": line_item(piece.line, of),
            }
            for piece in reading.returned(of)[found.id]
        ],
        "transactions": [
            transaction(one, of, settings) for one in reading.refund_transactions(of, found)
        ],
    }


def transaction(found: Transaction, of: Order, settings: Settings) -> Json:
    at = local(found.at, settings)
    nothing = {"amount": text(0, of.currency), "currency": of.currency}
    return {
        "id": found.id,
        "order_id": of.id,
        "kind": found.kind,
        "gateway": found.gateway,
        "status": found.status,
        "message": None,
        "created_at": at,
        "test": False,
        "authorization": None,
        "location_id": None,
        "user_id": None,
        "parent_id": found.parent_id,
        "processed_at": at,
        "device_id": None,
        "error_code": None,
        "source_name": "web",
        "receipt": {},
        "amount": text(found.amount_minor, of.currency),
        "currency": of.currency,
        "payment_id": f"#{of.number}.{1 if found.parent_id is None else 2}",
        "total_unsettled_set": {"presentment_money": nothing, "shop_money": dict(nothing)},
        "manual_payment_gateway": of.payment != "card",
        "amount_rounding": None,
        "admin_graphql_api_id": gid("OrderTransaction", found.id),
    }


def _refund_shipping(found: Refund, of: Order) -> list[Json]:
    if not found.shipping_minor:
        return []
    return [
        {
            "id": found.id + 7_000_000_000_000,
            "shipping_line_id": of.shipping_line_id,
            "shipping_line": shipping_line(of),
            "subtotal_amount_set": money_set(found.shipping_minor, of.currency),
            "tax_amount_set": money_set(0, of.currency),
        }
    ]


def _adjustments(found: Refund, of: Order) -> list[Json]:
    """Negative when more money went back than pieces and shipping explain."""
    difference = -reading.discrepancy_minor(of, found)
    if not difference:
        return []
    return [
        {
            "id": found.id + 8_000_000_000_000,
            "amount": text(difference, of.currency),
            "amount_set": money_set(difference, of.currency),
            "kind": "refund_discrepancy",
            "order_id": of.id,
            "reason": "Refund discrepancy",
            "refund_id": found.id,
            "tax_amount": text(0, of.currency),
            "tax_amount_set": money_set(0, of.currency),
        }
    ]
