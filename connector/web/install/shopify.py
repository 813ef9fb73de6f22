"""Shopify's two ways in: embedded in its admin, and the code grant for apps that are not."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from flask import Response, g, make_response, redirect, request, url_for

from adapters.shopify import Shopify, verify
from connector import mirror
from connector.core import clock
from connector.core.commerce import Credentials, InstallRequest
from connector.core.errors import Forbidden, NotFound, Unauthenticated
from connector.orders import imports
from connector.runtime import Runtime
from connector.shops import joining, team
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.admin import door, session
from connector.web.install import steps
from connector.web.install.steps import blueprint
from connector.web.runtime import runtime


@blueprint.get("/install/shopify")
def shopify_code_grant() -> Response:
    """The way in for apps that do not live inside Shopify's admin: ask before it begins."""
    shopify()
    return door.page("install/begin_shopify.html", shop_key=_asked_domain())


@blueprint.post("/install/shopify")
def begin_shopify() -> Response:
    """Send the merchant to Shopify's own question."""
    session.check_form()
    platform, shop_key = shopify(), _asked_domain()
    browser = steps.browser()
    with runtime().database.write() as db:
        state = joining.begin_install(
            db, platform.name, shop_key, browser, clock.now(), business_id=None
        )
    callback = f"{runtime().settings.public_url}{url_for('install.shopify_callback')}"
    target = platform.install_url(InstallRequest(shop_key, state, callback, callback))
    return steps.with_browser(door.redirected(target), browser)


@blueprint.get("/install/shopify/callback")
def shopify_callback() -> Response:
    """Shopify sends the merchant back with a code: same browser, once, freshly signed."""
    platform = shopify()
    params = verify.query_params(request.query_string.decode("latin-1"))
    now = clock.now()
    state = params.get("state", "")
    try:
        steps.own_intent(state)
        with runtime().database.write() as db:
            intent = joining.use_intent(db, state, "shopify", now)
    except NotFound:
        raise Forbidden("state_mismatch", "start the installation again") from None
    credentials = platform.finish_install(params, intent.shop_key)
    shop = settle_shopify(runtime(), platform, credentials)
    with runtime().database.write() as db:
        token = shops.open_owner_session(db, shop.business_id, now)
    response = make_response(redirect(f"/admin/{shop.public_id}/"))
    session.remember(response, token)
    return response


@blueprint.get("/app/shopify")
def embedded() -> Response:
    """The embedded app's address: who sits there is told by an ID token, never by a cookie.

    First visit of a shop: the token is exchanged for ours. Without a token a small page loads
    App Bridge, which comes back with one.
    """
    platform = shopify()
    id_token, shop_key = addresses.text("id_token"), addresses.text("shop")
    g.framed_by = verify.shop_domain(shop_key) if shop_key else None
    if not id_token:
        return door.page("install/bounce.html", client_id=platform.client_id)
    person = platform.staff(id_token)
    with runtime().database.read() as db:
        shop = shops.find(db, platform.name, person.shop_key)
        account = team.account_of(db, shop, person.user_key) if shop else None
    if shop is None or not shop.is_live or shop.problem == "reauthorize":
        shop = settle_shopify(runtime(), platform, _exchanged(platform, id_token), account)
    if runtime().settings.secure:
        # Every page there brings a token of its own: a cookie would outlive it, and the shop.
        told = {name: addresses.text(name) for name in ("id_token", "host", "locale")}
        told = {name: text for name, text in told.items() if text}
        response = door.redirected(f"/admin/{shop.public_id}/?{urlencode(told)}")
        response.headers["Cache-Control"] = "no-store"
        return response
    # Without https there is no frame of Shopify's, only a tab of the practice shop.
    now = clock.now()
    with runtime().database.write() as db:
        staff = shops.staff_for(db, shop.business_id, person.user_key, now)
        token = shops.open_session(db, staff.id, now)
    return session.remember(door.redirected(f"/admin/{shop.public_id}/"), token)


def _asked_domain() -> str:
    """The one shop that the address names."""
    params = verify.query_params(request.query_string.decode("latin-1"))
    return verify.shop_domain(params.get("shop"))


def _exchanged(platform: Shopify, id_token: str) -> Credentials:
    """Credentials for a proven ID token; ``reinstall`` where the shop has removed the app."""
    try:
        return platform.exchange(id_token)
    except Unauthenticated:
        raise Unauthenticated("reinstall", "install the app from Shopify again") from None


def settle_shopify(
    parts: Runtime, platform: Shopify, credentials: Credentials, account: int | None = None
) -> Shop:
    """A Shopify shop with working tokens: new ones begin with their history."""
    facts = platform.client(credentials).shop_facts()
    with parts.database.write() as db:
        before = shops.find(db, platform.name, credentials.shop_key)
        shop = steps.join(db, platform.name, credentials, facts, "active", account)
        if before is None or not before.is_live:
            imports.begin(db, shop.id, ("products", "orders"), clock.now())
            mirror.begin(db, shop.id, clock.now())
        mirror.note_asked(db, shop.id, clock.now())  # a removal we never heard of took it along
    return shop


def shopify() -> Shopify:
    platform = runtime().platforms.get("shopify")
    if platform is None:
        raise NotFound("not_found", "Shopify is not set up here")
    return cast("Shopify", platform)
