"""What a merchant wants of rows: where there are any, how often, what comes first, what never."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import g, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core.errors import BadInput
from connector.orders import store as order_store
from connector.rooms.recommend import showing
from connector.web import addresses
from connector.web.admin import door, forms, sentences
from connector.web.admin.door import blueprint
from connector.web.admin.lift import SURFACES
from connector.web.runtime import runtime


@blueprint.get("/<shop>/recommendations/rows")
def row_wishes() -> Response:
    """What holds now."""
    return _page({}, {})


@blueprint.post("/<shop>/recommendations/rows")
def set_row_wishes() -> Response:
    """Keep all of it, or nothing."""
    form = {name: forms.text(name) for name in request.form if name not in ("csrf", "on")}
    form["on"] = ",".join(request.form.getlist("on"))
    try:
        runtime().database.run(lambda db: _keep(db, form))
    except BadInput as problem:
        return _page(form, {problem.field or "": sentences.refusal(problem)})
    return door.redirected(url_for("admin.row_wishes", said="saved"))


def _keep(db: Connection, form: Mapping[str, str]) -> None:
    pages = forms.whole(form.get("pages_a_day", ""), "pages_a_day")
    showing.rest_after(db, g.shop.id, pages)
    on = form["on"].split(",")
    for surface in SURFACES:
        showing.switch(db, g.shop.id, surface, on=surface in on)
        field = f"pin_{surface}"
        showing.pin(db, g.shop.id, f"surface:{surface}", _products(db, form, field))
    out = _products(db, form, "products_out")
    showing.exclude(db, g.shop.id, out, _listed(form.get("collections_out", "")))


def _products(db: Connection, form: Mapping[str, str], field: str) -> list[str]:
    """Numbers of products that the catalogue knows; BadInput ``unknown_product`` for others."""
    keys = _listed(form.get(field, ""))
    known = order_store.products(db, g.shop.id, keys)
    if any(key not in known for key in keys):
        raise BadInput("unknown_product", "not in the catalogue", field=field)
    return keys


def _listed(text: str) -> list[str]:
    """What stands between commas or on lines."""
    return [one for part in text.splitlines() for one in map(str.strip, part.split(",")) if one]


def _page(form: Mapping[str, str], errors: dict[str, Any]) -> Response:
    with runtime().database.read() as db:
        wishes = showing.wishes(db, g.shop.id)
        pins = {one: wishes.pins.get(f"surface:{one}", ()) for one in SURFACES}
        keys = {*wishes.products_out, *(key for one in pins.values() for key in one)}
        rows = order_store.products(db, g.shop.id, sorted(keys))
    titles = {key: row.title for key, row in rows.items()}
    known = {
        "on": ",".join(one for one in SURFACES if one not in wishes.off),
        "pages_a_day": str(wishes.pages_a_day),
        "products_out": _joined(wishes.products_out),
        "collections_out": _joined(wishes.collections_out),
        **{f"pin_{one}": _joined(pins[one]) for one in SURFACES},
    }
    return door.page(
        "admin/row_wishes.html",
        here=url_for("admin.row_wishes"),
        status=422 if errors else 200,
        form=known | dict(form),
        errors=errors,
        surfaces=SURFACES,
        pins=pins,
        out=wishes.products_out,
        titles=titles,
        said=sentences.said(addresses.text("said")),
    )


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names)
