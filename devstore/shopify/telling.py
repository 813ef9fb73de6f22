"""Which webhooks a change means, and their bodies as the shop stands at that moment."""

from __future__ import annotations

from devstore.model import Change, Customer, Event, Order, Product, Settings
from devstore.shop import Shop
from devstore.shopify import catalogue, orders, payloads
from devstore.shopify.orders import Desk
from devstore.shopify.payloads import Json
from devstore.shopify.refunds import refund as refund_body

Message = tuple[str, Json]

_GONE = frozenset({Event.DELETED, Event.ERASED})
_ORDER_TOPICS = {
    Event.CREATED: "orders/create",
    Event.PAID: "orders/paid",
    Event.CANCELLED: "orders/cancelled",
}


class Teller:
    """Reads the changed thing and says what an app is told about it."""

    def __init__(self, shop: Shop, origin: str, domain: str) -> None:
        self._shop = shop
        self._origin = origin
        self._domain = domain

    def messages(self, change: Change) -> list[Message]:
        """In the order they happened; nothing for a thing that is no more but its deletion."""
        if _GONE.intersection(change.events):
            return [_gone(change)]
        if change.resource == "order":
            return self._of_order(change)
        word = "create" if Event.CREATED in change.events else "update"
        settings = self._shop.settings
        if change.resource == "customer":
            customer = self._shop.shelf.get(Customer, change.id)
            if customer is None:
                return []
            body = payloads.customer(customer, settings)
            return [*_apart(change.before, customer, settings), (f"customers/{word}", body)]
        product = self._shop.shelf.get(Product, change.id)
        if product is None:
            return []
        return [(f"products/{word}", catalogue.product(product, settings, self._origin))]

    def order(self, found: Order) -> Json:
        """The body of an order as it is now."""
        owner = found.buyer.customer_id
        customer = self._shop.shelf.get(Customer, owner) if owner is not None else None
        return orders.order(found, Desk(self._shop.settings, self._domain, customer))

    def shop(self) -> Json:
        """The body of ``app/uninstalled``."""
        return payloads.shop(self._shop.settings, self._domain, self._shop.now())

    def _of_order(self, change: Change) -> list[Message]:
        found = self._shop.shelf.get(Order, change.id)
        if found is None:
            return []
        body = self.order(found)
        told = [(_ORDER_TOPICS[event], body) for event in change.events if event in _ORDER_TOPICS]
        refunds = [
            ("refunds/create", refund_body(one, found, self._shop.settings))
            for one in found.refunds
            if one.id == change.refund_id
        ]
        return [*told, *refunds, ("orders/updated", body)]


def _apart(before: Customer | None, after: Customer, settings: Settings) -> list[Message]:
    """What the body of a customer no longer tells: tags and consent have topics of their own."""
    if before is None:
        return []
    added = [tag for tag in after.tags if tag not in before.tags]
    removed = [tag for tag in before.tags if tag not in after.tags]
    differences = {"customer.tags_added": added, "customer.tags_removed": removed}
    told = [(topic, payloads.tagged(after, tags)) for topic, tags in differences.items() if tags]
    if after.newsletter is not before.newsletter:
        told.append(
            ("customers_email_marketing_consent/update", payloads.consent(after, settings))
        )
    return told


def _gone(change: Change) -> Message:
    if change.resource == "customer":
        return "customers/delete", payloads.customer_gone(change.id)
    return f"{change.resource}s/delete", {"id": change.id}
