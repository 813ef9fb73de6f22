"""What one member is shown at each place, with reasons and scores in words."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, url_for
from markupsafe import Markup
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from connector.core.errors import BadInput, NotFound
from connector.members import store as member_store
from connector.orders import store as order_store
from connector.rooms.recommend import showing
from connector.rooms.recommend.learning import service as learning
from connector.web import addresses, buckets
from connector.web.admin import called, door, previews
from connector.web.admin.door import blueprint
from connector.web.admin.lift import ROWS, SURFACES
from connector.web.runtime import runtime

PLACE = "account"  # to begin with


@blueprint.get("/<shop>/members/<id:member_id>/recommendations")
def member_rows(member_id: int) -> Response:
    """The rows of a place: the first is what the member sees, the rest would be next."""
    place = place_asked(PLACE)
    typed = addresses.text("products", called.MOST_LETTERS)
    with runtime().database.read() as db:
        row = _member(db, member_id)
        if row.merged_into is not None:
            return redirect(url_for("admin.member_rows", member_id=row.merged_into))
        products, errors = _products(db, place, typed)
        question = showing.Question(surface=place, products=products, member_id=member_id)
        values: dict[str, Any] = {
            "person": runtime().members.person(db, g.shop.id, member_id),
            "preview": _preview(db, member_id, question)
            if products or not is_beside(place)
            else None,
            "beside": order_store.products(db, g.shop.id, products),
        }
    return door.page(
        "admin/member_rows.html",
        here=url_for("admin.member_rows", member_id=member_id),
        status=422 if errors else 200,
        member_id=member_id,
        place=place,
        is_beside=is_beside(place),
        typed=typed,
        errors=errors,
        surfaces=SURFACES,
        row_names=ROWS,
        **values,
    )


def place_asked(usual: str) -> str:
    """The place of the address. Raises NotFound ``place_not_found``."""
    place = addresses.text("place") or usual
    if place not in SURFACES:
        raise NotFound("place_not_found", "no such place")
    return place


def is_beside(place: str) -> bool:
    """Whether rows there are beside products."""
    return place in showing.ON_PRODUCTS


def _preview(db: Connection, member_id: int, question: showing.Question) -> previews.Preview:
    bucket = buckets.of_member(g.shop.id, member_id)
    return previews.preview(db, question, learning.deal(db, g.shop.id, question.surface, bucket))


def _products(db: Connection, place: str, typed: str) -> tuple[tuple[str, ...], dict[str, Markup]]:
    """(the product that a place is about, what is wrong with what was typed)."""
    if not is_beside(place) or not typed:
        return (), {}
    try:
        return tuple(called.products(db, typed, "about")[:1]), {}
    except BadInput as problem:
        return (), {"about": called.refusal(problem)}


def _member(db: Connection, member_id: int) -> Row[Any]:
    row = member_store.get(db, g.shop.id, member_id)
    if row is None or row.state == "erased":
        raise NotFound("member_not_found", "no such member")
    return row
