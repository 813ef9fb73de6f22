"""Customers, products and webhooks as REST v3 and webhooks show them."""

from __future__ import annotations

import hashlib
from datetime import datetime

from msgspec import Struct

from devstore.catalogue import CATEGORIES, TAGS
from devstore.model import Buyer, Customer, Product, Settings
from devstore.woocommerce import wire
from devstore.woocommerce.coupons import FIRST_CATEGORY
from devstore.woocommerce.orders import billing, shipping
from devstore.woocommerce.wire import Json

FIRST_TAG = 31  # the id of the catalogue's first one
_BLANK = {
    "first_name": "",
    "last_name": "",
    "company": "",
    "address_1": "",
    "address_2": "",
    "city": "",
    "postcode": "",
    "country": "",
    "state": "",
}

# What never varies in this shop, in the order REST v3 prints it around what does.
_PLAIN_PRODUCT: Json = {
    "featured": False,
    "catalog_visibility": "visible",
}
_PLAIN_REST: Json = {
    "date_on_sale_from": None,
    "date_on_sale_from_gmt": None,
    "date_on_sale_to": None,
    "date_on_sale_to_gmt": None,
    "on_sale": False,
    "purchasable": True,
    "total_sales": 0,
    "virtual": False,
    "downloadable": False,
    "downloads": [],
    "download_limit": -1,
    "download_expiry": -1,
    "external_url": "",
    "button_text": "",
    "tax_status": "taxable",
    "tax_class": "",
    "manage_stock": False,
    "stock_quantity": None,
    "backorders": "no",
    "backorders_allowed": False,
    "backordered": False,
    "low_stock_amount": None,
    "sold_individually": False,
    "weight": "",
    "dimensions": {"length": "", "width": "", "height": ""},
    "shipping_required": True,
    "shipping_taxable": True,
    "shipping_class": "",
    "shipping_class_id": 0,
    "reviews_allowed": True,
    "average_rating": "0.00",
    "rating_count": 0,
    "upsell_ids": [],
    "cross_sell_ids": [],
    "parent_id": 0,
    "purchase_note": "",
}


class Webhook(Struct, frozen=True):
    """``failures`` in a row; kept when the webhook is set active again, and shown nowhere."""

    id: int
    name: str
    topic: str
    delivery_url: str
    secret: str
    created_at: datetime
    modified_at: datetime | None = None
    status: str = "active"  # active, paused or disabled
    failures: int = 0


HOOKS: dict[str, list[str]] = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
    "customer.created": ["user_register", "woocommerce_created_customer"],
    "customer.updated": ["profile_update", "woocommerce_update_customer"],
    "customer.deleted": ["delete_user"],
    "product.created": ["woocommerce_process_product_meta", "woocommerce_new_product"],
    "product.updated": ["woocommerce_process_product_meta", "woocommerce_update_product"],
    "product.deleted": ["wp_trash_post"],
    "product.restored": ["untrashed_post"],
    "product.published": ["woocommerce_process_product_meta"],
    "coupon.created": ["woocommerce_process_shop_coupon_meta", "woocommerce_new_coupon"],
    "coupon.updated": ["woocommerce_process_shop_coupon_meta", "woocommerce_update_coupon"],
    "coupon.deleted": ["wp_trash_post"],
    "coupon.restored": ["untrashed_post"],
}


def customer(found: Customer, settings: Settings, origin: str) -> Json:
    """One account. Whoever never bought has no address."""
    buyer = Buyer(found.email, found.first_name, found.last_name)
    hashed = hashlib.sha256(found.email.encode()).hexdigest()
    blank = _BLANK | {"phone": ""}
    return {
        "id": found.id,
        **wire.times("date_created", found.created_at, settings),
        **wire.times("date_modified", found.modified_at, settings),
        "email": found.email,
        "first_name": found.first_name,
        "last_name": found.last_name,
        "role": found.role,
        "username": found.email.split("@")[0],
        "billing": billing(buyer) if found.has_paid else blank | {"email": ""},
        "shipping": shipping(buyer) if found.has_paid else blank,
        "is_paying_customer": found.has_paid,
        "avatar_url": f"https://secure.gravatar.com/avatar/{hashed}?s=96&d=mm&r=g",
        "meta_data": [wire.meta(found.id * 10, "locale", found.locale)],
        "_links": wire.links(origin, "customers", found.id),
    }


def product(found: Product, settings: Settings, origin: str) -> Json:
    """One product; all of ours are simple ones."""
    price = wire.amount(found.price_minor, settings.currency, settings)
    category_id = FIRST_CATEGORY + list(CATEGORIES).index(found.category)
    picture = {
        "id": found.id + 5000,
        **wire.times("date_created", found.created_at, settings),
        **wire.times("date_modified", found.created_at, settings),
        "src": f"{origin}/pictures/{found.slug}.svg",
        "name": found.slug,
        "alt": found.titles["en"],
        "srcset": "",
        "sizes": "",
        "thumbnail": f"{origin}/pictures/{found.slug}.svg",
    }
    symbol = '<span class="woocommerce-Price-currencySymbol" translate="no">&#36;</span>'
    bdi = f"<bdi>{symbol}{price}</bdi>"
    return {
        "id": found.id,
        "name": found.titles["en"],
        "slug": found.slug,
        "permalink": f"{origin}/product/{found.slug}/",
        **wire.times("date_created", found.created_at, settings),
        **wire.times("date_modified", found.modified_at, settings),
        "type": "simple",
        "status": "publish" if found.published else "draft",
        **_PLAIN_PRODUCT,
        "description": f"<p>{found.blurbs['en']}</p>\n",
        "short_description": "",
        "sku": found.sku,
        "price": price,
        "regular_price": price,
        "sale_price": "",
        **_PLAIN_REST,
        "categories": [
            {
                "id": category_id,
                "name": CATEGORIES[found.category]["en"],
                "slug": found.category,
            }
        ],
        "brands": [],
        "tags": [
            {"id": FIRST_TAG + list(TAGS).index(tag), "name": tag.title(), "slug": tag}
            for tag in found.tags
            if tag in TAGS
        ],
        "images": [picture],
        "attributes": [],
        "default_attributes": [],
        "variations": [],
        "grouped_products": [],
        "menu_order": 0,
        "price_html": f'<span class="woocommerce-Price-amount amount">{bdi}</span>',
        "related_ids": [],
        "meta_data": [],
        "stock_status": "instock" if found.in_stock else "outofstock",
        "has_options": False,
        "post_password": "",
        "global_unique_id": "",
        "_links": wire.links(origin, "products", found.id),
    }


def webhook(found: Webhook, settings: Settings, origin: str) -> Json:
    """One webhook: never its secret, never its failures."""
    resource, _, event = found.topic.partition(".")
    hooks = [event] if resource == "action" else HOOKS[found.topic]
    return {
        "id": found.id,
        "name": found.name,
        "status": found.status,
        "topic": found.topic,
        "resource": resource,
        "event": event,
        "hooks": hooks,
        "delivery_url": found.delivery_url,
        **wire.times("date_created", found.created_at, settings),
        **wire.times("date_modified", found.modified_at, settings),
        "_links": wire.links(origin, "webhooks", found.id),
    }
