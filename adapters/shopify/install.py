"""Becoming and staying installed: Shopify's token endpoint and what we ask a merchant for.

Managed install: Shopify shows the grant screen itself, the embedded app brings an ID token, and
``exchange`` swaps it for a pair of tokens. Code grant: ``authorize_url``, then ``redeem``. Both
ask for expiring tokens; ``refresh`` renews them. The caller keeps refreshes single-flight and
saves the pair before using it; a lost answer is retried with the same refresh token.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec
import requests

from adapters.shopify.scopes import SCOPES, granted
from connector.core.commerce import Credentials, InstallRequest
from connector.core.errors import PlatformError, PlatformRefused, Unauthenticated
from connector.core.http import Http, raise_for_status

# A token without its lifetime told: assume the shortest Shopify gives and refresh early.
EXPIRES_SECONDS = 3_600
_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a type's name
_OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"


class _Tokens(msgspec.Struct):
    access_token: str
    scope: str = ""
    expires_in: int | None = None
    refresh_token: str | None = None
    refresh_token_expires_in: int | None = None


class _Problem(msgspec.Struct):
    error: str = ""


class TokenEndpoint:
    """Shopify's token endpoint for one app. ``origin`` is a template with ``{shop}``."""

    def __init__(self, http: Http, client_id: str, client_secret: str, origin: str) -> None:
        self._http = http
        self._client_id = client_id
        self._client_secret = client_secret
        self._origin = origin

    def authorize_url(self, request: InstallRequest) -> str:
        """Where a merchant grants what ``SCOPES`` lists, for the code grant."""
        query = {
            "client_id": self._client_id,
            "scope": ",".join(sorted(SCOPES)),
            "redirect_uri": request.callback_url,
            "state": request.state,
        }
        origin = self._origin.format(shop=request.shop_key)
        return f"{origin}/admin/oauth/authorize?{urlencode(query)}"

    def exchange(self, shop_key: str, id_token: str, now: datetime) -> Credentials:
        """Credentials for an ID token that is already verified; ``invalid_token`` if refused."""
        fields = {
            "grant_type": _GRANT,
            "subject_token": id_token,
            "subject_token_type": _ID_TOKEN,
            "requested_token_type": _OFFLINE,
            "expiring": "1",
        }
        response = self._post(shop_key, fields)
        if _error(response) == "invalid_subject_token":
            raise Unauthenticated("invalid_token", "Shopify refused the ID token; load it again")
        return granted(_credentials(shop_key, response, now))

    def redeem(self, shop_key: str, code: str, now: datetime) -> Credentials:
        """Credentials for the code of a callback that is already verified."""
        fields = {"code": code, "expiring": "1"}
        return granted(_credentials(shop_key, self._post(shop_key, fields), now))

    def refresh(self, credentials: Credentials, now: datetime) -> Credentials:
        """The next pair of tokens. Busy means: again, with the same refresh token.

        PlatformRefused ``reauthorize``: no way but a new install by the merchant's next visit.
        """
        if credentials.refresh is None:
            raise PlatformRefused("reauthorize", "this token cannot be renewed")
        shop_key = credentials.shop_key
        fields = {"grant_type": "refresh_token", "refresh_token": credentials.refresh}
        fresh = _credentials(shop_key, self._post(shop_key, fields), now)
        if fresh.refresh is None:
            # A pair that could not be renewed would lose the shop within the hour.
            raise PlatformError("unreadable_answer", "the new token has no refresh token")
        return replace(fresh, scopes=fresh.scopes or credentials.scopes)

    def _post(self, shop_key: str, fields: dict[str, str]) -> requests.Response:
        own = {"client_id": self._client_id, "client_secret": self._client_secret}
        return self._http.request(
            "POST",
            f"{self._origin.format(shop=shop_key)}/admin/oauth/access_token",
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            data=msgspec.json.encode(own | fields),
            max_bytes=65_536,
        )


def _error(response: requests.Response) -> str:
    if response.status_code == HTTPStatus.OK:
        return ""
    try:
        return msgspec.json.decode(response.content, type=_Problem).error
    except msgspec.DecodeError:
        return ""


def _credentials(shop_key: str, response: requests.Response, now: datetime) -> Credentials:
    """The pair of tokens in an answer; a refusal that time does not heal is ``reauthorize``."""
    if response.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
        told = _error(response) or f"status {response.status_code}"
        raise PlatformRefused("reauthorize", f"Shopify gave no token: {told}")
    raise_for_status(response)
    try:
        tokens = msgspec.json.decode(response.content, type=_Tokens)
    except msgspec.DecodeError:
        # The answer may hold a token, so nothing of it is repeated.
        raise PlatformError(
            "unreadable_answer", "the token endpoint's answer is no token"
        ) from None
    seconds = tokens.expires_in or (EXPIRES_SECONDS if tokens.refresh_token else None)
    return Credentials(
        shop_key=shop_key,
        access=tokens.access_token,
        scopes=tuple(part.strip() for part in tokens.scope.split(",") if part.strip()),
        expires_at=_after(now, seconds),
        refresh=tokens.refresh_token,
        refresh_expires_at=_after(now, tokens.refresh_token_expires_in),
    )


def _after(now: datetime, seconds: int | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)
