"""What a merchant does in the Shopify admin that the shop itself has no verb for."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from devstore.model import (
    Buyer,
    Change,
    Customer,
    Event,
    Order,
    OrderLine,
    Product,
    Refund,
    Status,
    replace,
)
from devstore.refusals import NotPossible
from devstore.shelf import Query
from devstore.shop import Shop
from devstore.shopify import orders, reading
from devstore.shopify.install import Door
from devstore.shopify.payloads import SHOP_ID, Json, gid
from devstore.shopify.registration import COMPLIANCE_TOPICS
from devstore.shopify.telling import Message

_UNPAID = frozenset({Status.PENDING, Status.ON_HOLD})


class Merchant:
    """Verbs of one shop; ``send`` queues webhooks that no change of the shop stands for."""

    def __init__(
        self, shop: Shop, domain: str, door: Door, send: Callable[[Message], None]
    ) -> None:
        self._shop = shop
        self._domain = domain
        self._door = door
        self._send = send

    def add_line(self, order_id: int, sku: str, quantity: int) -> Order:
        """Edit an order: one more line, which the buyer pays at once."""
        with self._shop.shelf.change():
            order, product = self._shop.order(order_id), self._shop.shelf.get(Product, sku)
            if product is None or not 0 < quantity <= 99:
                raise NotPossible(f"{quantity} of {sku} cannot be added.")
            line = OrderLine(
                self._shop.next_id("item"),
                product.id,
                sku,
                product.titles["en"],
                quantity,
                product.price_minor * quantity,
            )
            order = replace(order, lines=(*order.lines, line), modified_at=self._shop.now())
            self._shop.shelf.keep(order)
            edit_id = self._shop.next_id("item")
        body = orders.edit(order, edit_id, {line.id: quantity}, self._shop.settings)
        self._send(("orders/edited", body))
        self._tell("order", order.id, Event.UPDATED)
        return order

    def mark_paid(self, order_id: int) -> Order:
        """The money arrived some other way. NotPossible when it had before."""
        with self._shop.shelf.change():
            order = self._shop.order(order_id)
            if order.paid_at is not None:
                raise NotPossible(f"Order #{order.number} is paid already.")
            now = self._shop.now()
            status = Status.PROCESSING if order.status in _UNPAID else order.status
            order = replace(order, paid_at=now, modified_at=now, status=status)
            self._shop.shelf.keep(order)
        self._tell("order", order.id, Event.UPDATED, Event.PAID)
        return order

    def refund_all(self, order_id: int, reason: str = "") -> Refund:
        """Every piece that is left, the shipping and whatever else the order still holds."""
        order = self._shop.order(order_id)
        rest = order.total_minor - order.refunded_minor
        shipping = min(rest, reading.current_shipping_minor(order))
        quantities: dict[int, int] = {}
        amounts: dict[int, int] = {}
        left = rest - shipping
        # The gift first: money given back earlier without a piece was money off the goods.
        for line in reversed(reading.lines(order)):
            pieces = reading.current_quantity(order, line)
            if pieces:
                quantities[line.id] = 0 if line.cause is not None else pieces
                amounts[line.id] = min(left, reading.discounted_rest_minor(order, line))
                left -= amounts[line.id]
        return self._shop.refund(order_id, quantities, amounts, rest, shipping, reason)

    def cancel(self, order_id: int, *, refund: bool) -> Order:
        """Cancel an order, giving a paid one's money back first when asked to."""
        order = self._shop.order(order_id)
        if refund and order.paid_at is not None and order.refunded_minor < order.total_minor:
            self.refund_all(order_id, "Order cancelled.")
        return self._shop.cancel(order_id)

    def merge(self, kept_id: int, gone_id: int) -> Customer:
        """Two accounts become one: the orders move, the other account is no more."""
        shelf = self._shop.shelf
        with shelf.change():
            kept, gone = shelf.get(Customer, kept_id), shelf.get(Customer, gone_id)
            if kept is None or gone is None or kept_id == gone_id:
                raise NotPossible(f"Customers {kept_id} and {gone_id} cannot be merged.")
            found, _ = shelf.find(Order, Query(customer_id=gone_id, limit=100_000))
            for order in found:
                buyer: Buyer = replace(order.buyer, customer_id=kept_id)
                shelf.keep(replace(order, buyer=buyer))
            shelf.drop(Customer, gone_id)
            kept = replace(kept, modified_at=self._shop.now())
            shelf.keep(kept)
        body = {
            "admin_graphql_api_customer_kept_id": gid("Customer", kept_id),
            "admin_graphql_api_customer_deleted_id": gid("Customer", gone_id),
            "admin_graphql_api_job_id": f"gid://shopify/Job/{uuid.uuid4()}",
            "status": "completed",
            "errors": [],
        }
        self._send(("customers/merge", body))
        self._tell("customer", kept_id, Event.UPDATED)
        return kept

    def uninstall(self, shop_body: Json) -> None:
        """Remove the app. Its tokens are dead before the webhook leaves."""
        self._door.leave()
        self._send(("app/uninstalled", shop_body))

    def change_scopes(self, scopes: str) -> None:
        """Grant other scopes from now on; a token never gains what it was not given with."""
        before = self._door.installed
        if before is None:
            raise NotPossible("The app is not installed.")
        self._door.approve(scopes)
        body = {
            "id": SHOP_ID,
            "shop_id": gid("Shop", SHOP_ID),
            "previous": before.scopes.split(","),
            "current": scopes.split(","),
            "updated_at": self._shop.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        self._send(("app/scopes_update", body))

    def demand(self, topic: str, customer_id: int | None = None) -> None:
        """Send a compliance topic, as the law would make a shop do."""
        if topic not in COMPLIANCE_TOPICS:
            raise NotPossible(f"{topic} is not one of {', '.join(COMPLIANCE_TOPICS)}.")
        body: Json = {"shop_id": SHOP_ID, "shop_domain": self._domain}
        if topic != "shop/redact":
            customer = self._shop.shelf.get(Customer, customer_id or 0)
            if customer is None:
                raise NotPossible(f"There is no customer {customer_id}.")
            body["customer"] = {"id": customer.id, "email": customer.email, "phone": None}
            numbers = [order.id for order in self._shop.orders_of(customer.id)]
            name = "orders_to_redact" if topic.endswith("redact") else "orders_requested"
            body[name] = numbers
        if topic == "customers/data_request":
            body["data_request"] = {"id": self._shop.next_id("item")}
        self._send((topic, body))

    def _tell(self, resource: str, number: int, *events: Event) -> None:
        change = Change(resource, number, events, self._shop.now())
        for listener in self._shop.listeners:
            listener(change)
