"""Our webhooks in a store: made with our secret, replaced when they fail us, taken away again.

A secret cannot be read back, so a fingerprint of it stands in the webhook's name. A disabled
webhook keeps a hidden failure count when it is set active again; a new one starts from zero.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Sequence

from msgspec import Struct

from adapters.woocommerce.api import Rest, decode
from connector.core.errors import (
    BadInput,
    PlatformBusy,
    PlatformError,
    PlatformMissing,
    PlatformRefused,
)

TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "action.woocommerce_delete_order",  # for good, past the trash, which no other topic tells
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "product.created",
    "product.updated",
    "product.deleted",
    "product.restored",
)
OURS = "Perennial "
PER_PAGE = 100
MAX_PAGES = 10
_SECRET = re.compile(r"[A-Za-z0-9]{16,128}")  # the store entity-decodes a secret before use


class Webhook(Struct):
    id: int
    name: str
    status: str
    topic: str
    delivery_url: str


def ensure(rest: Rest, url: str, secret: str) -> Sequence[str]:
    """One active webhook a topic, at ``url`` with ``secret``; returns the topics (re)made."""
    if not _SECRET.fullmatch(secret):
        raise BadInput("invalid_secret", "a webhook secret is 16 to 128 of A-Z, a-z, 0-9")
    serving: dict[str, Webhook] = {}
    useless: list[Webhook] = []
    for webhook in _ours(rest, url):
        fine = (
            webhook.topic in TOPICS
            and webhook.topic not in serving
            and webhook.status == "active"
            and webhook.delivery_url == url
            and webhook.name == _name(webhook.topic, secret)
        )
        if fine:
            serving[webhook.topic] = webhook
        else:
            useless.append(webhook)
    missing = [topic for topic in TOPICS if topic not in serving]
    refused = _make(rest, missing, url, secret)  # first, so that no moment goes unheard
    _delete(rest, useless)
    if refused is not None:
        raise refused
    return missing


def remove(rest: Rest, url: str) -> None:
    """Take away every webhook of ours."""
    _delete(rest, _ours(rest, url))


def _ours(rest: Rest, url: str) -> list[Webhook]:
    """Webhooks that call this service for this platform, also on an older secret path."""
    door = url.rpartition("/")[0] + "/"
    found: list[Webhook] = []
    for page in range(1, MAX_PAGES + 1):
        answer = rest.get("webhooks", {"per_page": PER_PAGE, "page": page})
        webhooks = decode(answer, list[Webhook])
        found += [
            webhook
            for webhook in webhooks
            if webhook.delivery_url == url
            or (webhook.delivery_url.startswith(door) and webhook.name.startswith(OURS))
        ]
        if len(webhooks) < PER_PAGE:
            break
    return found


def _name(topic: str, secret: str) -> str:
    return f"{OURS}{topic} {hashlib.sha256(secret.encode()).hexdigest()[:8]}"


def _make(rest: Rest, topics: Sequence[str], url: str, secret: str) -> PlatformError | None:
    """One call each: the store pings us before it answers, and a batch of slow pings times out.

    Returns the last refusal: a topic this version of WooCommerce does not know stops no other.
    """
    refused: PlatformError | None = None
    for topic in topics:
        name = _name(topic, secret)
        asked = {"name": name, "topic": topic, "delivery_url": url, "secret": secret}
        try:
            rest.post("webhooks", asked)
        except (PlatformBusy, PlatformRefused):
            raise
        except PlatformError as problem:
            refused = problem
    return refused


def _delete(rest: Rest, webhooks: Sequence[Webhook]) -> None:
    for webhook in webhooks:
        with contextlib.suppress(PlatformMissing):
            rest.delete(f"webhooks/{webhook.id}", {"force": "true"})
