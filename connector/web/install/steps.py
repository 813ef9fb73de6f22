"""What all ways in share: the door they stand behind, whose intent it is, and its browser."""

from __future__ import annotations

import secrets
from typing import Any, cast

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Connection, Row

from connector.core import clock
from connector.core.commerce import Credentials, ShopFacts
from connector.core.errors import NotFound
from connector.shops import joining
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.web.admin import door, session
from connector.web.pace import Pace
from connector.web.runtime import runtime

COOKIE = "perennial-install"
COOKIE_SECONDS = 900
STEPS_A_MINUTE = 30  # from one address: a merchant takes three
_STEPS = ("install.shopify_callback", "install.woocommerce_plugin")  # GETs that begin something
_EXTENSION = "perennial_install_pace"
blueprint = Blueprint("install", __name__, template_folder="../templates")


@blueprint.record_once
def _count(state: BlueprintSetupState) -> None:
    state.app.extensions[_EXTENSION] = Pace(STEPS_A_MINUTE)


@blueprint.before_request
def _enter() -> None:
    door.choose_language()
    if request.method == "POST" or request.endpoint in _STEPS:
        cast("Pace", current_app.extensions[_EXTENSION]).check()
    session.load()


def browser() -> str:
    """What this browser is known by while it installs."""
    return request.cookies.get(_cookie_name()) or secrets.token_hex(32)


def join(
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


def own_intent(state: str) -> tuple[str, Row[Any]]:
    browser = request.cookies.get(_cookie_name(), "")
    with runtime().database.read() as db:
        intent = joining.intent_of_browser(db, state, browser)
    if intent.expires_at <= clock.now():
        raise NotFound("intent_not_found", "start the installation again")
    return state, intent


def _cookie_name() -> str:
    return f"__Host-{COOKIE}" if runtime().settings.secure else COOKIE


def with_browser(response: Response, browser: str) -> Response:
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
