"""REST v3 of one store: the ``woocommerce`` package builds and signs, our session sends.

https means Basic. Behind a proxy that ends TLS without telling PHP, WooCommerce ignores Basic and
wants OAuth 1.0a over the http form of the URL; where the host strips ``Authorization``, over the
https form. What a store wants is found by trying, and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
import requests
import woocommerce

from adapters.woocommerce.payloads import rest_error
from connector.core.errors import (
    Conflict,
    PlatformBusy,
    PlatformError,
    PlatformMissing,
    PlatformRefused,
)
from connector.core.http import Http, Params, raise_for_status

READ_SECONDS, WRITE_SECONDS = 30.0, 60.0  # making a webhook pings us before it answers
MAX_BYTES = 20_000_000
BASIC, SIGN_HTTP, SIGN_HTTPS = "basic", "http", "https"
NO_ROUTE = "rest_no_route"
CODE_TAKEN = "woocommerce_rest_coupon_code_already_exists"
REFUSALS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
T = TypeVar("T")


class Api(woocommerce.API):  # type: ignore[misc] # ships no types
    """The package with one private method replaced: the one that would send by itself."""

    def __init__(self, http: Http, url: str, access: str, mode: str) -> None:
        consumer_key, _, consumer_secret = access.partition(":")
        super().__init__(url, consumer_key, consumer_secret)
        self._http, self._mode = http, mode

    def _API__request(  # noqa: N802 - the name the package's own methods call
        self, method: str, endpoint: str, data: Any, params: Params | None = None
    ) -> requests.Response:
        url = self._API__get_url(endpoint)
        auth = (self.consumer_key, self.consumer_secret) if self._mode == BASIC else None
        if auth is None:
            # The store signs what it believes it was called as, so we sign that and call this.
            believed = f"{self._mode}://{url.partition('://')[2]}"
            signed = self._API__get_oauth_url(f"{believed}?{urlencode(params or {})}", method)
            url, params = url + signed[len(believed) :], None
        return self._http.request(
            method,
            url,
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            params=params,
            data=None if data is None else msgspec.json.encode(data),
            auth=auth,
            timeout_seconds=READ_SECONDS if method == "GET" else WRITE_SECONDS,
            max_bytes=MAX_BYTES,
        )


class Rest:
    """Calls one store and turns every kind of "no" into its PlatformError.

    ``modes`` remembers, across clients, how each store wants to be authenticated.
    """

    def __init__(
        self, http: Http, shop_key: str, access: str, modes: MutableMapping[str, str]
    ) -> None:
        self._http, self._shop_key, self._access, self._modes = http, shop_key, access, modes

    def get(self, endpoint: str, params: Params | None = None) -> requests.Response:
        return self._call("get", endpoint, params=params or {})

    def post(self, endpoint: str, data: Mapping[str, Any]) -> requests.Response:
        return self._call("post", endpoint, data=data)

    def put(self, endpoint: str, data: Mapping[str, Any]) -> requests.Response:
        return self._call("put", endpoint, data=data)

    def delete(self, endpoint: str, params: Params) -> requests.Response:
        return self._call("delete", endpoint, params=params)

    def _call(self, method: str, endpoint: str, **sending: Any) -> requests.Response:
        https = self._shop_key.startswith("https:")
        usual = (BASIC, SIGN_HTTP, SIGN_HTTPS) if https else (SIGN_HTTP,)
        known = self._modes.get(self._shop_key, usual[0])
        refused: requests.Response | None = None
        for mode in (known, *(other for other in usual if other != known)):
            api = Api(self._http, self._shop_key, self._access, mode)
            response: requests.Response = getattr(api, method)(endpoint, **sending)
            if response.status_code != HTTPStatus.UNAUTHORIZED:
                self._modes[self._shop_key] = mode
                break
            # A 401 did nothing, so trying the same call another way is safe.
            refused = refused or response
        else:
            response = refused or response
        _raise_for(response)
        return response


def decode(response: requests.Response, kind: type[T]) -> T:
    """The JSON of an answer; a page or a PHP warning in its place is the store being unwell."""
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
        raise PlatformBusy(
            "platform_unreadable", "the store's REST API answered with something else than JSON"
        ) from problem


def _raise_for(response: requests.Response) -> None:
    status, error = response.status_code, rest_error(response.content)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise PlatformError("platform_moved", f"redirects ({status}): it has another address now")
    if error is None:
        # Firewalls, staging passwords and maintenance pages say nothing about our key.
        if status in REFUSALS or status == HTTPStatus.NOT_FOUND:
            raise PlatformBusy("platform_blocked", f"a page, not the REST API, answered {status}")
        raise_for_status(response)
        return
    told = f"answered {status} {error.code[:100]}"
    if error.code == NO_ROUTE:
        raise PlatformBusy("platform_no_api", "WooCommerce is not active there (or updating)")
    if error.code == CODE_TAKEN:
        raise Conflict("code_taken", "the store has a coupon with this code already")
    if status in REFUSALS:
        raise PlatformRefused("platform_refused", told)
    if status == HTTPStatus.NOT_FOUND:
        raise PlatformMissing("platform_missing", told)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS:
        raise PlatformError("platform_error", told)
    raise_for_status(response)
