"""What recommendations bring, against visitors who see none, and one row against another."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import NotFound
from connector.rooms.recommend.learning import rules
from connector.rooms.recommend.learning import service as learning
from connector.rooms.recommend.learning.rules import Lift, Side
from connector.rooms.recommend.learning.service import Trial
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.api import shapes
from connector.web.api.openapi import Operation
from connector.web.body import read_json

_Day = Annotated[str, Meta(description="YYYY-MM-DD in the shop's zone")]


class LearningSettings(Struct, forbid_unknown_fields=True):
    holdout_percent: Annotated[
        int, Meta(ge=0, le=rules.MOST_HOLDOUT_PERCENT, description="Visitors who see no rows")
    ]
    rows_limit: Annotated[
        int, Meta(ge=1, le=rules.MOST_ROWS_LIMIT, description="Rows a visit above which it warns")
    ]


class LiftSide(Struct):
    visits: int
    orders: int
    net_revenue: shapes.Money
    per_100_visits: shapes.Money


class LiftFigure(Struct):
    verdict: Annotated[
        str, Meta(description="young: too little; open: the interval holds zero; better; worse")
    ]
    added: Annotated[
        shapes.Money | None, Meta(description="For 100 visits; null while it is young")
    ]
    low: Annotated[shapes.Money | None, Meta(description="Of its 95 % interval")]
    high: shapes.Money | None
    first: Annotated[LiftSide, Meta(description="With rows; of a trial, side b")]
    second: Annotated[LiftSide, Meta(description="Without rows; of a trial, side a")]


class LiftPoint(Struct):
    day: _Day
    lift: LiftFigure


class RowFigure(Struct):
    surface: str
    row: str
    method: str
    arm: Annotated[str, Meta(description="all, or the side of the trial that ran there")]
    shown: int
    clicks: int
    adds: int
    orders: Annotated[int, Meta(description="Within 7 days after the last click: attributed")]
    net_revenue: shapes.Money


class TrialFigure(Struct):
    id: str
    surface: str
    of: Annotated[str, Meta(description="row or method")]
    a: str
    b: str
    since: Annotated[str | None, Meta(description="null: stopped before its first day")]
    until: Annotated[str | None, Meta(description="null: it runs, or never began")]
    lift: LiftFigure


class TrialRequest(Struct, forbid_unknown_fields=True):
    surface: Annotated[str, Meta(description=", ".join(rules.SURFACES))]
    of: Annotated[str, Meta(description="row or method: what differs")]
    a: Annotated[str, Meta(description="A row of that place, or standard or count")]
    b: str


class LearningFigures(Struct):
    settings: LearningSettings
    since: Annotated[str | None, Meta(description="null: no page has told anything yet")]
    until: _Day
    lift: LiftFigure
    points: Annotated[list[LiftPoint], Meta(description="So far, at the end of each week")]
    rows: list[RowFigure]
    rows_per_visit_tenths: Annotated[int, Meta(description="Over the last 28 days")]
    is_exposure_high: bool
    products_with_rows: Annotated[int, Meta(description="Published, with a list of either kind")]
    products_with_together: int
    products_with_similar: int
    products_seen: Annotated[int, Meta(description="In a row somebody saw, in the last 28 days")]
    products: int
    pages: Annotated[int, Meta(description="Page views by who is shown rows, in those days")]
    pages_with_row: int
    trials: list[TrialFigure]


def get_learning(db: Connection, shop: Shop) -> LearningFigures:
    """What recommendations bring, as far as it can be told today."""
    now = clock.now()
    told = learning.figures(db, shop.id, now)
    return LearningFigures(
        settings=LearningSettings(told.settings.holdout_percent, told.settings.rows_limit),
        since=told.since,
        until=told.until,
        lift=_lift(told.lift, told.currency),
        points=[LiftPoint(one.day, _lift(one.lift, told.currency)) for one in told.points],
        rows=[
            RowFigure(
                one.place.surface,
                one.place.row,
                one.place.method,
                one.arm,
                one.shown,
                one.clicks,
                one.adds,
                one.orders,
                shapes.Money(one.net_minor, told.currency),
            )
            for one in told.rows
        ],
        rows_per_visit_tenths=told.exposure.tenths,
        is_exposure_high=told.exposure.is_high,
        products_with_rows=told.coverage.listed,
        products_with_together=told.coverage.together,
        products_with_similar=told.coverage.similar,
        products_seen=told.coverage.seen,
        products=told.coverage.products,
        pages=told.coverage.pages,
        pages_with_row=told.coverage.with_row,
        trials=[
            _trial(db, shop, one, now)
            for one in learning.trials(db, shop.id)[: learning.MOST_TRIALS]
        ],
    )


def put_learning(db: Connection, shop: Shop) -> LearningFigures:
    """Hold out another share, or warn at another number of rows."""
    wanted = read_json(LearningSettings)
    learning.set_settings(db, shop.id, wanted.holdout_percent, wanted.rows_limit, clock.now())
    return get_learning(db, shop)


def start_trial(db: Connection, shop: Shop) -> TrialFigure:
    """Let two rows, or two ways of ranking, run against each other; it counts from tomorrow."""
    sent, now = read_json(TrialRequest), clock.now()
    made = learning.start_trial(db, shop.id, sent.surface, sent.of, sent.a, sent.b, now)
    return _trial(db, shop, made, now)


def stop_trial(db: Connection, shop: Shop, trial_id: str) -> TrialFigure:
    """End a comparison; its figures stay."""
    known, now = addresses.row_id(trial_id), clock.now()
    if known is None:
        raise NotFound("trial_not_found", "no such comparison")
    return _trial(db, shop, learning.stop_trial(db, shop.id, known, now), now)


def _trial(db: Connection, shop: Shop, one: Trial, now: datetime) -> TrialFigure:
    lift = _lift(learning.trial_lift(db, shop.id, one, now), shop.currency)
    since, until = (one.since, one.until) if one.has_begun else (None, None)
    return TrialFigure(str(one.id), one.surface, one.of, one.a, one.b, since, until, lift)


def _lift(one: Lift, currency: str) -> LiftFigure:
    def money(minor: int) -> shapes.Money | None:
        return None if one.verdict == "young" else shapes.Money(minor, currency)

    return LiftFigure(
        one.verdict,
        money(one.minor),
        money(one.low_minor),
        money(one.high_minor),
        _side(one.shown, currency),
        _side(one.kept, currency),
    )


def _side(one: Side, currency: str) -> LiftSide:
    sums = (shapes.Money(minor, currency) for minor in (one.net_minor, one.per_visits_minor))
    return LiftSide(one.visits, one.orders, *sums)


OPERATIONS = (
    Operation("GET", "/recommendations/lift", get_learning, LearningFigures),
    Operation(
        "PUT", "/recommendations/lift", put_learning, LearningFigures, body=LearningSettings
    ),
    Operation("POST", "/recommendations/trials", start_trial, TrialFigure, body=TrialRequest),
    Operation("POST", "/recommendations/trials/<trial_id>/stop", stop_trial, TrialFigure),
)
