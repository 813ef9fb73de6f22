"""Remittances: what causes are owed, locked in batches, approved, sent, proved and receipted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import g, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput, Conflict
from connector.rooms.giving import programmes, remitting, service
from connector.rooms.giving.remitting import proofs
from connector.web import addresses, paperwork
from connector.web.admin import door, forms, sentences
from connector.web.admin.door import blueprint
from connector.web.papers.remittance import KINDS, STATES, UNNUMBERED
from connector.web.runtime import runtime

LATE_DAYS = 30


@blueprint.get("/<shop>/giving/remittances")
def remittances() -> Response:
    return _list({})


@blueprint.post("/<shop>/giving/remittances")
def lock_remittance() -> Response:
    """Lock what is due to one cause in one currency."""
    cause_id, currency = request.form.get("cause_id", ""), request.form.get("currency", "")
    try:
        through = forms.plain(forms.line("through"))
        made = runtime().database.run(
            lambda db: remitting.lock(
                db,
                g.shop.id,
                int(cause_id) if cause_id.isdecimal() else 0,
                currency,
                by=_by(),
                now=clock.now(),
                through=through,
            )
        )
    except (BadInput, Conflict) as problem:
        return _list({problem.field or "": sentences.refusal(problem)})
    return door.redirected(url_for("admin.remittance", batch_id=made.id, said="locked"))


@blueprint.get("/<shop>/giving/remittances/<id:batch_id>")
def remittance(batch_id: int) -> Response:
    return _one(batch_id, {})


@blueprint.post("/<shop>/giving/remittances/<id:batch_id>/<any(approve, send, receipt):step>")
def step_remittance(batch_id: int, step: str) -> Response:
    """The next state of a batch."""
    verbs: dict[str, Callable[[Connection], None]] = {
        "approve": lambda db: _approve(db, batch_id),
        "send": lambda db: _send(db, batch_id),
        "receipt": lambda db: _receipt(db, batch_id),
    }
    try:
        runtime().database.run(verbs[step])
    except (BadInput, Conflict) as problem:
        return _one(batch_id, {problem.field or "": sentences.refusal(problem)})
    return door.redirected(url_for("admin.remittance", batch_id=batch_id, said="saved"))


@blueprint.post("/<shop>/giving/remittances/<id:batch_id>/unlock")
def unlock_remittance(batch_id: int) -> Response:
    """Take it apart: nobody approved it yet."""
    try:
        runtime().database.run(lambda db: remitting.unlock(db, g.shop.id, batch_id))
    except Conflict as problem:
        return _one(batch_id, {"": sentences.refusal(problem)})
    return door.redirected(url_for("admin.remittances", said="unlocked"))


@blueprint.post("/<shop>/giving/remittances/<id:batch_id>/proofs")
def add_proof(batch_id: int) -> Response:
    """Keep a file that proves the payment or its receipt."""
    file = request.files.get("proof")
    content = file.stream.read(proofs.MAX_PROOF_BYTES + 1) if file else b""
    name = (file.filename if file else "") or ""
    try:
        runtime().database.run(
            lambda db: proofs.add(
                db, g.shop.id, batch_id, name, content, by=_by(), now=clock.now()
            )
        )
    except BadInput as problem:
        return _one(batch_id, {"proof": sentences.refusal(problem)})
    return door.redirected(url_for("admin.remittance", batch_id=batch_id, said="saved"))


@blueprint.get("/<shop>/giving/remittances/<id:batch_id>/proofs/<id:proof_id>")
def proof(batch_id: int, proof_id: int) -> Response:
    """A kept file, to be saved and never to be run."""
    with runtime().database.read() as db:
        found = proofs.get(db, g.shop.id, batch_id, proof_id)
    return paperwork.of_proof(found)


@blueprint.get("/<shop>/giving/remittances/<id:batch_id>/statement.csv")
def statement(batch_id: int) -> Response:
    """Every line of a batch, and who owes what to whom."""
    with runtime().database.read() as db:
        found = remitting.batch(db, g.shop.id, batch_id)
    return paperwork.of_batch(g.shop.id, found)


@blueprint.get("/<shop>/giving/remittances/<id:batch_id>/statement.pdf")
def statement_pdf(batch_id: int) -> Response:
    """The same for people: what this page says, set for paper."""
    with runtime().database.read() as db:
        return paperwork.on_paper(db, g.shop, remitting.batch(db, g.shop.id, batch_id), g.language)


def _approve(db: Connection, batch_id: int) -> None:
    remitting.approve(db, g.shop.id, batch_id, by=_by(), now=clock.now())


def _send(db: Connection, batch_id: int) -> None:
    remitting.send(
        db,
        g.shop.id,
        batch_id,
        reference=forms.line("reference"),
        sent_on=forms.plain(forms.line("sent_on")),
        by=_by(),
        now=clock.now(),
    )


def _receipt(db: Connection, batch_id: int) -> None:
    remitting.receipt(db, g.shop.id, batch_id, forms.line("receipt"), clock.now())


def _by() -> str:
    return f"staff:{g.staff.id}"


def _list(errors: dict[str, Any]) -> Response:
    with runtime().database.read() as db:
        causes = {one.id: one for one in service.causes(db, g.shop.id)}
        waiting = remitting.waiting(db, g.shop.id)
        batches = remitting.batches(db, g.shop.id)
    now = clock.now()
    late = [one for one in waiting if one.oldest and (now - one.oldest).days > LATE_DAYS]
    since = g.shop.installed_at
    is_older = since and any(one.oldest and one.oldest < since for one in waiting)
    return door.page(
        "admin/remittances.html",
        connected=since if is_older else None,
        status=422 if errors else 200,
        causes=causes,
        waiting=waiting,
        late={(one.cause_id, one.currency) for one in late},
        batches=batches,
        states=STATES,
        unnumbered=UNNUMBERED,
        errors=errors,
        said=sentences.said(addresses.text("said")),
    )


def _one(batch_id: int, errors: dict[str, Any]) -> Response:
    with runtime().database.read() as db:
        found = remitting.batch(db, g.shop.id, batch_id)
        cause = service.cause(db, g.shop.id, found.cause_id)
        parts = remitting.parts(db, g.shop.id, batch_id)
        names = {one.id: one.name for one in programmes.programmes(db, g.shop.id)}
        kept = proofs.of_batch(db, g.shop.id, batch_id)
    return door.page(
        "admin/remittance.html",
        status=422 if errors else 200,
        batch=found,
        cause=cause,
        held=parts,
        names=names,
        kinds=KINDS,
        proofs=kept,
        states=STATES,
        unnumbered=UNNUMBERED,
        errors=errors,
        said=sentences.said(addresses.text("said")),
    )
