"""Papers of remittances by API: proofs brought and taken as files, statements as CSV and PDF."""

import pytest

from connector.core import clock
from connector.rooms.giving import remitting
from connector.rooms.giving.remitting.proofs import MAX_PROOF_BYTES, MAX_PROOFS
from connector.web.api import paperwork
from tests.web.papers.reading import headed
from tests.web.schema import operations
from tests.web.test_api import acme, refusal, rival
from tests.web.test_giving_operations import cause, done

__all__ = ["acme", "cause", "rival"]
PDF = b"%PDF-1.7 paid"
KIND = {"Content-Type": "application/pdf"}


@pytest.fixture
def batch(acme, cause):
    now = clock.now()
    with acme._service.database.write() as db:
        day = now.date().isoformat()
        made = remitting.lock(
            db, acme.shop.id, int(cause), "USD", by="staff:1", now=now, through=day
        )
        return remitting.approve(db, acme.shop.id, made.id, by="staff:2", now=now)


def bring(api, batch, content, name="receipt.pdf"):
    where = f"/remittances/{batch.id}/proofs?name={name}"
    return api.ask(where, "POST", data=content, headers=KIND)


def test_a_proof_is_kept_once_and_taken_out_as_it_was(acme, batch):
    told = done(bring(acme, batch, PDF))
    assert (told["name"], told["media_type"], told["size"]) == (
        "receipt.pdf",
        "application/pdf",
        len(PDF),
    )
    assert done(bring(acme, batch, PDF)) == told, "the same bytes are the same proof"
    assert acme.get(f"/remittances/{batch.id}/proofs")["proofs"] == [told]
    answer = acme.ask(f"/remittances/{batch.id}/proofs/{told['id']}")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_no_proof_is_refused_by_its_code(acme, batch):
    assert refusal(bring(acme, batch, b"<html>")) == (422, "proof_format")
    assert refusal(bring(acme, batch, PDF + b" " * MAX_PROOF_BYTES)) == (413, "proof_size")
    for number in range(MAX_PROOFS):
        done(bring(acme, batch, PDF + str(number).encode()))
    assert refusal(bring(acme, batch, PDF)) == (422, "too_many_proofs")
    assert done(bring(acme, batch, PDF + b"0"))["size"] == len(PDF) + 1


def test_papers_of_another_shop_or_of_nobody_are_not_there(acme, rival, batch):
    told = done(bring(acme, batch, PDF))
    assert refusal(bring(rival, batch, PDF)) == (404, "batch_not_found")
    for way in ("proofs", f"proofs/{told['id']}", "statement.csv", "statement.pdf"):
        assert rival.ask(f"/remittances/{batch.id}/{way}").status_code == 404
    assert acme.ask(f"/remittances/{batch.id}/proofs/7").status_code == 404


def test_a_statement_is_taken_out_by_api(acme, batch):
    answer = acme.ask(f"/remittances/{batch.id}/statement.csv")
    assert answer.mimetype == "text/csv"
    assert answer.data.decode("utf-8-sig").splitlines()[-3] == "payee,,,Riverbank e.V.,,,,"


def test_a_statement_is_taken_out_by_api_as_pdf_in_the_language_asked_for(acme, batch):
    for query, language, title in (
        ({}, "en", "Remittance #1"),
        ({"lang": "ar-EG"}, "ar", "تحويل #1"),
        ({"lang": "zh-TW"}, "zh-Hant", "匯款 #1"),
        ({"lang": "tlh"}, "en", "Remittance #1"),
    ):
        answer = acme.ask(f"/remittances/{batch.id}/statement.pdf", query_string=query)
        assert answer.mimetype == "application/pdf"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert headed(answer.data)[:2] == (language, title)


def test_papers_are_described(acme):
    api = acme.get("/openapi.json")
    told = {(method, path) for path, ways in api["paths"].items() for method in ways}
    assert operations(paperwork.OPERATIONS) <= told
    assert {(method, path) for path, ways in paperwork.PATHS.items() for method in ways} <= told
