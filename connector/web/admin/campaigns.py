"""Campaigns: a goal, how far it has come, and the account of it to the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, request, url_for
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput, Conflict
from connector.core.i18n import LANGUAGES
from connector.rooms.giving import accounts, programmes, service
from connector.rooms.giving.givers import listing
from connector.rooms.giving.programmes import Campaign
from connector.web import addresses, statements
from connector.web.admin import door, forms, sentences, words
from connector.web.admin.door import blueprint
from connector.web.admin.words import amount_text
from connector.web.gifts import impact
from connector.web.papers.remittance import KINDS
from connector.web.runtime import runtime


@blueprint.get("/<shop>/giving/campaigns/new")
def new_campaign() -> Response:
    return _page(None, {"currency": g.shop.currency}, {})


@blueprint.post("/<shop>/giving/campaigns/new")
def add_campaign() -> Response:
    return _keep(None)


@blueprint.get("/<shop>/giving/campaigns/<id:campaign_id>")
def campaign(campaign_id: int) -> Response:
    found = _found(campaign_id)
    return _page(found, _form(found), {})


@blueprint.post("/<shop>/giving/campaigns/<id:campaign_id>")
def change_campaign(campaign_id: int) -> Response:
    return _keep(_found(campaign_id))


@blueprint.post("/<shop>/giving/campaigns/<id:campaign_id>/close")
def close_campaign(campaign_id: int) -> Response:
    found = _found(campaign_id)
    try:
        runtime().database.run(
            lambda db: programmes.close_campaign(db, g.shop.id, str(campaign_id), clock.now())
        )
    except Conflict as problem:
        return _page(found, _form(found), {"": sentences.refusal(problem)})
    return door.redirected(url_for("admin.campaign", campaign_id=campaign_id, said="saved"))


@blueprint.get("/<shop>/giving/campaigns/<id:campaign_id>/account.csv")
def campaign_account(campaign_id: int) -> Response:
    """What each programme of it gave, by the piece, and where it stands."""
    with runtime().database.read() as db:
        given = _accounts(db, _found(campaign_id))
        body = b"".join(statements.of_accounts(db, g.shop.id, given))
    response = Response(body, content_type="text/csv; charset=utf-8")
    file = f"campaign-{campaign_id}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


@blueprint.post("/<shop>/giving/campaigns/<id:campaign_id>/givers")
def list_givers(campaign_id: int) -> Response:
    """List on its page who gave most and wants to be seen, or no more."""
    found, is_on = _found(campaign_id), "on" in request.form
    runtime().database.run(lambda db: listing.switch(db, g.shop.id, found.id, is_on=is_on))
    return door.redirected(url_for("admin.campaign", campaign_id=campaign_id, said="saved"))


def _found(campaign_id: int) -> Campaign:
    with runtime().database.read() as db:
        return programmes.campaign(db, g.shop.id, str(campaign_id))


def _accounts(db: Any, found: Campaign) -> list[accounts.Account]:
    known = programmes.programmes(db, g.shop.id)
    return accounts.accounts(db, g.shop.id, [one for one in known if one.campaign_id == found.id])


def _keep(before: Campaign | None) -> Response:
    form = request.form.to_dict()
    currency = before.currency if before else forms.plain(form.get("currency", "")).strip().upper()
    try:
        wanted = Campaign(
            id=0,
            key=before.key if before else "",
            names={tag: forms.line(f"names-{tag}") for tag in LANGUAGES},
            stories={tag: forms.text(f"stories-{tag}") for tag in LANGUAGES},
            currency=currency,
            goal_minor=forms.amount(form.get("goal_minor", ""), currency, "goal_minor"),
        )
        kept = runtime().database.run(
            lambda db: (
                programmes.change_campaign(db, g.shop.id, wanted)
                if before
                else programmes.add_campaign(db, g.shop.id, wanted, clock.now())
            )
        )
    except BadInput as problem:
        field = {"names": "names-en", "stories": "stories-en"}.get(problem.field or "")
        told = sentences.refusal(problem, currency=currency[:3], code=currency[:3])
        return _page(before, form, {field or problem.field or "currency": told})
    return door.redirected(url_for("admin.campaign", campaign_id=kept.id, said="saved"))


def _form(found: Campaign) -> dict[str, str]:
    told = {"goal_minor": amount_text(found.goal_minor, found.currency)}
    told |= {f"names-{tag}": found.names.get(tag, "") for tag in LANGUAGES}
    return told | {f"stories-{tag}": found.stories.get(tag, "") for tag in LANGUAGES}


def _page(found: Campaign | None, form: Mapping[str, str], errors: Mapping[str, Any]) -> Response:
    values: dict[str, Any] = {}
    if found is not None:
        with runtime().database.read() as db:
            values = {
                "lists_givers": found.id in listing.listing(db, g.shop.id),
                "public": impact.url(g.shop, found.key, words.spoken()),
                "told": programmes.progress(db, g.shop.id, found),
                "given": _accounts(db, found),
                "causes": {one.id: one for one in service.causes(db, g.shop.id)},
                "programmes": {
                    one.id: one
                    for one in programmes.programmes(db, g.shop.id)
                    if one.campaign_id == found.id
                },
            }
    return door.page(
        "admin/giving_campaign.html",
        status=422 if errors else 200,
        one=found,
        form=form,
        errors=errors,
        kinds=KINDS,
        languages=LANGUAGES.values(),
        said=sentences.said(addresses.text("said")),
        **values,
    )
