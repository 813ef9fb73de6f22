"""Recommendations: what is bought together, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock
from connector.orders import store as order_store
from connector.rooms.recommend import rules, showing
from connector.rooms.recommend import service as recommend
from connector.web import addresses
from connector.web.admin import door, store
from connector.web.admin.door import blueprint
from connector.web.admin.words import local, mark
from connector.web.runtime import runtime

LISTED = 12
RECENT_DAYS = 90
HIDDEN = {
    "not_in_catalogue": mark("no longer in the catalogue"),
    "unpublished": mark("not published"),
    "sold_out": mark("sold out"),
    "no_link": mark("has no page"),
    "free": mark("given away"),
}
EVIDENCE = {
    rules.ORDERS: mark("Bought together"),
    rules.PEOPLE: mark("Bought by the same customers"),
    rules.TITLES: mark("A similar product"),
    rules.ALIKE: mark("Bought with similar products"),
}


@blueprint.get("/<shop>/recommendations", endpoint="recommendations")
def recommendations() -> Response:
    words = addresses.text("q", 100)
    chosen = addresses.text("product", 200)
    with runtime().database.read() as db:
        listed = _listed(db, words)
        if not chosen and listed:
            chosen = listed[0]["key"]
        pairs = recommend.why(db, g.shop.id, chosen) if chosen else []
        rows = order_store.products(db, g.shop.id, [chosen, *(pair.key for pair in pairs)])
        values: dict[str, Any] = {
            "build": recommend.newest_build(db, g.shop.id),
            "listed": listed,
            "pairs": pairs,
            "rows": rows,
            "chosen": rows.get(chosen),
        }
    return door.page(
        "admin/recommendations.html",
        words=words,
        support=rules.SUPPORT,
        shown=showing.SHOWN,
        hidden=HIDDEN,
        evidence=EVIDENCE,
        **values,
    )


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
