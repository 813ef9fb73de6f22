"""Who is signed in, by a cookie or Shopify's ID token; and the proof that a form is ours.

Inside the Shopify admin a token comes with every request a script sends, and with each page that
is loaded: nothing rests on a cookie, which a frame may not have.
"""

from __future__ import annotations

import hmac
from typing import cast
from urllib.parse import urlsplit

from flask import Response, g, request

from adapters.shopify import Shopify
from connector.core import clock
from connector.core.errors import BadInput, Forbidden, Unauthenticated
from connector.shops import service as shops
from connector.shops.service import Staff
from connector.web.runtime import runtime

SESSION_SECONDS = shops.SESSION_DAYS * 86_400


def load() -> None:
    """Set ``g.staff``, ``g.session``, ``g.framed``, ``g.only_shop`` from the cookie of a tab.

    A person of a tab may see all shops of the business.
    """
    g.staff, g.session, g.framed, g.only_shop = None, "", False, None
    session = request.cookies.get(_name(), "")
    staff = _staff(session) if session else None
    if staff is not None:
        g.staff, g.session = staff, session


def load_with_token() -> None:
    """The same, or from an ID token where one came.

    Raises Unauthenticated ``invalid_token`` or ``expired`` for a token that proves nothing.
    """
    token = id_token()
    if not token:
        load()
        return
    g.staff, g.session, g.framed, g.only_shop = None, "", False, None
    _prove(token)


def id_token() -> str:
    """The ID token of this request: of a script's header, or of the address of a page."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer":
        return token
    return request.args.get("id_token", "") if request.method in ("GET", "HEAD") else ""


def _prove(token: str) -> None:
    """Sign in whom the token names, for this request and that shop alone."""
    platform = runtime().platforms.get("shopify")
    if platform is None:
        raise Unauthenticated("invalid_token", "Shopify is not set up here")
    person = cast("Shopify", platform).staff(token)
    with runtime().database.read() as db:
        shop = shops.find(db, platform.name, person.shop_key)
        known = shops.known_staff(db, shop.business_id, person.user_key) if shop else None
    if shop is None or not shop.is_live:
        raise Unauthenticated("sign_in_needed", "open the app from the Shopify admin first")
    if known is None:  # once in a person's life: no page waits for the writers' turn otherwise
        with runtime().database.write() as db:
            known = shops.staff_for(db, shop.business_id, person.user_key, clock.now())
    g.staff = known
    g.session, g.framed, g.only_shop = f"{person.shop_key} {person.user_key}", True, shop.id
    g.framed_by = person.shop_key


def remember(response: Response, session: str) -> Response:
    """Keep the session in the browser, for tabs of ours: no frame ever gets it."""
    response.set_cookie(
        _name(),
        session,
        max_age=SESSION_SECONDS,
        path="/",
        secure=runtime().settings.secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def forget(response: Response) -> Response:
    """Drop the session's cookie."""
    response.delete_cookie(_name(), path="/", secure=runtime().settings.secure, httponly=True)
    return response


def form_token() -> str:
    """What every form carries: only pages of this session know it."""
    return runtime().keys.hash(0, "form", g.session)


def check_form() -> None:
    """Forbidden ``csrf`` unless this POST comes from a page of ours and of this session."""
    given = request.form.get("csrf", "").encode()
    if not hmac.compare_digest(given, form_token().encode()):
        raise Forbidden("csrf", "the form is not from this session; reload the page")
    if _origin(request.headers.get("Origin") or request.headers.get("Referer", "")) != _home():
        raise Forbidden("csrf", "the form was sent from another site")


def check_host() -> None:
    """BadInput ``bad_host`` when the request was not made to our own address."""
    if request.host != urlsplit(_home()).netloc:
        raise BadInput("bad_host", "this is not the address of this service", status=400)


def _staff(session: str) -> Staff | None:
    with runtime().database.read() as db:
        return shops.session_staff(db, session, clock.now())


def _name() -> str:
    return "__Host-perennial" if runtime().settings.secure else "perennial"


def _home() -> str:
    return _origin(runtime().settings.public_url)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
