"""Liability: points owed month by month, what they may cost, and the revenue they defer."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import clock
from connector.rooms import insight
from connector.rooms.insight import Deferral, MonthOwed, Owed
from connector.rooms.insight.service import MOST_WORTH_MINOR
from connector.shops.service import Shop
from connector.web.api import shapes
from connector.web.api.openapi import Operation
from connector.web.body import read_json


class OwedFlow(Struct):
    """What changed the points owed in a month, signed; opening and these make the closing."""

    earned: int
    taken_back: int
    redeemed: int
    returned: int
    expired: int
    forfeited: int
    adjusted: Annotated[int, Meta(description="By hand")]
    forgiven: Annotated[int, Meta(description="Debt written off")]
    brought: Annotated[int, Meta(description="By files, from another program")]


class OwedMonth(Struct):
    month: Annotated[str, Meta(description="YYYY-MM of booking, in the shop's zone")]
    opening: int
    flow: OwedFlow
    closing: int


class DeferredMonth(Struct):
    month: str
    opening: shapes.Money
    deferred: Annotated[
        shapes.Money, Meta(description="Of the month's orders, each by the points it gave")
    ]
    released: Annotated[shapes.Money, Meta(description="As points of orders were used")]
    closing: shapes.Money


class PointsWorth(Struct):
    points: Annotated[int, Meta(description="So many points")]
    value: Annotated[shapes.Money, Meta(description="are worth this to a member")]
    margin_percent: Annotated[
        int, Meta(description="How much less they cost the shop, as on its own goods")
    ]
    cost: Annotated[shapes.Money, Meta(description="and cost the shop this")]
    redemption_percent: Annotated[
        int | None, Meta(description="The share that gets used; null: as measured")
    ]


class PointsWithoutSale(Struct):
    points: Annotated[int, Meta(description="That can be used and no order gave")]
    cost: Annotated[
        shapes.Money | None,
        Meta(description="They defer no revenue: their expected cost, part of ``cost``"),
    ]


class Liability(Struct):
    as_of: str
    outstanding: Annotated[int, Meta(description="Points that can be used or are held")]
    pending: Annotated[int, Meta(description="Points that wait; they are not owed yet")]
    worth: PointsWorth | None
    cost: Annotated[
        shapes.Money | None,
        Meta(description="Of what is outstanding and expected to be used; null: not known yet"),
    ]
    cost_of_all: Annotated[shapes.Money | None, Meta(description="Were every point used")]
    redemption_rate: Annotated[
        float | None, Meta(description="Share of points that get used in the end, as measured")
    ]
    breakage_rate: Annotated[float | None, Meta(description="1 - redemption_rate")]
    without_sale: PointsWithoutSale
    months: list[OwedMonth]
    deferrals: Annotated[
        list[DeferredMonth], Meta(description="IFRS 15, ASC 606; empty until a worth is known")
    ]


class WorthRequest(Struct, forbid_unknown_fields=True):
    value_minor: Annotated[
        int,
        Meta(ge=0, le=MOST_WORTH_MINOR, description="What 1,000 points are worth to a member"),
    ]
    margin_percent: Annotated[
        int, Meta(ge=0, le=100, description="How much less they cost the shop")
    ] = 0
    redemption_percent: Annotated[int, Meta(ge=0, le=100)] | None = None


def get_liability(db: Connection, shop: Shop) -> Liability:
    """Points owed by month, what they may cost, and the revenue they defer."""
    told = insight.owed(db, shop.id, clock.now())
    return Liability(
        as_of=shapes.utc(told.as_of),
        outstanding=told.outstanding,
        pending=told.pending,
        worth=_worth(told),
        cost=_money(told.liability_minor, told.currency),
        cost_of_all=_money(told.cost_of_all_minor, told.currency),
        redemption_rate=_share(told.redemption),
        breakage_rate=None if told.redemption is None else _share(1 - told.redemption),
        without_sale=PointsWithoutSale(
            told.without_sale, _money(told.provision_minor, told.currency)
        ),
        months=[
            OwedMonth(_month(one), one.opening, OwedFlow(**asdict(one.flow)), one.closing)
            for one in told.months
        ],
        deferrals=[
            DeferredMonth(
                _month(one),
                *(
                    shapes.Money(minor, told.currency)
                    for minor in (one.opening, one.deferred, one.released, one.closing)
                ),
            )
            for one in insight.deferrals(db, shop.id, told)
        ],
    )


def put_points_worth(db: Connection, shop: Shop) -> Liability:
    """Say what points are worth and cost; no figure in points changes by it."""
    wanted = read_json(WorthRequest)
    insight.set_worth(
        db,
        shop.id,
        wanted.value_minor,
        wanted.redemption_percent,
        clock.now(),
        margin_percent=wanted.margin_percent,
    )
    return get_liability(db, shop)


def _worth(told: Owed) -> PointsWorth | None:
    worth = told.worth
    if worth is None:
        return None
    value, cost = (
        shapes.Money(minor, told.currency) for minor in (worth.value_minor, worth.cost_minor)
    )
    share = worth.redemption_percent
    return PointsWorth(insight.PER_POINTS, value, worth.margin_percent, cost, share)


def _money(minor: int | None, currency: str) -> shapes.Money | None:
    return None if minor is None else shapes.Money(minor, currency)


def _share(part: Fraction | None) -> float | None:
    return None if part is None else round(float(part), 4)


def _month(one: MonthOwed | Deferral) -> str:
    return one.starts_on.isoformat()[: len("2026-01")]


OPERATIONS = (
    Operation("GET", "/liability", get_liability, Liability),
    Operation("PUT", "/liability/worth", put_points_worth, Liability, body=WorthRequest),
)
