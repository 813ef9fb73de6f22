"""Papers of a remittance as answers: its proofs, and its statement as CSV or PDF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from connector.core.i18n import Language
from connector.rooms.giving.remitting import Batch
from connector.shops.service import Shop
from connector.web import statements
from connector.web.papers import remittance
from connector.web.runtime import runtime


def of_proof(found: Row[Any]) -> Response:
    """A kept file, to be saved and never to be run."""
    response = Response(found.content, content_type=found.media_type)
    ending = found.media_type.rpartition("/")[2]
    response.headers["Content-Disposition"] = f'attachment; filename="proof-{found.id}.{ending}"'
    return response


def of_batch(shop_id: int, found: Batch) -> Response:
    """Every line of a batch, and who owes what to whom; read while it is sent."""
    database = runtime().database

    def pieces() -> Iterator[bytes]:
        with database.read() as db:
            yield from statements.of_batch(db, shop_id, found)

    response = Response(pieces(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="remittance-{found.id}.csv"'
    return response


def on_paper(db: Connection, shop: Shop, found: Batch, language: Language) -> Response:
    """What a batch comes to and who owes it to whom, as PDF in a language."""
    from connector.web.papers import typeset  # noqa: PLC0415 - nobody else pays for the fonts

    paper = remittance.statement(db, shop, found, language)
    response = Response(typeset.pdf(paper), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="remittance-{found.id}.pdf"'
    return response
