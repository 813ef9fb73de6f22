"""The plugin inside a store: calls signed both ways with one secret, and its sign-in token.

A signature covers the time, who speaks, what is wanted and the body, so that no call serves as
another, nor as its own answer. Calls may come twice within the window: each is idempotent.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from connector.core.clock import from_timestamp
from connector.core.commerce import Credentials
from connector.core.errors import PlatformError, Unauthenticated
from connector.core.http import Http, raise_for_status

TIME_HEADER = "Perennial-Timestamp"
SIGNATURE_HEADER = "Perennial-Signature"
WINDOW = timedelta(minutes=5)
SIGN_IN_SECONDS = 60
LEEWAY_SECONDS = 10
KNOCK = re.compile(r"[0-9a-f]{64}")
SECONDS = 15.0
MAX_ANSWER_BYTES = 262_144
MAX_TOKEN_CHARS = 2_000
_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)


class Offer(msgspec.Struct, frozen=True):
    """What a store is to join: it becomes true when the store's admin says so there.

    ``knock``: what the plugin sent the browser with; ``account``: the name its admin is shown;
    ``key``: what the store knows our key by, so that leaving takes it back (``key_known_as``).
    """

    knock: str
    public_id: str
    service: str
    account: str
    plugin_secret: str
    widget_secret: str
    key: str


class Versions(msgspec.Struct, frozen=True):
    """What the store runs, as its plugin says; admin_url is the plugin's page."""

    plugin: str
    admin_url: str
    woocommerce: str = ""
    wordpress: str = ""
    php: str = ""


class Person(msgspec.Struct, frozen=True):
    """Who comes from the store's admin. ``jti`` is spent by the first use."""

    sub: str
    name: str
    jti: str
    expires_at: datetime


class _SignIn(msgspec.Struct):
    sub: str
    name: str
    aud: str
    iat: int
    exp: int
    jti: str


def key_known_as(credentials: Credentials) -> str:
    """A consumer key as WooCommerce keeps it (``wc_api_hash``)."""
    consumer_key, _, _ = credentials.access.partition(":")
    return hmac.digest(b"wc-api", consumer_key.encode(), "sha256").hex()


def sign(secret: bytes, speaker: str, what: str, body: bytes, at: datetime) -> Mapping[str, str]:
    """The headers of a call. speaker: "service" or "plugin"; what: the call's name."""
    timestamp = str(int(at.timestamp()))
    return {
        TIME_HEADER: timestamp,
        SIGNATURE_HEADER: _mac(secret, timestamp, speaker, what, body),
    }


def check(
    secret: bytes,
    what: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> None:
    """A plugin's call, or Unauthenticated ``bad_signature`` or ``expired``."""
    timestamp = headers.get(TIME_HEADER, "")
    given = headers.get(SIGNATURE_HEADER, "").encode("utf-8", "surrogateescape")
    expected = _mac(secret, timestamp, "plugin", what, body).encode()
    if not hmac.compare_digest(given, expected):
        raise Unauthenticated("bad_signature", "not signed with this store's secret")
    if not _TIME.fullmatch(timestamp) or abs(now - from_timestamp(int(timestamp))) > WINDOW:
        raise Unauthenticated("expired", "the store's clock and ours are too far apart")


def offer(http: Http, store: str, wanted: Offer) -> Versions:
    """Hand a store's plugin its secrets; PlatformRefused if it did not knock.

    ``store`` is the key of a shop whose keys were proven. The answer's address is of that host.
    """
    answer = http.request(
        "POST",
        _address(store, "pairing"),
        headers={"Content-Type": "application/json"},
        data=msgspec.json.encode(wanted),
        timeout_seconds=SECONDS,
        max_bytes=MAX_ANSWER_BYTES,
    )
    raise_for_status(answer)
    try:
        found = msgspec.json.decode(answer.content, type=Versions)
    except msgspec.DecodeError as problem:
        raise PlatformError("platform_error", "the plugin's answer has no meaning") from problem
    if _host(found.admin_url) != _host(store):
        raise PlatformError("platform_error", "the plugin's page is not on its own store")
    return found


def tell(http: Http, store: str, what: str, secret: bytes, message: object, now: datetime) -> None:
    """One signed call to a paired plugin; raises as ``raise_for_status`` does."""
    body = msgspec.json.encode(message)
    headers = {"Content-Type": "application/json", **sign(secret, "service", what, body, now)}
    answer = http.request(
        "POST",
        _address(store, what),
        headers=headers,
        data=body,
        timeout_seconds=SECONDS,
        max_bytes=MAX_ANSWER_BYTES,
    )
    raise_for_status(answer)


def person(secret: bytes, token: str, now: datetime) -> Person:
    """Who a sign-in token of the store's admin names; Unauthenticated if it proves nothing."""
    payload, _, given = token.partition(".")
    expected = _base64url(hmac.digest(secret, payload.encode(), "sha256"))
    claims = None
    if hmac.compare_digest(expected, given.encode()) and len(token) <= MAX_TOKEN_CHARS:
        try:
            raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
            claims = msgspec.json.decode(raw, type=_SignIn)
        except (ValueError, msgspec.DecodeError):
            claims = None
    if claims is None or claims.aud != "admin" or not claims.jti or not claims.sub:
        raise Unauthenticated("invalid_token", "not a sign-in of this store")
    at = now.timestamp()
    lives = claims.iat - LEEWAY_SECONDS <= at <= claims.exp + LEEWAY_SECONDS
    if not lives or claims.exp - claims.iat > SIGN_IN_SECONDS:
        raise Unauthenticated("expired", "open Perennial from the store's admin again")
    ends = from_timestamp(claims.exp + LEEWAY_SECONDS)
    return Person(claims.sub, claims.name, claims.jti, ends)


def _mac(secret: bytes, timestamp: str, speaker: str, what: str, body: bytes) -> str:
    said = f"{timestamp}.{speaker}.{what}.".encode("utf-8", "surrogateescape") + body
    return hmac.digest(secret, said, "sha256").hex()


def _address(store: str, what: str) -> str:
    # The plain form works on every store, with pretty addresses or without.
    return f"{store}/?rest_route=/perennial/v1/{what}"


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
