"""Bodies of the order webhooks, every field of the real ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal

from devstore.discounts import WHOLE
from devstore.model import Customer, Kind, Order, Reach, Settings, Status, Taken
from devstore.money import text
from devstore.shopify import reading
from devstore.shopify.lines import line_item, shipping_line
from devstore.shopify.payloads import (
    Json,
    address,
    buyer_locale,
    customer_of_order,
    gid,
    local,
    money_set,
)
from devstore.shopify.reading import Line
from devstore.shopify.refunds import refund as refund_body

# Fields that the practice shop never fills, as the real bodies print them empty.
_UNUSED: Json = {
    "app_id": 580_111,
    "browser_ip": None,
    "client_details": None,
    "current_total_additional_fees_set": None,
    "current_total_duties_set": None,
    "device_id": None,
    "duties_included": False,
    "estimated_taxes": False,
    "landing_site": "/",
    "landing_site_ref": None,
    "location_id": None,
    "merchant_business_entity_id": "MTY4MjE3MzQwMTQ1",
    "merchant_of_record_app_id": None,
    "note": None,
    "original_total_additional_fees_set": None,
    "original_total_duties_set": None,
    "phone": None,
    "po_number": None,
    "reference": None,
    "referring_site": None,
    "source_identifier": None,
    "source_url": None,
    "tax_exempt": False,
    "tax_lines": [],
    "taxes_included": False,
    "test": False,
    "user_id": None,
    "payment_terms": None,
    "returns": [],
    "line_item_groups": [],
}


_CODE_TYPES = {
    Kind.AMOUNT: "fixed_amount",
    Kind.PERCENT: "percentage",
    Kind.SHIPPING: "shipping",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What a body needs beside the order: the shop, where it answers, and the buyer's account."""

    settings: Settings
    domain: str
    customer: Customer | None = None


def order(found: Order, desk: Desk) -> Json:
    """The body of every order topic but ``orders/edited`` and ``orders/delete``."""
    settings = desk.settings
    is_cancelled = found.status is Status.CANCELLED
    token = hashlib.sha256(str(found.id).encode()).hexdigest()[:32]
    home = address(found.buyer.first_name, found.buyer.last_name)
    return {
        "id": found.id,
        "admin_graphql_api_id": gid("Order", found.id),
        **_UNUSED,
        **_amounts(found),
        "buyer_accepts_marketing": False,
        "cancel_reason": "customer" if is_cancelled else None,
        "cancelled_at": local(found.cancelled_at, settings) if is_cancelled else None,
        "closed_at": local(found.completed_at, settings) if reading.is_paid(found) else None,
        "cart_token": token[:16],
        "checkout_token": token[16:],
        "confirmation_number": token[:9].upper(),
        "confirmed": True,
        "contact_email": found.buyer.email,
        "created_at": local(found.placed_at, settings),
        "currency": found.currency,
        "customer_locale": buyer_locale(found.buyer),
        "discount_applications": [_application(one, found) for one in found.taken],
        "discount_codes": [
            {
                "code": one.code,
                "amount": text(one.amount_minor, found.currency),
                "type": _CODE_TYPES[one.kind],
            }
            for one in found.taken
            if one.code is not None
        ],
        "email": found.buyer.email,
        "financial_status": reading.financial_status(found),
        "fulfillment_status": "fulfilled" if found.completed_at else None,
        "name": f"#{found.number}",
        "note_attributes": [{"name": name, "value": value} for name, value in found.attributes],
        "number": found.number - 1000,
        "order_number": found.number,
        "order_status_url": f"https://{desk.domain}/orders/{token}/authenticate?key={found.key}",
        "payment_gateway_names": reading.gateways(found),
        "presentment_currency": found.currency,
        "processed_at": local(found.placed_at, settings),
        "source_name": reading.source_name(found),
        "tags": ", ".join(found.tags),
        "token": token,
        "total_weight": sum(400 * line.quantity for line in found.lines),
        "updated_at": local(found.modified_at, settings),
        "billing_address": home,
        "customer": customer_of_order(desk.customer, settings) if desk.customer else None,
        "fulfillments": _fulfillments(found, settings),
        "line_items": [_line(line, found) for line in reading.lines(found)],
        "refunds": [refund_body(one, found, settings) for one in found.refunds],
        "shipping_address": home,
        "shipping_lines": [shipping_line(found)],
    }


def edit(found: Order, edit_id: int, added: dict[int, int], settings: Settings) -> Json:
    """The body of ``orders/edited``: ids and differences only, ``added`` by line id."""
    at = local(found.modified_at, settings)
    return {
        "order_edit": {
            "id": edit_id,
            "app_id": None,
            "created_at": at,
            "committed_at": at,
            "notify_customer": False,
            "order_id": found.id,
            "staff_note": "",
            "user_id": 902_541_635,
            "line_items": {
                "additions": [{"id": key, "delta": delta} for key, delta in added.items()],
                "removals": [],
            },
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def _amounts(of: Order) -> Json:
    """Every total, as a string and as a set in both currencies."""
    discounts = of.discount_minor
    originals = sum(line.unit_minor * line.quantity for line in reading.lines(of))
    twice = {
        "subtotal_price": reading.subtotal_minor(of),
        "total_price": of.total_minor,
        "total_tax": 0,
        "total_discounts": discounts,
        "total_line_items_price": originals,
        "current_subtotal_price": reading.current_subtotal_minor(of),
        "current_total_price": reading.current_total_minor(of),
        "current_total_tax": 0,
        "current_total_discounts": discounts,
    }
    sets = {
        "total_shipping_price_set": of.full_shipping_minor,
        "current_shipping_price_set": reading.current_shipping_minor(of),
        "total_cash_rounding_payment_adjustment_set": 0,
        "total_cash_rounding_refund_adjustment_set": 0,
    }
    owed = 0 if reading.is_paid(of) else of.total_minor
    return {
        **{name: text(minor, of.currency) for name, minor in twice.items()},
        **{f"{name}_set": money_set(minor, of.currency) for name, minor in twice.items()},
        **{name: money_set(minor, of.currency) for name, minor in sets.items()},
        "total_outstanding": text(owed, of.currency),
        "total_tip_received": text(0, of.currency),
    }


def _line(line: Line, of: Order) -> Json:
    left = reading.current_quantity(of, line)
    is_done = of.completed_at is not None
    return line_item(line, of) | {
        "attributed_staffs": [],
        "current_quantity": left,
        "fulfillable_quantity": 0 if is_done else left,
        "fulfillment_status": "fulfilled" if is_done else None,
        "sales_line_item_group_id": None,
    }


def _application(one: Taken, of: Order) -> Json:
    """What one discount promised; the lines' allocations point at its place in the list."""
    is_shipping = one.kind is Kind.SHIPPING
    percent = Decimal(WHOLE if is_shipping else one.basis_points) / 100
    is_amount = one.kind is Kind.AMOUNT
    named = {"title": one.title} if one.code is None else {"code": one.code}
    return {
        "target_type": "shipping_line" if is_shipping else "line_item",
        "type": "automatic" if one.code is None else "discount_code",
        "value": text(one.value_minor, of.currency) if is_amount else f"{percent:.1f}",
        "value_type": "fixed_amount" if is_amount else "percentage",
        "allocation_method": "each" if is_shipping else "across",
        "target_selection": "entitled" if one.reach is Reach.PRODUCT else "all",
        **named,
    }


def _fulfillments(of: Order, settings: Settings) -> list[Json]:
    if of.completed_at is None:
        return []
    at = local(of.completed_at, settings)
    number = of.id + 4_000_000_000_000
    return [
        {
            "id": number,
            "admin_graphql_api_id": gid("Fulfillment", number),
            "created_at": at,
            "location_id": None,
            "name": f"#{of.number}.1",
            "order_id": of.id,
            "origin_address": {},
            "receipt": {},
            "service": "manual",
            "shipment_status": None,
            "status": "success",
            "tracking_company": None,
            "tracking_number": None,
            "tracking_numbers": [],
            "tracking_url": None,
            "tracking_urls": [],
            "updated_at": at,
            "line_items": [_line(line, of) for line in reading.lines(of)],
        }
    ]
