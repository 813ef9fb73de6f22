"""REST keys, and who a request is by one: Basic over https, OAuth 1.0a one-legged over http."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import parse_qsl, quote, unquote

from flask import Request
from msgspec import Struct

from devstore.shop import Shop
from devstore.woocommerce.wire import RestError

KEYS = "woo keys"
NONCES = "woo nonces"
WINDOW_SECONDS = 15 * 60
HASHES = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}
_NEEDED = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)


class Key(Struct, frozen=True):
    """``permissions``: read, write or read_write. A write key cannot read."""

    id: int
    consumer_key: str
    consumer_secret: str
    permissions: str
    description: str


def make_key(shop: Shop, description: str, permissions: str) -> Key:
    """A new pair; the shop keeps it until it is dropped."""
    key = Key(
        id=shop.shelf.next_id("woo key", 1),
        consumer_key=f"ck_{secrets.token_hex(20)}",
        consumer_secret=f"cs_{secrets.token_hex(20)}",
        permissions=permissions,
        description=description,
    )
    shop.shelf.put(KEYS, key.consumer_key, key)
    return key


def authenticate(shop: Shop, request: Request, home: str) -> Key | None:
    """The key a request proves; None if it tries none. RestError 401 for a failed proof."""
    key = _basic(shop, request) if request.is_secure else _oauth(shop, request, home)
    if key is None:
        return None
    reads = request.method in {"GET", "HEAD", "OPTIONS"}
    verb = "read" if reads else "write"
    if key.permissions not in {"read_write", verb}:
        raise _refused(f"The API key provided does not have {verb} permissions.")
    return key


def signature(method: str, url: str, params: dict[str, str], secret: str, how: str) -> str:
    """RFC 5849's, with an empty token secret and every parameter in the query."""
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in params.items())
    query = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((method.upper(), _escaped(url), _escaped(query)))
    digest = hmac.new(f"{secret}&".encode(), base.encode(), HASHES[how]).digest()
    return base64.b64encode(digest).decode()


def _basic(shop: Shop, request: Request) -> Key | None:
    given, secret = None, None
    if request.authorization and request.authorization.type == "basic":
        given, secret = request.authorization.username, request.authorization.password
    elif "consumer_key" in request.args:
        given, secret = request.args["consumer_key"], request.args.get("consumer_secret")
    if not given or not secret:
        return None
    key = shop.shelf.take(KEYS, given, Key)
    if key is None:
        return None
    if not hmac.compare_digest(key.consumer_secret.encode(), secret.encode()):
        raise _refused("Consumer secret is invalid.")
    return key


def _oauth(shop: Shop, request: Request, home: str) -> Key | None:
    # PHP's $_GET keeps the last of a repeated name; clients rely on it when they sign once and
    # send twice.
    params = dict(parse_qsl(request.query_string.decode(), keep_blank_values=True))
    params |= _header_params(request)
    if "oauth_consumer_key" not in params:
        return None
    missing = [name for name in _NEEDED if not params.get(name)]
    if missing:
        raise _refused(f"Missing OAuth parameter: {', '.join(missing)}.")
    key = shop.shelf.take(KEYS, params["oauth_consumer_key"], Key)
    if key is None:
        raise _refused("Consumer key is invalid.")
    how = params["oauth_signature_method"]
    if how not in HASHES:
        raise _refused("Invalid signature - signature method is invalid.")
    sent = params.pop("oauth_signature").replace(" ", "+")
    url = home.rstrip("/") + quote(request.path, safe="/~")
    wanted = signature(request.method, url, params, key.consumer_secret, how)
    if not _same_base64(sent, wanted):
        raise _refused("Invalid signature - provided signature does not match.")
    _spend(shop, key, params["oauth_timestamp"], params["oauth_nonce"], shop.now())
    return key


def _spend(shop: Shop, key: Key, timestamp: str, nonce: str, now: datetime) -> None:
    """One use of a nonce within the window; old ones are forgotten on the way."""
    seconds = int(now.timestamp())
    if not timestamp.isdecimal() or abs(int(timestamp) - seconds) > WINDOW_SECONDS:
        raise _refused("Invalid timestamp.")
    name = hashlib.sha256(f"{key.consumer_key} {nonce}".encode()).hexdigest()
    with shop.shelf.change():
        if shop.shelf.take(NONCES, name, int):
            raise _refused("Invalid nonce - nonce has already been used.")
        shop.shelf.put(NONCES, name, seconds)
        if name.startswith("0"):  # now and then
            for old, at in shop.shelf.all(NONCES, int).items():
                if at < seconds - 2 * WINDOW_SECONDS:
                    shop.shelf.discard(NONCES, old)


def _header_params(request: Request) -> dict[str, str]:
    header = request.headers.get("Authorization", "")
    if not header.startswith("OAuth "):
        return {}
    pairs = (part.strip().partition("=") for part in header[6:].split(","))
    told = {name: unquote(value.strip('"')) for name, _, value in pairs}
    return {name: value for name, value in told.items() if name.startswith("oauth_")}


def _same_base64(sent: str, wanted: str) -> bool:
    try:
        raw = base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(raw, base64.b64decode(wanted))


def _escaped(value: str) -> str:
    return quote(value, safe="~")


def _refused(message: str) -> RestError:
    return RestError(401, "woocommerce_rest_authentication_error", message)
