"""What one member is shown, row by row, with reasons and scores in words."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, url_for
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import NotFound
from connector.members import store as member_store
from connector.rooms.recommend import showing
from connector.rooms.recommend.learning import service as learning
from connector.shops import service as shops
from connector.web import addresses, buckets
from connector.web.admin import door, strengths
from connector.web.admin.door import blueprint
from connector.web.admin.lift import ROWS, SURFACES
from connector.web.admin.words import spoken
from connector.web.runtime import runtime
from connector.web.tongue import Tongue

PLACES = ("account", "home")  # which are about no product


@blueprint.get("/<shop>/members/<id:member_id>/recommendations")
def member_rows(member_id: int) -> Response:
    """The rows of a place: the first is what the member sees, the rest would be next."""
    place = addresses.text("place")
    place = place if place in PLACES else PLACES[0]
    with runtime().database.read() as db:
        row = _member(db, member_id)
        if row.merged_into is not None:
            return redirect(url_for("admin.member_rows", member_id=row.merged_into))
        shop = shops.get(db, g.shop.id)
        question = showing.Question(surface=place, member_id=member_id)
        bucket = buckets.of(shop.id, member_id) or 0
        say = Tongue.of(shop, spoken(), clock.now())  # reasons as shoppers read them
        values: dict[str, Any] = {
            "person": runtime().members.person(db, g.shop.id, member_id),
            "ladder": [
                (one.kind, strengths.of_row(one, say))
                for one in showing.ladder(db, shop, question)
            ],
            "is_off": place in showing.wishes(db, shop.id).off,
            "deal": learning.deal(db, shop.id, place, bucket),
        }
    return door.page(
        "admin/member_rows.html",
        here=url_for("admin.member_rows", member_id=member_id),
        member_id=member_id,
        place=place,
        seen_at=PLACES,
        surfaces=SURFACES,
        row_names=ROWS,
        **values,
    )


def _member(db: Connection, member_id: int) -> Row[Any]:
    row = member_store.get(db, g.shop.id, member_id)
    if row is None or row.state == "erased":
        raise NotFound("member_not_found", "no such member")
    return row
