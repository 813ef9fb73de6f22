"""What recommendations bring: against visitors who see none, and one row against another."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import g, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput, Conflict, PerennialError
from connector.rooms.recommend.learning import rules
from connector.rooms.recommend.learning import service as learning
from connector.rooms.recommend.learning.service import Figures, Point
from connector.web import addresses
from connector.web.admin import door, forms, sentences
from connector.web.admin.door import blueprint
from connector.web.admin.ranges import Ranges, Told, ranges
from connector.web.admin.words import mark, spoken
from connector.web.runtime import runtime

SURFACES = {
    "product": mark("Product page"),
    "cart": mark("Cart"),
    "thank_you": mark("Thank-you page"),
    "account": mark("Account page"),
    "home": mark("Home page"),
}
ROWS = {
    "together": mark("Bought together"),
    "similar": mark("Similar products"),
    "complete": mark("Goes with the order"),
    "again": mark("Buy again"),
    "for_you": mark("For you"),
    "viewed": mark("Recently viewed"),
    "trending": mark("Popular now"),
    "pinned": mark("Chosen by you"),
}
METHODS = {"standard": mark("Our ranking"), "count": mark("By number of orders")}
_FIELDS = ("holdout_percent", "rows_limit")


@blueprint.get("/<shop>/recommendations/lift")
def lift() -> Response:
    """What they bring, where they are seen, and what is compared."""
    return _page({}, {})


@blueprint.post("/<shop>/recommendations/lift")
def set_learning() -> Response:
    """Keep another share of visitors without rows, or be warned at another number of rows."""
    form = {name: request.form.get(name, "").strip() for name in _FIELDS}
    try:
        share, limit = (forms.whole(form[name], name) for name in _FIELDS)
        runtime().database.run(
            lambda db: learning.set_settings(db, g.shop.id, share, limit, clock.now())
        )
    except BadInput as problem:
        return _page(form, {problem.field or "": sentences.refusal(problem)})
    return door.redirected(url_for("admin.lift", said="saved"))


@blueprint.post("/<shop>/recommendations/trials")
def start_trial() -> Response:
    """Let two rows, or two ways of ranking, run against each other at one place."""
    form = {name: request.form.get(name, "").strip() for name in ("surface", "a", "b")}
    of, _, a = form["a"].partition(":")
    of_b, _, b = form["b"].partition(":")
    of = of if of == of_b else ""  # a row against a ranking: no such comparison
    try:
        runtime().database.run(
            lambda db: learning.start_trial(db, g.shop.id, form["surface"], of, a, b, clock.now())
        )
    except (BadInput, Conflict) as problem:
        return _page(form, {_field(problem): sentences.refusal(problem)})
    return door.redirected(url_for("admin.lift", said="trial"))


@blueprint.post("/<shop>/recommendations/trials/<id:trial_id>/stop")
def stop_trial(trial_id: int) -> Response:
    """End it, if nobody did before; what it told stays."""
    with suppress(Conflict):
        runtime().database.run(
            lambda db: learning.stop_trial(db, g.shop.id, trial_id, clock.now())
        )
    return door.redirected(url_for("admin.lift", said="trial_over"))


def _field(problem: PerennialError) -> str:
    return problem.field or ("surface" if problem.code == "trial_running" else "")


def _page(form: Mapping[str, str], errors: dict[str, Any]) -> Response:
    with runtime().database.read() as db:
        told = learning.figures(db, g.shop.id, clock.now())
        trials = _trials(db)
    known = {
        "holdout_percent": str(told.settings.holdout_percent),
        "rows_limit": str(told.settings.rows_limit),
    }
    return door.page(
        "admin/lift.html",
        here=url_for("admin.lift"),
        status=422 if errors else 200,
        told=told,
        chart=_chart(told),
        trials=trials,
        form=known | dict(form),
        errors=errors,
        surfaces=SURFACES,
        row_names=ROWS,
        methods=METHODS,
        enough=rules.ENOUGH_ORDERS,
        window_days=rules.WINDOW_DAYS,
        per_visits=rules.PER_VISITS,
        exposure_days=learning.EXPOSURE_DAYS,
        most_percent=rules.MOST_HOLDOUT_PERCENT,
        said=sentences.said(addresses.text("said")),
    )


def _trials(db: Connection) -> list[tuple[learning.Trial, rules.Lift]]:
    now = clock.now()
    return [
        (one, learning.trial_lift(db, g.shop.id, one, now))
        for one in learning.trials(db, g.shop.id)[: learning.MOST_TRIALS]
    ]


def _chart(told: Figures) -> Ranges | None:
    """The lift at the end of each week, from when it could first be told."""
    known = [_told(point) for point in told.points if point.lift.verdict != "young"]
    return ranges(known, is_mirrored=spoken().direction == "rtl")


def _told(point: Point) -> Told:
    return Told(point.day, point.lift.minor, point.lift.low_minor, point.lift.high_minor)
