"""All SQL of the rehearsal room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    case,
    cast,
    column,
    delete,
    func,
    literal_column,
    select,
    table,
    update,
)

from connector.core.bulk import rows_of
from connector.core.clock import local_date
from connector.core.db import upsert
from connector.core.points import UNIT
from connector.ledger.models import ledger_account
from connector.members.models import member
from connector.orders.models import order_line, order_refund, orders, product
from connector.rooms.rehearsal.models import rehearsal
from connector.rooms.rehearsal.rules import Buyer, Sold

_BOUGHT = ("paid", "completed", "refunded")
_percents = table(
    "insight_points_member", column("shop_id"), column("member_id"), column("multiplier_percent")
)


def ask(db: Connection, shop_id: int, version: int, against: int, now: datetime) -> None:
    """Ask for a rehearsal of a version; one that was there is made anew."""
    values = {
        "against": against,
        "asked_at": now,
        "due_at": now,
        "code": None,
        "done": 0,
        "total": 0,
        "result": None,
        "finished_at": None,
    }
    statement = upsert(db, rehearsal).values(shop_id=shop_id, version=version, **values)
    keys = ["shop_id", "version"]
    db.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))


def get(db: Connection, shop_id: int, version: int) -> Row[Any] | None:
    mine = rehearsal.c
    return db.execute(
        select(rehearsal).where(mine.shop_id == shop_id, mine.version == version)
    ).one_or_none()


def next_due(db: Connection, shop_id: int, now: datetime) -> Row[Any] | None:
    """The rehearsal that waits longest."""
    mine = rehearsal.c
    chosen = select(rehearsal).where(mine.shop_id == shop_id, mine.due_at <= now)
    return db.execute(chosen.order_by(mine.asked_at).limit(1)).one_or_none()


def shops_due(db: Connection, now: datetime) -> list[int]:
    mine = rehearsal.c
    return list(db.scalars(select(mine.shop_id).where(mine.due_at <= now).distinct()))


def change(
    db: Connection, shop_id: int, version: int, asked_at: datetime, **values: object
) -> bool:
    """Note how far it is; False when it was asked for anew, or dropped, meanwhile."""
    mine = rehearsal.c
    done = db.execute(
        update(rehearsal)
        .where(mine.shop_id == shop_id, mine.version == version, mine.asked_at == asked_at)
        .values(**values)
    )
    return done.rowcount == 1


def drop(db: Connection, shop_id: int, version: int) -> None:
    mine = rehearsal.c
    db.execute(delete(rehearsal).where(mine.shop_id == shop_id, mine.version == version))


def counted_days(db: Connection, shop_id: int, since: str) -> list[tuple[str, int]]:
    """(local day, orders) since a day, the oldest first."""
    order = orders.c
    chosen = select(order.local_date, func.count()).where(
        order.shop_id == shop_id, order.local_date >= since
    )
    rows = db.execute(chosen.group_by(order.local_date).order_by(order.local_date))
    return [(row[0], row[1]) for row in rows]


def bought_before(db: Connection, shop_id: int, since: str) -> set[int]:
    """Members who bought before a day."""
    order = orders.c
    return set(
        db.scalars(
            select(order.member_id)
            .where(
                order.shop_id == shop_id,
                order.local_date < since,
                order.member_id.is_not(None),
                order.is_test.is_(False),
                order.state.in_(_BOUGHT),
            )
            .distinct()
        )
    )


def buyers(db: Connection, shop_id: int, excluded_tags: set[str]) -> dict[int, Buyer]:
    """Members who do not earn as most do."""
    found: dict[int, Buyer] = {}
    percent = _percents.c
    chosen = select(percent.member_id, percent.multiplier_percent)
    for member_id, of_tier in db.execute(chosen.where(percent.shop_id == shop_id)):
        found[member_id] = Buyer(percent=of_tier)
    person = member.c
    special = person.blocked_at.is_not(None) | (person.state == "erased")
    if excluded_tags:
        special = special | person.tags.is_not(None)
    told = select(person.id, person.state, person.blocked_at, person.tags)
    for row in db.execute(told.where(person.shop_id == shop_id, special)):
        tags = {one.strip().casefold() for one in row.tags or ()}
        if row.blocked_at is not None or row.state == "erased" or tags & excluded_tags:
            found[row.id] = Buyer(excluded="excluded")
    return found


def products(db: Connection, shop_id: int) -> dict[str, Any]:
    """What the catalogue names each product by."""
    one = product.c
    chosen = select(one.key, one.categories, one.collections, one.tags)
    return {row.key: row for row in db.execute(chosen.where(one.shop_id == shop_id))}


def sold(
    db: Connection, shop_id: int, zone: str, days: tuple[str, str], masks: Mapping[str, int]
) -> tuple[list[Sold], set[int]]:
    """Orders placed on these local days, in that sequence, and which of them have refunds.

    masks: by product, the rules that name it.
    """
    order = orders.c
    of_days = (
        (order.shop_id == shop_id)
        & order.local_date.between(*days)
        & order.is_test.is_(False)
        & order.member_id.is_not(None)
        & order.state.in_(_BOUGHT)
    )
    heads = db.execute(
        select(
            order.id,
            order.member_id,
            order.placed_at,
            order.local_date,
            order.state,
            order.currency,
            order.paid_at,
            order.completed_at,
            func.coalesce(order.tags, "[]"),
        ).where(of_days)
    )
    found: dict[int, Sold] = {}
    for head in heads:
        one = Sold(*head)
        found[one.order_id] = one
        start = one.paid_at or one.completed_at
        if start is not None and start != one.placed_at:
            one.day = local_date(start, zone)
    for order_id, mask, goods, goods_taxed, fee, fee_taxed, gift in _parts(
        db, shop_id, days, masks
    ):
        part_of = found.get(order_id)
        if part_of is not None:
            part_of.gift_minor += gift
            if goods or goods_taxed or fee or fee_taxed:
                part_of.parts.append((mask, (goods, goods_taxed), (fee, fee_taxed)))
    same = (order_refund.c.shop_id == order.shop_id) & (order_refund.c.order_id == order.id)
    refunded = set(db.scalars(select(order.id).join(order_refund, same).where(of_days)))
    return sorted(found.values(), key=lambda one: (one.placed_at, one.order_id)), refunded


def _parts(
    db: Connection, shop_id: int, days: tuple[str, str], masks: Mapping[str, int]
) -> Sequence[Any]:
    """What counts of the orders of these days, by order and by the rules that name the goods."""
    line, order = order_line.c, orders.c
    net = case((line.total_minor > 0, line.total_minor), else_=0)
    gross = line.total_minor + line.tax_minor
    taxed = case((gross > 0, gross), else_=0)

    def summed(kind: str, amount: Any, name: str) -> Any:
        total = func.sum(case((line.kind == kind, amount), else_=0))
        return cast(total, BigInteger).label(name)

    same = (line.shop_id == order.shop_id) & (line.order_id == order.id)
    joined = orders.join(order_line, same)
    mask: Any = literal_column("0")
    grouped: list[Any] = [line.order_id]
    if masks:
        told = [{"key": key, "mask": bits} for key, bits in sorted(masks.items())]
        named = rows_of(db, {"key": str, "mask": int}, told)
        joined = joined.outerjoin(named, named.c.key == line.product_key)
        mask = func.coalesce(named.c.mask, 0)
        grouped.append(mask)
    return db.execute(
        select(
            line.order_id,
            mask.label("mask"),
            summed("goods", net, "goods"),
            summed("goods", taxed, "goods_taxed"),
            summed("fee", net, "fee"),
            summed("fee", taxed, "fee_taxed"),
            summed("donation", net, "gift"),
        )
        .select_from(joined)
        .where(order.shop_id == shop_id, order.local_date.between(*days))
        .group_by(*grouped)
    ).all()


def outstanding(db: Connection, shop_id: int) -> int:
    """Points members have or wait for."""
    account = ledger_account.c
    kinds = account.name.like("member:%") | account.name.like("pending:%")
    kinds = kinds | account.name.like("held:%")
    chosen = select(func.coalesce(func.sum(account.balance), 0)).where(
        account.shop_id == shop_id, account.unit == UNIT, kinds
    )
    return int(db.scalar(chosen) or 0)
