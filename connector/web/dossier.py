"""What a person may ask us for: who they are to us, their orders, points and gifts.

``listed_as``: under which name they are seen among who gave most.
"""

from __future__ import annotations

from sqlalchemy import Connection

from connector import orders
from connector.members import Members
from connector.orders import store as order_store
from connector.rooms.giving import service as giving
from connector.rooms.giving.givers import listing
from connector.rooms.points import service as points
from connector.rooms.points import timeline

MOST = 100_000  # rows of one kind


def everything(
    db: Connection, members: Members, shop_id: int, member_id: int
) -> dict[str, object]:
    """All that is kept of one member."""
    ids = [row.id for row in order_store.of_member(db, shop_id, member_id, MOST)]
    return {
        "person": members.person(db, shop_id, member_id),
        "balance": points.balance(db, shop_id, member_id),
        "entries": timeline.entries(db, shop_id, member_id, None, MOST),
        "orders": [order for _, order in orders.load(db, shop_id, ids)],
        "listed_as": listing.listed_as(db, shop_id, member_id),
        "donations": [
            {"order": row.order_id, "given_minor": row.given_minor, "currency": row.currency}
            for order_id in ids
            for row in giving.of_order(db, shop_id, order_id)
        ],
    }
