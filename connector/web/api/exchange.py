"""Files of members in, and everything out: streams, which describe themselves.

``POST /imports``: a CSV as the body; 202, and the worker checks it.
``GET /exports/<what>.csv`` or ``.json``: members, entries, orders, ...; ``everything.zip``: all.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Annotated, Any

from flask import Blueprint, Response, g, request
from msgspec import Meta, Struct, json, structs
from sqlalchemy import Connection
from werkzeug.wsgi import LimitedStream

from connector.core import clock
from connector.core.errors import BadInput, NotFound, PerennialError
from connector.members import exchange, lines, sheets
from connector.members.exchange import Import as Kept
from connector.members.sheets import Layout
from connector.shops.service import Shop
from connector.web import addresses, takeout
from connector.web.api.openapi import Operation, Parameter
from connector.web.api.shapes import utc
from connector.web.runtime import runtime

MAX_FILE_BYTES = 500_000_000
_LINES = 200
_ShopOf = Callable[[Connection], Shop]


class Import(Struct):
    id: str
    file_name: str
    step: Annotated[str, Meta(description="check, checked, take, done or dropped")]
    is_stopped: Annotated[bool, Meta(description="Something failed on our side; take goes on")]
    lines: int
    lines_done: Annotated[int, Meta(description="In this step")]
    report: Annotated[dict[str, int], Meta(description="What this step came to, or would")]
    started_at: str
    finished_at: str | None


class Imports(Struct):
    imports: list[Import]


class Problem(Struct):
    line: int
    field: str
    code: str


class Problems(Struct):
    problems: list[Problem]
    next: Annotated[str | None, Meta(description="Give it as ``after`` to read on")]


def list_imports(db: Connection, shop: Shop) -> Imports:
    """Files of members that came, the newest first."""
    return Imports([_shape(one) for one in exchange.newest(db, shop.id)])


def get_import(db: Connection, shop: Shop, import_id: str) -> Import:
    """How far one file came, and what it came to."""
    return _shape(_found(db, shop, import_id))


def take_import(db: Connection, shop: Shop, import_id: str) -> Import:
    """Take over what was checked: 409 ``import_not_checked`` before that."""
    exchange.take(db, shop.id, _found(db, shop, import_id).id, clock.now())
    return get_import(db, shop, import_id)


def drop_import(db: Connection, shop: Shop, import_id: str) -> Import:
    """Decide against a file; its lines are forgotten."""
    exchange.drop(db, shop.id, _found(db, shop, import_id).id, clock.now())
    return get_import(db, shop, import_id)


def list_import_problems(db: Connection, shop: Shop, import_id: str) -> Problems:
    """Lines that were refused, and why."""
    job = _found(db, shop, import_id)
    after = addresses.row_id(addresses.text("after") or "1")
    if after is None:
        raise BadInput("invalid_parameter", "a line", field="after")
    found = lines.problems(db, shop.id, job.id, after, _LINES)
    told = [Problem(one.line, one.field, one.code) for one in found]
    return Problems(told, str(told[-1].line) if len(told) == _LINES else None)


def open_in(blueprint: Blueprint, shop_of: _ShopOf) -> None:
    """The doors for streams; ``shop_of`` is whose key was sent."""

    def bring() -> Response:
        with runtime().database.read() as db:
            shop = shop_of(db)
        job_id = exchange.keep(
            runtime().database,
            runtime().keys,
            shop.id,
            body(),
            addresses.text("name", 80) or "api.csv",
            _layout(shop),
            made_by=f"api:{g.api_key_id}",
            now=clock.now(),
        )
        runtime().wake(shop.id)
        with runtime().database.read() as db:
            told = _shape(exchange.get(db, shop.id, job_id))
        return Response(json.encode(told), status=202, mimetype="application/json")

    def take_out(name: str) -> Response:
        with runtime().database.read() as db:
            shop = shop_of(db)
        return download(shop, name)

    blueprint.add_url_rule("/imports", "bring_members", bring, methods=["POST"])
    blueprint.add_url_rule("/exports/<name>", "take_out", take_out)


def body() -> io.BufferedReader:
    """The file a request carries, of a known length that we take."""
    length = request.content_length
    if length is None or length > MAX_FILE_BYTES:
        raise PerennialError("too_large", f"at most {MAX_FILE_BYTES} bytes", status=413)
    stream: Any = LimitedStream(request.stream, length)  # what servers give has no readable()
    return io.BufferedReader(stream)


def download(shop: Shop, name: str) -> Response:
    """One export as a file."""
    what, _, kind = name.rpartition(".")
    pieces = takeout.stream(runtime(), shop, what, kind)
    response = Response(pieces, content_type=takeout.FORMATS[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{what}.{kind}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _layout(shop: Shop) -> Layout:
    """The layout the query names, and where members come from."""
    name, place = addresses.text("layout"), addresses.text("from", sheets.PLACE_LENGTH)
    saved = Layout()
    if name:
        with runtime().database.read() as db:
            saved = lines.layout(db, shop.id, name)
    keys = addresses.text("keys") or saved.keys
    return structs.replace(saved, place=place or saved.place, keys=keys)


def _found(db: Connection, shop: Shop, import_id: str) -> Kept:
    number = addresses.row_id(import_id)
    if number is None:
        raise NotFound("import_not_found", "no such import")
    return exchange.get(db, shop.id, number)


def _shape(job: Kept) -> Import:
    return Import(
        id=str(job.id),
        file_name=job.file_name,
        step=job.step,
        is_stopped=job.is_stopped,
        lines=job.lines,
        lines_done=job.report.get("lines", 0),
        report=job.report,
        started_at=utc(job.started_at),
        finished_at=utc(job.finished_at) if job.finished_at else None,
    )


def _described(
    name: str, summary: str, parameters: dict[str, str], answer: dict[str, object]
) -> dict[str, object]:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [
            {
                "name": one,
                "in": "path" if one == "name" and name == "take_out" else "query",
                "required": name == "take_out",
                "description": words,
                "schema": {"type": "string"},
            }
            for one, words in parameters.items()
        ],
        "responses": answer
        | {"default": {"description": "Refused", "content": {"application/json": _ERROR}}},
    }


_ERROR = {"schema": {"$ref": "#/components/schemas/Error"}}
_CSV = {"schema": {"type": "string"}}
PATHS: dict[str, dict[str, dict[str, object]]] = {
    "/imports": {
        "post": _described(
            "bring_members",
            "Bring a CSV of members as the body; it is kept, and checked before it is taken.",
            {
                "name": "What the file is called",
                "layout": "Columns saved by this name, or of a known program",
                "from": "Where they come from, as members are told",
                "keys": "Whose accounts the platform ids are: known (default), own or other",
            },
            {
                "202": {
                    "description": "Kept; see how far it is under its id",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Import"}}
                    },
                }
            },
        )
        | {"requestBody": {"required": True, "content": {"text/csv": _CSV}}}
    },
    "/exports/{name}": {
        "get": _described(
            "take_out",
            "All of one kind that the shop has: members, entries, orders, ... Or all of it.",
            {"name": "members.csv, members.json with one object a line, or everything.zip"},
            {"200": {"description": "Done", "content": {"text/csv": _CSV}}},
        )
    },
}
_IMPORT = "/imports/<import_id>"
OPERATIONS = (
    Operation("GET", "/imports", list_imports, Imports),
    Operation("GET", _IMPORT, get_import, Import),
    Operation("POST", f"{_IMPORT}/take", take_import, Import),
    Operation("DELETE", _IMPORT, drop_import, Import),
    Operation(
        "GET",
        f"{_IMPORT}/problems",
        list_import_problems,
        Problems,
        parameters=(Parameter("after", "The ``next`` of the page before"),),
    ),
)
