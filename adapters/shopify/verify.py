"""Who speaks? Everything Shopify signs with the app's client secret, and how each is proven.

    webhook        base64 HMAC of the raw body; the headers are outside it
    install query  hex HMAC of the sorted query, 90 s
    app proxy      hex HMAC of the sorted query without separators, 90 s
    ID token       HS256 JWT of a member of the shop's staff, checked claim by claim
    session token  the same of a checkout or customer account, for a buyer who may be a guest

``secrets`` are the app's client secrets, newest first: after a rotation Shopify goes on signing
with the oldest one not revoked. Comparisons are of bytes and take constant time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote

import jwt

from connector.core.commerce import Delivery
from connector.core.errors import BadInput, Forbidden, Unauthenticated

WINDOW_SECONDS = 90
LEEWAY_SECONDS = 10
MAX_PARAMS = 100
OLD_SECRET = "old_secret"  # noqa: S105 - a flag's name

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com")
_SECONDS = re.compile(r"[0-9]{1,12}")
_CUSTOMER = re.compile(r"[0-9]{0,20}")
_STAFF = re.compile(r"[0-9]{1,20}")
_BUYER = re.compile(r"gid://shopify/Customer/([0-9]{1,20})")
_PREFIX = re.compile(r"/(?:a|apps|community|tools)/[A-Za-z0-9_-]{1,60}")
_HEADER_ID = re.compile(r"[!-~]{1,100}")
_PROXY_NAMES = ("logged_in_customer_id", "path_prefix", "shop", "timestamp")


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of the shop's staff, proven by an ID token."""

    shop_key: str
    user_key: str


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who is at a checkout, or in a customer account. ``customer_key`` None: not signed in."""

    shop_key: str
    customer_key: str | None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a storefront through the app proxy. ``customer_key`` None: not signed in."""

    shop_key: str
    customer_key: str | None
    path_prefix: str


def shop_domain(text: object) -> str:
    """A myshopify domain, lower-cased; BadInput ``invalid_shop`` (400) for anything else."""
    domain = text.lower() if isinstance(text, str) and text.isascii() else ""
    if not _SHOP.fullmatch(domain):
        raise BadInput("invalid_shop", "not a myshopify.com domain", status=400, field="shop")
    return domain


def read_delivery(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> Delivery:
    """A webhook whose body is proven. Topic and shop are what the headers claim, and no more."""
    told = {
        name.lower(): value
        for name, value in headers.items()
        if name.lower().startswith("x-shopify-")
    }
    given = told.pop("x-shopify-hmac-sha256", "")
    digests = (hmac.digest(secret, body, "sha256") for secret in secrets)
    age = _matching(given, (base64.b64encode(digest) for digest in digests))
    topic, shop = told.get("x-shopify-topic", ""), told.get("x-shopify-shop-domain", "").lower()
    return Delivery(
        topic=topic,
        dedupe_key=_dedupe_key(told, topic, shop, body),
        headers=told,
        body=body,
        shop_key=shop if _SHOP.fullmatch(shop) else None,
        flag=OLD_SECRET if age else None,
    )


def query_params(query: str) -> dict[str, str]:
    """An install or callback query as one value per name; BadInput (400) when a name repeats.

    Only arrays (``ids[]``) may repeat; they become the JSON text that Shopify signs.
    """
    lists: dict[str, list[str]] = {}
    for name, value in _pairs(query):
        lists.setdefault(name, []).append(value)
    if len(lists.get("shop", ())) > 1 or "shop[]" in lists:
        raise BadInput("invalid_shop", "more than one shop", status=400, field="shop")
    params: dict[str, str] = {}
    for name, values in lists.items():
        if name.endswith("[]"):
            params[name.removesuffix("[]")] = json.dumps(values)
        elif len(values) == 1:
            params[name] = values[0]
        else:
            raise BadInput("invalid_query", "a parameter is repeated", status=400, field=name)
    return params


def install_query(params: Mapping[str, str], secrets: Sequence[bytes], now: datetime) -> None:
    """Prove the query of an install or callback: ``bad_signature`` (401), ``expired`` (403)."""
    signed = sorted((k, v) for k, v in params.items() if k not in ("hmac", "signature"))
    # Shopify's own libraries differ in how they escape; for ordinary values both are the same.
    forms = (
        "&".join(f"{_escape(name, '%=&')}={_escape(value, '%&')}" for name, value in signed),
        "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in signed),
    )
    _matching(params.get("hmac", ""), _hex_digests(forms, secrets))
    if not _is_recent(params.get("timestamp", ""), now):
        raise Forbidden("expired", "this link is too old; open the app from Shopify again")


def visitor(query: str, secrets: Sequence[bytes], now: datetime) -> Visitor:
    """Who asks through the app proxy, from the raw query string. Unauthenticated otherwise.

    The signed text has no separators, so a signed query could be cut into other parameters with
    the same signature. Each name Shopify adds must therefore appear once in the whole text, even
    inside other values, and its value must match wholly: no other cut has these values.
    """
    lists: dict[str, list[str]] = {}
    for name, value in _pairs(query):
        lists.setdefault(name, []).append(value)
    given = lists.pop("signature", [])
    text = "".join(sorted(f"{name}={','.join(values)}" for name, values in lists.items()))
    once = all(
        len(lists.get(name, ())) == 1 and text.count(f"{name}=") == 1 for name in _PROXY_NAMES
    )
    if len(given) != 1 or not once:
        raise _bad_signature()
    _matching(given[0], _hex_digests((text,), secrets))
    customer, prefix, shop, timestamp = (lists[name][0] for name in _PROXY_NAMES)
    readable = (_CUSTOMER.fullmatch(customer), _PREFIX.fullmatch(prefix), _SHOP.fullmatch(shop))
    if not all(readable) or not _SECONDS.fullmatch(timestamp):
        raise _bad_signature()
    if not _is_recent(timestamp, now):
        raise Unauthenticated("expired", "this request is too old")
    return Visitor(shop_key=shop, customer_key=customer or None, path_prefix=prefix)


def staff(token: str, client_id: str, secrets: Sequence[bytes], now: datetime) -> Staff:
    """Who sits in the shop's admin, from an App Bridge ID token.

    Raises Unauthenticated ``invalid_token`` or ``expired``, and Forbidden ``wrong_token_type``
    for a token of a customer: those are signed with the same secret for the same audience.
    """
    claims = _signed_claims(token, secrets)
    _check_times(claims, now)
    if claims.get("aud") != client_id:
        raise _invalid_token("it is not for this app")
    subject, destination, issuer = (claims.get(name) for name in ("sub", "dest", "iss"))
    if isinstance(subject, str) and subject.startswith("gid://shopify/Customer/"):
        raise Forbidden("wrong_token_type", "this token is a customer's, not the shop's staff's")
    if not isinstance(destination, str) or not isinstance(issuer, str):
        raise _invalid_token("dest or iss is missing")
    shop = destination.removeprefix("https://")
    if destination != f"https://{shop}" or not _SHOP.fullmatch(shop):
        raise _invalid_token("dest is not a shop")
    if issuer != destination and not issuer.startswith(f"{destination}/"):
        raise _invalid_token("iss and dest are different shops")
    if issuer != f"{destination}/admin":
        raise Forbidden("wrong_token_type", "this token was not issued for the admin")
    if not isinstance(subject, str) or not _STAFF.fullmatch(subject):
        raise _invalid_token("sub is not a user")
    return Staff(shop_key=shop, user_key=subject)


def buyer(token: str, client_id: str, secrets: Sequence[bytes], now: datetime) -> Buyer:
    """Who uses one of our UI extensions, from its session token.

    Raises Unauthenticated ``invalid_token`` or ``expired``, and Forbidden ``wrong_token_type``
    for a token of the shop's staff.
    """
    claims = _signed_claims(token, secrets)
    _check_times(claims, now)
    if claims.get("aud") != client_id:
        raise _invalid_token("it is not for this app")
    destination, subject = claims.get("dest"), claims.get("sub")
    # Checkouts name the shop alone, the admin by its address.
    shop = destination.removeprefix("https://") if isinstance(destination, str) else ""
    if not _SHOP.fullmatch(shop):
        raise _invalid_token("dest is not a shop")
    if claims.get("iss") == f"https://{shop}/admin":
        raise Forbidden("wrong_token_type", "this token is the shop's staff's, not a buyer's")
    if subject is None:
        return Buyer(shop_key=shop, customer_key=None)
    found = _BUYER.fullmatch(subject) if isinstance(subject, str) else None
    if found is None:
        raise _invalid_token("sub is not a customer")
    return Buyer(shop_key=shop, customer_key=found[1])


def _signed_claims(token: str, secrets: Sequence[bytes]) -> dict[str, Any]:
    options: Any = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss")}
    for secret in secrets:
        try:
            return jwt.decode(token, secret, algorithms=["HS256"], options=options)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, ValueError, TypeError) as problem:
            raise _invalid_token(type(problem).__name__) from None
    raise _invalid_token("the signature is not ours")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    expires, begins, seconds = claims.get("exp"), claims.get("nbf"), now.timestamp()
    if type(expires) is not int or type(begins) is not int:
        raise _invalid_token("exp or nbf is missing")
    if expires + LEEWAY_SECONDS <= seconds:
        raise Unauthenticated("expired", "this token is too old")
    if begins - LEEWAY_SECONDS > seconds:
        raise _invalid_token("it is not valid yet")


def _matching(given: str, expected: Iterable[bytes]) -> int:
    """The position of the signature that matches; all are compared, so time tells nothing."""
    text = given.encode("utf-8", "replace")
    found = [hmac.compare_digest(text, one) for one in expected]
    if True not in found:
        raise _bad_signature()
    return found.index(True)


def _hex_digests(texts: Sequence[str], secrets: Sequence[bytes]) -> list[bytes]:
    return [
        hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
        .hexdigest()
        .encode()
        for secret in secrets
        for text in texts
    ]


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMS)
    except ValueError:
        raise _bad_signature() from None


def _escape(text: str, delimiters: str) -> str:
    for one in delimiters:
        text = text.replace(one, f"%{ord(one):02X}")
    return text


def _is_recent(timestamp: str, now: datetime) -> bool:
    if not _SECONDS.fullmatch(timestamp):
        return False
    return abs(now.timestamp() - int(timestamp)) <= WINDOW_SECONDS


def _dedupe_key(told: Mapping[str, str], topic: str, shop: str, body: bytes) -> str:
    """The delivery's id; else the event's with the topic, which it shares with other topics."""
    webhook_id, event_id = told.get("x-shopify-webhook-id", ""), told.get("x-shopify-event-id", "")
    if _HEADER_ID.fullmatch(webhook_id):
        return webhook_id
    if _HEADER_ID.fullmatch(event_id):
        return f"{event_id}:{topic}"
    return hashlib.sha256(b"\0".join((topic.encode(), shop.encode(), body))).hexdigest()


def _bad_signature() -> Unauthenticated:
    return Unauthenticated("bad_signature", "this was not signed by Shopify for this app")


def _invalid_token(why: str) -> Unauthenticated:
    return Unauthenticated("invalid_token", f"the token is not valid: {why}")
