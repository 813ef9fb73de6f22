"""One shop's Admin GraphQL: stateless, on the guarded session, nothing shared between tenants.

An answer can fail in three layers: the HTTP status; ``errors`` beside (or instead of) ``data``,
throttling included, with status 200; ``userErrors`` inside ``data``, which are the caller's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import NoReturn, TypeVar

import msgspec
import requests

from adapters.shopify.documents import API_VERSION, document
from connector.core.errors import (
    PlatformBusy,
    PlatformError,
    PlatformMissing,
    PlatformRefused,
)
from connector.core.http import Http, raise_for_status, retry_after

T = TypeVar("T")

ATTEMPTS = 3
PATIENCE_SECONDS = 5.0  # a longer wait goes back to the queue
LEAST_SECONDS = 0.1
WAIT_SECONDS = 2.0  # where Shopify does not say how long
MAX_BYTES = 16_000_000
# Statuses our credential cannot get past: the merchant has to act.
REFUSALS = {
    HTTPStatus.UNAUTHORIZED: ("reauthorize", "the access token is not accepted"),
    HTTPStatus.PAYMENT_REQUIRED: ("shop_frozen", "the shop's plan is not paid"),
    HTTPStatus.FORBIDDEN: ("forbidden", "the app may not do this"),
    HTTPStatus.LOCKED: ("shop_locked", "the shop is locked"),
}
SECURITY_REJECTION = 430
_FATAL = {"SHOP_INACTIVE": "shop_inactive", "ACCESS_DENIED": "access_denied"}
_PASSING = {"INTERNAL_SERVER_ERROR", "TIMEOUT"}


@dataclass(frozen=True, slots=True)
class Answer:
    """``data`` as bytes; ``codes`` of errors that left it partial, e.g. ACCESS_DENIED fields."""

    data: bytes
    codes: tuple[str, ...]
    version: str


class _Throttle(msgspec.Struct, rename="camel"):
    currently_available: float = 0
    restore_rate: float = 0


class _Cost(msgspec.Struct, rename="camel"):
    requested_query_cost: float | None = None
    throttle_status: _Throttle | None = None


class _Extensions(msgspec.Struct):
    cost: _Cost | None = None


class _ErrorExtensions(msgspec.Struct):
    code: str | None = None


class _Error(msgspec.Struct):
    message: str = ""
    extensions: _ErrorExtensions | None = None

    @property
    def code(self) -> str:
        return (self.extensions.code if self.extensions else None) or ""


class _Envelope(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[_Error] | str | None = None
    extensions: _Extensions | None = None


class AdminApi:
    """Asks one shop with one token. ``sleep`` is waited with; tests pass their own."""

    def __init__(
        self, http: Http, origin: str, token: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._http = http
        self._url = f"{origin}/admin/api/{API_VERSION}/graphql.json"
        self._token = token
        self._sleep = sleep

    def ask(self, name: str, variables: Mapping[str, object]) -> Answer:
        """The answer to the document ``name``; short throttling is waited out."""
        for attempt in range(1, ATTEMPTS + 1):
            response = self._post(name, variables)
            _check_status(response)
            envelope = _read(response)
            errors = _errors(envelope)
            if not any(error.code == "THROTTLED" for error in errors):
                return _answer(response, envelope, errors)
            seconds = _seconds_until_affordable(envelope)
            if attempt == ATTEMPTS or seconds > PATIENCE_SECONDS:
                raise PlatformBusy("throttled", "query cost", retry_after_seconds=seconds)
            self._sleep(seconds)
        raise AssertionError("the last attempt returns or raises")

    def _post(self, name: str, variables: Mapping[str, object]) -> requests.Response:
        asked = {"query": document(name), "variables": variables}
        return self._http.request(
            "POST",
            self._url,
            headers={
                "X-Shopify-Access-Token": self._token,
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
            data=msgspec.json.encode(asked),
            max_bytes=MAX_BYTES,
        )


def field_of(answer: Answer, name: str) -> bytes:
    """The bytes of one field of the answer, which must be there."""
    node = bytes(decode(answer.data, dict[str, msgspec.Raw]).get(name, b"null"))
    if node != b"null":
        return node
    if "ACCESS_DENIED" in answer.codes:
        raise PlatformRefused("access_denied", f"the app may not read this {name}")
    raise PlatformMissing("platform_missing", f"Shopify does not have this {name}")


def decode(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise PlatformError("unreadable_answer", f"the Admin API's answer: {problem}") from None


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status in REFUSALS:
        raise PlatformRefused(*REFUSALS[HTTPStatus(status)])
    if status in (HTTPStatus.TOO_MANY_REQUESTS, SECURITY_REJECTION):
        seconds = retry_after(response) or WAIT_SECONDS
        raise PlatformBusy("throttled", f"answered {status}", retry_after_seconds=seconds)
    raise_for_status(response)


def _read(response: requests.Response) -> _Envelope:
    try:
        return msgspec.json.decode(response.content, type=_Envelope)
    except (msgspec.DecodeError, RecursionError):
        raise PlatformError("unreadable_answer", "the Admin API's answer is no JSON") from None


def _errors(envelope: _Envelope) -> list[_Error]:
    told = envelope.errors or []
    return [_Error(message=told)] if isinstance(told, str) else told


def _answer(response: requests.Response, envelope: _Envelope, errors: list[_Error]) -> Answer:
    """What came, unless the errors leave nothing to keep or will pass by themselves."""
    data = bytes(envelope.data)
    codes = tuple(error.code for error in errors)
    if errors and (data == b"null" or not _PASSING.isdisjoint(codes)):
        _give_up(errors[0], codes)
    if data == b"null":
        raise PlatformError("unreadable_answer", "the Admin API answered without data")
    version = response.headers.get("X-Shopify-API-Version", API_VERSION)
    return Answer(data=data, codes=codes, version=version)


def _give_up(first: _Error, codes: tuple[str, ...]) -> NoReturn:
    if not _PASSING.isdisjoint(codes):
        raise PlatformBusy("platform_busy", first.code, retry_after_seconds=WAIT_SECONDS)
    if first.code in _FATAL:
        raise PlatformRefused(_FATAL[first.code], first.message)
    raise PlatformError((first.code or "query_refused").lower(), first.message)


def _seconds_until_affordable(envelope: _Envelope) -> float:
    """How long the leaky bucket needs until it holds what the query costs."""
    cost = envelope.extensions.cost if envelope.extensions else None
    bucket = cost.throttle_status if cost else None
    if cost is None or bucket is None or not cost.requested_query_cost or bucket.restore_rate <= 0:
        return WAIT_SECONDS
    missing = cost.requested_query_cost - bucket.currently_available
    return max(missing / bucket.restore_rate, LEAST_SECONDS)
