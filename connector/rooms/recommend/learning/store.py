"""All SQL of learning."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, case, delete, func, select, type_coerce, update

from connector.core.bulk import among
from connector.core.db import upsert
from connector.orders.models import orders, product
from connector.rooms.recommend.learning.models import (
    learning_bucket,
    learning_order,
    learning_row,
    learning_settings,
    learning_shown,
    learning_trial,
)
from connector.rooms.recommend.learning.rules import NOTHING, Sums
from connector.rooms.recommend.models import recommend_product, recommend_together

_EMPTY = "[]"  # a list as it is written
_COUNTS = ("visits", "rows_shown", "orders", "net_minor")
ACTS = ("shown", "clicks", "adds", "pages")


def settings(db: Connection, shop_id: int) -> Row[Any] | None:
    chosen = select(learning_settings).where(learning_settings.c.shop_id == shop_id)
    return db.execute(chosen).one_or_none()


def put_settings(db: Connection, shop_id: int, **values: Any) -> None:
    statement = upsert(db, learning_settings).values(shop_id=shop_id, **values)
    db.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_=values))


def trials(db: Connection, shop_id: int, *, running: bool = False) -> Sequence[Row[Any]]:
    """Trials, the newest first."""
    chosen = select(learning_trial).where(learning_trial.c.shop_id == shop_id)
    if running:
        chosen = chosen.where(learning_trial.c.stopped_at.is_(None))
    return db.execute(chosen.order_by(learning_trial.c.id.desc())).all()


def trial(db: Connection, shop_id: int, trial_id: int) -> Row[Any] | None:
    chosen = select(learning_trial).where(
        learning_trial.c.shop_id == shop_id, learning_trial.c.id == trial_id
    )
    return db.execute(chosen).one_or_none()


def begin_trial(db: Connection, shop_id: int, **values: Any) -> bool:
    """Insert it; False if one runs there already."""
    statement = upsert(db, learning_trial).values(shop_id=shop_id, **values)
    made = statement.on_conflict_do_nothing().returning(learning_trial.c.id)
    return db.scalar(made) is not None


def stop_trial(
    db: Connection, shop_id: int, trial_id: int, stopped_at: datetime, until: str
) -> bool:
    """End it; False if it does not run."""
    running = learning_trial.c.stopped_at.is_(None)
    mine = (learning_trial.c.shop_id == shop_id, learning_trial.c.id == trial_id)
    changed = update(learning_trial).where(*mine, running)
    return bool(db.execute(changed.values(stopped_at=stopped_at, until=until)).rowcount)


def add_bucket(db: Connection, shop_id: int, day: str, bucket: int, **more: int) -> None:
    """Add to what a bucket did on a day; amounts may be negative."""
    values = {name: more.get(name, 0) for name in _COUNTS}
    statement = upsert(db, learning_bucket).values(
        shop_id=shop_id, day=day, bucket=bucket, **values
    )
    added = {name: learning_bucket.c[name] + statement.excluded[name] for name in _COUNTS}
    db.execute(
        statement.on_conflict_do_update(index_elements=["shop_id", "day", "bucket"], set_=added)
    )


def add_rows(db: Connection, shop_id: int, day: str, told: Iterable[Mapping[str, Any]]) -> None:
    """Add what was seen, clicked and put into carts, by place and arm."""
    rows = [{"shop_id": shop_id, "day": day, **one} for one in told]
    statement = upsert(db, learning_row)
    added = {name: learning_row.c[name] + statement.excluded[name] for name in ACTS}
    keys = ["shop_id", "day", "surface", "row_name", "method", "arm"]
    if rows:
        db.execute(statement.on_conflict_do_update(index_elements=keys, set_=added), rows)


def see(db: Connection, shop_id: int, day: str, keys: Collection[str]) -> None:
    """Note that these products of the catalogue were in a row somebody saw; once a day."""
    known = select(product.c.key).where(product.c.shop_id == shop_id)
    seen = select(learning_shown.c.product_key).where(
        learning_shown.c.shop_id == shop_id, learning_shown.c.day >= day
    )
    had = set(db.scalars(seen.where(learning_shown.c.product_key.in_(keys)))) if keys else set()
    new = [key for key in keys if key not in had]
    rows = [
        {"shop_id": shop_id, "product_key": key, "day": day}
        for key in (
            db.scalars(known.where(product.c.key.in_(new)).order_by(product.c.key)) if new else ()
        )
    ]
    statement = upsert(db, learning_shown)
    keys_of = ["shop_id", "product_key"]
    if rows:
        db.execute(
            statement.on_conflict_do_update(
                index_elements=keys_of, set_={"day": statement.excluded.day}
            ),
            rows,
        )


def noted_orders(db: Connection, shop_id: int, ids: Collection[int]) -> Sequence[Row[Any]]:
    """Orders that carry a note, by id."""
    chosen = select(orders).where(orders.c.shop_id == shop_id, orders.c.row_note.is_not(None))
    rows = db.execute(among(db, chosen, orders.c.id, ids))
    return sorted(rows, key=lambda row: int(row.id))


def counted(db: Connection, shop_id: int, ids: Collection[int]) -> dict[int, Row[Any]]:
    """What is counted of these orders."""
    chosen = select(learning_order).where(learning_order.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, learning_order.c.order_id, ids))
    return {row.order_id: row for row in rows}


def put_order(db: Connection, shop_id: int, order_id: int, **values: Any) -> None:
    statement = upsert(db, learning_order).values(shop_id=shop_id, order_id=order_id, **values)
    keys = ["shop_id", "order_id"]
    db.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))


def drop_before(db: Connection, shop_id: int, first_day: str, first_seen: str) -> None:
    """Delete all days before ``first_day``; of what products were seen, before ``first_seen``."""
    for table, name, first in (
        (learning_bucket, "day", first_day),
        (learning_row, "day", first_day),
        (learning_order, "day", first_day),
        (learning_trial, "until", first_day),
        (learning_shown, "day", first_seen),
    ):
        db.execute(delete(table).where(table.c.shop_id == shop_id, table.c[name] < first))


def sums(db: Connection, shop_id: int, since: str, until: str) -> dict[int, Sums]:
    """What each bucket did from the first to the last of these days."""
    table = learning_bucket.c
    amounts = (func.sum(table.visits), func.sum(table.orders), func.sum(table.net_minor))
    chosen = select(table.bucket, *amounts).where(
        table.shop_id == shop_id, table.day >= since, table.day <= until
    )
    rows = db.execute(chosen.group_by(table.bucket))
    return {bucket: Sums(*(int(one) for one in amounts)) for bucket, *amounts in rows}


def exposure(db: Connection, shop_id: int, since: str, first_bucket: int) -> tuple[int, int]:
    """(rows shown, visits) of the buckets that are shown rows."""
    table = learning_bucket.c
    row = db.execute(
        select(
            func.coalesce(func.sum(table.rows_shown), 0), func.coalesce(func.sum(table.visits), 0)
        ).where(table.shop_id == shop_id, table.day >= since, table.bucket >= first_bucket)
    ).one()
    return int(row[0]), int(row[1])


def first_day(db: Connection, shop_id: int) -> str | None:
    """The first day that anything was told of."""
    chosen = select(func.min(learning_bucket.c.day)).where(learning_bucket.c.shop_id == shop_id)
    found: str | None = db.scalar(chosen)
    return found


def rows(db: Connection, shop_id: int, since: str, until: str) -> Sequence[Row[Any]]:
    """What was seen, clicked and added, by place and arm."""
    table = learning_row.c
    place = (table.surface, table.row_name, table.method, table.arm)
    acts = [func.sum(table[name]).label(name) for name in ACTS]
    chosen = select(*place, *acts).where(
        table.shop_id == shop_id, table.day >= since, table.day <= until
    )
    return list(db.execute(chosen.group_by(*place).order_by(*place)))


def bought(db: Connection, shop_id: int, since: str, until: str) -> Sequence[Row[Any]]:
    """Orders after a click, by its place."""
    table = learning_order.c
    place = (table.surface, table.row_name, table.method)
    amounts = (func.sum(table.orders).label("orders"), func.sum(table.net_minor).label("minor"))
    chosen = select(*place, *amounts).where(
        table.shop_id == shop_id,
        table.day >= since,
        table.day <= until,
        table.surface.is_not(None),
    )
    return list(db.execute(chosen.group_by(*place).order_by(*place)))


def pages(db: Connection, shop_id: int, since: str) -> tuple[int, int]:
    """(page views that were answered, those of them that had a row)."""
    table = learning_row.c
    has_row = case((table.row_name != NOTHING, table.pages), else_=0)
    amounts = [func.coalesce(func.sum(one), 0) for one in (table.pages, has_row)]
    row = db.execute(select(*amounts).where(table.shop_id == shop_id, table.day >= since)).one()
    return int(row[0]), int(row[1])


def listed(db: Connection, shop_id: int, since: str) -> tuple[int, int, int, int, int]:
    """Published products: all; with a list; of what goes with it; of what is like it; seen.

    The last ones were in a row that somebody saw since this day.
    """
    together, like, shown = (
        select(table.c.product_key).where(
            table.c.shop_id == shop_id, table.c.product_key == product.c.key, *more
        )
        for table, more in (
            (recommend_together, ()),
            (recommend_product, (type_coerce(recommend_product.c.similar, Text) != _EMPTY,)),
            (learning_shown, (learning_shown.c.day >= since,)),
        )
    )
    flags = (together.exists() | like.exists(), together.exists(), like.exists(), shown.exists())
    counted = [func.coalesce(func.sum(case((one, 1), else_=0)), 0) for one in flags]
    row = db.execute(
        select(func.count(), *counted)
        .select_from(product)
        .where(product.c.shop_id == shop_id, product.c.published.is_(True))
    ).one()
    return int(row[0]), int(row[1]), int(row[2]), int(row[3]), int(row[4])
