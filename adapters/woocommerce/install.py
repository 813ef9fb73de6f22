"""Connecting a store: its address, the key-granting page, and the keys it hands over.

The callback is not signed and names no store, so ``user_id`` carries our single-use state and the
keys count only once the store we sent the merchant to has opened to them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec
from msgspec import Struct

from adapters.woocommerce.client import Shop
from adapters.woocommerce.payloads import rest_error
from connector.core.commerce import Credentials, InstallRequest
from connector.core.errors import (
    BadInput,
    PlatformBusy,
    PlatformError,
)
from connector.core.http import Http, origin_of

APP_NAME = "Perennial"
SCOPE = "read_write"
FIELDS = {"key_id", "user_id", "consumer_key", "consumer_secret", "key_permissions"}
MAX_HOPS = 3
MAX_SEGMENTS = 4
_STATE = re.compile(r"[0-9a-f]{32,128}")
_KEYS = {
    "consumer_key": re.compile(r"ck_[0-9a-f]{40}"),
    "consumer_secret": re.compile(r"cs_[0-9a-f]{40}"),
}
_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


class Index(Struct):
    namespaces: list[str] = []


def store_key(text: str, http: Http) -> str:
    """A store's address as we keep it: lower-case origin and the folder WordPress stands in.

    A merchant may leave out https:// or write their own letters; anything else than a public
    https address is ``url_not_allowed``.
    """
    text = text.strip()
    url = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(url)
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    except ValueError:
        raise BadInput("url_not_allowed", "not an address", field="store") from None
    origin = origin_of(f"{parts.scheme.lower()}://{host}", http.allow_private)
    path = re.sub(r"/+(wp-admin|wp-json|wp-login\.php|index\.php)(/.*)?$", "", parts.path)
    path = path.rstrip("/")
    if not _PATH.fullmatch(path) or path.count("/") > MAX_SEGMENTS:
        raise BadInput(
            "url_not_allowed", "give the address of the store's front page", field="store"
        )
    return origin + path


def find_store(text: str, http: Http) -> str:
    """The key of the WooCommerce store at an address a person typed, or one folder above it.

    Follows the store's own redirects (to www, say) by hand, each hop checked: one that leads to
    plain http or inside a network is ``url_not_allowed``. ``not_woocommerce`` if there is none.
    """
    key = store_key(text, http)
    for _ in range(MAX_HOPS + MAX_SEGMENTS):
        url = f"{key}/wp-json/"
        answer = http.request("GET", url, params={"_fields": "namespaces"}, max_bytes=2_000_000)
        location = answer.headers.get("Location", "")
        if answer.is_redirect and location:
            moved = store_key(urljoin(url, location), http)
            if moved != key:
                key = moved
                continue
        if _is_woocommerce(answer.status_code, answer.content):
            return key
        folder, _, last = key.rpartition("/")
        if folder.endswith("/") or not last:
            break
        key = folder
    raise BadInput(
        "not_woocommerce", "no WooCommerce store answers at this address", field="store"
    )


def install_url(request: InstallRequest, http: Http) -> str:
    """Where the merchant grants us a key. ``state`` must be hex: the store decodes it twice."""
    key = store_key(request.shop_key, http)
    if not _STATE.fullmatch(request.state):
        raise BadInput("invalid_state", "the state must be 32 to 128 hex digits")
    query = urlencode(
        {
            "app_name": APP_NAME,
            "scope": SCOPE,
            "user_id": request.state,
            "return_url": request.return_url,
            "callback_url": request.callback_url,
        }
    )
    return f"{key}/wc-auth/v1/authorize?{query}"


def finish_install(params: Mapping[str, object], shop_key: str, http: Http) -> Credentials:
    """Credentials from the callback's five fields, proven at the store we had stored.

    Any refusal keeps us from answering 200, and then the store deletes the key itself.
    """
    told = {name: str(value) for name, value in params.items()}
    if set(told) != FIELDS:
        raise _invalid("the callback must have exactly the five fields of a key grant")
    for name, form in _KEYS.items():
        if not form.fullmatch(told[name]):
            raise _invalid(f"{name} does not look like one")
    if told["key_permissions"] != SCOPE:
        raise BadInput("scope_too_small", f"the key must be {SCOPE}", status=400)
    access = f"{told['consumer_key']}:{told['consumer_secret']}"
    credentials = Credentials(store_key(shop_key, http), access, (SCOPE,))
    try:
        Shop(http, credentials, {}).shop_facts()
    except PlatformBusy:
        raise
    except PlatformError as problem:
        raise _invalid(f"the key does not open {credentials.shop_key}") from problem
    return credentials


def _invalid(message: str) -> BadInput:
    return BadInput("invalid_callback", message, status=400)


def _is_woocommerce(status: int, body: bytes) -> bool:
    """Some stores hide their REST index from strangers, but still answer as WordPress does."""
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return rest_error(body) is not None
    try:
        return "wc/v3" in msgspec.json.decode(body, type=Index).namespaces
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
