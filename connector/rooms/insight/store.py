"""All SQL of the insight room. Of other rooms and the floor it only reads."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, case, column, func, or_, select, table, text

from connector.core.commerce import EARNING_STATES
from connector.core.db import upsert
from connector.core.ids import given_at
from connector.core.points import UNIT, Points
from connector.ledger.models import ledger_account, ledger_entry, ledger_lot
from connector.members.models import member
from connector.orders.models import orders
from connector.rooms.insight.models import insight_worth
from connector.rooms.insight.rules import Period, PointsOutstanding, Share, Trade

_TRADE = text(Path(__file__).with_name("trade.sql").read_text(encoding="utf-8"))
_COHORTS = text(Path(__file__).with_name("cohorts.sql").read_text(encoding="utf-8"))
_order_points = table(
    "insight_order_points", column("shop_id"), column("order_id"), column("points")
)
_MONTH, _ALL = len("2026-11"), 0
_COUNTED = (orders.c.state.in_(EARNING_STATES), orders.c.is_test.is_(False))


def trade(db: Connection, shop_id: int, currency: str, period: Period) -> Trade:
    """What was bought in the period."""
    return _trade(db, shop_id, currency, period, _ALL).get("", Trade())


def trade_by_month(
    db: Connection, shop_id: int, currency: str, period: Period
) -> dict[str, Trade]:
    """What was bought in each month of the period, by "YYYY-MM"; months without orders miss."""
    return _trade(db, shop_id, currency, period, _MONTH)


def orders_by_other_currency(
    db: Connection, shop_id: int, currency: str, period: Period
) -> dict[str, int]:
    """Orders of the period whose money is not the shop's, by currency."""
    rows = db.execute(
        select(orders.c.currency, func.count())
        .where(
            orders.c.shop_id == shop_id,
            orders.c.local_date >= period.starts_on.isoformat(),
            orders.c.local_date < period.ends_on.isoformat(),
            orders.c.currency != currency,
            *_COUNTED,
        )
        .group_by(orders.c.currency)
        .order_by(orders.c.currency)
    )
    return {other: count for other, count in rows}  # noqa: C416 - a row is no pair to mypy


def known_since(db: Connection, shop_id: int) -> date | None:
    """The day of the oldest order that counts."""
    oldest = db.scalar(
        select(orders.c.local_date)
        .where(orders.c.shop_id == shop_id, *_COUNTED)
        .order_by(orders.c.local_date)
        .limit(1)
    )
    return date.fromisoformat(oldest) if oldest else None


def enrolment(db: Connection, shop_id: int) -> Share:
    """Members of all customers. Who was merged is somebody else, who was erased is nobody."""
    is_member = member.c.state == "member"
    row = db.execute(
        select(func.count().filter(is_member), func.count()).where(
            member.c.shop_id == shop_id, member.c.state.in_(("member", "guest"))
        )
    ).one()
    return Share(part=row[0], whole=row[1], customers=row[1])


def points_outstanding(db: Connection, shop_id: int) -> PointsOutstanding:
    """What the members' accounts hold, by kind of account."""
    balance, name = ledger_account.c.balance, ledger_account.c.name
    sums = [
        func.coalesce(func.sum(balance).filter(name.startswith(f"{state}:")), 0)
        for state in ("member", "held", "debt", "pending")
    ]
    available, held, debt, pending = db.execute(
        select(*sums).where(ledger_account.c.shop_id == shop_id, ledger_account.c.unit == UNIT)
    ).one()
    return PointsOutstanding(
        available=Points(int(available)),
        held=Points(int(held)),
        debt=Points(-int(debt)),
        pending=Points(int(pending)),
    )


def movements(
    db: Connection, shop_id: int, after: int, before: int
) -> list[tuple[str, str, str, int]]:
    """(from, to, kind, points) summed over the movements with ids in [after, before)."""
    entry = ledger_entry.c
    from_ = func.rtrim(func.rtrim(entry.from_account, "0123456789"), ":")
    to = func.rtrim(func.rtrim(entry.to_account, "0123456789"), ":")
    rows = db.execute(
        select(from_, to, entry.kind, func.sum(entry.amount))
        .where(entry.shop_id == shop_id, entry.unit == UNIT, entry.id >= after, entry.id < before)
        .group_by(from_, to, entry.kind)
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]


def first_movement(db: Connection, shop_id: int) -> datetime | None:
    """When the oldest movement of points was booked."""
    entry = ledger_entry.c
    oldest = db.scalar(
        select(entry.id)
        .where(entry.shop_id == shop_id, entry.unit == UNIT)
        .order_by(entry.id)
        .limit(1)
    )
    return None if oldest is None else given_at(oldest)


def cohorts(db: Connection, shop_id: int) -> list[tuple[str, str, bool, int, int]]:
    """(month granted, month it happened, whether an order gave them, granted, used) of points."""
    rows = db.execute(_COHORTS, {"shop_id": shop_id})
    return [
        (cohort, month, bool(of_order), int(granted), int(used))
        for cohort, month, of_order, granted, used in rows
    ]


def sales(db: Connection, shop_id: int, currency: str) -> list[tuple[str, int | None, int, int]]:
    """(month of the order, its price, its points, how many alike) of orders that gave points.

    The price is None where it is in other money.
    """
    month = func.substr(orders.c.local_date, 1, _MONTH)
    price = case((orders.c.currency == currency, orders.c.goods_minor))
    points = _order_points.c.points
    same = (_order_points.c.shop_id == orders.c.shop_id) & (
        _order_points.c.order_id == orders.c.id
    )
    rows = db.execute(
        select(month.label("month"), price.label("price"), points, func.count())
        .select_from(orders.join(_order_points, same))
        .where(orders.c.shop_id == shop_id, *_COUNTED)
        .group_by("month", "price", points)
    )
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in rows]


def without_sale(db: Connection, shop_id: int) -> int:
    """Points that can be used and that no order gave."""
    lot = ledger_lot.c
    no_order = or_(lot.origin.is_(None), lot.origin.not_like("order:%"))
    chosen = select(func.coalesce(func.sum(lot.remaining), 0)).where(
        lot.shop_id == shop_id, lot.unit == UNIT, lot.remaining > 0, no_order
    )
    return int(db.scalar(chosen) or 0)


def worth(db: Connection, shop_id: int) -> Row[Any] | None:
    return db.execute(
        select(insight_worth).where(insight_worth.c.shop_id == shop_id)
    ).one_or_none()


def put_worth(db: Connection, shop_id: int, **values: object) -> None:
    statement = upsert(db, insight_worth).values(shop_id=shop_id, **values)
    db.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_=values))


def _trade(
    db: Connection, shop_id: int, currency: str, period: Period, letters: int
) -> dict[str, Trade]:
    rows = db.execute(
        _TRADE,
        {
            "shop_id": shop_id,
            "currency": currency,
            "starts_on": period.starts_on.isoformat(),
            "ends_on": period.ends_on.isoformat(),
            "letters": letters,
        },
    )
    return {bucket: Trade(*map(int, sums)) for bucket, *sums in rows}
