"""Stores: each connection, its repair, the next one; and keys for programs."""

from __future__ import annotations

from collections.abc import Mapping

from flask import g, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from adapters.woocommerce import packing
from connector.core import clock
from connector.core.errors import BadInput, Forbidden
from connector.rooms.points import service as points
from connector.shops import api_keys, team
from connector.shops import service as shops
from connector.shops import store as shop_store
from connector.web import addresses
from connector.web.admin import door, forms, sentences, store
from connector.web.admin.door import blueprint
from connector.web.admin.health import health
from connector.web.admin.home import TIMES
from connector.web.runtime import runtime


@blueprint.get("/<shop>/stores", endpoint="stores")
def stores() -> Response:
    return _page()


@blueprint.post("/<shop>/check")
def check() -> Response:
    """Read from the store and look after its webhooks now instead of within a quarter hour."""
    runtime().database.run(
        lambda db: (
            shop_store.change(db, g.shop.id, reconcile_due_at=clock.now())
            if g.shop.is_live
            else None
        )
    )
    return door.redirected(url_for("admin.stores", said="checking"))


@blueprint.get("/<shop>/plugin.zip")
def plugin_zip() -> Response:
    """The plugin for WordPress, which knows our address."""
    return Response(
        packing.archive(runtime().settings.public_url),
        mimetype="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{packing.SLUG}.zip"',
            "Cache-Control": "no-store",
        },
    )


@blueprint.post("/<shop>/keys")
def add_key() -> Response:
    """A new key, shown on this answer and never again."""
    try:
        label = forms.line("label")
        made = runtime().database.run(lambda db: api_keys.new(db, g.shop.id, label, clock.now()))
    except BadInput as problem:
        return _page(errors={"label": sentences.refusal(problem)})
    return _page(made=made)


@blueprint.post("/<shop>/keys/<id:key_id>/revocation")
def revoke_key(key_id: int) -> Response:
    runtime().database.run(lambda db: api_keys.revoke(db, g.shop.id, key_id, clock.now()))
    return door.redirected(url_for("admin.stores", said="revoked"))


@blueprint.post("/<shop>/team")
def set_approval() -> Response:
    """Above how many points a second person confirms; only the owner says, nothing means never."""
    if g.staff.role != "owner":
        raise Forbidden("owner_needed", "only the owner of the account can change this")
    try:
        given = forms.line("approval_above")
        most = points.MOST_ADJUSTED
        limit = forms.whole(given, "approval_above", most) if given else None
        if limit is not None and limit < 0:
            raise BadInput("amount_range", "0 or more", field="approval_above")  # noqa: TRY301 - a form's rule
        runtime().database.run(lambda db: team.set_limit(db, g.staff.business_id, limit))
    except BadInput as problem:
        return _page(errors={"approval_above": sentences.refusal(problem)})
    return door.redirected(url_for("admin.stores", said="team"))


def _page(*, made: str | None = None, errors: Mapping[str, Markup] | None = None) -> Response:
    now = clock.now()
    with runtime().database.read() as db:
        wires = [
            (shop, health(shop, store.order_times(db, shop.id, TIMES), now))
            for shop in shops.of_business(db, g.staff.business_id)
        ]
        offers_limit = g.staff.role == "owner" and team.can_have_limit(db, g.staff.business_id)
        limit = team.limit(db, g.staff.business_id)
        keys = [key for key in api_keys.every(db, g.shop.id) if key.revoked_at is None]
    return door.page(
        "admin/stores.html",
        here=url_for("admin.stores"),
        status=422 if errors else 200,
        wires=wires,
        keys=keys,
        offers_limit=offers_limit,
        approval_above=request.form.get("approval_above", "" if limit is None else str(limit)),
        made=made,
        errors=errors or {},
        label=request.form.get("label", ""),
        public_url=runtime().settings.public_url,
        said=sentences.said(addresses.text("said")),
    )
