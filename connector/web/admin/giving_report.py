"""The report of giving: over time and by cause, to the cent, from the book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import g, url_for
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import NotFound
from connector.rooms.giving import accounts, remitting, service
from connector.rooms.giving.accounts import Month, behaviour, closing
from connector.rooms.giving.remitting import Open
from connector.web import addresses, statements
from connector.web.admin import bars, door
from connector.web.admin.door import blueprint
from connector.web.admin.words import spoken
from connector.web.runtime import runtime

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
    told = behaviour.told(runtime().database, g.shop.id, currency, now) if currency else None
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
        behaviour=told,
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
    told = statements.of_closing(g.shop, kept[statement_id])
    return _csv(f"left-{statement_id}", lambda _: told)


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
        for day in behaviour.days(now, g.shop.timezone)
        if first and day.isoformat()[:7] >= first
    ]


def _month(told: str) -> str:
    return spoken().date(date.fromisoformat(f"{told}-01"), "month_year")


def _sum(of: object, months: Sequence[Month]) -> Line:
    return Line(of, *(sum(getattr(one, name) for one in months) for name in SUMS))


def _ages(waiting: Sequence[Open], currency: str, now: datetime) -> dict[int, int]:
    """For how many days the oldest gift of a cause has been in no batch."""
    return {
        one.cause_id: (now - one.oldest).days
        for one in waiting
        if one.currency == currency and one.oldest is not None and one.ready_minor > 0
    }
