"""One cause: its words in each language, its papers, whether it is open, the default, offered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import g, request, url_for
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput, Conflict
from connector.core.i18n import LANGUAGES
from connector.rooms.giving import service
from connector.rooms.giving.service import Cause
from connector.web import addresses
from connector.web.admin import door, forms, sentences
from connector.web.admin.door import blueprint
from connector.web.admin.programme_form import NOTICE_DAYS
from connector.web.runtime import runtime
from connector.web.tongue import mark

PAPERS = {
    "registration": mark("Registration number"),
    "country": mark("Country, two letters"),
    "payee": mark("Payee: whom the money is sent to"),
    "agreement": mark("Agreement: what the contract is filed as"),
    "agreed_on": mark("Signed on"),
}
OTHERS = tuple(one for one in LANGUAGES.values() if one.tag != "en")
VERBS = {
    "open": service.reopen_cause,
    "closed": service.close_cause,
    "default": service.make_default,
}


@blueprint.get("/<shop>/giving/causes/<id:cause_id>")
def cause(cause_id: int) -> Response:
    with runtime().database.read() as db:
        found = service.cause(db, g.shop.id, cause_id)
    return _page(found, _form(found), {})


@blueprint.post("/<shop>/giving/causes/<id:cause_id>")
def change_cause(cause_id: int) -> Response:
    with runtime().database.read() as db:
        found = service.cause(db, g.shop.id, cause_id)
    try:
        papers: dict[str, Any] = {name: forms.plain(forms.line(name)) for name in PAPERS}
        wanted = Cause(
            id=found.id,
            key=found.key,
            is_default=found.is_default,
            name=forms.line("name"),
            story=forms.text("story"),
            names={one.tag: forms.line(f"name-{one.tag}") for one in OTHERS},
            stories={one.tag: forms.text(f"story-{one.tag}") for one in OTHERS},
            picture_url=forms.line("picture_url"),
            is_offered="is_offered" in request.form,
            **papers,
        )
        runtime().database.run(lambda db: service.change_cause(db, g.shop.id, wanted, clock.now()))
    except BadInput as problem:
        return _page(
            found, request.form.to_dict(), {problem.field or "": sentences.refusal(problem)}
        )
    return door.redirected(url_for("admin.cause", cause_id=cause_id, said="saved"))


@blueprint.post("/<shop>/giving/causes/<id:cause_id>/<any(open, closed, default):state>")
def switch_cause(cause_id: int, state: str) -> Response:
    """Close it, open it again, or let gifts that name none go to it."""
    verb = VERBS[state]
    try:
        runtime().database.run(lambda db: verb(db, g.shop.id, cause_id, clock.now()))
    except Conflict as problem:
        where = url_for("admin.cause", cause_id=cause_id, refused=problem.code)
        return door.redirected(where)
    return door.redirected(url_for("admin.cause", cause_id=cause_id, said="saved"))


def _form(found: Cause) -> dict[str, str]:
    told = {name: getattr(found, name) or "" for name in ("name", "story", "picture_url", *PAPERS)}
    for one in OTHERS:
        told[f"name-{one.tag}"] = found.names.get(one.tag, "")
        told[f"story-{one.tag}"] = found.stories.get(one.tag, "")
    return told | ({"is_offered": "on"} if found.is_offered else {})


def _page(found: Cause, form: Mapping[str, str], errors: dict[str, Any]) -> Response:
    refused = addresses.text("refused")
    if refused:
        errors = {"": sentences.refused(refused)} | errors
    agreed = date.fromisoformat(found.agreed_on) if found.agreed_on else None
    return door.page(
        "admin/cause.html",
        status=422 if errors and not refused else 200,
        cause=found,
        form=form,
        errors=errors,
        papers=PAPERS,
        others=OTHERS,
        is_early=agreed is not None and (clock.now().date() - agreed).days < NOTICE_DAYS,
        said=sentences.said(addresses.text("said")),
    )
