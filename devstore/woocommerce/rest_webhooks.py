"""REST v3's webhooks."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Response, request

from devstore.model import replace
from devstore.state import State
from devstore.woocommerce import listing, things, wire
from devstore.woocommerce.hooks import HOOKS, Hooks
from devstore.woocommerce.listing import fields, json_response
from devstore.woocommerce.rest import body_of, created, demand_force
from devstore.woocommerce.things import Webhook
from devstore.woocommerce.wire import Json, RestError


class Webhooks:
    """``webhooks``."""

    path = "webhooks"

    def __init__(self, state: State, hooks: Hooks) -> None:
        self._shop, self._origin = state.shops["woocommerce"], state.origins["woocommerce"]
        self._hooks = hooks

    def list(self) -> Response:
        page, per_page = listing.page_of(request)
        status = request.args.get("status", "all")
        found = [one for one in reversed(self._hooks.list()) if status in {"all", one.status}]
        some = found[(page - 1) * per_page : page * per_page]
        return listing.answered(request, some, len(found), self._shown, self._origin)

    def add(self) -> Response:
        told, now = body_of(), self._shop.now()
        made = Webhook(
            id=self._shop.shelf.next_id("woo webhook", 1),
            name=str(told.get("name") or f"Webhook created on {now:%b %d, %Y @ %I:%M %p}"),
            topic=_topic(told.get("topic")),
            delivery_url=_delivery_url(told.get("delivery_url")),
            secret=str(told.get("secret") or secrets.token_urlsafe(37)),
            created_at=now,
            status=_status(told.get("status", "active")),
        )
        self._hooks.keep(made)
        self._hooks.ping(made)  # before the answer: who creates it must be able to hear it
        return created(self._shown(made), self.path, self._origin)

    def one(self, key: int) -> Response:
        return json_response(fields(request, self._shown(self._known(key))))

    def change(self, key: int) -> Response:
        found, told = self._known(key), body_of()
        changed = replace(
            found,
            name=str(told.get("name", found.name)),
            topic=_topic(told.get("topic", found.topic)),
            delivery_url=_delivery_url(told.get("delivery_url", found.delivery_url)),
            secret=str(told.get("secret", found.secret)),
            status=_status(told.get("status", found.status)),
            modified_at=self._shop.now(),
        )
        self._hooks.keep(changed)
        return json_response(self._shown(changed))

    def delete(self, key: int) -> Response:
        told = self._shown(self._known(key))
        demand_force("Webhooks do not support trashing.")
        self._shop.shelf.discard(HOOKS, str(key))
        return json_response(told)

    def _shown(self, found: Webhook) -> Json:
        return things.webhook(found, self._shop.settings, self._origin)

    def _known(self, key: int) -> Webhook:
        found = self._shop.shelf.take(HOOKS, str(key), Webhook)
        if found is None:
            raise wire.not_found("webhook")
        return found


def _topic(topic: object) -> str:
    if not isinstance(topic, str) or not (
        topic in things.HOOKS or topic.startswith(("action.woocommerce_", "action.wc_"))
    ):
        code = "woocommerce_rest_shop_webhook_invalid_topic"
        raise RestError(400, code, "Webhook topic is required and must be valid.")
    return topic


def _delivery_url(url: object) -> str:
    if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"}:
        code = "woocommerce_rest_shop_webhook_invalid_delivery_url"
        message = "Webhook delivery URL must be a valid URL starting with http:// or https://."
        raise RestError(400, code, message)
    return url


def _status(status: object) -> str:
    if status not in {"active", "paused", "disabled"}:
        raise listing.invalid("status", "status is not one of active, paused, disabled.")
    return str(status)
