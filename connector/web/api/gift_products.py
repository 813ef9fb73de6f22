"""Which products are gifts, where shoppers' browsers mark lines as such."""

from __future__ import annotations

from typing import Annotated

from flask import g
from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import clock
from connector.orders import gifts
from connector.shops.service import Shop
from connector.web.api.openapi import Operation
from connector.web.body import read_json


class GiftProductsRequest(Struct, forbid_unknown_fields=True):
    keys: Annotated[list[str], Meta(description="All of them, by the platform's product id")]


class GiftProduct(Struct):
    key: str
    title: str | None


class GiftProducts(Struct):
    products: list[GiftProduct]


def list_gift_products(db: Connection, shop: Shop) -> GiftProducts:
    """Products whose marked lines are gifts; none: every line that a shopper marks is one."""
    return GiftProducts([GiftProduct(row.key, row.title) for row in gifts.kept(db, shop.id)])


def keep_gift_products(db: Connection, shop: Shop) -> GiftProducts:
    """Let only these be gifts, in lines seen from now on. Shopify only: elsewhere none is marked.

    At most 20, of the shop's catalogue.
    """
    keys = read_json(GiftProductsRequest).keys
    gifts.keep(db, shop.id, keys, f"api:{g.api_key_id}", clock.now())
    return list_gift_products(db, shop)


OPERATIONS = (
    Operation("GET", "/giving/products", list_gift_products, GiftProducts),
    Operation(
        "PUT", "/giving/products", keep_gift_products, GiftProducts, body=GiftProductsRequest
    ),
)
