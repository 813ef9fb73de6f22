"""Our webhooks in a store: made with our secret, replaced when they fail us, taken away again.

A secret cannot be read back, so a fingerprint of it stands in the webhook's name. A disabled
webhook keeps a hidden failure count when it is set active again; a new one starts from zero.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from msgspec import Struct

from adapters.woocommerce.api import Rest, decode
from connector.core.errors import BadInput, PlatformError

TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
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


class BatchError(Struct):
    code: str


class BatchItem(Struct):
    error: BatchError | None = None


class BatchAnswer(Struct):
    create: list[BatchItem] = []
    delete: list[BatchItem] = []


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
    making = [
        {
            "name": _name(topic, secret),
            "topic": topic,
            "delivery_url": url,
            "secret": secret,
            "status": "active",
        }
        for topic in missing
    ]
    _change(rest, making, useless)
    return missing


def remove(rest: Rest, url: str) -> None:
    """Take away every webhook of ours."""
    _change(rest, [], _ours(rest, url))


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


def _change(rest: Rest, making: list[dict[str, str]], useless: Sequence[Webhook]) -> None:
    """New ones first, so that no moment goes unheard; at most 100 operations a call."""
    if making:
        made = decode(rest.post("webhooks/batch", {"create": making}), BatchAnswer).create
        _check([item.error.code for item in made if item.error])
    for start in range(0, len(useless), PER_PAGE):
        ids = [webhook.id for webhook in useless[start : start + PER_PAGE]]
        gone = decode(rest.post("webhooks/batch", {"delete": ids}), BatchAnswer).delete
        codes = [item.error.code for item in gone if item.error]
        _check([code for code in codes if not code.endswith("_invalid_id")])


def _check(codes: Sequence[str]) -> None:
    if codes:
        raise PlatformError("webhooks_refused", f"{len(codes)} failed: {codes[0][:100]}")
