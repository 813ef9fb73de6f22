"""How an app gets in: grant page, authorization code, token exchange, refresh, and out again."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from msgspec import Struct

from devstore.shop import Shop
from devstore.shopify.graph import metafields
from devstore.shopify.registration import Registration
from devstore.shopify.signing import id_token, query_hmac, reads_as_id_token
from devstore.shopify.tokens import Pair, TokenBook

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105  # a type's name
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
MERCHANT_ID = 90_112_377_905
CODE_LIFE = timedelta(minutes=1)

_APP, _CODE = "shopify app", "shopify code"

Body = dict[str, object]
Reply = tuple[Body, int]


class Installed(Struct, frozen=True):
    """The merchant said yes: to which scopes, and when."""

    scopes: str
    at: datetime


class Code(Struct, frozen=True):
    """An authorization code, good once and for a minute."""

    scopes: str
    expires_at: datetime


class Door:
    """Everything the platform remembers about one app in this shop."""

    def __init__(self, shop: Shop, domain: str, app: Registration) -> None:
        self.app = app
        self.tokens = TokenBook(shop.shelf)
        self._shop = shop
        self._domain = domain

    @property
    def installed(self) -> Installed | None:
        return self._shop.shelf.take(_APP, "installed", Installed)

    @property
    def host(self) -> str:
        """Where the admin shows the app, as every embedded page is told."""
        handle = self._domain.partition(".")[0]
        return base64.b64encode(f"admin.shopify.com/store/{handle}".encode()).decode().rstrip("=")

    def approve(self, scopes: str) -> None:
        """The merchant grants ``scopes`` to the app."""
        self._shop.shelf.put(_APP, "installed", Installed(scopes, self._shop.now()))

    def scopes_of(self, pair: Pair) -> str:
        """What a token may do now: what it was given with and the merchant still grants."""
        granted = self.installed.scopes.split(",") if self.installed else []
        return ",".join(scope for scope in pair.scopes.split(",") if scope in granted)

    def leave(self) -> None:
        """The merchant removes the app: every token dies with it."""
        self._shop.shelf.discard(_APP, "installed")
        metafields.remove_app(self._shop.shelf)
        self.tokens.revoke()

    def app_address(self, locale: str) -> str:
        """The app's page as the admin opens it: with a fresh id token and a signed query."""
        token = id_token(
            client_id=self.app.client_id,
            secret=self.app.client_secret,
            shop=self._domain,
            user_id=MERCHANT_ID,
            now=self._shop.now(),
        )
        told = {"embedded": "1", "host": self.host, "id_token": token, "locale": locale}
        return f"{self.app.app_url}?{urlencode(self._signed(told))}"

    def back_with_code(self, redirect_uri: str, state: str, scopes: str) -> str:
        """Where the browser goes after the merchant approved an authorization request."""
        self.approve(scopes)
        code = secrets.token_hex(16)
        expires_at = self._shop.now() + CODE_LIFE
        self._shop.shelf.put(_CODE, code, Code(scopes, expires_at))
        told = {"code": code, "host": self.host, "state": state}
        return f"{redirect_uri}?{urlencode(self._signed(told))}"

    def token(self, asked: Mapping[str, str]) -> Reply:
        """Answer one request to the token endpoint: the body and its status."""
        if not self._is_the_app(asked):
            return _refusal("invalid_client", "Client authentication failed.", 401)
        grants: dict[str, Callable[[Mapping[str, str]], Reply]] = {
            EXCHANGE: self._exchange,
            "refresh_token": self._refresh,
            "": self._redeem,
            "authorization_code": self._redeem,
        }
        grant = grants.get(asked.get("grant_type", ""))
        if grant is None:
            return _refusal("unsupported_grant_type", "The grant type is not supported.", 400)
        return grant(asked)

    def _exchange(self, asked: Mapping[str, str]) -> Reply:
        if asked.get("subject_token_type") != ID_TOKEN:
            return _refusal(
                "invalid_subject_token_type", "Only id tokens are exchanged here.", 400
            )
        if asked.get("requested_token_type") != OFFLINE:
            return _refusal("invalid_request", "Only offline tokens are given here.", 400)
        is_ours = reads_as_id_token(
            asked.get("subject_token", ""),
            client_id=self.app.client_id,
            secret=self.app.client_secret,
            shop=self._domain,
            now=self._shop.now(),
        )
        installed = self.installed
        if not is_ours or installed is None:
            sentence = "Token exchange cannot be performed due to an invalid subject token."
            return _refusal("invalid_subject_token", sentence, 400)
        return self._given(installed.scopes, asked)

    def _redeem(self, asked: Mapping[str, str]) -> Reply:
        key = asked.get("code", "")
        code = self._shop.shelf.take(_CODE, key, Code)
        is_first = self._shop.shelf.discard(_CODE, key)
        if code is None or not is_first or code.expires_at <= self._shop.now():
            sentence = "The authorization code was not found or was already used"
            return _refusal("invalid_request", sentence, 400)
        return self._given(code.scopes, asked)

    def _refresh(self, asked: Mapping[str, str]) -> Reply:
        pair = self.tokens.refresh(asked.get("refresh_token", ""), self._shop.now())
        if pair is None:
            sentence = "This request requires an active refresh_token"
            return _refusal("invalid_request", sentence, 401)
        return self._told(pair), 200

    def _given(self, scopes: str, asked: Mapping[str, str]) -> Reply:
        expiring = str(asked.get("expiring", "")) in ("1", "true", "True")
        return self._told(self.tokens.grant(scopes, self._shop.now(), expiring=expiring)), 200

    def _told(self, pair: Pair) -> Body:
        body: Body = {"access_token": pair.access, "scope": pair.scopes}
        now = self._shop.now()
        if pair.expires_at is not None and pair.refresh_expires_at is not None:
            body |= {
                "expires_in": int((pair.expires_at - now).total_seconds()),
                "refresh_token": pair.refresh,
                "refresh_token_expires_in": int((pair.refresh_expires_at - now).total_seconds()),
            }
        return body

    def _is_the_app(self, asked: Mapping[str, str]) -> bool:
        pairs = (
            (asked.get("client_id", ""), self.app.client_id),
            (asked.get("client_secret", ""), self.app.client_secret),
        )
        return all(hmac.compare_digest(str(a).encode(), b.encode()) for a, b in pairs)

    def _signed(self, told: Mapping[str, str]) -> dict[str, str]:
        stamp = str(int(self._shop.now().timestamp()))
        whole = {**told, "shop": self._domain, "timestamp": stamp}
        return whole | {"hmac": query_hmac(self.app.client_secret, whole)}


def _refusal(error: str, description: str, status: int) -> Reply:
    return {"error": error, "error_description": description}, status
