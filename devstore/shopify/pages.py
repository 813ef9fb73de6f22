"""The merchant's pages: the grant screen, the authorization request, the app in the admin."""

from __future__ import annotations

import secrets

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from devstore.shop import Shop
from devstore.shopify.install import Door
from devstore.shopify.registration import HANDLE, NAME

_ASKED = "shopify authorization"
_APP_PAGE = f"/admin/apps/{HANDLE}"
SCOPE_TEXTS = {
    "read_orders": "View orders of the last 60 days, refunds and payments",
    "read_all_orders": "View orders older than 60 days",
    "read_customers": "View customers",
    "write_customers": "Edit customers",
    "read_customer_merge": "View merges of customers",
    "read_products": "View products and collections",
    "write_discounts": "Create and edit discounts",
    "read_store_credit_accounts": "View store credit of customers",
    "write_store_credit_account_transactions": "Give and take store credit",
    "write_app_proxy": "Answer under an address of your online store",
}

Page = str | tuple[str, int] | Response


def pages(shop: Shop, domain: str, door: Door) -> Blueprint:
    """Routes a merchant's browser visits."""
    bp = Blueprint("shopify pages", __name__, template_folder="templates")

    @bp.get(_APP_PAGE)
    def app_page() -> Page:
        """The grant screen until the app is installed; then the app itself, freshly signed."""
        if door.installed is None:
            return _grant_screen(domain, door.app.granted(""), f"{_APP_PAGE}/install", "")
        return redirect(door.app_address(request.args.get("locale", "en")))

    @bp.post(f"{_APP_PAGE}/install")
    def install() -> Page:
        door.approve(door.app.granted(""))
        return redirect(_APP_PAGE)

    @bp.get("/admin/oauth/authorize")
    def authorize() -> Page:
        problem = _problem(door)
        if problem:
            return render_template("shopify/refused.html", message=problem), 400
        scopes = door.app.granted(request.args.get("scope", ""))
        target, state = request.args["redirect_uri"], request.args.get("state", "")
        installed = door.installed
        if installed and set(scopes.split(",")) <= set(installed.scopes.split(",")):
            return redirect(door.back_with_code(target, state, installed.scopes))
        nonce = secrets.token_hex(8)
        shop.shelf.put(_ASKED, nonce, {"to": target, "state": state, "scopes": scopes})
        return _grant_screen(domain, scopes, "/admin/oauth/approve", nonce)

    @bp.post("/admin/oauth/approve")
    def approve() -> Page:
        nonce = request.form.get("nonce", "")
        asked = shop.shelf.take(_ASKED, nonce, dict)
        if asked is None or not shop.shelf.discard(_ASKED, nonce):
            abort(400)
        return redirect(door.back_with_code(asked["to"], asked["state"], asked["scopes"]))

    return bp


def _problem(door: Door) -> str | None:
    if request.args.get("client_id") != door.app.client_id:
        return "Oauth error application_cannot_be_found: no app has this client id."
    if not door.app.may_return_to(request.args.get("redirect_uri", "")):
        return "Oauth error invalid_request: the redirect_uri is not whitelisted."
    return None


def _grant_screen(domain: str, scopes: str, action: str, nonce: str) -> str:
    rights = [SCOPE_TEXTS.get(scope, scope) for scope in scopes.split(",")]
    return render_template(
        "shopify/grant.html", app=NAME, domain=domain, rights=rights, action=action, nonce=nonce
    )
