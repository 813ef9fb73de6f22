"""Papers of remittances: proofs brought as files and taken out, and statements as CSV and PDF."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from flask import Blueprint, g, request
from msgspec import Meta, Struct, json
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import PerennialError
from connector.core.i18n import SOURCE, reader
from connector.rooms.giving import remitting
from connector.rooms.giving.remitting import proofs
from connector.shops.service import Shop
from connector.web import addresses, paperwork
from connector.web.api import shapes
from connector.web.api.donations import number
from connector.web.api.openapi import Operation
from connector.web.runtime import runtime

PRIVATE = "private, no-store"
_ShopOf = Callable[[Connection], Shop]


class Proof(Struct):
    id: str
    name: str
    media_type: Annotated[str, Meta(description="application/pdf, image/png or image/jpeg")]
    size: Annotated[int, Meta(description="Bytes")]
    sha256: str
    added_at: str


class Proofs(Struct):
    proofs: list[Proof]


def list_proofs(db: Connection, shop: Shop, batch_id: str) -> Proofs:
    """The files that prove a payment or its receipt, oldest first."""
    found = remitting.batch(db, shop.id, number(batch_id, "batch"))
    return Proofs([_told(row) for row in proofs.of_batch(db, shop.id, found.id)])


def open_in(blueprint: Blueprint, shop_of: _ShopOf) -> None:
    """The doors for files; ``shop_of`` is whose key was sent."""

    def bring_proof(batch_id: str) -> Response:
        with runtime().database.read() as db:
            shop = shop_of(db)
            batch = remitting.batch(db, shop.id, number(batch_id, "batch")).id
        content, name = _file(), addresses.text("name", 80) or "proof"

        def keep(db: Connection) -> Proof:
            by, now = f"api:{g.api_key_id}", clock.now()
            kept = proofs.add(db, shop.id, batch, name, content, by=by, now=now)
            rows = proofs.of_batch(db, shop.id, batch)
            return next(_told(row) for row in rows if row.id == kept)

        told = json.encode(runtime().database.run(keep))
        return _private(Response(told, mimetype="application/json"))

    def take_proof(batch_id: str, proof_id: str) -> Response:
        with runtime().database.read() as db:
            shop = shop_of(db)
            batch, proof = number(batch_id, "batch"), number(proof_id, "proof")
            return _private(paperwork.of_proof(proofs.get(db, shop.id, batch, proof)))

    def take_statement(batch_id: str) -> Response:
        with runtime().database.read() as db:
            shop = shop_of(db)
            found = remitting.batch(db, shop.id, number(batch_id, "batch"))
        return _private(paperwork.of_batch(shop.id, found))

    def take_statement_pdf(batch_id: str) -> Response:
        language = reader(addresses.text("lang", 35)) or SOURCE
        with runtime().database.read() as db:
            shop = shop_of(db)
            found = remitting.batch(db, shop.id, number(batch_id, "batch"))
            return _private(paperwork.on_paper(db, shop, found, language))

    for way, view, method in (
        ("proofs", bring_proof, "POST"),
        ("proofs/<proof_id>", take_proof, "GET"),
        ("statement.csv", take_statement, "GET"),
        ("statement.pdf", take_statement_pdf, "GET"),
    ):
        where = f"/remittances/<batch_id>/{way}"
        blueprint.add_url_rule(where, view.__name__, view, methods=[method])


def _file() -> bytes:
    """The body, of a known length that we take."""
    length = request.content_length
    if length is None or length > proofs.MAX_PROOF_BYTES:
        most = proofs.MAX_PROOF_BYTES
        raise PerennialError("proof_size", f"at most {most} bytes", status=413)
    return request.get_data()


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = PRIVATE
    return response


def _told(row: Row[Any]) -> Proof:
    return Proof(
        id=str(row.id),
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        added_at=shapes.utc(row.added_at),
    )


_REFUSED = {
    "description": "Refused",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
_FILE = {"schema": {"type": "string", "format": "binary"}}
_TYPES = {kind: _FILE for _, kind in proofs.SIGNATURES}


def _described(name: str, words: str, path: str, *names: str) -> dict[str, object]:
    told: list[dict[str, object]] = [
        {"name": one, "in": "path", "required": True, "schema": {"type": "string"}}
        for one in (path, *names)
    ]
    return {"operationId": name, "summary": words, "parameters": told}


def _answer(content: dict[str, object]) -> dict[str, object]:
    return {"responses": {"200": {"description": "Done", "content": content}, "default": _REFUSED}}


PATHS: dict[str, dict[str, dict[str, object]]] = {
    "/remittances/{batch_id}/proofs": {
        "post": _described(
            "bring_proof",
            f"Keep a file as the body: PDF, PNG or JPEG of at most {proofs.MAX_PROOF_BYTES} bytes,"
            f" {proofs.MAX_PROOFS} a batch; ?name= is what it is called. The same bytes again are"
            " the same proof. Refused with proof_format, proof_size, too_many_proofs.",
            "batch_id",
        )
        | {"requestBody": {"required": True, "content": _TYPES}}
        | _answer({"application/json": {"schema": {"$ref": "#/components/schemas/Proof"}}})
    },
    "/remittances/{batch_id}/proofs/{proof_id}": {
        "get": _described("take_proof", "One proof as it was brought.", "batch_id", "proof_id")
        | _answer(dict(_TYPES))
    },
    "/remittances/{batch_id}/statement.csv": {
        "get": _described(
            "take_statement", "Every line of a batch, and who owes whom what.", "batch_id"
        )
        | _answer({"text/csv": {"schema": {"type": "string"}}})
    },
    "/remittances/{batch_id}/statement.pdf": {
        "get": _described(
            "take_statement_pdf",
            "Who owes whom what and its sums by source, for paper; ?lang= is en, ar or zh-Hant.",
            "batch_id",
        )
        | _answer({"application/pdf": _FILE})
    },
}
OPERATIONS = (Operation("GET", "/remittances/<batch_id>/proofs", list_proofs, Proofs),)
