"""Line items and the shipping line, as orders and refunds both print them."""

from __future__ import annotations

from devstore.model import Order
from devstore.money import text
from devstore.shopify import reading
from devstore.shopify.payloads import Json, gid, money_set
from devstore.shopify.reading import Line


def line_item(line: Line, of: Order) -> Json:
    """A line item as a refund repeats it: the order's own has five fields more."""
    is_goods = line.cause is None
    return {
        "id": line.id,
        "admin_graphql_api_id": gid("LineItem", line.id),
        "fulfillable_quantity": line.quantity,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 400 if is_goods else 0,
        "name": line.title,
        "price": text(line.unit_minor, of.currency),
        "price_set": money_set(line.unit_minor, of.currency),
        "product_exists": True,
        "product_id": line.product_id,
        "properties": [{"name": name, "value": value} for name, value in line.properties],
        "quantity": line.quantity,
        "requires_shipping": is_goods,
        "sku": line.sku,
        "taxable": is_goods,
        "title": line.title,
        "total_discount": text(0, of.currency),
        "total_discount_set": money_set(0, of.currency),
        "variant_id": reading.variant_id(line.product_id),
        "variant_inventory_management": "shopify" if is_goods else None,
        "variant_title": None,
        "vendor": "Acme Ceramics",
        "tax_lines": [],
        "duties": [],
        "discount_allocations": _allocations(line.allocations, of),
    }


def shipping_line(of: Order) -> Json:
    price = money_set(of.full_shipping_minor, of.currency)
    return {
        "id": of.shipping_line_id,
        "carrier_identifier": None,
        "code": "Standard",
        "current_discounted_price_set": money_set(reading.current_shipping_minor(of), of.currency),
        "discounted_price": text(of.shipping_minor, of.currency),
        "discounted_price_set": money_set(of.shipping_minor, of.currency),
        "is_removed": False,
        "phone": None,
        "price": text(of.full_shipping_minor, of.currency),
        "price_set": price,
        "requested_fulfillment_service_id": None,
        "source": "shopify",
        "title": "Standard",
        "tax_lines": [],
        "discount_allocations": _allocations(reading.shipping_allocations(of), of),
    }


def _allocations(told: tuple[tuple[int, int], ...], of: Order) -> list[Json]:
    return [
        {
            "amount": text(minor, of.currency),
            "amount_set": money_set(minor, of.currency),
            "discount_application_index": index,
        }
        for index, minor in told
    ]
