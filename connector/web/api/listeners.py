"""Webhooks we send: who hears what, and what was told. docs/webhooks.md says how to read them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from flask import g
from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import NotFound
from connector.listeners import rules, service
from connector.listeners.service import Listener
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.api import shapes
from connector.web.api.openapi import MAX_PAGE, PAGE, Operation
from connector.web.body import read_json
from connector.web.runtime import runtime

Topics = Annotated[list[str], Meta(description=f"Some of {', '.join(rules.TOPICS)}")]
Secret = Annotated[
    str,
    Meta(description="Yours, 32 to 255 ASCII characters; it signs each message, nobody reads it"),
]


class Webhook(Struct):
    id: str
    url: str
    topics: Topics
    is_on: bool
    off_why: Annotated[str | None, Meta(description="by_hand, failing or gone")]
    failing_since: Annotated[str | None, Meta(description="Nothing has arrived since then")]
    made_at: str


class WebhookPage(Struct):
    webhooks: list[Webhook]


class WebhookRequest(Struct, forbid_unknown_fields=True):
    url: Annotated[str, Meta(description="A public https address")]
    topics: Topics
    secret: Secret


class WebhookChange(Struct, forbid_unknown_fields=True):
    url: str
    topics: Topics
    is_on: bool


class SecretRequest(Struct, forbid_unknown_fields=True):
    secret: Secret


class Attempt(Struct):
    at: str
    took_ms: int
    status: Annotated[int | None, Meta(description="HTTP's; null: no answer")]
    code: Annotated[str | None, Meta(description="Why it did not arrive; null: it did")]


class WebhookMessage(Struct):
    id: str
    topic: str
    state: Annotated[str, Meta(description="new, open (is tried again), sent or failed")]
    at: str
    next_try: str | None
    attempts: list[Attempt]


class WebhookMessagePage(Struct):
    messages: list[WebhookMessage]
    next: Annotated[str | None, Meta(description="Give it as ``before`` to read on")]


class Queued(Struct):
    message_id: str


def list_webhooks(db: Connection, shop: Shop) -> WebhookPage:
    """Addresses that hear what happens, oldest first."""
    return WebhookPage([_webhook(one) for one in service.listeners(db, shop.id)])


def add_webhook(db: Connection, shop: Shop) -> Webhook:
    """Let an address hear what happens from now on."""
    wanted = read_json(WebhookRequest)
    _check(wanted.url)
    found, _ = service.add(
        db,
        runtime().keys,
        shop.id,
        wanted.url,
        wanted.topics,
        made_by=f"api:{g.api_key_id}",
        now=clock.now(),
        secret=wanted.secret or "-",
    )
    return _webhook(found)


def change_webhook(db: Connection, shop: Shop, webhook_id: str) -> Webhook:
    """Another address or other topics; switch it on or off."""
    wanted = read_json(WebhookChange)
    known = _id(webhook_id)
    _check(wanted.url)
    found = service.change(db, shop.id, known, wanted.url, wanted.topics)
    if wanted.is_on != (found.off_why is None):
        found = service.switch(db, shop.id, known, clock.now(), on=wanted.is_on)
    return _webhook(found)


def put_webhook_secret(db: Connection, shop: Shop, webhook_id: str) -> Webhook:
    """Another secret; the one before signs beside it for a day."""
    wanted = read_json(SecretRequest)
    known = _id(webhook_id)
    service.rotate(db, runtime().keys, shop.id, known, clock.now(), wanted.secret or "-")
    return _webhook(service.get(db, shop.id, known))


def remove_webhook(db: Connection, shop: Shop, webhook_id: str) -> Webhook:
    """Tell it nothing more, and forget what was told."""
    return _webhook(service.remove(db, shop.id, _id(webhook_id)))


def ping_webhook(db: Connection, shop: Shop, webhook_id: str) -> Queued:
    """Send it a test."""
    return Queued(str(service.ping(db, shop.id, _id(webhook_id), clock.now())))


def list_webhook_messages(db: Connection, shop: Shop, webhook_id: str) -> WebhookMessagePage:
    """What was told to it in the last 30 days, newest first, and how it was tried."""
    limit = addresses.number("limit", 50, MAX_PAGE)
    known = service.get(db, shop.id, _id(webhook_id)).id
    log = service.log(db, shop.id, known, addresses.before(), limit)
    found = [
        WebhookMessage(
            str(one.id),
            one.topic,
            one.state,
            shapes.utc(one.made_at),
            shapes.utc(one.due_at) if one.state in ("new", "open") else None,
            [
                Attempt(shapes.utc(tried.at), tried.took_ms, tried.status, tried.code)
                for tried in one.attempts
            ],
        )
        for one in log
    ]
    return WebhookMessagePage(found, found[-1].id if len(found) == limit else None)


def resend_webhook_message(db: Connection, shop: Shop, webhook_id: str, message_id: str) -> Queued:
    """Try a message again at once, with what is so by now."""
    known = addresses.row_id(message_id)
    if known is None:
        raise NotFound("message_not_found", "no such message")
    service.resend(db, shop.id, _id(webhook_id), known, clock.now())
    return Queued(str(known))


def _webhook(one: Listener) -> Webhook:
    return Webhook(
        str(one.id),
        one.url,
        list(one.topics),
        one.off_why is None,
        one.off_why,
        _utc(one.failing_since),
        shapes.utc(one.made_at),
    )


def _utc(at: datetime | None) -> str | None:
    return None if at is None else shapes.utc(at)


def _check(url: str) -> None:
    service.check_url(url, runtime().settings.allow_private_stores)


def _id(webhook_id: str) -> int:
    known = addresses.row_id(webhook_id)
    if known is None:
        raise NotFound("webhook_not_found", "no such webhook")
    return known


_MESSAGES = "/webhooks/<webhook_id>/messages"
OPERATIONS = (
    Operation("GET", "/webhooks", list_webhooks, WebhookPage),
    Operation("POST", "/webhooks", add_webhook, Webhook, body=WebhookRequest),
    Operation("PUT", "/webhooks/<webhook_id>", change_webhook, Webhook, body=WebhookChange),
    Operation("DELETE", "/webhooks/<webhook_id>", remove_webhook, Webhook),
    Operation(
        "PUT", "/webhooks/<webhook_id>/secret", put_webhook_secret, Webhook, body=SecretRequest
    ),
    Operation("POST", "/webhooks/<webhook_id>/ping", ping_webhook, Queued),
    Operation("GET", _MESSAGES, list_webhook_messages, WebhookMessagePage, parameters=PAGE),
    Operation("POST", f"{_MESSAGES}/<message_id>/resend", resend_webhook_message, Queued),
)
