"""Deliveries proven and identified from their raw bytes alone.

``X-WC-Webhook-Signature`` is base64(HMAC-SHA256(body, secret)) and covers nothing but the body.
The delivery id repeats within a second, so the dedupe key also takes the body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from connector.core.commerce import Delivery
from connector.core.errors import Unauthenticated

PING = "ping"
KEPT = (
    "X-WC-Webhook-Topic",
    "X-WC-Webhook-Source",
    "X-WC-Webhook-ID",
    "X-WC-Webhook-Delivery-ID",
)
_PING_BODY = re.compile(rb"webhook_id=[0-9]{1,20}")


def read_delivery(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> Delivery:
    """Verify raw bytes against any of ``secrets``, newest first; ``bad_signature`` if none fits.

    The form ping of a new webhook is unsigned; it proves nothing and is read as topic "ping".
    """
    told = {name.lower(): value for name, value in headers.items()}
    if _PING_BODY.fullmatch(body) and "x-wc-webhook-signature" not in told:
        return Delivery(PING, _digest(PING, "", body), {}, body)
    signature = told.get("x-wc-webhook-signature", "").encode("utf-8", "surrogateescape")
    fits = [hmac.compare_digest(signature, sign(body, secret)) for secret in secrets]
    if not any(fits):
        raise Unauthenticated("bad_signature", "the signature fits none of the shop's secrets")
    kept = {name: told.get(name.lower(), "") for name in KEPT}
    return Delivery(
        topic=kept["X-WC-Webhook-Topic"],
        dedupe_key=_digest(kept["X-WC-Webhook-ID"], kept["X-WC-Webhook-Delivery-ID"], body),
        headers=kept,
        body=body,
        shop_key=kept["X-WC-Webhook-Source"].rstrip("/") or None,
        flag=None if fits[0] else "old_secret",
    )


def sign(body: bytes, secret: bytes) -> bytes:
    """The signature WooCommerce would send."""
    return base64.b64encode(hmac.digest(secret, body, "sha256"))


def _digest(webhook_id: str, delivery_id: str, body: bytes) -> str:
    ids = f"{webhook_id}\n{delivery_id}\n".encode("utf-8", "surrogateescape")
    return hashlib.sha256(ids + body).hexdigest()
