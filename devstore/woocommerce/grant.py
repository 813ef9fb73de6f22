"""The key-granting page: an app asks, the merchant approves, the keys are posted to the app."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit, urlunsplit

import requests
from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from devstore.state import State
from devstore.woocommerce import wire
from devstore.woocommerce.keys import KEYS, make_key

GRANTS = "woo grants"
NEEDED = ("app_name", "user_id", "return_url", "callback_url", "scope")
SCOPES = {
    "read": ["View coupons", "View customers", "View orders and sales reports", "View products"],
    "write": ["Create webhooks", "Create coupons", "Create customers", "Create orders"],
}
CALLBACK_SECONDS = 60

Page = str | tuple[str, int] | Response


def grant(state: State) -> Blueprint:
    """Routes under ``/wc-auth/v1``."""
    shop = state.shops["woocommerce"]
    bp = Blueprint("grant", __name__, url_prefix="/wc-auth/v1")

    @bp.get("/authorize", strict_slashes=False)
    def authorize() -> Page:
        problem = _problem(request.args)
        if problem:
            return render_template("grant_error.html", message=problem), 401
        nonce = secrets.token_hex(5)
        shop.shelf.put(GRANTS, nonce, request.args.to_dict())
        scope = request.args["scope"]
        rights = [right for name in SCOPES if name in scope for right in SCOPES[name]]
        return render_template(
            "grant.html",
            shop_name=shop.settings.name,
            app_name=request.args["app_name"],
            scope=scope,
            rights=rights,
            approve=f"/wc-auth/v1/access_granted/?{urlencode({'wc_auth_nonce': nonce})}",
            deny=_back(request.args["return_url"], "0", request.args["user_id"]),
        )

    @bp.get("/access_granted", strict_slashes=False)
    def granted() -> Page:
        nonce = request.args.get("wc_auth_nonce", "")
        asked = shop.shelf.take(GRANTS, nonce, dict)
        if not asked or not shop.shelf.discard(GRANTS, nonce):
            return render_template("grant_error.html", message="Invalid nonce verification"), 401
        key = make_key(shop, asked["app_name"], asked["scope"])
        body = {
            "key_id": key.id,
            "user_id": unquote_plus(asked["user_id"]),  # decoded twice: a "+" does not survive
            "consumer_key": key.consumer_key,
            "consumer_secret": key.consumer_secret,
            "key_permissions": key.permissions,
        }
        if not _handed_over(asked["callback_url"], body, state.origins["woocommerce"]):
            shop.shelf.discard(KEYS, key.consumer_key)
            message = "An error occurred in the request and at the time were unable to send"
            return render_template("grant_error.html", message=f"{message} the consumer data"), 401
        return redirect(_back(asked["return_url"], "1", asked["user_id"]))

    return bp


def _problem(asked: dict[str, str]) -> str | None:
    for name in NEEDED:
        if not asked.get(name):
            return f"Missing parameter {name}"
    if asked["scope"] not in {"read", "write", "read_write"}:
        return f"Invalid scope {asked['scope']}"
    for name in ("return_url", "callback_url"):
        if urlsplit(asked[name]).scheme not in {"http", "https"}:
            return f"The {name} is not a valid URL"
    callback = urlsplit(asked["callback_url"])
    if callback.scheme != "https" and callback.hostname not in {"127.0.0.1", "localhost", "::1"}:
        return "The callback_url needs to be over SSL"
    return None


def _handed_over(url: str, body: wire.Json, home: str) -> bool:
    """True only for an answer of exactly 200; the app may call us before it answers."""
    headers = {
        "Content-Type": "application/json;charset=UTF-8",
        "User-Agent": f"WordPress/{wire.WP_VERSION}; {home}",
    }
    try:
        answer = requests.post(
            url, data=wire.encoded(body), headers=headers, timeout=CALLBACK_SECONDS
        )
    except requests.RequestException:
        return False
    return answer.status_code == 200


def _back(url: str, success: str, user_id: str) -> str:
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    query += [("success", success), ("user_id", user_id)]
    return urlunsplit(parts._replace(query=urlencode(query)))
