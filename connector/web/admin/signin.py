"""In by a one-time link, out by a button."""

from __future__ import annotations

from flask import g, redirect, url_for
from werkzeug.wrappers import Response

from connector.core import clock
from connector.shops import service as shops
from connector.web.admin import door, session
from connector.web.admin.door import blueprint
from connector.web.runtime import runtime


@blueprint.get("/signin/<token>")
def sign_in(token: str) -> Response:
    """Turn a link into a session, once."""
    with runtime().database.write() as db:
        opened = shops.sign_in(db, token, clock.now())
    return session.remember(door.redirected(url_for("admin.start")), opened)


@blueprint.post("/signout")
def sign_out() -> Response:
    with runtime().database.write() as db:
        shops.sign_out(db, g.session)
    return session.forget(door.redirected(url_for("admin.start")))


@blueprint.get("/")
def start() -> Response:
    """The newest living shop of the business; without one, how to connect it."""
    with runtime().database.read() as db:
        own = shops.of_business(db, g.staff.business_id)
    if not own:
        return door.page("admin/connect.html")
    living = [shop for shop in own if shop.is_live] or own
    return redirect(url_for("admin.home", shop=living[-1].public_id))
