"""Programmes of giving: drafted, published with the words that bind, closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import g, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.i18n import LANGUAGES
from connector.rooms.giving import accounts, programmes, rules, service, settling
from connector.rooms.giving.rules import Programme
from connector.rooms.tiers import programs
from connector.web import addresses, disclosures
from connector.web.admin import door, programme_form, sentences
from connector.web.admin.door import blueprint
from connector.web.admin.programme_form import KINDS, NEW
from connector.web.admin.words import mark, spoken
from connector.web.papers.remittance import KINDS as SOURCES
from connector.web.runtime import runtime

STATES = {
    "draft": mark("draft"),
    "scheduled": mark("begins later"),
    "live": mark("running"),
    "ended": mark("over, being closed"),
    "closed": mark("finished"),
}


@blueprint.get("/<shop>/giving/programmes", endpoint="programmes")
def list_programmes() -> Response:
    now = clock.now()
    with runtime().database.read() as db:
        known = programmes.programmes(db, g.shop.id)
        campaigns = _campaigns(db)
        rows = programmes.standing(db, g.shop.id, campaigns)
    goals = [(one, programmes.progress_of(rows[one.id])) for one in campaigns]
    return door.page(
        "admin/giving_programmes.html",
        programmes=[(one, one.state(now), _last(one)) for one in reversed(known)],
        goals=goals,
        kinds=KINDS,
        states=STATES,
        said=sentences.said(addresses.text("said")),
    )


@blueprint.get("/<shop>/giving/programmes/new")
def new_programme() -> Response:
    return _draft_page(_fresh(), {}, {})


@blueprint.post("/<shop>/giving/programmes/new")
def add_programme() -> Response:
    return _keep(_fresh())


@blueprint.get("/<shop>/giving/programmes/<id:programme_id>")
def programme(programme_id: int) -> Response:
    with runtime().database.read() as db:
        found = programmes.programme(db, g.shop.id, programme_id)
    return _draft_page(found, {}, {}) if found.published_at is None else _told_page(found, {})


@blueprint.post("/<shop>/giving/programmes/<id:programme_id>")
def change_programme(programme_id: int) -> Response:
    with runtime().database.read() as db:
        found = programmes.programme(db, g.shop.id, programme_id)
    return _keep(found)


@blueprint.post("/<shop>/giving/programmes/<id:programme_id>/<any(close, discard):act>")
def end_programme(programme_id: int, act: str) -> Response:
    """Close what was published; drop what was not."""

    def work(db: Connection) -> None:
        if act == "close":
            settling.close(db, g.shop.id, programme_id, clock.now())
        else:
            programmes.discard(db, g.shop.id, programme_id)

    try:
        runtime().database.run(work)
    except Conflict as problem:
        with runtime().database.read() as db:
            found = programmes.programme(db, g.shop.id, programme_id)
        return _told_page(found, {"": sentences.refusal(problem)})
    if act == "discard":
        return door.redirected(url_for("admin.programmes", said="discarded"))
    return door.redirected(url_for("admin.programme", programme_id=programme_id, said="saved"))


def _fresh() -> Programme:
    kind = addresses.text("kind")
    if kind not in NEW:
        raise NotFound("not_found", "one of the kinds")
    return Programme(0, "", g.shop.currency, NEW[kind])


def _keep(before: Programme) -> Response:
    """Keep the draft; publish it where that was asked for and nothing is missing."""
    form, now = request.form.to_dict(), clock.now()
    with runtime().database.read() as db:
        causes, levels = service.causes(db, g.shop.id), _levels(db)
    try:
        wanted = programme_form.read(before.kind, before.id, causes, len(levels))
        kept = runtime().database.run(
            lambda db: programmes.draft(db, g.shop.id, wanted, clock.now())
        )
    except (BadInput, Conflict, NotFound) as problem:
        is_gone = isinstance(problem, NotFound)  # the goal it works for
        field = "campaign_id" if is_gone else getattr(problem, "field", None) or ""
        return _draft_page(before, form, {field: sentences.refusal(problem, **_currency(form))})
    where = url_for("admin.programme", programme_id=kept.id, said="draft")
    if form.get("then") != "publish":
        return door.redirected(where)
    with runtime().database.read() as db:
        missing = programmes.missing(db, g.shop.id, kept, now)
    if missing:
        return _draft_page(kept, form, programme_form.lacking(missing, causes, kept, now))
    try:
        runtime().database.run(lambda db: _publish(db, kept.id))
    except (BadInput, Conflict):  # somebody changed it meanwhile: the page says what lacks
        return door.redirected(where)
    return door.redirected(url_for("admin.programme", programme_id=kept.id, said="giving_on"))


def _publish(db: Connection, programme_id: int) -> None:
    """With the words of what it is at this moment."""
    now, found = clock.now(), programmes.held(db, g.shop.id, programme_id)
    programmes.publish(db, g.shop.id, found.id, disclosures.of(db, g.shop, found, now), now)


def _currency(form: Mapping[str, str]) -> dict[str, str]:
    code = form.get("currency", "")[:3].upper()
    return {"currency": code, "code": code}


def _draft_page(
    found: Programme, form: Mapping[str, str], errors: Mapping[str, Markup]
) -> Response:
    now = clock.now()
    with runtime().database.read() as db:
        causes = [one for one in service.causes(db, g.shop.id) if not one.is_closed]
        lacks = programmes.missing(db, g.shop.id, found, now)
        values: dict[str, Any] = {"levels": _levels(db), "campaigns": _open_campaigns(db)}
        words = {} if lacks else disclosures.of(db, g.shop, found, now)
    return door.page(
        "admin/giving_draft.html",
        status=422 if errors else 200,
        one=found,
        form=form or programme_form.written(found),
        fields=set(found.terms.__struct_fields__),
        has_bounds=found.kind in rules.ADDING,
        causes=causes,
        words=_spoken(words),
        checklist=programme_form.checklist(lacks, causes, found),
        clauses=programme_form.CLAUSES,
        languages=LANGUAGES.values(),
        kinds=KINDS,
        errors=errors,
        said=sentences.said(addresses.text("said")),
        **values,
    )


def _told_page(found: Programme, errors: Mapping[str, Markup]) -> Response:
    now = clock.now()
    with runtime().database.read() as db:
        given = accounts.accounts(db, g.shop.id, [found])
        causes = {one.id: one for one in service.causes(db, g.shop.id)}
        known = {one.id: one for one in _campaigns(db)}
    return door.page(
        "admin/giving_programme.html",
        status=422 if errors else 200,
        one=found,
        last=_last(found),
        state=found.state(now),
        states=STATES,
        kinds=KINDS,
        given=given,
        sources=SOURCES,
        causes=causes,
        campaign=known.get(found.campaign_id or 0),
        words=_spoken(found.disclosures),
        errors=errors,
        said=sentences.said(addresses.text("said")),
    )


def _last(one: Programme) -> datetime | None:
    """A moment of its last day: its end is the midnight after."""
    return one.ends_at and one.ends_at - timedelta(seconds=1)


def _spoken(words: Mapping[str, str]) -> list[tuple[Any, str]]:
    """The words by language, the one of this page first."""
    told = [(one, words[one.tag]) for one in LANGUAGES.values() if one.tag in words]
    return sorted(told, key=lambda each: each[0].tag != spoken().tag)


def _levels(db: Connection) -> dict[int, str]:
    """Names of the levels there are, by their place."""
    found = programs.current(db, g.shop.id)
    levels = found.program.levels if found else ()
    return {place: one.name(spoken().tag) for place, one in enumerate(levels, 1)}


def _campaigns(db: Connection) -> list[programmes.Campaign]:
    return programmes.campaigns(db, g.shop.id)


def _open_campaigns(db: Connection) -> list[programmes.Campaign]:
    return [one for one in _campaigns(db) if one.closed_at is None]
