"""All SQL of the recommend room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import compress
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    type_coerce,
    update,
)

from connector.core.commerce import EARNING_STATES, LineKind
from connector.core.db import upsert
from connector.members.models import member
from connector.orders.models import order_line, orders, product
from connector.rooms.recommend.models import recommend_build, recommend_member, recommend_together
from connector.rooms.recommend.rules import NOBODY, Again, Baskets, Other, Personal, Unseen
from connector.rooms.recommend.rules.history import Ints, Longs

CHUNK = 500
ROWS = 5000  # fetched at a time
# Asked with every row of a page: made once, because making it costs as much as asking.
_LISTS = select(recommend_together.c.product_key, recommend_together.c.others).where(
    recommend_together.c.shop_id == bindparam("shop"),
    recommend_together.c.product_key.in_(bindparam("keys", expanding=True)),
)
_BETWEEN = "\x1f"  # stands between the product keys of one order; no platform has it in a key


def mark(db: Connection, shop_id: int, due_at: datetime) -> None:
    """The shop's orders changed: build by ``due_at``, or when it is due already."""
    statement = upsert(db, recommend_build).values(
        shop_id=shop_id, due_at=due_at, marks=1, took_ms=0, orders=0, products=0
    )
    row = recommend_build.c
    sooner = or_(row.due_at.is_(None), row.due_at > statement.excluded.due_at)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id"],
            set_={
                "marks": row.marks + 1,
                "due_at": case((sooner, statement.excluded.due_at), else_=row.due_at),
            },
        )
    )


def newest_build(db: Connection, shop_id: int) -> Row[Any] | None:
    return db.execute(
        select(recommend_build).where(recommend_build.c.shop_id == shop_id)
    ).one_or_none()


def due(db: Connection, now: datetime, limit: int) -> list[int]:
    """Shops to build and not being built, the longest due first."""
    return list(
        db.scalars(
            select(recommend_build.c.shop_id)
            .where(recommend_build.c.due_at <= now, _unclaimed(now))
            .order_by(recommend_build.c.due_at, recommend_build.c.shop_id)
            .limit(limit)
        )
    )


def claim(db: Connection, shop_id: int, now: datetime, until: datetime) -> bool:
    """Become the one who builds this shop; False if it is not due or somebody else does."""
    changed = db.execute(
        update(recommend_build)
        .where(
            recommend_build.c.shop_id == shop_id, recommend_build.c.due_at <= now, _unclaimed(now)
        )
        .values(claimed_until=until)
    )
    return changed.rowcount == 1


def finish(db: Connection, shop_id: int, seen: int, due_at: datetime, **values: object) -> None:
    """Note a build that read everything up to mark ``seen``; what came since is due again."""
    is_newest = recommend_build.c.marks == seen
    db.execute(
        update(recommend_build)
        .where(recommend_build.c.shop_id == shop_id)
        .values(claimed_until=None, due_at=case((is_newest, None), else_=due_at), **values)
    )


def baskets(db: Connection, shop_id: int) -> tuple[Baskets, Longs]:
    """The products of every paid order, by order id, and all of the catalogue.

    Orders and lines are read apart and joined here: each by its own primary key, which no planner
    gets wrong, and the lines of an order as one row. Who was erased bought nothing. With it
    comes whom each number of a buyer stands for.
    """
    ids, placed, members = _paid_orders(db, shop_id)
    ids = np.append(ids, -1)  # what an order that is not among them is compared with
    numbers = _Numbers()
    found, sizes, products = [], [], []
    for order_ids, order_keys in _goods(db, shop_id):
        place = np.searchsorted(ids[:-1], order_ids)
        is_paid = ids[place] == order_ids
        paid_keys = list(compress(order_keys, is_paid))
        keys = _BETWEEN.join(paid_keys).split(_BETWEEN) if paid_keys else []
        found.append(place[is_paid])
        sizes.append(np.array([one.count(_BETWEEN) + 1 for one in paid_keys], np.int64))
        products.append(np.array([numbers[key] for key in keys], np.int32))
    chosen = np.concatenate([np.zeros(0, np.int64), *found])
    titles = {row.key: row.title for row in _titles(db, shop_id)}
    for key in titles:
        numbers[key]  # asking numbers it
    buyers, people = _people(members[chosen])
    told = Baskets(
        keys=list(numbers),
        titles=[titles.get(key, "") for key in numbers],
        buyers=buyers,
        days=placed[chosen],
        starts=np.concatenate([np.zeros(1, np.int64), *sizes]).cumsum(),
        products=np.concatenate([np.zeros(0, np.int32), *products]),
    )
    return told, people


def stored(db: Connection, shop_id: int) -> dict[str, str]:
    """Every list of the shop as it is written, by product key."""
    others = type_coerce(recommend_together.c.others, Text)
    rows = db.execute(
        select(recommend_together.c.product_key, others.label("text")).where(
            recommend_together.c.shop_id == shop_id
        )
    )
    return {row.product_key: row.text for row in rows}


def written(others: Sequence[Other]) -> str:
    """A list as ``stored`` has it."""
    return msgspec.json.encode(others).decode()


def put(db: Connection, shop_id: int, lists: Sequence[tuple[str, Sequence[Other]]]) -> None:
    """Insert or replace these products' lists."""
    if not lists:
        return
    statement = upsert(db, recommend_together)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "product_key"],
            set_={"others": statement.excluded.others},
        ),
        [{"shop_id": shop_id, "product_key": key, "others": others} for key, others in lists],
    )


def drop(db: Connection, shop_id: int, keys: Sequence[str]) -> None:
    """These products have no list any more."""
    for start in range(0, len(keys), CHUNK):
        db.execute(
            delete(recommend_together).where(
                recommend_together.c.shop_id == shop_id,
                recommend_together.c.product_key.in_(keys[start : start + CHUNK]),
            )
        )


def lists(db: Connection, shop_id: int, keys: Sequence[str]) -> dict[str, list[Other]]:
    """Lists by product key, best first."""
    rows = db.execute(_LISTS, {"shop": shop_id, "keys": keys})
    return {row.product_key: [Other(*one) for one in row.others] for row in rows}


def put_members(db: Connection, shop_id: int, told: Mapping[int, Personal]) -> int:
    """Insert or replace these members' lists where they changed; how many did."""
    rows = db.execute(
        select(recommend_member).where(
            recommend_member.c.shop_id == shop_id, recommend_member.c.member_id.in_(told)
        )
    )
    before = {row.member_id: (row.again, row.unseen) for row in rows}
    changed = [
        {"shop_id": shop_id, "member_id": one, "again": lists.again, "unseen": lists.unseen}
        for one, lists in told.items()
        if before.get(one) != tuple([list(pair) for pair in column] for column in lists)
    ]
    if changed:
        statement = upsert(db, recommend_member)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["shop_id", "member_id"],
                set_={
                    "again": statement.excluded.again,
                    "unseen": statement.excluded.unseen,
                },
            ),
            changed,
        )
    return len(changed)


def member_lists(db: Connection, shop_id: int, member_id: int) -> Personal | None:
    """One member's lists as the newest build left them."""
    row = db.execute(
        select(recommend_member.c.again, recommend_member.c.unseen).where(
            recommend_member.c.shop_id == shop_id, recommend_member.c.member_id == member_id
        )
    ).one_or_none()
    if row is None:
        return None
    return Personal([Again(*one) for one in row.again], [Unseen(*one) for one in row.unseen])


def forget_member(db: Connection, shop_id: int, member_id: int) -> None:
    db.execute(
        delete(recommend_member).where(
            recommend_member.c.shop_id == shop_id, recommend_member.c.member_id == member_id
        )
    )


class _Numbers(dict[str, int]):
    """0, 1, 2, ... for words in the order they are first asked for."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


class _Days(dict[str, int]):
    """ISO dates as proleptic ordinals, each read once."""

    def __missing__(self, iso: str) -> int:
        self[iso] = day = date.fromisoformat(iso).toordinal()
        return day


def _paid_orders(db: Connection, shop_id: int) -> tuple[Longs, Ints, Longs]:
    """(ids, days placed, members or NOBODY) of the shop's paid orders, by id."""
    rows = db.execute(
        select(orders.c.id, orders.c.local_date, func.coalesce(member.c.id, NOBODY))
        .outerjoin(
            member,
            and_(member.c.shop_id == orders.c.shop_id, member.c.id == orders.c.member_id),
        )
        .where(
            orders.c.shop_id == shop_id,
            func.coalesce(member.c.state, "") != "erased",
            orders.c.is_test.is_(False),
            orders.c.state.in_(EARNING_STATES),
        )
        .order_by(orders.c.id)
        .execution_options(yield_per=ROWS)
    )
    days = _Days()
    ids, placed, members = (
        [np.zeros(0, np.int64)],
        [np.zeros(0, np.int32)],
        [np.zeros(0, np.int64)],
    )
    for part in rows.partitions():
        some_ids, dates, some_members = zip(*part, strict=True)
        ids.append(np.array(some_ids, np.int64))
        placed.append(np.array([days[one] for one in dates], np.int32))
        members.append(np.array(some_members, np.int64))
    return np.concatenate(ids), np.concatenate(placed), np.concatenate(members)


def _people(members: Longs) -> tuple[Ints, Longs]:
    """(members by number, those without one NOBODY; whom each number stands for)."""
    known, numbers = np.unique(members, return_inverse=True)
    shift = 1 if len(known) and known[0] == NOBODY else 0
    return (numbers - shift).astype(np.int32), known[shift:]


def _titles(db: Connection, shop_id: int) -> Sequence[Row[str, str]]:
    return db.execute(
        select(product.c.key, product.c.title).where(product.c.shop_id == shop_id)
    ).all()


def _goods(db: Connection, shop_id: int) -> Iterator[tuple[NDArray[np.int64], Sequence[str]]]:
    """(ids, product keys in one text) of orders with goods, by id, some thousand at a time."""
    rows = db.execute(
        select(
            order_line.c.order_id,
            func.aggregate_strings(order_line.c.product_key, _BETWEEN),
        )
        .where(
            order_line.c.shop_id == shop_id,
            order_line.c.kind == LineKind.GOODS,
            order_line.c.product_key.is_not(None),
            order_line.c.quantity > 0,
        )
        .group_by(order_line.c.order_id)
        .order_by(order_line.c.order_id)
        .execution_options(yield_per=ROWS)
    )
    for part in rows.partitions():
        ids, keys = zip(*part, strict=True)
        yield np.array(ids, np.int64), keys


def _unclaimed(now: datetime) -> ColumnElement[bool]:
    claimed_until = recommend_build.c.claimed_until
    return or_(claimed_until.is_(None), claimed_until <= now)
