"""The tokens a WooCommerce store signs for a browser: of a shopper, and of an order's own page."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import msgspec
from flask import request
from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import Unauthenticated
from connector.shops import plugin
from connector.shops.service import Shop
from connector.web.runtime import runtime

SECONDS = 300
LEEWAY_SECONDS = 10
MAX_CHARS = 2000
WIDGET, ORDER = "widget", "order"  # whom a token is about
_KEY = re.compile(r"[0-9]{1,20}", re.ASCII)


class _Claims(msgspec.Struct):
    """A token, as the store signs it."""

    sub: str
    aud: str
    iat: int
    exp: int


def proven(db: Connection, shop: Shop, about: str = WIDGET) -> str | None:
    """The key of the customer, or of the order, that a bearer token proves; None without one.

    Unauthenticated if it proves nothing, or something of another kind. The shop is
    the one whose secret signed it, never what the token says.
    """
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    payload, _, given = token.partition(".")
    # Compared as written: base64 has several spellings of the same bytes.
    fits = [
        hmac.compare_digest(_signed(secret, payload), given.encode())
        for secret in plugin.widget_secrets(db, runtime().keys, shop.id, clock.now())
    ]
    genuine = any(fits) and scheme == "Bearer"
    try:
        body = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        short = len(header) <= MAX_CHARS
        claims = msgspec.json.decode(body, type=_Claims) if genuine and short else None
    except (ValueError, msgspec.DecodeError):
        claims = None
    if claims is None or claims.aud != about or not _KEY.fullmatch(claims.sub):
        raise Unauthenticated("invalid_token", "not a token of this shop")
    now = clock.now().timestamp()
    lives = claims.iat - LEEWAY_SECONDS <= now <= claims.exp + LEEWAY_SECONDS
    if not lives or claims.exp - claims.iat > SECONDS:
        raise Unauthenticated("expired", "ask the store for a new token")
    return claims.sub


def _signed(secret: bytes, payload: str) -> bytes:
    raw = hmac.digest(secret, payload.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
