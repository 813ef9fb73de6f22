"""Discounts and segments as GraphQL tells them."""

from __future__ import annotations

from datetime import datetime

from devstore.model import Discount, Kind, Reach
from devstore.promotions import Segment
from devstore.shopify.graph.paging import Node, listed
from devstore.shopify.graph.pieces import collection, money, utc
from devstore.shopify.payloads import gid


def node(one: Discount, segments: list[Segment], currency: str, now: datetime) -> Node:
    """A code's or an automatic discount's node; both names of what is inside, so one fits."""
    kind = "DiscountAutomaticNode" if one.code is None else "DiscountCodeNode"
    inside = discount(one, segments, currency, now)
    name = "automaticDiscount" if one.code is None else "codeDiscount"
    return {"__typename": kind, "id": gid(kind, one.id), name: inside, "discount": inside}


def discount(one: Discount, segments: list[Segment], currency: str, now: datetime) -> Node:
    """All that is told of a discount."""
    told: Node = {
        "__typename": _typename(one),
        "title": one.title,
        "status": _status(one, now),
        "summary": one.title,
        "shortSummary": one.title,
        "startsAt": utc(one.starts_at),
        "endsAt": utc(one.ends_at),
        "createdAt": utc(one.created_at),
        "updatedAt": utc(one.modified_at),
        "asyncUsageCount": one.usage_count,
        "discountClasses": [one.reach.upper()],
        "tags": [],
        "minimumRequirement": None,
        "combinesWith": {
            "orderDiscounts": Reach.ORDER in one.goes_with,
            "productDiscounts": Reach.PRODUCT in one.goes_with,
            "shippingDiscounts": Reach.SHIPPING in one.goes_with,
        },
        "context": _context(one, segments),
        "customerGets": {"items": _items(one), "value": _value(one, currency)},
    }
    if one.code is not None:
        told |= {
            "usageLimit": one.usage_limit,
            "appliesOncePerCustomer": one.per_customer == 1,
            "codesCount": {"count": 1, "precision": "EXACT"},
            "codes": listed(
                [one],
                lambda has: {
                    "id": gid("DiscountRedeemCode", has.id),
                    "code": has.code,
                    "asyncUsageCount": has.usage_count,
                },
            ),
        }
    return told


def segment(one: Segment) -> Node:
    return {
        "__typename": "Segment",
        "id": gid("Segment", one.id),
        "name": one.name,
        "query": one.query,
        "creationDate": utc(one.created_at),
        "lastEditDate": utc(one.created_at),
    }


def _typename(one: Discount) -> str:
    way = "Automatic" if one.code is None else "Code"
    if one.kind is Kind.SHIPPING:
        return f"Discount{way}FreeShipping"
    return f"Discount{way}{'Bxgy' if one.pieces else 'Basic'}"


def _status(one: Discount, now: datetime) -> str:
    if one.ends_at and one.ends_at <= now:
        return "EXPIRED"
    return "SCHEDULED" if one.starts_at and one.starts_at > now else "ACTIVE"


def _context(one: Discount, segments: list[Segment]) -> Node:
    if one.segments:
        mine = [segment(found) for found in segments if found.id in one.segments]
        return {"__typename": "DiscountCustomerSegments", "segments": mine}
    if one.customer_ids:
        people = [{"id": gid("Customer", number)} for number in one.customer_ids]
        return {"__typename": "DiscountCustomers", "customers": people}
    return {"__typename": "DiscountBuyerSelectionAll", "all": "ALL"}


def _items(one: Discount) -> Node:
    if one.collections:
        found = listed(one.collections, collection)
        return {"__typename": "DiscountCollections", "collections": found}
    if one.product_ids:
        products = listed(one.product_ids, lambda number: {"id": gid("Product", number)})
        return {"__typename": "DiscountProducts", "products": products}
    return {"__typename": "AllDiscountItems", "allItems": True}


def _value(one: Discount, currency: str) -> Node:
    if one.kind is Kind.AMOUNT:
        amount = money(one.value_minor, currency)
        return {
            "__typename": "DiscountAmount",
            "amount": amount,
            "appliesOnEachItem": one.each,
        }
    percentage = {"__typename": "DiscountPercentage", "percentage": one.basis_points / 10_000}
    if one.pieces is None:
        return percentage
    quantity = {"quantity": str(one.pieces)}
    return {"__typename": "DiscountOnQuantity", "quantity": quantity, "effect": percentage}
