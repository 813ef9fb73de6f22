"""Program: one sentence that says what earns, the rules in force, drafts, and every version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flask import g, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput, Conflict
from connector.program import service as programs
from connector.program.rules import Program
from connector.web import addresses
from connector.web.admin import base, door, forms, sentences, starters, store, traces, ways
from connector.web.admin.base import Base
from connector.web.admin.door import blueprint
from connector.web.runtime import runtime

SHOWN_PAST = 20


@dataclass(frozen=True, slots=True)
class Versions:
    """What there is beside what is in force."""

    drafts: Sequence[Program]
    scheduled: Sequence[Program]
    past: Sequence[Program]  # the newest first


@blueprint.get("/<shop>/program")
def program() -> Response:
    with runtime().database.read() as db:
        known = programs.newest(db, g.shop.id)
        return _page(db, base.written(known), known)


@blueprint.post("/<shop>/program")
def publish() -> Response:
    """Publish the form's base; with ``try``, only show what an order would earn."""
    with runtime().database.read() as db:
        known = programs.newest(db, g.shop.id)
        form = base.read(known)
        if door.wants_part():
            names = ways.names(db, g.shop.id, [known])
            trial = traces.trial(db, form.program, names)
            return door.page("admin/program_try.html", trial=trial, trial_program=form.program)
        if form.program is None or "try" in request.form:
            return _page(db, form, known)
    if known.version and form.program == known:
        return door.redirected(url_for("admin.program", said="unchanged"))
    wanted = replace(form.program, name="", note="", made_by=f"staff:{g.staff.id}")
    runtime().database.run(lambda db: programs.publish(db, g.shop.id, wanted, clock.now()))
    return door.redirected(url_for("admin.program", said="published"))


@blueprint.post("/<shop>/program/versions/<id:version>/withdraw")
def withdraw_version(version: int) -> Response:
    """Take back what is scheduled."""
    wanted = addresses.version(version)
    return _turned(lambda db: programs.withdraw(db, g.shop.id, wanted, clock.now()), "withdrawn")


@blueprint.post("/<shop>/program/bring-back")
def bring_back() -> Response:
    """Publish an older version again, from now on; 0 is what the shop began with."""
    made_by = f"staff:{g.staff.id}"

    def work(db: Connection) -> Program:
        version = forms.whole(request.form.get("version", ""), "version", addresses.MAX_VERSION)
        return programs.roll_back(db, g.shop.id, version, clock.now(), made_by=made_by)

    return _turned(work, "published")


def _turned(work: Callable[[Connection], Program], said: str) -> Response:
    try:
        runtime().database.run(work)
    except (BadInput, Conflict) as problem:
        return door.redirected(url_for("admin.program", refused=problem.code))
    return door.redirected(url_for("admin.program", said=said))


def _page(db: Connection, form: Base, known: Program) -> Response:
    names = ways.names(db, g.shop.id, [known])
    trial = traces.trial(db, form.program, names)
    errors = form.errors | trial.errors
    return door.page(
        "admin/program.html",
        status=422 if errors and request.method == "POST" else 200,
        known=known,
        form=form,
        errors=errors,
        trial=trial,
        trial_program=form.program,
        told=ways.told(known, names, g.shop.currency),
        versions=_versions(db, known),
        makers=store.makers(db, g.shop),
        starters=starters.STARTERS,
        said=sentences.said(addresses.text("said")),
        refused=sentences.refused(addresses.text("refused")),
    )


def _versions(db: Connection, known: Program) -> Versions:
    every = programs.every(db, g.shop.id)
    past = [one for one in every if one.state == "published" and one.version != known.version]
    past.sort(key=lambda one: one.starts_at or clock.now(), reverse=True)
    return Versions(
        [one for one in every if one.state == "draft"],
        [one for one in every if one.state == "scheduled"],
        past[:SHOWN_PAST],
    )
