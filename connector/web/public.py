"""What anybody may know of a shop: its programme, a product's points, what goes with a product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import BadInput
from connector.core.i18n import SOURCE, reader
from connector.core.money import exponent
from connector.orders import store as order_store
from connector.rooms.giving import asking
from connector.rooms.giving.asking import Asked
from connector.rooms.points import service as points
from connector.shops.service import Shop
from connector.web import addresses, buckets, disclosures, rows
from connector.web import goals as told_goals
from connector.web.gifts import impact
from connector.web.tongue import STRONG, Strong, Tongue


def product_keys() -> tuple[str, ...]:
    """The products a query names; BadInput ``product_required`` unless there are some."""
    keys = tuple(key for key in addresses.text("product").split(",") if key)
    if not 1 <= len(keys) <= rows.MAX_PRODUCTS:
        raise BadInput(
            "product_required", f"name 1 to {rows.MAX_PRODUCTS} products", field="product"
        )
    return keys


def config(db: Connection, shop: Shop, _keys: Sequence[str] = ()) -> dict[str, Any]:
    """The programme in public: what a visitor who is nobody may know, from every room."""
    told: dict[str, Any] = {}
    for part in PARTS:
        told |= part(db, shop)
    return told


def _points(db: Connection, shop: Shop) -> dict[str, Any]:
    program = points.program(db, shop.id)
    points_each, per_minor = program.rate(shop.currency)
    return {
        "program": {
            "name": shop.name,
            "currency": shop.currency,
            "points_each": points_each,
            "per_minor": per_minor,
            "hold_days": program.hold_days,
            "award_on": program.award_on,
        },
        "currency_exponent": exponent(shop.currency),
        "version": str(program.version),
    }


def _giving(db: Connection, shop: Shop) -> dict[str, Any]:
    """What is asked at checkout: by cause its ways, and the amounts; None where nothing is."""
    say = _say(shop)
    asked = asking.asked(db, shop.id, say.now)
    if asked is None:
        return {"causes": [], "donation": None}
    told = [(one, *one.told(say.language.tag)) for one in asked.causes]
    return {
        "causes": [
            {
                "key": one.key,
                "name": name,
                "story": story,
                "picture_url": one.picture_url,
                "ways": asked.ways(one),
            }
            for one, name, story in told
        ],
        "donation": donation(shop, asked)
        | {"said": disclosures.at_the_ask(say, shop.name, asked.programmes.values())},
    }


def donation(shop: Shop, asked: Asked) -> dict[str, Any]:
    """What may be given beside an order. The shop keeps nothing of it."""
    return {
        **asdict(asked.amounts),
        "share_kept_percent": 0,
        "currency": shop.currency,
        "exponent": exponent(shop.currency),
    }


def badge(db: Connection, shop: Shop, keys: Sequence[str]) -> dict[str, Any]:
    """Points the first of these products earns now, by the award's own arithmetic.

    ``said``: the sentence, cut before and after its points. 0 and no sentence for a product we do
    not know (yet): a page of the shop is no place for an error.
    """
    product = order_store.products(db, shop.id, keys[:1]).get(keys[0])
    if product is None or product.price_minor is None or not product.published:
        return {"points": 0}
    earned = points.preview(db, shop.id, product.price_minor, clock.now(), keys[0])
    if not earned:
        return {"points": 0}
    say = _say(shop)
    sentence = say.t("Earn {points}", points=Strong(say.points(earned)))
    return {"points": earned, "said": sentence.split(STRONG)}


def recommendations(db: Connection, shop: Shop, _keys: Sequence[str] = ()) -> dict[str, Any]:
    """The row of a page, as anybody may see it; see ``rows``."""
    return rows.told(db, shop, rows.asked(), _say(shop), buckets.of(shop.id))


def goals(db: Connection, shop: Shop, _keys: Sequence[str] = ()) -> dict[str, Any]:
    """Campaigns, newest first: what came together, and apart from it what is promised."""
    say = _say(shop)
    return {
        "campaigns": [
            {
                **one,
                "url": impact.url(shop, one["key"], say.language),
                "more": say.t("See what came of it"),
            }
            for one in told_goals.goals(db, shop, say)
        ]
    }


def _say(shop: Shop) -> Tongue:
    """The language that a query asks for."""
    return Tongue.of(shop, reader(addresses.text("lang")) or SOURCE, clock.now())


# Of ``config``; each gives top-level names of its own.
PARTS: tuple[Callable[[Connection, Shop], dict[str, Any]], ...] = (_points, _giving)
OF_ALL = frozenset({"config", "goals", "recommendations"})  # the others need products
VIEWS: dict[str, Callable[[Connection, Shop, Sequence[str]], dict[str, Any]]] = {
    "config": config,
    "badge": badge,
    "recommendations": recommendations,
    "goals": goals,
}
