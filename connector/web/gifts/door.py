"""The door of pages about gifts: no cookie, no script, in the language that the address names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import cast

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    make_response,
    render_template,
    request,
)
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import NotFound, PerennialError, TooMany
from connector.core.i18n import LANGUAGES, SOURCE, reader
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.gifts import card, impact, receipts
from connector.web.headers import Payload
from connector.web.memory import Memory
from connector.web.pace import Pace
from connector.web.runtime import request_id, runtime
from connector.web.tongue import Tongue, mark

CALLS_A_MINUTE = 120  # by one address, of what is not remembered
REMEMBERED = 1000
KEPT_SECONDS = 60
_CACHE = f"public, max-age={KEPT_SECONDS}, stale-while-revalidate={KEPT_SECONDS}"
UNKEPT = "no-cache"  # a page with names: who leaves it is gone at once
_MEMORY, _PACE = "perennial_impact", "perennial_impact_pace"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https: data:;"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
REFUSALS = {
    "link_over": mark("This link is over. Open your receipt again from the shop’s page."),
    "receipt_not_found": mark("There is no receipt for this year."),
    "too_many_requests": mark("That was a lot at once. Try again in a minute."),
}
NOT_FOUND = mark("There is nothing here. The address may be old, or mistyped.")
blueprint = Blueprint("gifts", __name__)


@blueprint.record_once
def _remember(state: BlueprintSetupState) -> None:
    app = cast("Flask", state.app)
    app.extensions[_MEMORY] = Memory[tuple[str, ...], Payload](REMEMBERED)
    app.extensions[_PACE] = Pace(CALLS_A_MINUTE)


@blueprint.before_request
def _enter() -> None:
    g.language = reader(addresses.text("lang", 35)) or SOURCE


@blueprint.errorhandler(PerennialError)
def _refused(problem: PerennialError) -> Response:
    g.pop("shop", None)
    _enter()  # what is refused at the hinge was not let in
    said = REFUSALS.get(problem.code, NOT_FOUND)
    told = {"problem": problem, "said": said, "request_id": request_id()}
    response = make_response(rendered("gifts/refused.html", **told), problem.status)
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    return _private(response)


@blueprint.get("/impact/<public_id>/<key>")
def campaign(public_id: str, key: str) -> Response:
    """How far a campaign has come, for everybody."""

    def make(db: Connection) -> Payload:
        shop = found(db, public_id)
        say = Tongue.of(shop, g.language, clock.now())
        one = impact.impact(db, shop, key)
        givers = impact.givers_of(db, shop, one)
        page = rendered(
            "gifts/impact.html",
            one=one,
            say=say,
            units=impact.pieces,
            receipts=impact.receipts(db, shop, one),
            givers=givers,
            address=impact.url(shop, one.campaign.key),
            card=impact.url(shop, one.campaign.key, g.language, "/card.png"),
            store=impact.store(shop),
        )
        kept = _CACHE if givers is None else UNKEPT
        return _payload(page.encode(), "text/html; charset=utf-8", kept)

    return _remembered(("page", public_id, key, g.language.tag, g.language.digits), make)


@blueprint.get("/impact/<public_id>/<key>/card.png")
def campaign_card(public_id: str, key: str) -> Response:
    """The same as a picture, for where links are shown with one."""

    def make(db: Connection) -> Payload:
        one = impact.impact(db, found(db, public_id), key)
        told = card.card(*one.percents, is_mirrored=g.language.direction == "rtl")
        return _payload(told, "image/png")

    return _remembered(("card", public_id, key, g.language.direction), make)


@blueprint.get("/receipts/<public_id>/<proof>")
def receipt(public_id: str, proof: str) -> Response:
    """A member's receipt, by a link that is good for an hour."""
    with runtime().database.read() as db:
        shop = found(db, public_id)
        told = receipts.opened(db, shop, proof, clock.now())
    return receipt_page(told)


def receipt_page(told: receipts.Receipt) -> Response:
    """To be read and printed by one person, in the language and of the shop of this request."""
    return _private(make_response(rendered("gifts/receipt.html", one=told)))


def found(db: Connection, public_id: str) -> Shop:
    """The shop of this request; NotFound where none lives."""
    shop = shops.by_public_id(db, public_id)
    if not shop.is_live:
        raise NotFound("shop_not_found", "no such shop")
    g.shop = shop
    return shop


def rendered(template: str, **values: object) -> str:
    asked = {name: text for name, text in request.args.items() if name != "lang"}
    return render_template(
        template,
        shop=g.get("shop"),
        languages=LANGUAGES.values(),
        here=request.path,
        asked=asked,
        now=clock.now(),
        **values,
    )


def _remembered(question: tuple[str, ...], make: Callable[[Connection], Payload]) -> Response:
    """What everybody gets alike, made once in a while."""
    memory = cast("Memory[tuple[str, ...], Payload]", current_app.extensions[_MEMORY])
    told = memory.get(question)
    if told is None:
        cast("Pace", current_app.extensions[_PACE]).check()
        with runtime().database.read() as db:
            told = make(db)
        if ("Cache-Control", UNKEPT) not in told.headers:
            memory.put(question, told)
    response = Response(told.body, headers=list(told.headers))
    return cast("Response", response.make_conditional(request))


def _payload(body: bytes, media_type: str, kept: str = _CACHE) -> Payload:
    etag = hashlib.sha256(body).hexdigest()[:32]
    return Payload(
        body,
        (
            ("Content-Type", media_type),
            ("Cache-Control", kept),
            ("ETag", f'"{etag}"'),
            ("Content-Security-Policy", POLICY),
        ),
    )


def _private(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
