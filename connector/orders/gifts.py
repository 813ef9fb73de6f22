"""Which lines are gifts, where shoppers' browsers mark them: those of the products kept for that.

Any line that is neither shipped nor taxed can be marked. While no product is kept, each of them is
a gift; once one is, only its lines are, and others are goods. A line is judged when it is first
seen as marked, and stays what it was then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Row, and_, delete, insert, select

from connector.core.commerce import LineKind, Order, OrderLine
from connector.core.errors import BadInput, Conflict
from connector.orders import store
from connector.orders.models import gift_product, product
from connector.shops import service as shops

MOST = 20
MARKING = frozenset({"shopify"})  # platforms where a browser marks lines


def is_marking(db: Connection, shop_id: int) -> bool:
    """Whether shoppers' browsers mark what is a gift in this shop."""
    return shops.get(db, shop_id).platform in MARKING


def kept(db: Connection, shop_id: int) -> list[Row[Any]]:
    """(key, title) of the products whose marked lines are gifts; titles may be None."""
    of = gift_product.c
    return list(
        db.execute(
            select(of.key, product.c.title)
            .outerjoin(product, and_(product.c.shop_id == of.shop_id, product.c.key == of.key))
            .where(of.shop_id == shop_id)
            .order_by(of.kept_at, of.key)
        )
    )


def keep(db: Connection, shop_id: int, keys: Sequence[str], by: str, now: datetime) -> None:
    """Let these be the products of gifts, instead of those before; orders seen stay as they are.

    BadInput ``too_many_products`` or ``product_not_found``; Conflict ``platform_marks`` where the
    store's server marks gifts and nobody else can.
    """
    if not is_marking(db, shop_id):
        raise Conflict("platform_marks", "this store's server says itself what is a gift")
    wanted = list(dict.fromkeys(keys))
    if len(wanted) > MOST:
        raise BadInput("too_many_products", f"at most {MOST}", field="products")
    before = {row.key for row in kept(db, shop_id)}
    new = [key for key in wanted if key not in before]
    if len(store.products(db, shop_id, new)) < len(new):
        raise BadInput("product_not_found", "name products of the shop", field="products")
    of = gift_product.c
    gone = before - set(wanted)
    db.execute(delete(gift_product).where(of.shop_id == shop_id, of.key.in_(gone)))
    if new:
        rows = [{"shop_id": shop_id, "key": key, "kept_by": by, "kept_at": now} for key in new]
        db.execute(insert(gift_product), rows)


def judged(
    db: Connection, shop_id: int, newest: Mapping[str, Order], stored: Mapping[str, Order]
) -> dict[str, Order]:
    """Orders whose marked lines are gifts or goods."""
    marked = [key for key, one in newest.items() if any(map(_is_marked, one.lines))]
    found = dict(newest)
    if marked:
        products = {row.key for row in kept(db, shop_id)}
        for key in marked:
            found[key] = _judged(newest[key], stored.get(key), products)
    return found


def _judged(order: Order, before: Order | None, products: Collection[str]) -> Order:
    were = {line.key: line for line in before.lines} if before else {}
    lines = tuple(
        line
        if not _is_marked(line) or _is_gift(line, were.get(line.key), products)
        else replace(line, kind=LineKind.GOODS, cause=None)
        for line in order.lines
    )
    return replace(order, lines=lines)


def _is_marked(line: OrderLine) -> bool:
    return line.cause_by_shopper and line.kind is LineKind.DONATION


def _is_gift(line: OrderLine, before: OrderLine | None, products: Collection[str]) -> bool:
    """As it was when it was marked before; goods keep the mark."""
    if before is not None and (before.cause_by_shopper or before.kind is LineKind.DONATION):
        return before.kind is LineKind.DONATION
    return not products or line.product_key in products
