"""The insight room's verbs: figures of a period, and the months of a year."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection

from connector.core.clock import local_date
from connector.rooms.insight import rules, store
from connector.rooms.insight.rules import Figures, Period, Series
from connector.shops import service as shops

MONTHS = 12


def figures(db: Connection, shop_id: int, period: Period, now: datetime) -> Figures:
    """The shop's figures of the period; members and points as they are now."""
    currency = shops.get(db, shop_id).currency
    return Figures(
        as_of=now,
        period=period,
        currency=currency,
        trade=store.trade(db, shop_id, currency, period),
        other_currencies=store.orders_by_other_currency(db, shop_id, currency, period),
        enrolment=store.enrolment(db, shop_id),
        points=store.points_outstanding(db, shop_id),
        known_since=store.known_since(db, shop_id),
    )


def last_days(db: Connection, shop_id: int, days: int, now: datetime) -> Period:
    """The ``days`` days that end with the shop's today."""
    return rules.last_days(days, _today(db, shop_id, now))


def monthly(db: Connection, shop_id: int, now: datetime) -> Series:
    """Returning revenue share of the last twelve months, this one included, and a year earlier."""
    shop = shops.get(db, shop_id)
    today = date.fromisoformat(local_date(now, shop.timezone))
    period = Period(rules.month_before(today, 2 * MONTHS - 1), rules.month_before(today, -1))
    trade = store.trade_by_month(db, shop_id, shop.currency, period)
    return Series(as_of=now, currency=shop.currency, months=rules.series(trade, today, MONTHS))


def _today(db: Connection, shop_id: int, now: datetime) -> date:
    return date.fromisoformat(local_date(now, shops.get(db, shop_id).timezone))
