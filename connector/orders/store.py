"""All SQL of the order book and the catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, case, delete, func, select, update

from connector.core.bulk import among, insert_rows
from connector.core.commerce import (
    EARNING_STATES,
    CodeUse,
    LineKind,
    OrderLine,
    Refund,
    RefundLine,
)
from connector.core.db import upsert
from connector.orders.models import (
    order_code,
    order_line,
    order_refund,
    order_refund_line,
    order_revision,
    orders,
    product,
)

CHUNK = 500


def by_keys(db: Connection, shop_id: int, keys: Sequence[str]) -> dict[str, Row[Any]]:
    """Order rows by platform key."""
    chosen = select(orders).where(orders.c.shop_id == shop_id)
    return {row.key: row for row in db.execute(among(db, chosen, orders.c.key, keys))}


def by_ids(db: Connection, shop_id: int, ids: Sequence[int]) -> list[Row[Any]]:
    """Order rows by id, oldest first."""
    chosen = select(orders).where(orders.c.shop_id == shop_id)
    return sorted(db.execute(among(db, chosen, orders.c.id, ids)), key=lambda row: int(row.id))


def by_number(db: Connection, shop_id: int, number: str) -> list[Row[Any]]:
    """Orders a person may mean by this number, as shown or as the platform keys it."""
    bare = number.strip().lstrip("#")
    return list(
        db.execute(
            select(orders)
            .where(
                orders.c.shop_id == shop_id,
                orders.c.number.in_((bare, f"#{bare}")) | (orders.c.key == bare),
            )
            .order_by(orders.c.placed_at.desc())
            .limit(10)
        )
    )


def of_member(db: Connection, shop_id: int, member_id: int, limit: int) -> list[Row[Any]]:
    """A member's newest orders."""
    return list(
        db.execute(
            select(orders)
            .where(orders.c.shop_id == shop_id, orders.c.member_id == member_id)
            .order_by(orders.c.placed_at.desc())
            .limit(limit)
        )
    )


def first_paid(
    db: Connection, shop_id: int, member_ids: Collection[int], before: datetime | None = None
) -> int | None:
    """The first order these people ever paid; if told, of those placed before then."""
    at = func.coalesce(orders.c.paid_at, orders.c.completed_at, orders.c.placed_at)
    chosen = select(orders.c.id).where(
        orders.c.shop_id == shop_id,
        orders.c.member_id.in_(sorted(member_ids)),
        orders.c.is_test.is_(False),
        orders.c.paid_at.is_not(None) | orders.c.state.in_(EARNING_STATES),
    )
    if before is not None:
        chosen = chosen.where(orders.c.placed_at < before)
    return db.scalar(chosen.order_by(at, orders.c.key).limit(1))


def paid_with_note(db: Connection, shop_id: int, since: str, limit: int) -> list[Row[Any]]:
    """The newest paid orders since a local date that a storefront left a friend's code in."""
    chosen = select(orders).where(
        orders.c.shop_id == shop_id,
        orders.c.local_date >= since,
        orders.c.referral.is_not(None),
        orders.c.member_id.is_not(None),
        orders.c.historic.is_(False),
        orders.c.is_test.is_(False),
        orders.c.paid_at.is_not(None) | orders.c.state.in_(EARNING_STATES),
    )
    return list(db.execute(chosen.order_by(orders.c.placed_at.desc()).limit(limit)))


def lines(db: Connection, shop_id: int, ids: Sequence[int]) -> dict[int, list[OrderLine]]:
    """Lines by order id, in the order's own sequence."""
    found: dict[int, list[OrderLine]] = defaultdict(list)
    chosen = select(order_line).where(order_line.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, order_line.c.order_id, ids))
    for row in sorted(rows, key=lambda row: int(row.position)):
        found[row.order_id].append(
            OrderLine(
                key=row.key,
                kind=LineKind(row.kind),
                title=row.title,
                quantity=row.quantity,
                subtotal_minor=row.subtotal_minor,
                total_minor=row.total_minor,
                tax_minor=row.tax_minor,
                product_key=row.product_key,
                sku=row.sku,
                cause=row.cause,
                cause_by_shopper=row.cause_by_shopper,
            )
        )
    return found


def refunds(db: Connection, shop_id: int, ids: Sequence[int]) -> dict[int, list[Refund]]:
    """Refunds with their lines, by order id, oldest first."""
    refund_lines: dict[tuple[int, str], list[RefundLine]] = defaultdict(list)
    found: dict[int, list[Refund]] = defaultdict(list)
    chosen = select(order_refund).where(order_refund.c.shop_id == shop_id)
    heads = db.execute(among(db, chosen, order_refund.c.order_id, ids)).all()
    if not heads:
        return found
    chosen = select(order_refund_line).where(order_refund_line.c.shop_id == shop_id)
    column = order_refund_line.c.order_id
    for row in db.execute(among(db, chosen, column, [head.order_id for head in heads])):
        refund_lines[row.order_id, row.refund_key].append(
            RefundLine(row.line_key, row.quantity, row.total_minor, row.tax_minor)
        )
    for head in sorted(heads, key=lambda one: (one.refunded_at, one.key)):
        lines = refund_lines[head.order_id, head.key]
        found[head.order_id].append(
            Refund(
                key=head.key,
                refunded_at=head.refunded_at,
                amount_minor=head.amount_minor,
                other_minor=head.other_minor,
                lines=tuple(sorted(lines, key=lambda one: one.line_key)),
                lines_known=head.lines_known,
            )
        )
    return found


def codes(db: Connection, shop_id: int, ids: Sequence[int]) -> dict[int, list[CodeUse]]:
    """Discount codes by order id, in the order of the alphabet."""
    found: dict[int, list[CodeUse]] = defaultdict(list)
    chosen = select(order_code).where(order_code.c.shop_id == shop_id)
    for row in sorted(db.execute(among(db, chosen, order_code.c.order_id, ids)), key=_by_code):
        found[row.order_id].append(CodeUse(row.code, row.amount_minor))
    return found


def with_codes(db: Connection, shop_id: int, wanted: Sequence[str]) -> list[tuple[int, str]]:
    """(order id, code) of the orders that were placed with these codes, given in lower case."""
    chosen = select(order_code.c.order_id, order_code.c.code).where(
        order_code.c.shop_id == shop_id
    )
    return [(row[0], row[1]) for row in db.execute(among(db, chosen, order_code.c.code, wanted))]


def _by_code(row: Row[Any]) -> str:
    return str(row.code)


def put_orders(
    db: Connection, new: Sequence[Mapping[str, Any]], changed: Sequence[Mapping[str, Any]]
) -> None:
    """Insert new orders and overwrite changed ones."""
    insert_rows(db, orders, new)
    if changed:
        statement = upsert(db, orders)
        taken = {
            name: statement.excluded[name]
            for name in changed[0]
            if name not in ("shop_id", "id", "key")
        }
        db.execute(
            statement.on_conflict_do_update(index_elements=["shop_id", "id"], set_=taken),
            list(changed),
        )


def replace_parts(
    db: Connection,
    shop_id: int,
    replaced: Sequence[int],
    parts: Mapping[str, Sequence[Mapping[str, Any]]],
) -> None:
    """Write lines, refunds and refund lines; those of ``replaced`` orders go first."""
    tables: dict[str, Table] = {
        "lines": order_line,
        "refunds": order_refund,
        "refund_lines": order_refund_line,
        "codes": order_code,
    }
    for name, table in tables.items():
        for part in _chunks(replaced):
            db.execute(delete(table).where(table.c.shop_id == shop_id, table.c.order_id.in_(part)))
        insert_rows(db, table, parts[name])


def add_revisions(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(db, order_revision, rows)


def revisions(db: Connection, shop_id: int, order_id: int) -> list[Row[Any]]:
    """What the order book recorded of one order, oldest first."""
    return list(
        db.execute(
            select(order_revision)
            .where(order_revision.c.shop_id == shop_id, order_revision.c.order_id == order_id)
            .order_by(order_revision.c.revision)
        )
    )


def touch(db: Connection, shop_id: int, moments: Mapping[int, datetime]) -> None:
    """Equal news of a later moment: what was told in between is old now."""
    for order_id, modified_at in sorted(moments.items()):
        db.execute(
            update(orders)
            .where(orders.c.shop_id == shop_id, orders.c.id == order_id)
            .values(modified_at=modified_at)
        )


def confirm(db: Connection, shop_id: int, ids: Sequence[int], now: datetime) -> None:
    """An authenticated read has seen these orders."""
    for part in _chunks(ids):
        db.execute(
            update(orders)
            .where(orders.c.shop_id == shop_id, orders.c.id.in_(part))
            .values(confirmed_at=now)
        )


def move_to_member(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> list[int]:
    """Orders of one member become another's; returns their ids."""
    return list(
        db.scalars(
            update(orders)
            .where(orders.c.shop_id == shop_id, orders.c.member_id == gone_id)
            .values(member_id=kept_id, bought_by=func.coalesce(orders.c.bought_by, gone_id))
            .returning(orders.c.id)
        )
    )


def move_back(
    db: Connection, shop_id: int, kept_id: int, gone_id: int, were: Collection[int]
) -> None:
    """Orders that were these members' before a merge are ``gone_id``'s again."""
    db.execute(
        update(orders)
        .where(
            orders.c.shop_id == shop_id,
            orders.c.member_id == kept_id,
            orders.c.bought_by.in_(were),
        )
        .values(
            member_id=gone_id,
            bought_by=case((orders.c.bought_by == gone_id, None), else_=orders.c.bought_by),
        )
    )


def newest_of(db: Connection, shop_id: int, member_ids: Sequence[int]) -> dict[int, datetime]:
    """When each of these members placed their newest order; who placed none is missing."""
    chosen = (
        select(orders.c.member_id, func.max(orders.c.placed_at).label("at"))
        .where(orders.c.shop_id == shop_id, orders.c.member_id.in_(member_ids))
        .group_by(orders.c.member_id)
    )
    return {row.member_id: row.at for row in db.execute(chosen)}


def put_products(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or overwrite catalogue rows, unless a newer one is stored."""
    if not rows:
        return
    statement = upsert(db, product)
    excluded = statement.excluded
    taken = {name: excluded[name] for name in rows[0] if name not in ("shop_id", "key")}
    for name in ("collections", "tags", "titles"):  # a webhook may not tell what a read told
        taken[name] = func.coalesce(excluded[name], product.c[name])
    newer = (
        product.c.modified_at.is_(None)
        | excluded.modified_at.is_(None)
        | (excluded.modified_at >= product.c.modified_at)
    )
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "key"], set_=taken, where=newer
        ),
        list(rows),
    )


def unpublish(db: Connection, shop_id: int, keys: Sequence[str]) -> None:
    for part in _chunks(keys):
        db.execute(
            update(product)
            .where(product.c.shop_id == shop_id, product.c.key.in_(part))
            .values(published=False)
        )


def unknown_collections(db: Connection, shop_id: int, titles: Collection[str]) -> set[str]:
    """Which of these no product is in, by title; none while no product tells of any.

    Where a platform has categories only, those are its collections.
    """
    if not titles:
        return set()
    told = select(product.c.collections, product.c.categories)
    rows = db.execute(told.where(product.c.shop_id == shop_id).distinct())
    known = {title for row in rows for named in row for title in named or ()}
    return set(titles) - known if known else set()


def title_in(row: Row[Any], tag: str) -> str:
    """What a catalogue row is called in a language of the house, else as its shop calls it."""
    return str((row.titles or {}).get(tag) or row.title)


# Asked with every row of recommendations: making it anew costs as much as asking.
_PRODUCTS = select(product).where(
    product.c.shop_id == bindparam("shop"), product.c.key.in_(bindparam("keys", expanding=True))
)


def products(db: Connection, shop_id: int, keys: Sequence[str]) -> dict[str, Row[Any]]:
    """Catalogue rows by key."""
    return {
        row.key: row
        for part in _chunks(keys)
        for row in db.execute(_PRODUCTS, {"shop": shop_id, "keys": part})
    }


def some_page(db: Connection, shop_id: int) -> str | None:
    """Where some product is to be seen; None before the catalogue is known."""
    of = product.c
    published = select(of.url).where(of.shop_id == shop_id, of.published, of.url.is_not(None))
    found: str | None = db.scalar(published.order_by(of.key).limit(1))
    return found


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
