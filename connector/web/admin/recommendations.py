"""Recommendations: what is bought together, and how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import g, request, url_for
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.commerce import Person
from connector.core.errors import BadInput, NotFound
from connector.orders import store as order_store
from connector.rooms.recommend import rules, showing
from connector.rooms.recommend import service as recommend
from connector.rooms.recommend.showing import ladders
from connector.web import addresses
from connector.web.admin import (
    called,
    door,
    previews,
    row_wishes,
    sentences,
    store,
    strengths,
)
from connector.web.admin.door import blueprint
from connector.web.admin.lift import ROWS, SURFACES
from connector.web.admin.row_preview import is_beside, place_asked
from connector.web.admin.words import local, spoken
from connector.web.runtime import runtime
from connector.web.tongue import Tongue

LISTED = 12
RECENT_DAYS = 90


@blueprint.get("/<shop>/recommendations", endpoint="recommendations")
def recommendations() -> Response:
    """A product's whole list, and searches for another product and for a member."""
    return _page(addresses.text("product", 200), {})


@blueprint.post("/<shop>/recommendations/product")
def change_product_pins() -> Response:
    """Show a product first beside another, or no longer."""
    chosen = addresses.text("product", 200)
    try:
        runtime().database.run(lambda db: row_wishes.change_pins(db, f"product:{chosen}", "first"))
    except BadInput as problem:
        return _page(chosen, {problem.field or "": called.refusal(problem)})
    here = url_for("admin.recommendations", product=chosen, said="saved")
    return door.redirected(f"{here}#first-beside")


def _page(chosen: str, errors: dict[str, Any]) -> Response:
    words, member_words = addresses.text("q", 100), addresses.text("member", 100)
    with runtime().database.read() as db:
        listed = _listed(db, words)
        asked = chosen
        if not chosen and listed:
            chosen = listed[0]["key"]
        pairs = recommend.why(db, g.shop.id, chosen) if chosen else []
        pinned = showing.wishes(db, g.shop.id).pins.get(f"product:{chosen}", ())
        keys = [chosen, *pinned, *(pair.key for pair in pairs)]
        rows = order_store.products(db, g.shop.id, keys)
        values: dict[str, Any] = {
            "build": recommend.newest_build(db, g.shop.id),
            "listed": listed,
            "pinned": pinned,
            "rows": rows,
            "chosen": rows.get(chosen),
            "unknown": bool(asked) and asked not in rows,
            **(_scored(db, chosen, pairs, rows) if chosen in rows else {}),
            "members": _members(db, member_words),
        }
    return door.page(
        "admin/recommendations.html",
        here=url_for("admin.recommendations"),
        status=422 if errors else 200,
        words=words,
        member_words=member_words,
        typed=request.form.get("products", ""),
        errors=errors,
        said=sentences.said(addresses.text("said")),
        support=rules.SUPPORT,
        about_products=showing.ON_PRODUCTS,
        surfaces=SURFACES,
        row_names=ROWS,
        **values,
    )


def _scored(
    db: Connection, chosen: str, pairs: Sequence[recommend.Pair], rows: Mapping[str, Row[Any]]
) -> dict[str, Any]:
    """The rows of a place beside the product, and its whole list, with their scores in words."""
    say = Tongue.of(g.shop, spoken(), clock.now())
    odds = recommend.odds(db, g.shop.id, chosen, {one.key: one.together for one in pairs})
    place = place_asked(showing.ON_PRODUCTS[0])
    if not is_beside(place):
        raise NotFound("place_not_found", "rows there are beside no product")
    deal, sides = previews.dealt_to_guests(db, place, addresses.text("side"))
    question = showing.Question(surface=place, products=(chosen,))
    found = previews.preview(db, question, deal, odds)
    kind = ladders.LADDERS[place][0]  # which on all of these places is the list below
    return {
        "place": place,
        "sides": sides,
        "preview": found,
        "pairs": strengths.of_list(pairs, rows, say, odds, found.left_out(kind)),
    }


def _members(db: Connection, words: str) -> dict[int, Person]:
    """Whom a search finds."""
    ids = runtime().members.search(db, g.shop.id, words, LISTED) if words else []
    people = runtime().members.people(db, g.shop.id, ids)
    return {one: people.get(one, Person()) for one in ids}


def _listed(db: Connection, words: str) -> list[dict[str, Any]]:
    """Products to choose from: those a search finds, else those bought most lately."""
    if words:
        rows = store.products_like(db, g.shop.id, words, LISTED)
    else:
        since = local(clock.now() - timedelta(days=RECENT_DAYS)).date().isoformat()
        keys = store.most_bought(db, g.shop.id, since, LISTED)
        known = order_store.products(db, g.shop.id, keys)
        rows = [known[key] for key in keys if key in known]
    return [{"key": row.key, "title": row.title, "image_url": row.image_url} for row in rows]
