"""Public answers, which are the same for everybody: each process remembers them for a moment.

Flask makes an answer once. While it is remembered, Shortcut gives the same bytes and headers to
who asks by the same path and query, and Flask does not hear of it, which costs a fifth. Nothing
private comes here.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import msgspec
from flask import Blueprint, Flask, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Connection

from connector.shops.service import Shop
from connector.web import public
from connector.web.headers import HEADERS
from connector.web.memory import Memory
from connector.web.runtime import REQUEST_ID_BYTES, runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BROWSER_SECONDS = 60
REMEMBERED = 10_000
LONGEST_QUERY = 1000  # of one that is remembered
_EXTENSION = "perennial_remembered"
_CACHE = f"public, max-age={BROWSER_SECONDS}, stale-while-revalidate={BROWSER_SECONDS}"
_Question = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """An answer as it goes out."""

    body: bytes
    headers: tuple[tuple[str, str], ...]


class Shortcut:
    """The application for whatever is not remembered."""

    def __init__(self, app: Flask) -> None:
        self._application = app.wsgi_app
        self._memory = _memory(app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        known = None
        if environ["REQUEST_METHOD"] == "GET" and "HTTP_IF_NONE_MATCH" not in environ:
            known = self._memory.get(asked(environ))
        if known is None:
            return self._application(environ, start_response)
        request_id = secrets.token_hex(REQUEST_ID_BYTES)
        start_response("200 OK", [*known.headers, ("X-Request-Id", request_id)])
        return [known.body]


def asked(environ: WSGIEnvironment) -> _Question:
    """The question of who needs no proof: nothing but path and query."""
    return (environ["PATH_INFO"], environ["QUERY_STRING"])


def remember_in(blueprint: Blueprint) -> None:
    """Give each application with this blueprint a memory of its own."""

    def remember(state: BlueprintSetupState) -> None:
        state.app.extensions[_EXTENSION] = Memory[_Question, Payload](REMEMBERED)

    blueprint.record_once(remember)


def answer(
    view: str,
    question: _Question,
    find: Callable[[Connection], Shop],
    headers: Callable[[Shop], Sequence[tuple[str, str]]] = lambda _: (),
) -> Response:
    """The answer of ``view``, one of ``public.VIEWS``, about the shop that ``find`` finds.

    question: all that the answer depends on, the view too; products come from the query.
    headers: what this door adds for its shop.
    """
    memory = _memory(current_app)
    known = memory.get(question)
    if known is None:
        keys = () if view == "config" else public.product_keys()
        with runtime().database.read() as db:
            shop = find(db)
            body = msgspec.json.encode(public.VIEWS[view](db, shop, keys))
        known = Payload(body, (*_headers(body), *headers(shop)))
        if len(request.query_string) <= LONGEST_QUERY:
            memory.put(question, known)
    response = Response(known.body, headers=list(known.headers))
    if "HTTP_IF_NONE_MATCH" in request.environ:
        return cast("Response", response.make_conditional(request))
    return response


def _memory(app: Flask) -> Memory[_Question, Payload]:
    return cast("Memory[_Question, Payload]", app.extensions[_EXTENSION])


def _headers(body: bytes) -> tuple[tuple[str, str], ...]:
    etag = hashlib.sha256(body).hexdigest()[:32]
    return (
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", _CACHE),
        ("ETag", f'"{etag}"'),
        *HEADERS,
    )
