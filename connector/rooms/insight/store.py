"""All SQL of the insight room. It only reads."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from connector.core.commerce import EARNING_STATES
from connector.core.points import UNIT, Points
from connector.ledger.models import ledger_account
from connector.members.models import member
from connector.orders.models import orders
from connector.rooms.insight.rules import Period, PointsOutstanding, Share, Trade

_TRADE = text(Path(__file__).with_name("trade.sql").read_text(encoding="utf-8"))
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
