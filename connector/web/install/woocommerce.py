"""The key grant of WooCommerce, begun by a person or by the plugin inside the store.

Its callback is unsigned and names no shop, so its keys count only once the stored origin has
opened to them. The shop works only once the browser that began it confirms which account it
joins, or the store's admin does where its plugin asks.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec
from flask import Response, g, jsonify, make_response, redirect, request, url_for
from sqlalchemy import Connection, Row

from adapters.woocommerce import WooCommerce
from adapters.woocommerce.pairing import KNOCK, Offer, key_known_as
from connector.core import clock
from connector.core.commerce import Credentials, InstallRequest, ShopFacts
from connector.core.errors import (
    BadInput,
    Conflict,
    PerennialError,
    PlatformError,
    Unauthenticated,
)
from connector.orders import imports
from connector.shops import joining, plugin
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.admin import door, session
from connector.web.install import steps
from connector.web.install.steps import blueprint
from connector.web.runtime import runtime

MAX_CALLBACK_BYTES = 4096


@blueprint.get("/install/woocommerce")
def woocommerce() -> Response:
    """Which store? A link may have said it already; nothing begins before the form is sent."""
    return door.page("install/begin.html", store=addresses.text("store"), knock="")


@blueprint.get("/install/woocommerce/plugin")
def woocommerce_plugin() -> Response:
    """The plugin in a store's admin sends its merchant here, straight on to the key grant.

    Somebody signed in is asked first: the store would join their account. Nobody else is, because
    the plugin takes our offer only for its own knock, and asks its admin before it is true.
    """
    store, knock = addresses.text("store"), _knock(addresses.text("knock"))
    if g.staff is not None:
        return door.page("install/begin.html", store=store, knock=knock)
    return _begin(store, knock)


@blueprint.post("/install/woocommerce")
def begin_woocommerce() -> Response:
    """Send the merchant to their store's key-granting page."""
    session.check_form()
    given = request.form.get("knock", "")
    return _begin(request.form.get("store", "").strip(), _knock(given) if given else None)


def _begin(typed: str, knock: str | None) -> Response:
    platform = _woocommerce()
    store = platform.find_shop(typed)
    browser = steps.browser()
    joins = g.staff.business_id if g.staff else _still_ours(store) if knock else None
    keys = runtime().keys
    with runtime().database.write() as db:
        _refuse_taken(db, store, joins)
        state = joining.begin_install(
            db,
            platform.name,
            store,
            browser,
            clock.now(),
            business_id=joins,
            knock=keys.encrypt(0, knock.encode()) if knock else None,
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
    return steps.with_browser(door.redirected(target), browser)


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
        known = shops.find(db, "woocommerce", intent.shop_key)
        if intent.knock is None or known is None or not known.is_live:
            known = steps.join(db, "woocommerce", credentials, facts, "pending")
        joining.finish_intent(db, state, known.id)
        if intent.knock is not None:
            offer = _offer(db, known, intent, key_known_as(credentials))
    if intent.knock is not None:
        _hand_over(state, known, offer, credentials, facts)
    return jsonify({"ok": True})


def _offer(db: Connection, shop: Shop, intent: Row[Any], key: str) -> Offer:
    """What the store's plugin is to be handed."""
    parts = runtime()
    secrets = plugin.fresh(db, parts.keys, shop.id)
    joins = intent.business_id
    return Offer(
        knock=parts.keys.decrypt(0, intent.knock).decode(),
        public_id=shop.public_id,
        service=parts.settings.public_url,
        account=shops.business_name(db, joins) if joins else shop.name,
        plugin_secret=secrets.plugin,
        widget_secret=secrets.widget,
        key=key,
    )


def _hand_over(
    state: str, shop: Shop, offer: Offer, credentials: Credentials, facts: ShopFacts
) -> None:
    """Without the plugin's yes the store deletes these keys again: a living one keeps its own."""
    found = _woocommerce().offer(shop.key, offer)
    now = clock.now()
    with runtime().database.write() as db:
        steps.join(db, "woocommerce", credentials, facts, "pending")
        plugin.arm(db, runtime().keys, shop.id, offer.plugin_secret, now)
        versions = plugin.Versions(found.plugin, found.woocommerce, found.wordpress, found.php)
        plugin.note(db, shop.id, versions, now, admin_url=found.admin_url)
        plugin.expect(db, state, shop.id, found.admin_url)


@blueprint.get("/install/woocommerce/return")
def woocommerce_return() -> Response:
    """The browser is back: wait for the keys, then ask for the one explicit confirm."""
    if addresses.text("success") != "1":
        return door.page("install/denied.html")
    state, intent = steps.own_intent(addresses.text("user_id"))
    if intent.admin_url:
        return door.redirected(intent.admin_url)
    if intent.shop_id is None or intent.knock is not None:
        return door.page("install/waiting.html", store=intent.shop_key)
    with runtime().database.read() as db:
        shop = shops.get(db, intent.shop_id)
        joins = intent.business_id
        account = shops.business_name(db, joins) if joins else shop.name
    return door.page("install/confirm.html", shop=shop, account=account, state=state)


@blueprint.post("/install/woocommerce/confirm")
def woocommerce_confirm() -> Response:
    """This browser's merchant says which account the store joins; from now on we work for it."""
    state, intent = steps.own_intent(request.form.get("state", ""))
    if intent.shop_id is None or intent.knock is not None:
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


def _woocommerce() -> WooCommerce:
    return cast("WooCommerce", runtime().platforms["woocommerce"])


def _still_ours(store: str) -> int | None:
    """The account of a living store that the keys we hold still open: the same store, then.

    A new owner of its address would have none of them.
    """
    with runtime().database.read() as db:
        shop = shops.find(db, "woocommerce", store)
        if shop is None or not shop.is_live:
            return None
        held = shops.credentials(db, runtime().keys, shop.id)
    try:
        _woocommerce().client(held).shop_facts()
    except PlatformError:
        return None
    return shop.business_id


def _knock(text: str) -> str:
    if not KNOCK.fullmatch(text):
        raise BadInput("invalid_knock", "open this from the plugin's page again", status=400)
    return text


def _refuse_taken(db: Connection, store: str, business_id: int | None) -> None:
    """A living store is joined again only by the account it belongs to."""
    shop = shops.find(db, "woocommerce", store)
    if shop is not None and shop.is_live and shop.business_id != business_id:
        raise Conflict("shop_taken", "this store is connected; sign in to its account first")
