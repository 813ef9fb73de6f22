"""Home: is it working, what changed, what is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any

from flask import g, url_for
from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from connector import ledger
from connector.core import clock, inbox
from connector.orders import imports
from connector.orders.imports import Import
from connector.rooms import insight
from connector.rooms.giving import service as giving
from connector.rooms.points import service as points
from connector.rooms.recommend.learning import service as learning
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.admin import charts, door, sentences, store
from connector.web.admin.door import blueprint
from connector.web.admin.giving import sums
from connector.web.admin.health import Health, health
from connector.web.admin.remembered import Remembered
from connector.web.runtime import runtime

NEWEST = 5
TIMES = 100
MOST_STUCK = 1000
YEAR_DAYS = 365
CHECKED_SECONDS = 600
INSIGHT_SECONDS = 300
SLOW_SECONDS = 0.3
CHECKS = (ledger.differences, points.check, giving.check)
HISTORY = ("products", "orders")


@dataclass(frozen=True, slots=True)
class Wire:
    """One store of the business and how its connection stands."""

    shop: Shop
    health: Health


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the set-up. ``name`` says which; ``url`` is where to do it."""

    name: str
    done: bool
    url: str


@dataclass(frozen=True, slots=True)
class BookCheck:
    """What recomputing the whole book said."""

    entries: int
    differences: int


@dataclass(frozen=True, slots=True)
class Insights:
    """The figures of a year and the months of two."""

    series: insight.Series
    figures: insight.Figures


_checked: Remembered[BookCheck] = Remembered(CHECKED_SECONDS)
_insights: Remembered[Insights] = Remembered(INSIGHT_SECONDS)


@blueprint.get("/<shop>/")
def home() -> Response:
    now = clock.now()
    shop: Shop = g.shop
    with runtime().database.read() as db:
        wires = _wires(db, now)
        reads = imports.newest(db, shop.id)
        values: dict[str, Any] = {
            "now": now,
            "wires": wires,
            "mine": next(wire for wire in wires if wire.shop.id == shop.id),
            "has_rate": shop.currency in points.program(db, shop.id).rates,
            "stuck": len(inbox.need_a_look(db, shop.id, MOST_STUCK)),
            "reading": _unfinished(reads),
            "steps": _steps(db, shop, reads),
            "newest": newest_orders(db, runtime().members, shop.id),
            "sums": sums(giving.totals(db, shop.id)),
            "exposure": learning.exposure(db, shop.id, now),
        }
        told = _figures_of(db, shop.id, now)
    values |= {"series": told.series, "figures": told.figures}
    values["chart"] = charts.lines(told.series.months, is_mirrored=g.language.direction == "rtl")
    values["enough"] = insight.ENOUGH
    values["book"] = _checked.get(shop.id)
    values["is_new"] = told.figures.known_since is None
    values["currency_changed"] = sentences.CURRENCY_CHANGED
    values["said"] = sentences.said(addresses.text("said"))
    return door.page("admin/home.html", **values)


@blueprint.get("/<shop>/ledger")
def check_ledger() -> Response:
    """Recompute every balance, and say on Home what came out."""
    with runtime().database.read() as db:
        found = BookCheck(
            entries=store.entries(db, g.shop.id),
            differences=sum(1 for check in CHECKS for _ in check(db, g.shop.id)),
        )
    _checked.put(g.shop.id, found)
    return door.redirected(url_for("admin.home"))


@blueprint.post("/<shop>/replay")
def replay() -> Response:
    """Take up again what could not be taken over."""
    runtime().database.run(lambda db: inbox.replay(db, g.shop.id, clock.now()))
    runtime().wake(g.shop.id)
    return door.redirected(url_for("admin.home", said="replayed"))


@blueprint.post("/<shop>/history")
def read_history() -> Response:
    """Begin to read the orders from before the install."""
    runtime().database.run(lambda db: imports.begin(db, g.shop.id, HISTORY, clock.now()))
    return door.redirected(url_for("admin.home", said="importing"))


def newest_orders(db: Connection, people: Any, shop_id: int) -> list[tuple[Row[Any], str | None]]:
    """The last orders with their buyers' names."""
    rows = store.newest_orders(db, shop_id, NEWEST)
    found = people.people(db, shop_id, [row.member_id for row in rows if row.member_id])
    return [
        (row, person.name or person.email if (person := found.get(row.member_id)) else None)
        for row in rows
    ]


def _figures_of(db: Connection, shop_id: int, now: datetime) -> Insights:
    """Computed anew each time, unless that took long."""
    known = _insights.get(shop_id)
    if known is not None:
        return known
    began = perf_counter()
    year = insight.last_days(db, shop_id, YEAR_DAYS, now)
    told = Insights(insight.monthly(db, shop_id, now), insight.figures(db, shop_id, year, now))
    if perf_counter() - began > SLOW_SECONDS:
        _insights.put(shop_id, told)
    return told


def _wires(db: Connection, now: datetime) -> list[Wire]:
    return [
        Wire(shop, health(shop, store.order_times(db, shop.id, TIMES), now))
        for shop in shops.of_business(db, g.staff.business_id)
    ]


def _unfinished(reads: Sequence[Import]) -> Import | None:
    """The import that runs now, oldest stage first."""
    return next((one for one in reversed(reads) if one.finished_at is None and not one.code), None)


def _steps(db: Connection, shop: Shop, reads: Sequence[Import]) -> list[Step]:
    read = any(one.what == "orders" and one.finished_at for one in reads)
    return [
        Step("connected", shop.is_live, url_for("admin.stores")),
        Step("history", read, url_for("admin.read_history")),
        Step("program", points.program(db, shop.id).version > 0, url_for("admin.program")),
        Step("awarded", store.has_awarded(db, shop.id), url_for("admin.orders")),
        Step("cause", bool(giving.causes(db, shop.id)), url_for("admin.giving")),
    ]
