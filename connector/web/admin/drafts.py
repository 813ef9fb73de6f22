"""A draft of the programme: changed, tried and back-tested before it counts for anybody."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask import g, request, url_for
from markupsafe import Markup
from msgspec import structs
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput, Conflict, NotFound
from connector.program import limits
from connector.program import rules as kinds
from connector.program import service as programs
from connector.program.rules import Program, Terms
from connector.rooms.rehearsal import service as rehearsals
from connector.web import addresses
from connector.web.admin import base, door, forms, rule_form, sentences, starters, traces, ways
from connector.web.admin.base import Base
from connector.web.admin.door import blueprint
from connector.web.admin.words import t
from connector.web.runtime import runtime

_TERM_TICKS = ("counts_b2b", "no_time_expiry")


@dataclass(slots=True)
class TermsForm:
    """The terms as written."""

    values: dict[str, str]
    ticks: dict[str, bool]
    errors: dict[str, Markup] = field(default_factory=dict)
    terms: Terms | None = None


@blueprint.post("/<shop>/program/drafts")
def start_draft() -> Response:
    """Begin a draft: what is in force, or a template upon it."""
    template = request.form.get("template", "")

    def work(db: Connection) -> Program:
        now = clock.now()
        known = programs.newest(db, g.shop.id)
        wanted = starters.applied(db, known, template)
        made_by = f"staff:{g.staff.id}"
        return programs.save_draft(db, g.shop.id, replace(wanted, made_by=made_by), now)

    try:
        made = runtime().database.run(work)
    except (BadInput, Conflict) as problem:
        return door.redirected(url_for("admin.program", refused=problem.code))
    return door.redirected(url_for("admin.draft", version=made.version))


@blueprint.get("/<shop>/program/drafts/<id:version>")
def draft(version: int) -> Response:
    with runtime().database.read() as db:
        known = found(db, version)
        return _page(db, known, base.written(known), _terms_written(known.terms))


@blueprint.post("/<shop>/program/drafts/<id:version>")
def change_draft(version: int) -> Response:
    """Keep the form, then do what its button says; with ``try``, only show what it would award."""
    with runtime().database.read() as db:
        known = found(db, version)
        form, terms = base.read(known), _terms_read(known.terms)
        wanted = _wanted(known, form, terms)
        if door.wants_part():
            values = _trial(db, wanted)
            return door.page("admin/program_try.html", **values)
        if wanted is None or "try" in request.form:
            return _page(db, wanted or known, form, terms)
    then, _, about = request.form.get("then", "").partition(":")
    try:
        return _then(version, wanted, then, about)
    except (BadInput, Conflict) as problem:
        terms.errors[rule_form.field_of(problem)] = refused(problem)
        with runtime().database.read() as db:
            return _page(db, wanted, form, terms)


def found(db: Connection, version: int) -> Program:
    """The draft of this number; NotFound for what is none any more."""
    known = programs.numbered(db, g.shop.id, addresses.version(version))
    if known.state != "draft":
        raise NotFound("draft_gone", "it was published or discarded")
    return known


def save(db: Connection, version: int, wanted: Program) -> Program:
    """Keep the draft; what a back-test found of it before it changed is forgotten."""
    before = found(db, version)
    kept = programs.save_draft(db, g.shop.id, wanted, clock.now(), version)
    if replace(kept, name=before.name) != before:
        rehearsals.drop(db, g.shop.id, version)
    return kept


def _then(version: int, wanted: Program, then: str, about: str) -> Response:
    """Save, and go where the pressed button leads."""
    database = runtime().database
    if then == "discard":
        database.run(lambda db: _discard(db, version))
        return door.redirected(url_for("admin.program", said="discarded"))
    if then == "publish":
        starts_at = _starts_at()

        def work(db: Connection) -> None:
            save(db, version, wanted)
            programs.publish_draft(db, g.shop.id, version, clock.now(), starts_at=starts_at)

        database.run(work)
        said = "scheduled" if starts_at else "published"
        return door.redirected(url_for("admin.program", said=said))
    kept = _moved(wanted, then, about) if then in ("remove", "up") else wanted
    database.run(lambda db: save(db, version, kept))
    kind = request.form.get("kind", "")
    own = f"{url_for('admin.draft', version=version, said='draft')}"
    places = {
        "rule": lambda: url_for("admin.rule", version=version, rule_id=about),
        "add": lambda: url_for("admin.new_rule", version=version, kind=kind),
        "rehearse": lambda: url_for("admin.rehearsal", version=version),
        "remove": lambda: f"{own}#rules",
        "up": lambda: f"{own}#rules",
    }
    return door.redirected(places.get(then, lambda: own)())


def _discard(db: Connection, version: int) -> None:
    programs.discard_draft(db, g.shop.id, version)
    rehearsals.drop(db, g.shop.id, version)


def _starts_at() -> datetime | None:
    """The day that publishing is for; None is now."""
    given = request.form.get("starts_on", "").strip()
    at = rule_form.moment(given) if given else None
    if given and at is None:
        raise BadInput("date", "no day", field="starts_on")
    return at if at and at > clock.now() else None


def _moved(program: Program, then: str, rule_id: str) -> Program:
    own = list(program.rules)
    at = next((n for n, rule in enumerate(own) if rule.id == rule_id), None)
    if at is None:
        return program
    rule = own.pop(at)
    if then == "up":
        own.insert(max(at - 1, 0), rule)
    return replace(program, rules=tuple(own))


def _wanted(known: Program, form: Base, terms: TermsForm) -> Program | None:
    """The draft that both forms mean; None while one of them means nothing."""
    if form.program is None or terms.terms is None:
        return None
    return replace(form.program, terms=terms.terms, name=terms.values["name"] or known.name)


def _terms_written(terms: Terms) -> TermsForm:
    values = {
        "hold_from": terms.hold_from,
        "order_tags": ", ".join(terms.order_tags),
        "member_tags": ", ".join(terms.member_tags),
        "expiry": terms.expiry,
        "expiry_months": str(terms.expiry_months),
        "forgive_points": str(terms.forgive_points),
        "name": "",
    }
    ticks = {name: getattr(terms, name) for name in _TERM_TICKS}
    return TermsForm(values, ticks, terms=terms)


def _terms_read(known: Terms) -> TermsForm:
    form = _terms_written(known)
    form.terms = None
    form.ticks = {name: name in request.form for name in _TERM_TICKS}
    numbers: dict[str, int] = {}
    for name, given in form.values.items():
        try:
            form.values[name] = forms.line(name) if name in request.form else given
            if name in ("expiry_months", "forgive_points"):
                numbers[name] = forms.whole(form.values[name], name)
        except BadInput as problem:
            form.errors[name] = sentences.refusal(problem)
    if form.errors:
        return form
    wanted = structs.replace(
        known,
        hold_from=form.values["hold_from"],
        order_tags=_tags(form.values["order_tags"]),
        member_tags=_tags(form.values["member_tags"]),
        expiry=form.values["expiry"],
        **form.ticks,
        **numbers,
    )
    try:
        limits.check(
            replace(kinds.beginning(g.shop.currency), terms=wanted, name=form.values["name"]),
            g.shop.currency,
        )
    except BadInput as problem:
        form.errors[rule_form.field_of(problem)] = sentences.refusal(problem)
    else:
        form.terms = wanted
    return form


def _tags(given: str) -> tuple[str, ...]:
    """Tags as people list them: commas of any script."""
    parts = given.replace("،", ",").replace("，", ",").replace("、", ",").split(",")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def refused(problem: BadInput | Conflict) -> Markup:
    return sentences.refusal(problem, currency=g.shop.currency)


def _page(db: Connection, known: Program, form: Base, terms: TermsForm) -> Response:
    names = ways.names(db, g.shop.id, [known])
    errors = form.errors | terms.errors
    wanted = None if errors else _wanted(known, form, terms)
    terms.values["name"] = terms.values["name"] or known.name
    return door.page(
        "admin/program_draft.html",
        status=422 if errors and request.method == "POST" else 200,
        known=known,
        newest=programs.newest(db, g.shop.id),
        form=form,
        terms=terms,
        errors=errors,
        told=ways.told(known, names, g.shop.currency),
        overlaps=ways.overlaps(known, names),
        empty_names=_empty_names(db, known),
        kinds_offered=ways.KINDS,
        said=sentences.said(addresses.text("said")),
        **_trial(db, wanted),
    )


def _empty_names(db: Connection, known: Program) -> list[Markup]:
    """Names in rules that nothing in the catalogue has: those rules give nothing yet."""
    there = rule_form.suggestions(db, g.shop.id)
    found = []
    for kind, names in there.items():
        told = {name.casefold() for name in names}
        missing = {
            one
            for rule in known.rules
            for one in getattr(rule.scope, kind)
            if one.strip().casefold() not in told and len(names) < rule_form.SUGGESTED
        }
        found += [t("No product has “{name}” yet.", name=one) for one in sorted(missing)]
    return found


def _trial(db: Connection, wanted: Program | None) -> dict[str, Any]:
    names = ways.names(db, g.shop.id, [wanted] if wanted else [])
    return {"trial": traces.trial(db, wanted, names), "trial_program": wanted}
