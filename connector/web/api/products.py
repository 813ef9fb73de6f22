"""Products: what goes with them."""

from __future__ import annotations

from sqlalchemy import Connection

from connector.rooms.recommend import rules
from connector.rooms.recommend import service as recommend
from connector.shops.service import Shop
from connector.web.api import shapes
from connector.web.api.openapi import Operation

REASONS = {
    rules.ORDERS: "orders",
    rules.PEOPLE: "people",
    rules.TITLES: "titles",
    rules.ALIKE: "alike",
}


def list_recommendations(db: Connection, shop: Shop, key: str) -> shapes.Recommendations:
    """What is bought together with a product, by the shop's own orders; none if unknown."""
    return shapes.Recommendations(
        [
            shapes.Recommendation(
                item.key,
                item.title,
                item.url,
                None
                if item.price is None
                else shapes.Money(item.price.minor, item.price.currency),
                item.together,
                REASONS[item.evidence],
            )
            for item in recommend.together(db, shop.id, [key])
        ]
    )


OPERATIONS = (
    Operation(
        "GET", "/products/<key>/recommendations", list_recommendations, shapes.Recommendations
    ),
)
