"""Public answers, which are the same for everybody: each process remembers them for a moment.

Flask makes an answer once; while it is remembered, whoever asks by the same path and query gets
the same bytes and headers. Nothing private comes here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

import msgspec
from flask import Blueprint, Flask, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Connection

from connector.shops.service import Shop
from connector.web import public
from connector.web.headers import HEADERS, Payload
from connector.web.memory import Memory
from connector.web.runtime import runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

BROWSER_SECONDS = 60
REMEMBERED = 10_000
LONGEST_QUERY = 1000  # of one that is remembered
_EXTENSION = "perennial_remembered"
_CACHE = f"public, max-age={BROWSER_SECONDS}, stale-while-revalidate={BROWSER_SECONDS}"
_OWN = "private, no-store"
_OF_ONE = frozenset({"viewed", "hidden"})  # what a browser keeps, which nobody else asks
_Question = tuple[object, ...]


def known(app: Flask, environ: WSGIEnvironment) -> Payload | None:
    """What was answered a moment ago to the same path and query."""
    return None if "HTTP_IF_NONE_MATCH" in environ else _memory(app).get(asked(environ))


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
    is_one_persons = not _OF_ONE.isdisjoint(request.args)  # nobody keeps it
    told = None if is_one_persons else memory.get(question)
    if told is None:
        with runtime().database.read() as db:
            shop = find(db)
            keys = () if view in public.OF_ALL else public.product_keys()
            body = msgspec.json.encode(public.VIEWS[view](db, shop, keys))
        told = Payload(body, (*_headers(body, _OWN if is_one_persons else _CACHE), *headers(shop)))
        if len(request.query_string) <= LONGEST_QUERY and not is_one_persons:
            memory.put(question, told)
    response = Response(told.body, headers=list(told.headers))
    if "HTTP_IF_NONE_MATCH" in request.environ:
        return cast("Response", response.make_conditional(request))
    return response


def _memory(app: Flask) -> Memory[_Question, Payload]:
    return cast("Memory[_Question, Payload]", app.extensions[_EXTENSION])


def _headers(body: bytes, cache: str) -> tuple[tuple[str, str], ...]:
    etag = hashlib.sha256(body).hexdigest()[:32]
    return (
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", cache),
        ("ETag", f'"{etag}"'),
        *HEADERS,
    )
