"""All SQL of showing: what a build left for rows, what the merchant wants, what a member had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    Connection,
    Row,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    select,
    type_coerce,
)

from connector.core.commerce import EARNING_STATES, LineKind, OrderState
from connector.core.db import upsert
from connector.members.models import member
from connector.orders.models import order_line, order_refund_line, orders, product
from connector.rooms.recommend.models import (
    recommend_build,
    recommend_member,
    recommend_product,
    recommend_trend,
    recommend_wish,
)
from connector.rooms.recommend.rules import Other
from connector.rooms.recommend.showing.counts import Product, Trend

PURCHASES = 1000  # of one member, the newest, are looked at
_APART = (LineKind.DONATION, LineKind.GIFT_CARD)
_STATES = (*EARNING_STATES, OrderState.REFUNDED)


# Asked with every row of a member's: made once, because making them costs as much as asking.
_SAID = (
    select(recommend_wish.c.wishes, recommend_build.c.apart)
    .select_from(recommend_build)
    .outerjoin(recommend_wish, recommend_wish.c.shop_id == recommend_build.c.shop_id)
    .where(recommend_build.c.shop_id == bindparam("shop"))
)
_HABITS = select(
    recommend_product.c.product_key, recommend_product.c.buyers, recommend_product.c.returners
).where(
    recommend_product.c.shop_id == bindparam("shop"),
    recommend_product.c.product_key.in_(bindparam("keys", expanding=True)),
)
# One row for each refund of a line: a sum beside each line had SQLite read all lines of the shop.
_BOUGHT = (
    select(
        order_line.c.order_id,
        order_line.c.key,
        order_line.c.product_key,
        order_line.c.quantity,
        order_line.c.total_minor,
        orders.c.local_date,
        (orders.c.state == OrderState.REFUNDED).label("is_refunded"),
        order_refund_line.c.quantity.label("back"),
        order_refund_line.c.total_minor.label("back_minor"),
    )
    .select_from(orders)
    .join(
        member,
        and_(
            member.c.shop_id == orders.c.shop_id,
            member.c.id == orders.c.member_id,
            member.c.state != "erased",
        ),
    )
    .join(
        order_line,
        and_(order_line.c.shop_id == orders.c.shop_id, order_line.c.order_id == orders.c.id),
    )
    .outerjoin(
        order_refund_line,
        and_(
            order_refund_line.c.shop_id == order_line.c.shop_id,
            order_refund_line.c.order_id == order_line.c.order_id,
            order_refund_line.c.line_key == order_line.c.key,
        ),
    )
    .where(
        orders.c.shop_id == bindparam("shop"),
        orders.c.member_id == bindparam("member"),
        orders.c.is_test.is_(False),
        orders.c.state.in_(_STATES),
        order_line.c.kind == LineKind.GOODS,
        func.coalesce(order_line.c.product_key, "") != "",  # said so, no index of it is tried
    )
    .order_by(orders.c.placed_at.desc())
    .limit(PURCHASES)
)


class Bought(NamedTuple):
    """One product in one order of a member's. is_back: nothing of it was kept."""

    key: str
    local_date: str
    is_back: bool


def said_of(db: Connection, shop_id: int) -> tuple[Any, Sequence[str]]:
    """(the merchant's wishes as stored or None, what no row may show)."""
    row = db.execute(_SAID, {"shop": shop_id}).one_or_none()
    return (row.wishes, row.apart or ()) if row else (wishes(db, shop_id), ())


def wishes(db: Connection, shop_id: int) -> Any:
    return db.scalar(select(recommend_wish.c.wishes).where(recommend_wish.c.shop_id == shop_id))


def wishes_to_change(db: Connection, shop_id: int) -> Any:
    """The same, and nobody else changes them meanwhile."""
    statement = upsert(db, recommend_wish).values(shop_id=shop_id, wishes={})
    db.execute(statement.on_conflict_do_nothing(index_elements=["shop_id"]))
    return db.scalar(
        select(recommend_wish.c.wishes)
        .where(recommend_wish.c.shop_id == shop_id)
        .with_for_update()  # SQLite has one writer anyway
    )


def put_wishes(db: Connection, shop_id: int, told: object) -> None:
    statement = upsert(db, recommend_wish).values(shop_id=shop_id, wishes=told)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id"], set_={"wishes": statement.excluded.wishes}
        )
    )


def facts(db: Connection, shop_id: int, keys: Sequence[str]) -> dict[str, Product]:
    """What is like these products, and who comes back for them."""
    table = recommend_product.c
    rows = db.execute(
        select(table.product_key, table.similar, table.buyers, table.returners).where(
            table.shop_id == shop_id, table.product_key.in_(keys)
        )
    )
    return {
        row.product_key: Product([Other(*one) for one in row.similar], row.buyers, row.returners)
        for row in rows
    }


def habits(db: Connection, shop_id: int, keys: Sequence[str]) -> dict[str, tuple[int, int]]:
    """(buyers, those who came back) of these products."""
    rows = db.execute(_HABITS, {"shop": shop_id, "keys": keys})
    return {row.product_key: (row.buyers, row.returners) for row in rows}


def trends(db: Connection, shop_id: int, categories: Sequence[str]) -> list[tuple[str, int]]:
    """(product, its orders of late) of these categories, those of the smallest first."""
    table = recommend_trend.c
    rows = db.execute(
        select(table.products)
        .where(table.shop_id == shop_id, table.category.in_(categories))
        .order_by(table.size, table.category)
    )
    return [(key, lately) for row in rows for key, lately in row.products]


def bought(db: Connection, shop_id: int, member_id: int) -> list[Bought]:
    """What a member bought or gave back, the newest first; who was erased bought nothing."""
    lines: dict[tuple[int, str], list[Row[Any]]] = {}
    for row in db.execute(_BOUGHT, {"shop": shop_id, "member": member_id}):
        lines.setdefault((row.order_id, row.key), []).append(row)
    return [Bought(one[0].product_key, one[0].local_date, _is_back(one)) for one in lines.values()]


def _is_back(line: Sequence[Row[Any]]) -> bool:
    """Whether all pieces of a line were given back, or all that was paid for them."""
    first = line[0]
    pieces = sum(row.back or 0 for row in line)
    minor = sum(row.back_minor or 0 for row in line)
    has_refunds = first.back is not None
    return first.is_refunded or (
        has_refunds and (pieces >= first.quantity or minor >= first.total_minor > 0)
    )


# --------------------------------------------------------------------------- what a build writes


def filed(db: Connection, shop_id: int) -> dict[str, set[str]]:
    """What every published product is filed under."""
    rows = db.execute(
        select(product.c.key, product.c.categories, product.c.collections).where(
            product.c.shop_id == shop_id, product.c.published
        )
    )
    return {row.key: {*row.categories, *(row.collections or ())} - {""} for row in rows}


def filed_names(db: Connection, shop_id: int) -> set[str]:
    """Every collection and category of the catalogue."""
    rows = db.execute(
        select(product.c.categories, product.c.collections).where(product.c.shop_id == shop_id)
    )
    return {name for row in rows for name in (*row.categories, *(row.collections or ()))} - {""}


def apart(db: Connection, shop_id: int) -> list[str]:
    """Products that orders hold as gift cards or as gifts to a cause."""
    return list(
        db.scalars(
            select(order_line.c.product_key)
            .where(
                order_line.c.shop_id == shop_id,
                order_line.c.kind.in_(_APART),
                order_line.c.product_key.is_not(None),
            )
            .distinct()
            .order_by(order_line.c.product_key)
        )
    )


def orders_of(db: Connection, shop_id: int, keys: Sequence[str]) -> dict[str, int]:
    """In how many orders each of these is."""
    table = recommend_product.c
    rows = db.execute(
        select(table.product_key, table.orders).where(
            table.shop_id == shop_id, table.product_key.in_(keys)
        )
    )
    return {row.product_key: row.orders for row in rows}


def stored(db: Connection, shop_id: int) -> dict[str, tuple[str, int, int, int]]:
    """Every product's (similar as written, buyers, returners, orders)."""
    table = recommend_product.c
    rows = db.execute(
        select(
            table.product_key,
            type_coerce(table.similar, Text).label("text"),
            table.buyers,
            table.returners,
            table.orders,
        ).where(table.shop_id == shop_id)
    )
    return {row.product_key: (row.text, row.buyers, row.returners, row.orders) for row in rows}


def written(told: Product) -> tuple[str, int, int, int]:
    """A product as ``stored`` has it."""
    return msgspec.json.encode(told.similar).decode(), *told[1:]


def put(db: Connection, shop_id: int, told: Sequence[tuple[str, Product]]) -> None:
    """Insert or replace what is told of these products."""
    statement = upsert(db, recommend_product)
    names = ("similar", "buyers", "returners", "orders")
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "product_key"],
            set_={name: statement.excluded[name] for name in names},
        ),
        [{"shop_id": shop_id, "product_key": key, **one._asdict()} for key, one in told],
    )


def drop(db: Connection, shop_id: int, keys: Sequence[str]) -> None:
    """Nothing is told of these products any more."""
    _delete(db, recommend_product, shop_id, "product_key", keys)


def put_trends(db: Connection, shop_id: int, told: Mapping[str, Trend]) -> None:
    """Replace what sells lately; what did not change is not written."""
    rows = db.execute(select(recommend_trend).where(recommend_trend.c.shop_id == shop_id))
    before = {
        row.category: Trend(row.size, [(key, lately) for key, lately in row.products])
        for row in rows
    }
    _delete(db, recommend_trend, shop_id, "category", sorted(before.keys() - told.keys()))
    changed = [
        {"shop_id": shop_id, "category": name, **one._asdict()}
        for name, one in told.items()
        if before.get(name) != one
    ]
    if changed:
        statement = upsert(db, recommend_trend)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["shop_id", "category"],
                set_={name: statement.excluded[name] for name in ("size", "products")},
            ),
            changed,
        )


def members(db: Connection, shop_id: int) -> set[int]:
    """Who has stored lists."""
    table = recommend_member.c
    return set(db.scalars(select(table.member_id).where(table.shop_id == shop_id)))


def drop_members(db: Connection, shop_id: int, gone: Sequence[int]) -> None:
    _delete(db, recommend_member, shop_id, "member_id", gone)


def _delete(
    db: Connection, table: Table, shop_id: int, name: str, values: Sequence[int] | Sequence[str]
) -> None:
    for start in range(0, len(values), 500):
        part = values[start : start + 500]
        db.execute(delete(table).where(table.c.shop_id == shop_id, table.c[name].in_(part)))
