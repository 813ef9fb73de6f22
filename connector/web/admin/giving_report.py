"""The report of giving: over time and by cause, to the cent, from the book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import NotFound
from connector.rooms.giving import accounts, programmes, remitting, service
from connector.rooms.giving.accounts import Month, answers, closing
from connector.rooms.giving.accounts.answers import Answers, Gifts
from connector.rooms.giving.remitting import Open
from connector.web import addresses, statements
from connector.web.admin import bars, door
from connector.web.admin.door import blueprint
from connector.web.admin.words import spoken
from connector.web.runtime import runtime

MONTHS = 12
SUMS = ("gross_minor", "matched_minor", "refunded_minor", "net_minor", "remitted_minor")


@dataclass(frozen=True, slots=True)
class Line:
    """Sums of a month or of a cause."""

    of: Any
    gross_minor: int
    matched_minor: int
    refunded_minor: int
    net_minor: int
    remitted_minor: int


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How shoppers answered in the last twelve months, in one currency."""

    placed: int  # orders
    asked: int  # of them, placed while a published programme asked
    given: int  # of these, with a gift
    months: Sequence[Answers]
    gifts: Gifts
    days_to_send: int | None


@blueprint.get("/<shop>/giving/report")
def giving_report() -> Response:
    now = clock.now()
    with runtime().database.read() as db:
        known = accounts.months(db, g.shop.id)
        causes = {one.id: one for one in service.causes(db, g.shop.id)}
        waiting = remitting.waiting(db, g.shop.id)
        left = closing.statements(db, g.shop.id)
        currencies = sorted({one.currency for one in known})
        asked = addresses.text("currency")
        usual = g.shop.currency if g.shop.currency in currencies else (currencies or [""])[0]
        currency = asked if asked in currencies else usual
        behaviour = _behaviour(db, currency, now) if currency else None
    of = [one for one in known if one.currency == currency]
    months = _by_month(of, now)
    return door.page(
        "admin/giving_report.html",
        here=url_for("admin.giving_report"),
        currency=currency,
        currencies=currencies,
        whole=_sum(None, of),
        months=months,
        by_cause=[_sum(n, [one for one in of if one.cause_id == n]) for n in causes],
        causes=causes,
        chart=bars.bars(
            [
                (spoken().date(one.of, "month"), one.net_minor, one.remitted_minor)
                for one in months
            ],
            is_mirrored=spoken().direction == "rtl",
        ),
        ages=_ages(waiting, currency, now),
        behaviour=behaviour,
        month=_month,
        left=left,
    )


@blueprint.get("/<shop>/giving/report.csv")
def giving_report_csv() -> Response:
    """Every month since the first gift, by cause and currency."""
    return _csv("giving", lambda db: statements.of_months(db, g.shop.id))


@blueprint.get("/<shop>/giving/left/<id:statement_id>.csv")
def closing_statement(statement_id: int) -> Response:
    """What stood when the shop left, as kept that day."""
    with runtime().database.read() as db:
        kept = {one.id: one for one in closing.statements(db, g.shop.id)}
    if statement_id not in kept:
        raise NotFound("not_found", "no such statement")
    return _csv(f"left-{statement_id}", lambda _: statements.of_closing(kept[statement_id]))


def _behaviour(db: Connection, currency: str, now: datetime) -> Behaviour:
    """Of the months that the plot shows."""
    zone, shop_id = g.shop.timezone, g.shop.id
    first = _days(now)[0]
    since = datetime.combine(first, time(), ZoneInfo(zone))
    known = programmes.programmes(db, shop_id)
    times = answers.spans(known, currency, since, now)
    months = answers.asked(db, shop_id, currency, times, zone)
    placed = answers.asked(db, shop_id, currency, [(since, now)], zone)
    return Behaviour(
        placed=sum(one.orders for one in placed),
        asked=sum(one.orders for one in months),
        given=sum(one.given for one in months),
        months=months,
        gifts=answers.gifts(db, shop_id, currency, since),
        days_to_send=answers.days_to_send(db, shop_id, currency, first),
    )


def _csv(name: str, pieces: Any) -> Response:
    with runtime().database.read() as db:
        response = Response(b"".join(pieces(db)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _by_month(of: Sequence[Month], now: datetime) -> list[Line]:
    """The last twelve months, also those in which nothing moved; none before the first."""
    first = min((one.month for one in of), default="")
    return [
        _sum(day, [one for one in of if one.month == day.isoformat()[:7]])
        for day in _days(now)
        if first and day.isoformat()[:7] >= first
    ]


def _month(told: str) -> str:
    return spoken().date(date.fromisoformat(f"{told}-01"), "month_year")


def _days(now: datetime) -> list[date]:
    """The first days of the last twelve months in the shop's zone, this month's last."""
    today = now.astimezone(ZoneInfo(g.shop.timezone))
    last = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - MONTHS + 1, last + 1)]


def _sum(of: object, months: Sequence[Month]) -> Line:
    return Line(of, *(sum(getattr(one, name) for one in months) for name in SUMS))


def _ages(waiting: Sequence[Open], currency: str, now: datetime) -> dict[int, int]:
    """For how many days the oldest gift of a cause has been in no batch."""
    return {
        one.cause_id: (now - one.oldest).days
        for one in waiting
        if one.currency == currency and one.oldest is not None and one.ready_minor > 0
    }
