"""Webhooks we send: who hears what, what was told, and how it was tried."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from flask import g, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput, Conflict
from connector.listeners import rules, service
from connector.web import addresses
from connector.web.admin import door, forms, sentences
from connector.web.admin.door import blueprint
from connector.web.admin.words import mark
from connector.web.runtime import runtime

PAGE = 25
TOPICS = {
    "points.changed": mark("A member’s points change"),
    "tier.reached": mark("A member reaches another tier"),
    "reward.redeemed": mark("A reward is used"),
    "referral.kept": mark("A referral is kept"),
    "donation.pledged": mark("An order pledges a donation"),
    "donation.due": mark("A donation is owed to its cause"),
    "member.gave": mark("What a member gave a cause changes"),
    "campaign.reached": mark("A goal is reached"),
    "batch.reconciled": mark("A batch for a cause is locked"),
    "batch.approved": mark("A batch for a cause is approved"),
    "batch.remitted": mark("A cause is sent its money"),
    "batch.receipted": mark("A cause confirms that the money arrived"),
    "ping": mark("Test"),
}
STATES = {
    "new": mark("waiting"),
    "open": mark("tried again"),
    "sent": mark("arrived"),
    "failed": mark("given up"),
}
OFF = {
    "by_hand": mark("It is switched off."),
    "failing": mark(
        "Nothing arrived for 3 days, so it is switched off. Mend it, then switch it on."
    ),
    "gone": mark("It answered that it is gone (410), so it is switched off."),
}
CODES = {
    "unreachable": mark("no answer"),
    "url_not_allowed": mark("an address we do not call"),
    "response_too_large": mark("too long an answer"),
}


@blueprint.get("/<shop>/webhooks", endpoint="webhooks")
def webhooks() -> Response:
    return _list({}, {})


@blueprint.post("/<shop>/webhooks")
def add_webhook() -> Response:
    """A new one; its secret is on this answer and never again."""
    topics, made_by = request.form.getlist("topics"), f"staff:{g.staff.id}"
    try:
        url = _url()
        found, secret = runtime().database.run(
            lambda db: service.add(
                db, runtime().keys, g.shop.id, url, topics, made_by=made_by, now=clock.now()
            )
        )
    except BadInput as problem:
        form = {"url": request.form.get("url", "")} | dict.fromkeys(topics, "on")
        return _list(form, {problem.field or "": sentences.refusal(problem)})
    return _one(found.id, secret=secret)


@blueprint.get("/<shop>/webhooks/<id:listener_id>")
def webhook(listener_id: int) -> Response:
    return _one(listener_id)


@blueprint.post("/<shop>/webhooks/<id:listener_id>")
def change_webhook(listener_id: int) -> Response:
    topics = request.form.getlist("topics")
    try:
        url = _url()
        runtime().database.run(lambda db: service.change(db, g.shop.id, listener_id, url, topics))
    except BadInput as problem:
        return _one(listener_id, errors={problem.field or "": sentences.refusal(problem)})
    return _seen(listener_id, "webhook")


@blueprint.post("/<shop>/webhooks/<id:listener_id>/<any(on, off):state>")
def switch_webhook(listener_id: int, state: str) -> Response:
    def work(db: Connection) -> None:
        service.switch(db, g.shop.id, listener_id, clock.now(), on=state == "on")

    runtime().database.run(work)
    return _seen(listener_id, f"webhook_{state}")


@blueprint.post("/<shop>/webhooks/<id:listener_id>/secret")
def rotate_webhook(listener_id: int) -> Response:
    """Another secret, shown on this answer; the one before signs, too, for a day."""
    rotate = partial(service.rotate, keys=runtime().keys, shop_id=g.shop.id)
    secret = runtime().database.run(
        lambda db: rotate(db, listener_id=listener_id, now=clock.now())
    )
    return _one(listener_id, secret=secret)


@blueprint.post("/<shop>/webhooks/<id:listener_id>/ping")
def ping_webhook(listener_id: int) -> Response:
    try:
        runtime().database.run(lambda db: service.ping(db, g.shop.id, listener_id, clock.now()))
    except Conflict as problem:
        return _one(listener_id, errors={"": sentences.refusal(problem)})
    return _seen(listener_id, "webhook_ping")


@blueprint.post("/<shop>/webhooks/<id:listener_id>/messages/<id:message_id>")
def resend_message(listener_id: int, message_id: int) -> Response:
    try:
        runtime().database.run(
            lambda db: service.resend(db, g.shop.id, listener_id, message_id, clock.now())
        )
    except Conflict as problem:
        return _one(listener_id, errors={"": sentences.refusal(problem)})
    return _seen(listener_id, "webhook_ping")


@blueprint.post("/<shop>/webhooks/<id:listener_id>/removal")
def remove_webhook(listener_id: int) -> Response:
    runtime().database.run(lambda db: service.remove(db, g.shop.id, listener_id))
    return door.redirected(url_for("admin.webhooks", said="webhook_gone"))


def _url() -> str:
    """The address of the form; BadInput for one that we never call."""
    url = forms.line("url")
    service.check_url(url, runtime().settings.allow_private_stores)
    return url


def _seen(listener_id: int, said: str) -> Response:
    return door.redirected(url_for("admin.webhook", listener_id=listener_id, said=said))


def _list(form: Mapping[str, str], errors: Mapping[str, Markup]) -> Response:
    with runtime().database.read() as db:
        found = service.listeners(db, g.shop.id)
    return door.page(
        "admin/webhooks.html",
        here=url_for("admin.webhooks"),
        status=422 if errors else 200,
        listeners=found,
        topics=TOPICS,
        offered=rules.TOPICS,
        off=OFF,
        form=form,
        errors=errors,
        said=sentences.said(addresses.text("said")),
    )


def _one(
    listener_id: int, *, secret: str | None = None, errors: Mapping[str, Markup] | None = None
) -> Response:
    before = addresses.before()
    with runtime().database.read() as db:
        found = service.get(db, g.shop.id, listener_id)
        log = service.log(db, g.shop.id, listener_id, before, PAGE + 1)
    changed = errors is not None and "url" in request.form
    return door.page(
        "admin/webhook.html",
        here=url_for("admin.webhook", listener_id=listener_id),
        status=422 if errors else 200,
        listener=found,
        url=request.form["url"] if changed else found.url,
        chosen=request.form.getlist("topics") if changed else found.topics,
        secret=secret,
        log=log[:PAGE],
        next=log[PAGE - 1].id if len(log) > PAGE else None,
        topics=TOPICS,
        offered=rules.TOPICS,
        outcomes=STATES,
        codes=CODES,
        off=OFF,
        errors=errors or {},
        said=None if secret else sentences.said(addresses.text("said")),
    )
