"""The Shopify face: everything the platform adds to the shop, in one place."""

from __future__ import annotations

from typing import Any

from flask import Flask, request, session
from markupsafe import Markup

from devstore.face import Mount
from devstore.model import Change, Order, Product
from devstore.shopify import ajax
from devstore.shopify.api import PREFIXES, api
from devstore.shopify.bulk import BulkDesk, Operation
from devstore.shopify.control import control
from devstore.shopify.graph import metafields
from devstore.shopify.install import Door
from devstore.shopify.merchant import Merchant
from devstore.shopify.pages import pages
from devstore.shopify.payloads import gid, local
from devstore.shopify.proxy import PREFIX, proxy
from devstore.shopify.registration import Registration, from_environment
from devstore.shopify.sandbox import SURFACES, sandbox
from devstore.shopify.telling import Teller
from devstore.shopify.theme import block, theme
from devstore.shopify.webhooks import Webhooks
from devstore.state import SHOPIFY_DOMAIN, State
from devstore.words import WORDS


class ShopifyFace:
    """A ``devstore.face.Face``. ``app`` is who may install; None reads the environment."""

    name = "shopify"
    api_prefixes = PREFIXES

    def __init__(self, state: State, app: Registration | None = None) -> None:
        self._shop = state.shops[self.name]
        self._origin = state.origins[self.name]
        registration = app or from_environment(state.service)
        self.door = Door(self._shop, SHOPIFY_DOMAIN, registration)
        self.webhooks = Webhooks(self._shop, SHOPIFY_DOMAIN, registration)
        self._teller = Teller(self._shop, self._origin, SHOPIFY_DOMAIN)
        self._desk = BulkDesk(
            self._shop.shelf,
            state.directory / "bulk",
            self._origin,
            self._shop.now,
            self._bulk_finished,
        )

    def register(self, app: Flask) -> None:
        shop, door = self._shop, self.door
        merchant = Merchant(shop, SHOPIFY_DOMAIN, door, self.webhooks.queue)
        app.register_blueprint(api(shop, self._origin, SHOPIFY_DOMAIN, door, self._desk))
        app.register_blueprint(pages(shop, SHOPIFY_DOMAIN, door))
        app.register_blueprint(proxy(shop, SHOPIFY_DOMAIN, door))
        app.register_blueprint(theme())
        app.register_blueprint(ajax.ajax(shop))
        app.register_blueprint(sandbox(shop, SHOPIFY_DOMAIN, door))
        app.register_blueprint(control(shop, door, merchant, self._teller, self.webhooks))

    def mount(self) -> Mount:
        return Mount(PREFIX if self.door.installed else None, "")

    def block(self, name: str, language: str, product: Product | None = None) -> Markup | None:
        customer_id = session.get("customer_id")
        known = {
            "customer": {"id": customer_id} if customer_id else None,
            "product": {"id": product.id} if product else None,
            "cart": ajax.shown(self._shop),
            "section": {"id": "main-cart" if name == "giving" else name},
            "shop": {"currency": self._shop.settings.currency},
            "app_data": metafields.in_liquid(self._shop.shelf),
            "template": "cart" if request.path.startswith("/cart") else "index",
        }
        if product:
            known["template"] = "product"
        settings = _of_giving(language) if name == "giving" else {}
        return block(name, language, settings, **known)

    def extension(self, name: str, order: Order | None = None) -> str | None:
        if name not in SURFACES:
            return None
        return f"/_extensions/{name}?order={order.id}" if order else f"/_extensions/{name}"

    def product_key(self, product: Product) -> str:
        return str(product.id)

    def order_name(self, order: Order) -> str:
        return f"#{order.number}"

    def heard(self, change: Change) -> None:
        if self.door.installed is not None:
            self.webhooks.queue(*self._teller.messages(change))

    def tick(self, *, everything: bool = False) -> int:
        return self.webhooks.tick(everything=everything)

    def _bulk_finished(self, operation: Operation) -> None:
        settings = self._shop.settings
        body = {
            "admin_graphql_api_id": gid("BulkOperation", operation.id),
            "completed_at": local(operation.completed_at, settings),
            "created_at": local(operation.created_at, settings),
            "error_code": operation.error_code.lower() if operation.error_code else None,
            "status": operation.status.lower(),
            "type": "query",
        }
        self.webhooks.queue(("bulk_operations/finish", body))


def _of_giving(language: str) -> dict[str, Any]:
    """How a merchant sets the block up: a product, and a question of their own."""
    words = WORDS[language]
    question = words["gift_ask"].format(cause=words["cause"])
    return {"product": ajax.gift_product(language), "heading": question}
