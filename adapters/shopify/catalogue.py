"""Products as the Admin API answers, one per body.

{"product": {...}, "collections": [...]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC

import msgspec

from adapters.shopify.fields import Amount, Moment, gid_key, minor_of, tags_of
from connector.core.commerce import Product

COLLECTIONS = 20  # as many as are asked for of one product


class _Image(msgspec.Struct):
    url: str


class _Preview(msgspec.Struct):
    image: _Image | None = None


class _Media(msgspec.Struct):
    preview: _Preview | None = None


class _PriceRange(msgspec.Struct, rename="camel"):
    min_variant_price: Amount


class _Collection(msgspec.Struct):
    title: str


class _Collections(msgspec.Struct):
    nodes: list[_Collection] = []


class _Translation(msgspec.Struct):
    key: str
    value: str | None = None


class _Product(msgspec.Struct, rename="camel", kw_only=True):
    id: str
    title: str
    handle: str
    status: str
    updated_at: Moment
    price_range_v2: _PriceRange = msgspec.field(name="priceRangeV2")
    published_at: Moment | None = None
    online_store_url: str | None = None
    tracks_inventory: bool = False
    total_inventory: int = 0
    has_out_of_stock_variants: bool = False
    featured_media: _Media | None = None
    collections: _Collections | None = None
    tags: list[str] | None = None
    is_gift_card: bool = False
    en: list[_Translation] = []
    ar: list[_Translation] = []
    zh_hant: list[_Translation] = []


class ProductAnswer(msgspec.Struct):
    """A product and the collections that came beside it."""

    product: _Product
    collections: list[_Collection] = []


def product(told: ProductAnswer, shop: str) -> Product:
    """The product in an answer; a shop that hides its address has its own pages all the same."""
    one = told.product
    collections = [*(one.collections.nodes if one.collections else ()), *told.collections]
    price = one.price_range_v2.min_variant_price
    preview = one.featured_media.preview if one.featured_media else None
    runs_out = one.tracks_inventory and one.has_out_of_stock_variants
    return Product(
        key=gid_key(one.id),
        title=one.title,
        price_minor=minor_of(price.amount, price.currency_code, price.currency_code),
        url=one.online_store_url or f"https://{shop}/products/{one.handle}",
        image_url=preview.image.url if preview and preview.image else None,
        categories=tuple(collection.title for collection in collections),
        in_stock=not runs_out or one.total_inventory > 0,
        published=one.status == "ACTIVE" and one.published_at is not None,
        modified_at=one.updated_at.astimezone(UTC),
        collections=tags_of(collection.title for collection in collections[:COLLECTIONS]),
        tags=None if one.tags is None else tags_of(one.tags),
        is_gift_card=one.is_gift_card,
        titles=_titles({"en": one.en, "ar": one.ar, "zh-Hant": one.zh_hant}),
    )


def _titles(told: Mapping[str, Sequence[_Translation]]) -> dict[str, str]:
    """The published title in each language that has one; of the shop's own language none is."""
    return {
        tag: translation.value
        for tag, translations in told.items()
        for translation in translations
        if translation.key == "title" and translation.value
    }
