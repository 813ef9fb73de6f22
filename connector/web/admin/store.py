"""The admin's own questions: what only these pages ask, across floor and rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from connector.core.outbox import outbox
from connector.ledger.models import ledger_entry
from connector.orders.models import order_line, orders, product
from connector.rooms.points.models import points_adjustment, points_order
from connector.rooms.rewards import desk
from connector.rooms.rewards.models import redemption
from connector.shops.models import api_key, staff
from connector.shops.service import Shop

TITLED = 20  # products that may share a title
CATALOGUE = 5_000


def newest_orders(db: Connection, shop_id: int, limit: int) -> list[Row[Any]]:
    """The orders that came last, with the points posted for them (None: not judged yet)."""
    return list(
        db.execute(
            select(orders, points_order.c.posted, points_order.c.pending)
            .outerjoin(
                points_order,
                (points_order.c.shop_id == orders.c.shop_id)
                & (points_order.c.order_id == orders.c.id),
            )
            .where(orders.c.shop_id == shop_id)
            .order_by(orders.c.id.desc())
            .limit(limit)
        )
    )


def orders_of_member(db: Connection, shop_id: int, member_id: int, limit: int) -> list[Row[Any]]:
    """The same for one member, newest first."""
    return list(
        db.execute(
            select(orders, points_order.c.posted, points_order.c.pending)
            .outerjoin(
                points_order,
                (points_order.c.shop_id == orders.c.shop_id)
                & (points_order.c.order_id == orders.c.id),
            )
            .where(orders.c.shop_id == shop_id, orders.c.member_id == member_id)
            .order_by(orders.c.placed_at.desc())
            .limit(limit)
        )
    )


@dataclass(frozen=True, slots=True)
class Span:
    """How many orders a member placed, and the first and last of them."""

    orders: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


def spans(db: Connection, shop_id: int, member_ids: Sequence[int]) -> dict[int, Span]:
    """By member id; one without orders has none."""
    rows = db.execute(
        select(
            orders.c.member_id,
            func.count(),
            func.min(orders.c.placed_at),
            func.max(orders.c.placed_at),
        )
        .where(orders.c.shop_id == shop_id, orders.c.member_id.in_(member_ids))
        .group_by(orders.c.member_id)
    )
    found = {member_id: Span(*rest) for member_id, *rest in rows}
    return {one: found.get(one, Span()) for one in member_ids}


def order_times(db: Connection, shop_id: int, limit: int) -> list[datetime]:
    """When the last orders were placed, oldest first."""
    newest = (
        select(orders.c.placed_at)
        .where(orders.c.shop_id == shop_id)
        .order_by(orders.c.local_date.desc(), orders.c.placed_at.desc())
        .limit(limit)
    )
    return sorted(db.scalars(newest))


def entries(db: Connection, shop_id: int) -> int:
    """How many movements the shop's book has."""
    counted = select(func.count()).where(ledger_entry.c.shop_id == shop_id)
    return int(db.scalar(counted) or 0)


def has_awarded(db: Connection, shop_id: int) -> bool:
    """Whether any order of this shop has earned points."""
    found = select(points_order.c.order_id).where(
        points_order.c.shop_id == shop_id, points_order.c.posted > 0
    )
    return db.scalar(found.limit(1)) is not None


def asked(db: Connection, shop_id: int, what: str, key: str) -> Row[Any] | None:
    """The request to the platform for one thing, while it is under way or given up."""
    return db.execute(
        select(outbox).where(outbox.c.shop_id == shop_id, outbox.c.key == f"fetch:{what}:{key}")
    ).one_or_none()


def products_like(db: Connection, shop_id: int, words: str, limit: int) -> list[Row[Any]]:
    """Published products whose title has these words, by title."""
    wanted = select(product).where(product.c.shop_id == shop_id, product.c.published.is_(True))
    for word in words.split()[:6]:
        wanted = wanted.where(product.c.title.icontains(word, autoescape=True))
    return list(db.execute(wanted.order_by(product.c.title, product.c.key).limit(limit)))


def most_bought(db: Connection, shop_id: int, since: str, limit: int) -> list[str]:
    """Product keys in most orders since a local date."""
    bought = (
        select(order_line.c.product_key)
        .join(
            orders,
            (orders.c.shop_id == order_line.c.shop_id) & (orders.c.id == order_line.c.order_id),
        )
        .where(
            orders.c.shop_id == shop_id,
            orders.c.local_date >= since,
            order_line.c.kind == "goods",
            order_line.c.product_key.is_not(None),
        )
        .group_by(order_line.c.product_key)
        .order_by(func.count().desc(), order_line.c.product_key)
        .limit(limit)
    )
    return list(db.scalars(bought))


@dataclass(frozen=True, slots=True)
class Parted:
    """What a merge and its undo did: points that came, went back, and were owed.

    stayed: rewards, by their names, that were used or over and so were not given again.
    """

    came: int = 0
    back: int = 0
    owed: int = 0
    stayed: Sequence[Mapping[str, str]] = ()


def parted(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> Parted:
    """Of somebody who became part of a member and is by themselves again."""
    entry = ledger_entry.c
    given = select(func.coalesce(func.sum(entry.amount), 0)).where(
        entry.shop_id == shop_id, entry.from_account == "program"
    )

    def under(stem: str) -> ColumnElement[bool]:
        stem = f"points:{stem}:{gone_id}"
        return (entry.source >= f"{stem}:") & (entry.source < f"{stem};")

    is_owed = entry.to_account == f"debt:{gone_id}"
    came = db.scalar(given.where(under("merge"), ~is_owed))
    back = db.scalar(given.where(under("unmerge")))
    owed = db.scalar(given.where(under("merge"), is_owed))
    stayed = db.scalars(
        select(redemption.c.names)
        .where(redemption.c.shop_id == shop_id, redemption.c.member_id.in_((gone_id, kept_id)))
        .where(redemption.c.problem == desk.STAYED)
        .order_by(redemption.c.id)
    )
    return Parted(int(came or 0), int(back or 0), int(owed or 0), list(stayed))


def makers(db: Connection, shop: Shop) -> dict[str, str]:
    """Who can have made an adjustment, by what it calls them: staff:<id> or api:<key id>."""
    people = db.execute(
        select(staff.c.id, staff.c.name).where(staff.c.business_id == shop.business_id)
    )
    keys = db.execute(select(api_key.c.id, api_key.c.label).where(api_key.c.shop_id == shop.id))
    return {f"staff:{row.id}": row.name for row in people} | {
        f"api:{row.id}": row.label for row in keys
    }


def adjustments_made(
    db: Connection, shop_id: int, times: Sequence[datetime]
) -> dict[tuple[datetime, int], str]:
    """Who made the adjustments of these moments, by moment and points."""
    rows = db.execute(
        select(
            points_adjustment.c.made_at, points_adjustment.c.points, points_adjustment.c.made_by
        ).where(points_adjustment.c.shop_id == shop_id, points_adjustment.c.made_at.in_(times))
    )
    return {(row.made_at, row.points): row.made_by for row in rows}


def products_titled(db: Connection, shop_id: int, title: str) -> list[str]:
    """Keys of the products that are called exactly so, or whose key it is."""
    return list(
        db.scalars(
            select(product.c.key)
            .where(
                product.c.shop_id == shop_id,
                (func.lower(product.c.title) == title.lower()) | (product.c.key == title),
            )
            .order_by(product.c.key)
            .limit(TITLED)
        )
    )


def catalogue_names(db: Connection, shop_id: int) -> list[Row[Any]]:
    """Categories, collections and tags of each product, of the first thousands."""
    return list(
        db.execute(
            select(product.c.categories, product.c.collections, product.c.tags)
            .where(product.c.shop_id == shop_id)
            .limit(CATALOGUE)
        )
    )


def product_titles(db: Connection, shop_id: int, keys: Sequence[str]) -> dict[str, str]:
    """What products are called, by key."""
    rows = db.execute(
        select(product.c.key, product.c.title).where(
            product.c.shop_id == shop_id, product.c.key.in_(keys)
        )
    )
    return {row.key: row.title for row in rows}
