"""The back-test of a draft: what it would have given over the last twelve months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from flask import g, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock
from connector.rooms import insight
from connector.rooms.rehearsal import service as rehearsals
from connector.rooms.rehearsal.found import Month, Result
from connector.rooms.rehearsal.service import Rehearsal
from connector.web.admin import bars, door, drafts, ways
from connector.web.admin.bars import Bars
from connector.web.admin.door import blueprint
from connector.web.admin.words import spoken
from connector.web.runtime import runtime

ENOUGH_ORDERS = 200
SHOWN_PEOPLE = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """What points cost, in minor units of the shop's currency, by what they are worth.

    share: of them, that get used; all, while nothing is known of it.
    """

    value_minor: int
    share: Fraction

    def of(self, points: int) -> int:
        return int(Fraction(points * self.value_minor, insight.PER_POINTS) * self.share)


@blueprint.get("/<shop>/program/drafts/<id:version>/back-test")
def rehearsal(version: int) -> Response:
    with runtime().database.read() as db:
        draft = drafts.found(db, version)
        told = rehearsals.read(db, g.shop.id, version)
        result = told.result if told and not told.is_waiting else None
        shown = (
            [*result.top_gain[:SHOWN_PEOPLE], *result.top_lose[:SHOWN_PEOPLE]] if result else []
        )
        people = runtime().members.people(db, g.shop.id, [one.member_id for one in shown])
        names = ways.names(db, g.shop.id, [draft])
        values: dict[str, Any] = {
            "draft": draft,
            "told": told,
            "result": result,
            "people": people,
            "months": [(one, _first(one)) for one in result.months] if result else [],
            "since": date.fromisoformat(result.since) if result else None,
            "cost": _cost(db) if result else None,
            "chart": _chart(result) if result else None,
            "of_rules": [
                (ways.sentence(rule, names, g.shop.currency), rule, result.rules[rule.id])
                for rule in draft.rules
                if rule.id in result.rules
            ]
            if result
            else [],
            "percent_done": _percent(told),
            "enough": ENOUGH_ORDERS,
            "shown_people": SHOWN_PEOPLE,
        }
    return door.page("admin/program_rehearsal.html", was_asked="asked" in request.args, **values)


@blueprint.post("/<shop>/program/drafts/<id:version>/back-test")
def rehearse(version: int) -> Response:
    """Start it, or start it anew."""

    def work(db: Connection) -> None:
        drafts.found(db, version)
        rehearsals.ask(db, g.shop.id, version, clock.now())

    runtime().database.run(work)
    return door.redirected(url_for("admin.rehearsal", version=version, asked="yes"))


def _percent(told: Rehearsal | None) -> int:
    if told is None or not told.total:
        return 0
    return min(100 * told.done // told.total, 100)


def _cost(db: Connection) -> Cost | None:
    """None until the shop says what points are worth."""
    owed = insight.owed(db, g.shop.id, clock.now())
    if owed.worth is None:
        return None
    return Cost(owed.worth.value_minor, owed.redemption_used or Fraction(1))


def _chart(result: Result) -> Bars | None:
    months = [(spoken().date(_first(one), "month"), one.now, one.draft) for one in result.months]
    return bars.bars(months, is_mirrored=spoken().direction == "rtl")


def _first(month: Month) -> date:
    return date.fromisoformat(f"{month.month}-01")
