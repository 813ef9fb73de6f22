"""Orders and refunds as REST v3 and webhooks show them."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal

from devstore import money
from devstore.model import (
    Buyer,
    Donation,
    Kind,
    Order,
    OrderLine,
    Refund,
    Settings,
    Status,
    Taken,
)
from devstore.woocommerce import wire
from devstore.woocommerce.wire import Json

DONATION_META = "_perennial_donation"
PAYMENTS = {
    "card": ("acme_card", "Card"),
    "bank": ("bacs", "Direct bank transfer"),
    "cod": ("cod", "Cash on delivery"),
}
_NOWHERE = {"company": "", "address_2": ""}
_ADDRESS = {
    "address_1": "22 Madeup Road",
    "city": "Sampletown",
    "state": "CA",
    "postcode": "90210",
    "country": "US",
}
_PHONE = "5550199"


def order(found: Order, settings: Settings, origin: str) -> Json:
    """One order, as ``orders/<id>`` answers and as a webhook carries it."""
    method, method_title = PAYMENTS[found.payment]
    nothing = wire.amount(0, found.currency, settings)
    created = wire.times("date_created", found.placed_at, settings)
    modified = wire.times("date_modified", found.modified_at, settings)
    completed = wire.times("date_completed", found.completed_at, settings)
    paid = wire.times("date_paid", found.paid_at, settings)
    key = f"wc_order_{found.key}"
    pay = f"{origin}/checkout/order-pay/{found.id}/?pay_for_order=true&key={key}"
    return {
        "id": found.id,
        "parent_id": 0,
        "status": found.status.value,
        "currency": found.currency,
        "version": wire.VERSION,
        "prices_include_tax": False,
        "date_created": created["date_created"],
        "date_modified": modified["date_modified"],
        "discount_total": wire.amount(
            sum(one.goods_minor for one in found.taken), found.currency, settings
        ),
        "discount_tax": nothing,
        "shipping_total": wire.amount(found.shipping_minor, found.currency, settings),
        "shipping_tax": nothing,
        "cart_tax": nothing,
        "total": wire.amount(found.total_minor, found.currency, settings),
        "total_tax": nothing,
        "customer_id": found.buyer.customer_id or 0,
        "order_key": key,
        "billing": billing(found.buyer),
        "shipping": shipping(found.buyer),
        "payment_method": method,
        "payment_method_title": method_title,
        "transaction_id": "",
        "customer_ip_address": "127.0.0.1",
        "customer_user_agent": "",
        "created_via": found.via,
        "customer_note": "",
        "date_completed": completed["date_completed"],
        "date_paid": paid["date_paid"],
        "cart_hash": hashlib.md5(key.encode(), usedforsecurity=False).hexdigest(),
        "number": str(found.id),
        "meta_data": [
            wire.meta(found.id * 10, "is_vat_exempt", "no"),
            *(
                wire.meta(found.id * 10 + place, key, value)
                for place, (key, value) in enumerate(found.attributes, 1)
            ),
        ],
        "line_items": [_goods(line, found, settings, origin) for line in found.lines],
        "tax_lines": [],
        "shipping_lines": [_shipping_line(found, settings)] if found.full_shipping_minor else [],
        "fee_lines": [_fee(found.donation, found, settings)] if found.donation else [],
        "coupon_lines": [_coupon_line(one, found) for one in found.taken],
        "refunds": [_refund_in_order(refund, found, settings) for refund in found.refunds[::-1]],
        "payment_url": pay,
        "is_editable": found.status in {Status.PENDING, Status.ON_HOLD},
        "needs_payment": found.status in {Status.PENDING, Status.FAILED},
        "needs_processing": True,
        "date_created_gmt": created["date_created_gmt"],
        "date_modified_gmt": modified["date_modified_gmt"],
        "date_completed_gmt": completed["date_completed_gmt"],
        "date_paid_gmt": paid["date_paid_gmt"],
        "currency_symbol": money.SYMBOLS[found.currency],
        "_links": _links(found, origin),
    }


def refund(found: Refund, of: Order, settings: Settings, origin: str) -> Json:
    """One refund, as ``orders/<id>/refunds`` lists it: lines negative, ``amount`` positive."""
    goods = {line.id: line for line in of.lines}
    item_lines, fee_lines = [], []
    for taken in found.lines:
        points_back = wire.meta(taken.id * 10, "_refunded_item_id", str(taken.line_id), shown=True)
        minus = wire.amount(-taken.amount_minor, of.currency, settings)
        line = goods.get(taken.line_id)
        if line:
            row = _goods(line, of, settings, origin)
            row |= {
                "id": taken.id,
                "quantity": -taken.quantity,
                "subtotal": minus,
                "total": minus,
                "meta_data": [points_back],
                "price": wire.unit_price(taken.amount_minor, taken.quantity, of.currency),
            }
            item_lines.append(row)
        elif of.donation:
            row = _fee(of.donation, of, settings)
            fee_lines.append(row | {"id": taken.id, "total": minus, "meta_data": [points_back]})
    shipping_lines = []
    if found.shipping_minor:
        back = wire.meta(
            found.id * 10 + 1, "_refunded_item_id", str(of.shipping_line_id), shown=True
        )
        row = _shipping_line(of, settings)
        minus = wire.amount(-found.shipping_minor, of.currency, settings)
        shipping_lines.append(row | {"id": found.id * 10, "total": minus, "meta_data": [back]})
    whole = "full" if found.amount_minor == of.total_minor else "partial"
    path = f"orders/{of.id}/refunds"
    return {
        "id": found.id,
        **wire.times("date_created", found.refunded_at, settings),
        "amount": wire.amount(found.amount_minor, of.currency, settings),
        "reason": found.reason,
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [wire.meta(found.id * 10, "_refund_type", whole)],
        "line_items": item_lines,
        "shipping_lines": shipping_lines,
        "tax_lines": [],
        "fee_lines": fee_lines,
        "_links": wire.links(origin, path, found.id, ["GET", "DELETE"], up=f"orders/{of.id}"),
    }


def billing(buyer: Buyer) -> Json:
    """The address on an order; everybody lives at the same invented one."""
    names = {"first_name": buyer.first_name, "last_name": buyer.last_name}
    return names | _NOWHERE | _ADDRESS | {"email": buyer.email, "phone": _PHONE}


def shipping(buyer: Buyer) -> Json:
    """The same without e-mail."""
    told = billing(buyer)
    del told["email"]
    return told


def _goods(line: OrderLine, of: Order, settings: Settings, origin: str) -> Json:
    nothing = wire.amount(0, of.currency, settings)
    total = wire.amount(line.total_minor, of.currency, settings)
    return {
        "id": line.id,
        "name": line.title,
        "product_id": line.product_id,
        "variation_id": 0,
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": wire.amount(line.subtotal_minor, of.currency, settings),
        "subtotal_tax": nothing,
        "total": total,
        "total_tax": nothing,
        "taxes": [],
        "meta_data": [],
        "sku": line.sku,
        "global_unique_id": "",
        "price": wire.unit_price(line.total_minor, line.quantity, of.currency),
        "image": {"id": "", "src": f"{origin}/pictures/{line.sku}.svg"},
        "parent_name": None,
    }


def _coupon_line(one: Taken, of: Order) -> Json:
    """What a coupon took off the goods, as text without padding; shipping is not discounted."""
    kinds = {Kind.PERCENT: "percent", Kind.AMOUNT: "fixed_cart", Kind.SHIPPING: "fixed_cart"}
    kind = "fixed_product" if one.each else kinds[one.kind]
    worth = Decimal(one.basis_points) / 100 or money.major(one.value_minor, of.currency)
    nominal = int(worth) if worth == worth.to_integral_value() else float(worth)
    info = [one.discount_id, one.code, None if kind == "fixed_cart" else kind, nominal]
    told = json.dumps([*info, True] if one.ships_free else info, separators=(",", ":"))
    return {
        "id": one.id,
        "code": one.code,
        "discount": wire.bare(one.goods_minor, of.currency),
        "discount_tax": "0",
        "meta_data": [wire.meta(one.id * 10, "coupon_info", told, shown=True)],
        "discount_type": kind,
        "nominal_amount": nominal,
        "free_shipping": one.ships_free,
    }


def _shipping_line(of: Order, settings: Settings) -> Json:
    items = ", ".join(f"{line.title} &times; {line.quantity}" for line in of.lines)
    return {
        "id": of.shipping_line_id,
        "method_title": "Flat rate" if of.shipping_minor else "Free shipping",
        "method_id": "flat_rate" if of.shipping_minor else "free_shipping",
        "instance_id": "1",
        "total": wire.amount(of.shipping_minor, of.currency, settings),
        "total_tax": wire.amount(0, of.currency, settings),
        "taxes": [],
        "tax_status": "taxable",
        "meta_data": [wire.meta(of.shipping_line_id * 10, "Items", items, shown=True)],
    }


def _fee(gift: Donation, of: Order, settings: Settings) -> Json:
    """A donation. ``tax_class`` "0" is how an untaxed fee looks; the status still says taxable."""
    return {
        "id": gift.line_id,
        "name": f"Donation to {gift.cause.partition('@')[0].capitalize()}",
        "tax_class": "0",
        "tax_status": "taxable",
        "amount": wire.bare(gift.amount_minor, of.currency),
        "total": wire.amount(gift.amount_minor, of.currency, settings),
        "total_tax": wire.amount(0, of.currency, settings),
        "taxes": [],
        "meta_data": [wire.meta(gift.line_id * 10, DONATION_META, gift.cause, shown=True)],
    }


def _refund_in_order(taken: Refund, of: Order, settings: Settings) -> Json:
    return {
        "id": taken.id,
        "reason": taken.reason,
        "total": wire.amount(-taken.amount_minor, of.currency, settings),
        "total_tax": wire.amount(0, of.currency, settings),
    }


def _links(found: Order, origin: str) -> Json:
    told = wire.links(origin, "orders", found.id)
    href = f"{origin}/wp-json/wc/v3/orders/{found.id}/actions/email_templates"
    told["email_templates"] = [{"embeddable": True, "href": href}]
    if found.buyer.customer_id:
        href = f"{origin}/wp-json/wc/v3/customers/{found.buyer.customer_id}"
        told["customer"] = [{"href": href}]
    return told
