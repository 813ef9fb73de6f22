"""What a merchant wants of rows: where there are any, how often, what comes first, what never."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import g, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core.errors import BadInput
from connector.orders import store as order_store
from connector.rooms.recommend import showing
from connector.web import addresses
from connector.web.admin import called, door, forms, rule_form, sentences
from connector.web.admin.door import blueprint
from connector.web.admin.lift import SURFACES
from connector.web.runtime import runtime

_PRODUCT, _SURFACE, _COLLECTION = "product:", "surface:", "collection:"


@blueprint.get("/<shop>/recommendations/rows")
def row_wishes() -> Response:
    """What holds now."""
    return _page({}, {})


@blueprint.post("/<shop>/recommendations/rows")
def set_row_wishes() -> Response:
    """Keep where rows stand and how often, both or neither."""
    return _kept(_keep, {"pages_a_day": "pages_a_day"})


@blueprint.post("/<shop>/recommendations/first")
def change_surface_pins() -> Response:
    """Show a product first at a place, or no longer."""

    def change(db: Connection) -> None:
        change_pins(db, _SURFACE + forms.line("surface"), "first")

    return _kept(change, {"surface": "surface", "first": "products"})


@blueprint.post("/<shop>/recommendations/never")
def change_exclusions() -> Response:
    """Never show a product or a collection, or show it again."""
    return _kept(_exclude, {"never": "products", "collection": "collection"})


@blueprint.post("/<shop>/recommendations/beside")
def change_beside() -> Response:
    """Because of products of one collection only show those of another, or of any again."""
    return _kept(_beside, {"because": "because", "only": "only"})


def change_pins(db: Connection, place: str, field: str) -> None:
    """As a form says: one product taken out, or all of one title put behind those there are."""
    was = showing.wishes_to_change(db, g.shop.id).pins.get(place, ())
    gone = forms.text("remove")
    wanted = (
        [one for one in was if one != gone]
        if gone
        else [*was, *called.products(db, forms.line("products"), field)]
    )
    try:
        showing.pin(db, g.shop.id, place, wanted)
    except BadInput as problem:
        raise BadInput(problem.code, problem.message, field=field) from None


def _keep(db: Connection) -> None:
    pages = forms.whole(forms.text("pages_a_day"), "pages_a_day")
    showing.rest_after(db, g.shop.id, pages)
    for surface in SURFACES:
        showing.switch(db, g.shop.id, surface, on=surface in request.form.getlist("on"))


def _exclude(db: Connection) -> None:
    was = showing.wishes_to_change(db, g.shop.id)
    products, collections = [*was.products_out], [*was.collections_out]
    if gone := forms.text("remove"):
        products = [one for one in products if _PRODUCT + one != gone]
        collections = [one for one in collections if _COLLECTION + one != gone]
    elif "collection" in request.form:
        collections.append(_collection("collection"))
    else:
        products += called.products(db, forms.line("products"), "never")
    with _said_of({"collections": "collection"}):
        showing.exclude(db, g.shop.id, products, collections)


def _beside(db: Connection) -> None:
    because = _collection("because")
    was = showing.wishes_to_change(db, g.shop.id).beside.get(because, ())
    gone = forms.text("remove")
    others = [one for one in was if one != gone] if gone else [*was, _collection("only")]
    with _said_of({"collection": "because", "others": "only"}):
        showing.beside(db, g.shop.id, because, others)


@contextmanager
def _said_of(fields: Mapping[str, str]) -> Iterator[None]:
    """Say what is refused beside the form's field; fields: those by what the verb calls them."""
    try:
        yield
    except BadInput as problem:
        field = fields.get(problem.field or "", problem.field)
        raise BadInput(problem.code, problem.message, field=field) from None


def _collection(field: str) -> str:
    given = forms.line(field)
    if not given:
        raise BadInput("collection_missing", "name one", field=field)
    return given


def _kept(change: Callable[[Connection], None], fields: Mapping[str, str]) -> Response:
    """Make it so; else show the page with what was typed. fields: names by where they stand."""
    try:
        runtime().database.run(change)
    except BadInput as problem:
        form = {id_: request.form.get(name, "") for id_, name in fields.items()}
        form |= {"on": ",".join(request.form.getlist("on"))} if "pages_a_day" in fields else {}
        return _page(form, {problem.field or "": called.refusal(problem)})
    return door.redirected(url_for("admin.row_wishes", said="saved"))


def _page(form: Mapping[str, str], errors: dict[str, Any]) -> Response:
    with runtime().database.read() as db:
        wishes = showing.wishes(db, g.shop.id)
        beside = [place.removeprefix(_PRODUCT) for place in wishes.pins if _is_product(place)]
        keys = {
            *wishes.products_out,
            *beside,
            *(key for one in wishes.pins.values() for key in one),
        }
        rows = order_store.products(db, g.shop.id, sorted(keys))
        filed = rule_form.suggestions(db, g.shop.id)
    known = {
        "on": ",".join(one for one in SURFACES if one not in wishes.off),
        "pages_a_day": str(wishes.pages_a_day),
    }
    return door.page(
        "admin/row_wishes.html",
        here=url_for("admin.row_wishes"),
        status=422 if errors else 200,
        form=known | dict(form),
        errors=errors,
        surfaces=SURFACES,
        pins={one: wishes.pins.get(_SURFACE + one, ()) for one in SURFACES},
        pinned_beside=beside,
        wishes=wishes,
        titles={key: row.title for key, row in rows.items()},
        filed=sorted({*filed["categories"], *filed["collections"]}),
        said=sentences.said(addresses.text("said")),
    )


def _is_product(place: str) -> bool:
    return place.startswith(_PRODUCT)
