"""The merchant's door: who is it, which shop, is the form ours; and how every page leaves."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, cast

from flask import (
    Blueprint,
    Response,
    after_this_request,
    current_app,
    g,
    make_response,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from adapters.shopify import Shopify
from connector.core.errors import NotFound, PerennialError, Unauthenticated
from connector.core.i18n import LANGUAGES, SOURCE, language
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.admin import sentences, session
from connector.web.admin.words import TEMPLATE_WORDS
from connector.web.runtime import request_id, runtime

ASSETS = Path(__file__).parents[3] / "static" / "admin"
ASSET_SECONDS = 31_536_000
LANGUAGE_COOKIE = "perennial-language"
BROKEN = 500  # from here on we ask the database nothing more
RETRY = "X-Shopify-Retry-Invalid-Session-Request"
OPEN_TO_ALL = ("admin.asset", "admin.sign_in")
TEMPLATES = Path(__file__).parents[1] / "templates"
blueprint = Blueprint("admin", __name__, url_prefix="/admin", template_folder=str(TEMPLATES))


@blueprint.record_once
def _teach(state: BlueprintSetupState) -> None:
    """Give every template our words, also to those of other doors that show our pages."""
    own = {
        "asset": _asset_url,
        "form_token": _form_token,
        "nonce": _nonce,
        "errors": sentences.ERRORS,
        "advice": sentences.ADVICE,
        "platforms": sentences.PLATFORMS,
        "states": sentences.STATES,
        "trouble": sentences.trouble,
        "stop": sentences.stop,
        "kinds": sentences.KINDS,
    }
    state.app.jinja_env.globals.update(TEMPLATE_WORDS | own)
    state.app.jinja_env.tests["opened"] = lambda page: f"admin.{page}" in state.app.view_functions
    state.app.jinja_env.trim_blocks = state.app.jinja_env.lstrip_blocks = True


@blueprint.before_request
def _enter() -> Response | None:
    choose_language()
    session.check_host()
    if request.endpoint in OPEN_TO_ALL:
        return None
    refused = _signed_in()
    if refused is not None:
        return refused
    if request.method not in ("GET", "HEAD"):
        session.check_form()
    g.shop = None
    public_id = (request.view_args or {}).pop("shop", None)
    if public_id is not None:
        g.shop = _shop_of(public_id)
    return None


def _signed_in() -> Response | None:
    """None when somebody is signed in; a page that fetches a token where a frame lacks one.

    A script inside the frame is told by a header to come again with a fresh token.
    """
    try:
        session.load_with_token()
    except Unauthenticated as problem:
        if request.headers.get("Authorization"):
            after_this_request(_come_again)
            raise
        if problem.code != "expired":  # a fresh one would be refused as well
            raise
    if g.staff is not None:
        return None
    shop = _framed_shop((request.view_args or {}).get("shop", ""))
    if shop is not None and request.method == "GET":
        return page("install/bounce.html", framed_by=shop.key, client_id=client_id())
    after_this_request(_come_again)
    raise Unauthenticated("sign_in_needed", "open a sign-in link first")


def _framed_shop(public_id: str) -> Shop | None:
    """The Shopify shop in whose admin this page is to be shown; None in a tab."""
    asked = request.headers.get("Sec-Fetch-Dest") == "iframe" or session.id_token()
    if not asked or not public_id.isalnum() or "shopify" not in runtime().platforms:
        return None
    with runtime().database.read() as db:
        shop = shops.by_public_id(db, public_id)
    return shop if shop.platform == "shopify" else None


def _come_again(response: Response) -> Response:
    response.headers[RETRY] = "1"
    return response


def client_id() -> str:
    """The app's name at Shopify, for pages inside its admin; "" where it is not set up."""
    platform = runtime().platforms.get("shopify")
    return cast("Shopify", platform).client_id if platform else ""


@blueprint.url_defaults
def _keep_shop(endpoint: str, values: dict[str, Any]) -> None:
    """Links stay in the shop they are on."""
    shop = g.get("shop")
    if shop is not None and current_app.url_map.is_endpoint_expecting(endpoint, "shop"):
        values.setdefault("shop", shop.public_id)


def choose_language() -> None:
    """Set ``g.language``: as asked for now, else as chosen before, else as the browser prefers.

    Inside its admin Shopify says in which one: ``locale``, which every address there keeps.
    """
    asked = language(addresses.text("lang"))
    hosts = language(addresses.text("locale"))
    known = language(request.cookies.get(LANGUAGE_COOKIE))
    preferred = (language(tag) for tag, _ in request.accept_languages)
    g.language = asked or hosts or known or next(filter(None, preferred), SOURCE)
    if asked is not None and asked is not known:
        tag = asked.tag

        @after_this_request
        def _remember(response: Response) -> Response:
            response.set_cookie(
                LANGUAGE_COOKIE,
                tag,
                max_age=ASSET_SECONDS,
                secure=runtime().settings.secure,
                httponly=True,
                samesite="Lax",
            )
            return response


def page(
    template: str, *, status: int = 200, framed_by: str | None = None, **values: object
) -> Response:
    """A page of the admin or of the install door.

    framed_by: the proven myshopify domain that may frame it where no shop is chosen yet.
    """
    if framed_by is not None:
        g.framed_by = framed_by
    return make_response(_rendered(template, values), status)


def redirected(url: str) -> Response:
    """Go and see: after a form, with GET."""
    response = make_response("", 303)
    response.headers["Location"] = url
    return response


def wants_part() -> bool:
    """True when a script asks for a part instead of a person for a page."""
    return request.headers.get("HX-Request") == "true"


def error_page(problem: PerennialError) -> str:
    """What failed, what is safe and what to do, for a person; also for other doors' pages."""
    if "language" not in g:
        choose_language()
    if g.get("shop") is None and g.get("framed_by") is None and problem.status < BROKEN:
        public_id = request.path.removeprefix(f"{blueprint.url_prefix}/").partition("/")[0]
        with suppress(NotFound):
            g.shop = _framed_shop(public_id)
    return _rendered(
        "admin/error.html", {"problem": problem, "request_id": request_id(), "shop": g.get("shop")}
    )


@blueprint.get("/static/<version>/<name>", endpoint="asset")
def _asset(version: str, name: str) -> Response:
    if version != _asset_versions().get(name):
        raise NotFound("asset_not_found", "an older page asks for it; reload the page")
    response = send_from_directory(ASSETS, name, max_age=ASSET_SECONDS)
    response.cache_control.immutable = True
    return response


def _rendered(template: str, values: Mapping[str, object]) -> str:
    after_this_request(_policy)
    shared = {
        "shop": g.get("shop"),
        "staff": g.get("staff"),
        "framed": g.get("framed", False),
        "client_id": client_id(),
        "own_shops": _own_shops(),
        "languages": LANGUAGES.values(),
        "here": request.path,
        "asked": {name: text for name, text in request.args.items() if name != "id_token"},
    }
    return render_template(template, **(shared | dict(values)))


def _own_shops() -> list[Shop]:
    staff = g.get("staff")
    if staff is None or g.get("framed"):
        return []
    with runtime().database.read() as db:
        return shops.of_business(db, staff.business_id)


def _policy(response: Response) -> Response:
    """What this page may do: our own style, scripts with this page's nonce, and no frame."""
    shop: Shop | None = g.get("shop")
    rules = [
        "default-src 'none'",
        "style-src 'self'",
        f"script-src 'nonce-{_nonce()}'",
        "connect-src 'self'",
        f"img-src 'self' data: https: {_pictures(shop)}".rstrip(),
        f"form-action 'self' https: {' '.join(runtime().settings.allow_private_stores)}".rstrip(),
        f"frame-ancestors {_frames(shop)}",
        "base-uri 'none'",
        "object-src 'none'",
    ]
    response.headers["Content-Security-Policy"] = "; ".join(rules)
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Cookie")
    return response


def _frames(shop: Shop | None) -> str:
    host = shop.key if shop is not None and shop.platform == "shopify" else g.get("framed_by")
    return f"https://{host} https://admin.shopify.com" if host else "'none'"


def _pictures(shop: Shop | None) -> str:
    """Product pictures of a practice shop come without https."""
    allowed = runtime().settings.allow_private_stores
    return " ".join(allowed) if shop is not None else ""


def _shop_of(public_id: str) -> Shop:
    with runtime().database.read() as db:
        shop = shops.by_public_id(db, public_id)
    elsewhere = g.only_shop not in (None, shop.id)
    if elsewhere or shop.business_id != g.staff.business_id or shop.state == "pending":
        raise NotFound("shop_not_found", "no such shop")
    return shop


def _nonce() -> str:
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _form_token() -> Markup:
    field = '<input type="hidden" name="csrf" value="{}">'
    return Markup(field).format(session.form_token())  # noqa: S704 - a constant with one hole


def _asset_url(name: str) -> str:
    return url_for("admin.asset", version=_asset_versions()[name], name=name)


@cache
def _asset_versions() -> Mapping[str, str]:
    """By name of each of our files, what changes with its content."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in ASSETS.iterdir()
        if path.is_file()
    }
