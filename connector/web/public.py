"""What anybody may know of a shop: its programme, a product's points, what goes with a product.

An answer is the same for everybody, so each process remembers it, and browsers keep it a minute.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import msgspec
from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy import Connection

from connector.core.errors import BadInput
from connector.core.money import exponent
from connector.orders import store as order_store
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.recommend import service as recommend
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.memory import Memory
from connector.web.runtime import runtime

BROWSER_SECONDS = 60
MAX_PRODUCTS = 20
REMEMBERED = 10_000
LONGEST_QUERY = 1000  # of one that is remembered
_AMOUNTS = (1, 2, 5)  # whole units offered as gifts
_EXTENSION = "perennial_public"
_HEADERS = (
    ("Content-Type", "application/json"),
    (
        "Cache-Control",
        f"public, max-age={BROWSER_SECONDS}, stale-while-revalidate={BROWSER_SECONDS}",
    ),
)


@dataclass(frozen=True, slots=True)
class Payload:
    """An answer as it goes out."""

    body: bytes
    headers: tuple[tuple[str, str], ...]

    def response(self) -> Response:
        """200 with the body, or 304 to who has it already."""
        response = Response(self.body, headers=list(self.headers))
        if "HTTP_IF_NONE_MATCH" in request.environ:
            return cast("Response", response.make_conditional(request))
        return response


def remember_in(blueprint: Blueprint) -> None:
    """Give each application with this blueprint a memory of its own."""

    def remember(state: BlueprintSetupState) -> None:
        state.app.extensions[_EXTENSION] = Memory[tuple[object, ...], Payload](REMEMBERED)

    blueprint.record_once(remember)


def answer(
    view: str,
    question: tuple[object, ...],
    find: Callable[[Connection], Shop],
    headers: Callable[[Shop], Sequence[tuple[str, str]]] = lambda _: (),
) -> Response:
    """The answer of ``view``, one of VIEWS, about the shop that ``find`` finds.

    question: says with ``view`` all that the answer depends on; products come from the query.
    headers: what this door adds for its shop.
    """
    memory: Memory[tuple[object, ...], Payload] = current_app.extensions[_EXTENSION]
    known = memory.get((view, *question))
    if known is None:
        with runtime().database.read() as db:
            shop = find(db)
            keys = () if view == "config" else product_keys()
            body = msgspec.json.encode(VIEWS[view](db, shop, keys))
        etag = hashlib.sha256(body).hexdigest()[:32]
        known = Payload(body, (*_HEADERS, ("ETag", f'"{etag}"'), *headers(shop)))
        if len(request.query_string) <= LONGEST_QUERY:
            memory.put((view, *question), known)
    return known.response()


def product_keys() -> tuple[str, ...]:
    """The products a query names; BadInput ``product_required`` unless there are some."""
    keys = tuple(key for key in addresses.text("product").split(",") if key)
    if not 1 <= len(keys) <= MAX_PRODUCTS:
        raise BadInput("product_required", f"name 1 to {MAX_PRODUCTS} products", field="product")
    return keys


def config(db: Connection, shop: Shop, _keys: Sequence[str] = ()) -> dict[str, Any]:
    """The programme in public: what a visitor who is nobody may know."""
    program = points.program(db, shop.id)
    points_each, per_minor = program.rate(shop.currency)
    unit = 10 ** exponent(shop.currency)
    return {
        "program": {
            "name": shop.name,
            "currency": shop.currency,
            "points_each": points_each,
            "per_minor": per_minor,
            "hold_days": program.hold_days,
            "award_on": program.award_on,
        },
        "causes": [
            {"key": cause.key, "name": cause.name, "story": cause.story}
            for cause in giving.causes(db, shop.id)
        ],
        "donation": {
            "amounts_minor": [amount * unit for amount in _AMOUNTS],
            "round_up_to_minor": unit,
            "share_kept_percent": 0,
        },
        "currency_exponent": exponent(shop.currency),
        "version": str(program.version),
    }


def badge(db: Connection, shop: Shop, keys: Sequence[str]) -> dict[str, int]:
    """Points the first of these products earns now, by the award's own arithmetic.

    0 for a product we do not know (yet): a page of the shop is no place for an error.
    """
    product = order_store.products(db, shop.id, keys[:1]).get(keys[0])
    if product is None or product.price_minor is None or not product.published:
        return {"points": 0}
    return {"points": points.preview(db, shop.id, product.price_minor)}


def recommendations(db: Connection, shop: Shop, keys: Sequence[str]) -> dict[str, Any]:
    """What goes with these products, from the shop's own orders; nothing is better than noise.

    Products we do not know (yet) go with nothing.
    """
    return {
        "items": [
            {
                "key": item.key,
                "title": item.title,
                "url": item.url,
                "image_url": item.image_url,
                "price": item.price and asdict(item.price),
                "together": item.together,
            }
            for item in recommend.together(db, shop.id, keys)
        ]
    }


VIEWS: dict[str, Callable[[Connection, Shop, Sequence[str]], dict[str, Any]]] = {
    "config": config,
    "badge": badge,
    "recommendations": recommendations,
}
