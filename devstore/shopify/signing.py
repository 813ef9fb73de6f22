"""What Shopify signs for an app: webhooks, redirects, proxied requests, tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import jwt

ID_TOKEN_SECONDS = 60
SESSION_TOKEN_SECONDS = 300
_LEEWAY_SECONDS = 10


def webhook_hmac(secret: str, body: bytes) -> str:
    """Base64 digest of the raw body: what ``X-Shopify-Hmac-Sha256`` carries."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def query_hmac(secret: str, params: Mapping[str, str]) -> str:
    """Hex digest of a redirect's query: sorted ``k=v`` joined by ``&``, the hmac left out."""
    pairs = sorted((key, value) for key, value in params.items() if key != "hmac")
    return _hex(secret, "&".join(f"{key}={value}" for key, value in pairs))


def proxy_signature(secret: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Hex digest of a proxied query: repeated values joined by a comma, nothing between pairs.

    Empty values stay in: an anonymous shopper's id is part of what is signed.
    """
    values: dict[str, list[str]] = {}
    for key, value in pairs:
        if key != "signature":
            values.setdefault(key, []).append(value)
    return _hex(secret, "".join(sorted(f"{k}={','.join(v)}" for k, v in values.items())))


def id_token(*, client_id: str, secret: str, shop: str, user_id: int, now: datetime) -> str:
    """A session token as App Bridge hands it to an embedded app: one minute, all claims."""
    claims = {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": client_id,
        "sub": str(user_id),
        "exp": now + timedelta(seconds=ID_TOKEN_SECONDS),
        "nbf": now,
        "iat": now,
        "jti": str(uuid.uuid4()),
        "sid": uuid.uuid4().hex,
    }
    return jwt.encode(claims, secret, algorithm="HS256")


def session_token(
    *, client_id: str, secret: str, shop: str, customer_id: int | None, now: datetime
) -> str:
    """What a checkout or a customer account gives an extension: five minutes.

    It names the shop barely; ``sub`` is there only while somebody is signed in.
    """
    claims = {
        "dest": shop,
        "aud": client_id,
        "exp": now + timedelta(seconds=SESSION_TOKEN_SECONDS),
        "nbf": now,
        "iat": now,
        "jti": str(uuid.uuid4()),
    }
    if customer_id is not None:
        claims["sub"] = f"gid://shopify/Customer/{customer_id}"
    return jwt.encode(claims, secret, algorithm="HS256")


def reads_as_id_token(
    token: str, *, client_id: str, secret: str, shop: str, now: datetime
) -> bool:
    """Whether an app may exchange ``token`` here: ours, for this app and shop, not expired."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=client_id,
            # Times are compared below, by the shop's clock.
            options={
                "require": ["exp", "nbf", "iss", "dest", "aud"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except jwt.InvalidTokenError:
        return False
    second = now.timestamp()
    is_fresh = claims["nbf"] - _LEEWAY_SECONDS <= second <= claims["exp"] + _LEEWAY_SECONDS
    return bool(is_fresh and claims["dest"] == f"https://{shop}")


def _hex(secret: str, message: str) -> str:
    return hmac.digest(secret.encode(), message.encode(), hashlib.sha256).hex()
