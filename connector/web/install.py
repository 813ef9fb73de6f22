"""Doors by which a shop comes in: the key grant of WooCommerce, and Shopify's two ways.

An intent binds one state to one shop, one browser and ten minutes. WooCommerce's callback is
unsigned and names no shop, so its keys count only once the stored origin has opened to them, and
the shop works only once the browser that began it confirms which account it joins.
"""

from __future__ import annotations

import secrets
from typing import Any, cast

import msgspec
from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Connection, Row

from adapters.shopify import Shopify, verify
from adapters.woocommerce import WooCommerce
from connector.core import clock
from connector.core.commerce import Credentials, InstallRequest, ShopFacts
from connector.core.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    PerennialError,
    Unauthenticated,
)
from connector.orders import imports
from connector.runtime import Runtime
from connector.shops import joining, team
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.admin import door, session
from connector.web.pace import Pace
from connector.web.runtime import runtime

MAX_CALLBACK_BYTES = 4096
COOKIE = "perennial-install"
COOKIE_SECONDS = 900
STEPS_A_MINUTE = 30  # from one address: a merchant takes three
_EXTENSION = "perennial_install_pace"
blueprint = Blueprint("install", __name__, template_folder="templates")


@blueprint.record_once
def _count(state: BlueprintSetupState) -> None:
    state.app.extensions[_EXTENSION] = Pace(STEPS_A_MINUTE)


@blueprint.before_request
def _enter() -> None:
    door.choose_language()
    if request.method == "POST" or request.endpoint == "install.shopify_callback":
        cast("Pace", current_app.extensions[_EXTENSION]).check()
    session.load()


@blueprint.get("/install/woocommerce")
def woocommerce() -> Response:
    """Which store? A link may have said it already; nothing begins before the form is sent."""
    return door.page("install/begin.html", store=addresses.text("store"))


@blueprint.post("/install/woocommerce")
def begin_woocommerce() -> Response:
    """Send the merchant to their store's key-granting page."""
    session.check_form()
    platform = _woocommerce()
    store = platform.find_shop(request.form.get("store", "").strip())
    browser = request.cookies.get(_cookie_name()) or secrets.token_hex(32)
    now = clock.now()
    staff = g.staff
    with runtime().database.write() as db:
        _refuse_taken(db, store, staff and staff.business_id)
        state = joining.begin_install(
            db,
            platform.name,
            store,
            browser,
            now,
            business_id=staff and staff.business_id,
        )
    url = runtime().settings.public_url
    target = platform.install_url(
        InstallRequest(
            shop_key=store,
            state=state,
            callback_url=f"{url}{url_for('install.woocommerce_keys')}",
            return_url=f"{url}{url_for('install.woocommerce_return')}",
        )
    )
    return _with_browser(door.redirected(target), browser)


@blueprint.post("/install/woocommerce/callback")
def woocommerce_keys() -> Response:
    """The store hands over its keys. Anything but 200 makes the store delete them again."""
    if request.content_length is None or request.content_length > MAX_CALLBACK_BYTES:
        raise PerennialError("too_large", f"at most {MAX_CALLBACK_BYTES} bytes", status=413)
    try:
        params = msgspec.json.decode(request.get_data(), type=dict[str, str | int])
    except msgspec.DecodeError:
        raise BadInput("invalid_callback", "not a key grant's callback", status=400) from None
    state = str(params.get("user_id", ""))
    now = clock.now()
    with runtime().database.read() as db:
        intent = joining.open_intent(db, state, "woocommerce", now)
    platform = _woocommerce()
    told = {name: str(value) for name, value in params.items()}
    credentials = platform.finish_install(told, intent.shop_key)
    facts = platform.client(credentials).shop_facts()
    with runtime().database.write() as db:
        joining.use_intent(db, state, "woocommerce", now)
        _refuse_taken(db, intent.shop_key, intent.business_id)
        shop = _join(db, "woocommerce", credentials, facts, "pending")
        joining.finish_intent(db, state, shop.id)
    return jsonify({"ok": True})


@blueprint.get("/install/woocommerce/return")
def woocommerce_return() -> Response:
    """The browser is back: wait for the keys, then ask for the one explicit confirm."""
    if addresses.text("success") != "1":
        return door.page("install/denied.html")
    state, intent = _own_intent(addresses.text("user_id"))
    if intent.shop_id is None:
        return door.page("install/waiting.html", store=intent.shop_key)
    with runtime().database.read() as db:
        shop = shops.get(db, intent.shop_id)
        joins = intent.business_id
        account = shops.business_name(db, joins) if joins else shop.name
    return door.page("install/confirm.html", shop=shop, account=account, state=state)


@blueprint.post("/install/woocommerce/confirm")
def woocommerce_confirm() -> Response:
    """This browser's merchant says which account the store joins; from now on we work for it."""
    state, intent = _own_intent(request.form.get("state", ""))
    if intent.shop_id is None:
        raise Conflict("not_ready", "the store has not handed over its keys yet")
    now = clock.now()
    with runtime().database.write() as db:
        shop = shops.get(db, intent.shop_id)
        if intent.business_id and (g.staff is None or g.staff.business_id != intent.business_id):
            raise Unauthenticated("sign_in_needed", "sign in to the account that began this")
        if shop.state == "pending":
            shop = joining.activate(db, shop, intent.business_id, now)
            imports.begin(db, shop.id, ("products", "orders"), now)
        elif not shop.is_live:
            raise Conflict("not_ready", "install the app again")
        elif shop.business_id != intent.business_id:  # somebody else's confirm came first
            raise Conflict("shop_taken", "this store is connected; sign in to its account first")
        token = None
        if intent.business_id is None:  # the account was made for this installation
            token = shops.open_owner_session(db, shop.business_id, now)
        joining.close_intent(db, state)
    response = make_response(redirect(f"/admin/{shop.public_id}/"))
    if token:
        session.remember(response, token)
    return response


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
    browser = request.cookies.get(_cookie_name()) or secrets.token_hex(32)
    with runtime().database.write() as db:
        state = joining.begin_install(
            db, platform.name, shop_key, browser, clock.now(), business_id=None
        )
    callback = f"{runtime().settings.public_url}{url_for('install.shopify_callback')}"
    target = platform.install_url(InstallRequest(shop_key, state, callback, callback))
    return _with_browser(door.redirected(target), browser)


@blueprint.get("/install/shopify/callback")
def shopify_callback() -> Response:
    """Shopify sends the merchant back with a code: same browser, once, freshly signed."""
    platform = shopify()
    params = verify.query_params(request.query_string.decode("latin-1"))
    now = clock.now()
    state = params.get("state", "")
    try:
        _own_intent(state)
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
    id_token = addresses.text("id_token")
    if not id_token:
        shop_key = addresses.text("shop")
        framed_by = verify.shop_domain(shop_key) if shop_key else None
        return door.page("install/bounce.html", framed_by=framed_by, client_id=platform.client_id)
    person = platform.staff(id_token)
    with runtime().database.read() as db:
        shop = shops.find(db, platform.name, person.shop_key)
        account = team.account_of(db, shop, person.user_key) if shop else None
    if shop is None or not shop.is_live or shop.problem == "reauthorize":
        shop = settle_shopify(runtime(), platform, _exchanged(platform, id_token), account)
    now = clock.now()
    with runtime().database.write() as db:
        staff = shops.staff_for(db, shop.business_id, person.user_key, now)
        token = shops.open_session(db, staff.id, now)
    response = make_response(redirect(f"/admin/{shop.public_id}/"))
    # Inside the admin's frame only a partitioned cookie lives, and that needs https.
    session.remember(response, token, framed=runtime().settings.secure)
    return response


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
        shop = _join(db, platform.name, credentials, facts, "active", account)
        if before is None or not before.is_live:
            imports.begin(db, shop.id, ("products", "orders"), clock.now())
    return shop


def shopify() -> Shopify:
    platform = runtime().platforms.get("shopify")
    if platform is None:
        raise NotFound("not_found", "Shopify is not set up here")
    return cast("Shopify", platform)


def _woocommerce() -> WooCommerce:
    return cast("WooCommerce", runtime().platforms["woocommerce"])


def _join(
    db: Connection,
    platform: str,
    credentials: Credentials,
    facts: ShopFacts,
    state: str,
    account: int | None = None,
) -> Shop:
    return shops.install(
        db,
        runtime().keys,
        platform,
        credentials,
        facts,
        clock.now(),
        business_id=account,
        state=state,
    )


def _refuse_taken(db: Connection, store: str, business_id: int | None) -> None:
    """A living store is joined again only by the account it belongs to."""
    shop = shops.find(db, "woocommerce", store)
    if shop is not None and shop.is_live and shop.business_id != business_id:
        raise Conflict("shop_taken", "this store is connected; sign in to its account first")


def _own_intent(state: str) -> tuple[str, Row[Any]]:
    browser = request.cookies.get(_cookie_name(), "")
    with runtime().database.read() as db:
        intent = joining.intent_of_browser(db, state, browser)
    if intent.expires_at <= clock.now():
        raise NotFound("intent_not_found", "start the installation again")
    return state, intent


def _cookie_name() -> str:
    return f"__Host-{COOKIE}" if runtime().settings.secure else COOKIE


def _with_browser(response: Response, browser: str) -> Response:
    response.set_cookie(
        _cookie_name(),
        browser,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=runtime().settings.secure,
        path="/",
    )
    return response
