"""Webhooks: queued by what happened, merged per webhook and thing, written when they leave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import random
import threading
from datetime import datetime, timedelta

import requests
from msgspec import Struct

from devstore import faults
from devstore.model import Change, Customer, Event, Order, Product, replace
from devstore.shop import Shop
from devstore.woocommerce import coupons, orders, things, wire
from devstore.woocommerce.things import Webhook

HOOKS = "woo webhooks"
QUEUE = "woo queue"
RIGHTS = "woo rights"
MAX_FAILURES = 7  # in a row; then the webhook disables itself
DELIVERY_SECONDS = 60
_OF_THE_TRASH = {
    Event.DELETED: ("order.deleted",),
    Event.UNTRASHED: ("order.restored", "action.woocommerce_order_status_changed"),
}
_HOOKSHOT = f"WooCommerce/{wire.VERSION} Hookshot (WordPress/{wire.WP_VERSION})"


class Job(Struct, frozen=True):
    """One delivery to come: which webhook, about which thing. Its body does not exist yet."""

    place: int  # in the queue
    webhook_id: int
    thing_id: int
    queued_at: datetime


def topics(change: Change, order: Order | None) -> list[tuple[str, int]]:
    """What a change sends, in the order it is queued: (topic, id the body is about)."""
    if change.resource == "customer":
        words = {Event.CREATED: ("created", "updated"), Event.UPDATED: ("updated",)}
        names = words.get(change.events[0], ("deleted",))
        return [(f"customer.{name}", change.id) for name in names]
    if change.resource == "product":
        gone = change.events[0] is Event.DELETED
        # Trashing a product by REST announces a coupon's deletion too; that is how it is.
        names = ("product.deleted", "coupon.deleted") if gone else ("product.updated",)
        return [(name, change.id) for name in names]
    if change.resource == "coupon":
        names = {
            Event.CREATED: ("coupon.created",),
            Event.UPDATED: ("coupon.updated",),
            Event.DELETED: ("coupon.deleted", "product.deleted"),  # the same the other way round
        }[change.events[0]]
        return [(name, change.id) for name in names]
    return _order_topics(change, order)


def _order_topics(change: Change, order: Order | None) -> list[tuple[str, int]]:
    action = "action.woocommerce_"
    events = set(change.events)
    told: list[tuple[str, int]] = []
    customer = order.buyer.customer_id if order else None
    if Event.ERASED in events or order is None:
        return [(f"{action}delete_order", change.id)]
    if change.events[0] in _OF_THE_TRASH:
        return [(topic, change.id) for topic in _OF_THE_TRASH[change.events[0]]]
    if Event.CREATED in events:
        told = [("order.updated", change.id), ("order.created", change.id)]
        if customer:
            told.insert(1, ("customer.updated", customer))
        if order.via != "store-api":
            told = [("order.created", change.id), ("order.updated", change.id)]
    elif Event.UPDATED in events:
        told = [("order.updated", change.id)]
        if Event.COMPLETED in events and customer:
            told.append(("customer.updated", customer))
    if Event.REFUNDED in events and change.refund_id:
        told += [(f"{action}refund_created", change.refund_id)]
        told += [(f"{action}order_refunded", change.id)]
    else:
        told += [(f"{action}order_status_changed", change.id)]
    if Event.PAID in events and order.payment != "cod":
        told += [(f"{action}payment_complete", change.id)]
    return told


class Hooks:
    """The webhooks of one shop and their queue."""

    def __init__(self, shop: Shop, origin: str) -> None:
        self._shop = shop
        self._origin = origin
        self._rng = random.Random()
        self._sending = threading.Lock()

    def list(self) -> list[Webhook]:
        """All of them, the oldest first."""
        found = self._shop.shelf.all(HOOKS, Webhook).values()
        return sorted(found, key=lambda webhook: webhook.id)

    def keep(self, webhook: Webhook) -> None:
        self._shop.shelf.put(HOOKS, str(webhook.id), webhook)

    def ping(self, webhook: Webhook) -> None:
        """The unsigned greeting of a new webhook; whatever is answered, the webhook exists."""
        headers = {"User-Agent": _HOOKSHOT}
        body = {"webhook_id": str(webhook.id)}
        try:
            requests.post(
                webhook.delivery_url, data=body, headers=headers, timeout=10, allow_redirects=False
            )
        except requests.RequestException:
            return

    def heard(self, change: Change) -> None:
        """Queue what a change sends. The same webhook and thing waiting already is enough."""
        shelf = self._shop.shelf
        order = shelf.get(Order, change.id) if change.resource == "order" else None
        with shelf.change():
            for topic, thing_id in topics(change, order):
                for webhook in self.list():
                    slot = f"{webhook.id}:{thing_id}"
                    if webhook.topic != topic or webhook.status != "active":
                        continue
                    if shelf.take(QUEUE, slot, Job) is None:
                        place = shelf.next_id("woo queue", 1)
                        shelf.put(QUEUE, slot, Job(place, webhook.id, thing_id, change.at))

    def tick(self, *, everything: bool) -> int:
        """Send what is due; one caller at a time, so nothing is sent twice by accident."""
        with self._sending:
            switches = faults.current(self._shop)
            latest = self._shop.now() - timedelta(seconds=switches.delay_seconds)
            waiting = sorted(
                self._shop.shelf.all(QUEUE, Job).items(), key=lambda item: item[1].place
            )
            due = [
                job
                for slot, job in waiting
                if (everything or job.queued_at <= latest)
                and self._shop.shelf.discard(QUEUE, slot)
            ]
            for job, goes in faults.disturbed(switches, due, self._rng):
                if goes:
                    self._deliver(job)
            return len(due)

    def _deliver(self, job: Job) -> None:
        webhook = self._shop.shelf.take(HOOKS, str(job.webhook_id), Webhook)
        if webhook is None or webhook.status != "active":
            return
        body = wire.encoded(self._body(webhook, job.thing_id))
        try:
            answer = requests.post(
                webhook.delivery_url,
                data=body,
                headers=self._headers(webhook, body),
                timeout=DELIVERY_SECONDS,
                allow_redirects=False,
            )
            heard = 200 <= answer.status_code < 300 or answer.status_code in {301, 302}
        except requests.RequestException:
            heard = False
        self._count(webhook, heard=heard)

    def _count(self, webhook: Webhook, *, heard: bool) -> None:
        with self._shop.shelf.change():
            latest = self._shop.shelf.take(HOOKS, str(webhook.id), Webhook)
            if latest is None:
                return
            failures = 0 if heard else latest.failures + 1
            status = "disabled" if failures >= MAX_FAILURES else latest.status
            self.keep(replace(latest, failures=failures, status=status))

    def _headers(self, webhook: Webhook, body: bytes) -> dict[str, str]:
        resource, _, event = webhook.topic.partition(".")
        secret = html.unescape(webhook.secret).encode()
        digest = hmac.new(secret, body, hashlib.sha256).digest()
        # One a second and webhook: two deliveries within a second share it.
        second = f"{webhook.id}{self._shop.now():%Y-%m-%d %H:%M:%S}"
        return {
            "Content-Type": "application/json",
            "User-Agent": _HOOKSHOT,
            "X-WC-Webhook-Source": f"{self._origin}/",
            "X-WC-Webhook-Topic": webhook.topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
            "X-WC-Webhook-ID": str(webhook.id),
            "X-WC-Webhook-Delivery-ID": hashlib.md5(
                second.encode(), usedforsecurity=False
            ).hexdigest(),
        }

    def _body(self, webhook: Webhook, thing_id: int) -> wire.Json:
        """The thing as it is now, a bare id, or the error REST would answer."""
        resource, _, event = webhook.topic.partition(".")
        if event == "deleted":
            return {"id": thing_id}
        if resource == "action":
            return {"action": event, "arg": thing_id}
        if self._shop.shelf.take(RIGHTS, "demoted", bool):
            message = "Sorry, you cannot view this resource."
            return wire.RestError(403, "woocommerce_rest_cannot_view", message).body
        return self._thing(resource, thing_id)

    def _thing(self, resource: str, thing_id: int) -> wire.Json:
        shelf, settings = self._shop.shelf, self._shop.settings
        if resource == "order" and (order := shelf.get(Order, thing_id)):
            return orders.order(order, settings, self._origin)
        if resource == "customer" and (customer := shelf.get(Customer, thing_id)):
            return things.customer(customer, settings, self._origin)
        if resource == "product" and (product := shelf.get(Product, thing_id)):
            return things.product(product, settings, self._origin)
        if resource == "coupon" and (coupon := self._shop.promotions.get(thing_id)):
            return coupons.coupon(coupon, settings, self._origin)
        return wire.not_found(resource).body
