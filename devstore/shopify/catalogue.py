"""Bodies of the product webhooks."""

from __future__ import annotations

from devstore.model import Product, Settings
from devstore.money import text
from devstore.shopify.payloads import Json, gid, local
from devstore.shopify.reading import variant_id


def product(item: Product, settings: Settings, origin: str) -> Json:
    """The body of ``products/create`` and ``products/update``."""
    created, updated = local(item.created_at, settings), local(item.modified_at, settings)
    image_id = item.id + 5_000_000_000_000
    image = {
        "id": image_id,
        "alt": item.titles["en"],
        "position": 1,
        "product_id": item.id,
        "created_at": created,
        "updated_at": updated,
        "admin_graphql_api_id": gid("ProductImage", image_id),
        "width": 800,
        "height": 800,
        "src": image_url(item, origin),
        "variant_ids": [],
    }
    return {
        "admin_graphql_api_id": gid("Product", item.id),
        "body_html": item.blurbs["en"],
        "created_at": created,
        "handle": item.slug,
        "id": item.id,
        "product_type": item.category,
        "published_at": created if item.published else None,
        "template_suffix": None,
        "title": item.titles["en"],
        "updated_at": updated,
        "vendor": settings.name,
        "status": "active" if item.published else "draft",
        "published_scope": "web",
        "tags": ", ".join((item.category.lower(), *item.tags)),
        "variants": [_variant(item, settings)],
        "options": [
            {
                "name": "Title",
                "id": item.id + 6_000_000_000_000,
                "product_id": item.id,
                "position": 1,
                "values": ["Default Title"],
            }
        ],
        "images": [image],
        "image": image,
        "media": [],
        "variant_gids": [
            {
                "admin_graphql_api_id": gid("ProductVariant", variant_id(item.id)),
                "updated_at": updated,
            }
        ],
        "has_variants_that_requires_components": False,
        "category": None,
    }


def image_url(item: Product, origin: str) -> str:
    return f"{origin}/pictures/{item.slug}.svg"


def _variant(item: Product, settings: Settings) -> Json:
    number = variant_id(item.id)
    stock = 75 if item.in_stock else 0
    return {
        "admin_graphql_api_id": gid("ProductVariant", number),
        "barcode": None,
        "compare_at_price": None,
        "created_at": local(item.created_at, settings),
        "id": number,
        "inventory_policy": "deny",
        "position": 1,
        "price": text(item.price_minor, settings.currency),
        "product_id": item.id,
        "sku": item.sku,
        "taxable": False,
        "title": "Default Title",
        "updated_at": local(item.modified_at, settings),
        "option1": "Default Title",
        "option2": None,
        "option3": None,
        "image_id": None,
        "inventory_item_id": number + 2_000_000_000_000,
        "inventory_quantity": stock,
        "old_inventory_quantity": stock,
    }
