"""Liability: what points are owed, how that came, and the revenue it defers; for finance."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from flask import g, make_response, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput, NotFound
from connector.core.money import Money
from connector.rooms import insight
from connector.rooms.insight import Deferral, Flow, MonthOwed, Owed
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import Kind, Offer, least_points
from connector.web import addresses
from connector.web.admin import door, forms, sentences
from connector.web.admin.door import blueprint
from connector.web.admin.words import amount_text, mark, spoken
from connector.web.runtime import runtime

MONTHS = 12
_Told = TypeVar("_Told", MonthOwed, Deferral)
FIELDS = ("value", "margin_percent", "redemption_percent")
LINES = {
    "earned": mark("Earned"),
    "taken_back": mark("Taken back"),
    "redeemed": mark("Redeemed"),
    "returned": mark("Returned"),
    "expired": mark("Expired"),
    "forfeited": mark("Forfeited"),
    "adjusted": mark("By hand"),
    "forgiven": mark("Debt forgiven"),
    "brought": mark("Brought over"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of the waterfall: from ``start`` to ``end``, in percent of the chart's width."""

    name: str
    points: int
    start: float
    end: float
    is_total: bool = False


def waterfall(opening: int, flow: Flow) -> list[Step]:
    """What happened to points owed, from the opening to the closing; lines without any miss."""
    sums, at = [0, opening], opening
    parts = [(name, getattr(flow, name)) for name in LINES if getattr(flow, name)]
    for _, points in parts:
        at += points
        sums.append(at)
    low, high = min(sums), max(sums)
    width = max(high - low, 1)

    def x(points: int) -> float:
        return round(100 * (points - low) / width, 2)

    steps = [Step("opening", opening, x(0), x(opening), is_total=True)]
    at = opening
    for name, points in parts:
        steps.append(Step(name, points, x(at), x(at + points)))
        at += points
    return [*steps, Step("closing", at, x(0), x(at), is_total=True)]


@blueprint.get("/<shop>/program/liability")
def liability() -> Response:
    return _page({}, {})


@blueprint.post("/<shop>/program/liability")
def set_worth() -> Response:
    """Say what points are worth and cost; nothing else changes by it."""
    form = {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        value = forms.amount(form["value"], g.shop.currency, "value")
        margin, share = (forms.whole(form[one], one) if form[one] else None for one in FIELDS[1:])
        runtime().database.run(
            lambda db: insight.set_worth(
                db, g.shop.id, value, share, clock.now(), margin_percent=margin or 0
            )
        )
    except BadInput as problem:
        refused = sentences.refusal(problem, currency=g.shop.currency)
        return _page(form, {problem.field or "": refused})
    return door.redirected(url_for("admin.liability", said="worth"))


@blueprint.get("/<shop>/program/liability/<name>.csv")
def liability_csv(name: str) -> Response:
    """The same figures for a spreadsheet: every month since the first movement."""
    with runtime().database.read() as db:
        told = insight.owed(db, g.shop.id, clock.now())
        if name == "points":
            rows = _points_rows(told)
        elif name == "deferral":
            rows = _deferral_rows(insight.deferrals(db, g.shop.id, told), told.currency)
        else:
            raise NotFound("not_found", "points or deferral")
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    response = make_response(text.getvalue())
    response.mimetype = "text/csv"
    file = f"{name}-{told.as_of:%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _points_rows(told: Owed) -> Iterable[Sequence[object]]:
    yield ["month", "opening", *LINES, "closing"]
    for month in told.months:
        flow = [getattr(month.flow, name) for name in LINES]
        yield [month.starts_on.isoformat()[:7], month.opening, *flow, month.closing]


def _deferral_rows(months: Sequence[Deferral], currency: str) -> Iterable[Sequence[object]]:
    yield ["month", "currency", "opening", "deferred", "released", "closing"]
    for month in months:
        sums = (month.opening, month.deferred, month.released, month.closing)
        money = [Money(minor, currency).text() for minor in sums]
        yield [month.starts_on.isoformat()[:7], currency, *money]


def _page(form: dict[str, str], errors: dict[str, Markup]) -> Response:
    with runtime().database.read() as db:
        values = _figures(db)
        worth = values["told"].worth
        usual = None if worth else _usual(db)
    value = worth.value_minor if worth else _worth_minor(usual) if usual else None
    known = {
        "value": "" if value is None else amount_text(value, g.shop.currency),
        "margin_percent": str(worth.margin_percent) if worth and worth.margin_percent else "",
        "redemption_percent": ""
        if worth is None or worth.redemption_percent is None
        else str(worth.redemption_percent),
    }
    return door.page(
        "admin/liability.html",
        here=url_for("admin.liability"),
        status=422 if errors else 200,
        form=known | form,
        errors=errors,
        lines=LINES,
        per_points=insight.PER_POINTS,
        usual=usual.name(spoken()) if usual else None,
        said=sentences.said(addresses.text("said")),
        **values,
    )


def _figures(db: Connection) -> dict[str, Any]:
    told = insight.owed(db, g.shop.id, clock.now())
    months = _chosen(told.months)
    flow = sum((month.flow for month in months), Flow())
    redeemed = -flow.redeemed - flow.returned
    return {
        "told": told,
        "months": months,
        "flow": flow,
        "used_lines": [name for name in LINES if any(getattr(one.flow, name) for one in months)],
        "steps": waterfall(months[0].opening, flow),
        "flow_rate": Fraction(redeemed, flow.earned) if flow.earned > 0 else None,
        "deferrals": _chosen(insight.deferrals(db, g.shop.id, told)),
        "years": sorted({month.starts_on.year for month in told.months}, reverse=True),
        "year": _year(),
    }


def _usual(db: Connection) -> Offer | None:
    """The cheapest reward on sale that is money: what it gives says what points are worth."""
    offers = [
        one.offer
        for one in catalogue.rewards(db, g.shop.id)
        if one.state == "on"
        and one.offer.kind in (Kind.AMOUNT, Kind.CREDIT)
        and one.offer.currency == g.shop.currency
        and least_points(one.offer) > 0
    ]
    return min(offers, key=least_points, default=None)


def _worth_minor(offer: Offer) -> int:
    value = (offer.least_minor or 0) if offer.is_flexible else offer.value_minor
    return insight.PER_POINTS * value // least_points(offer)


def _chosen(months: Sequence[_Told]) -> Sequence[_Told]:
    """The months of the year asked for, else the newest twelve."""
    year = _year()
    of_year = [month for month in months if month.starts_on.year == year]
    return of_year or months[-MONTHS:]


def _year() -> int | None:
    asked = addresses.text("year")
    return (
        int(asked) if asked.isascii() and asked.isdigit() and len(asked) == len("2026") else None
    )
