"""Insight: who comes back, and what it is worth, from what the floor knows. It changes nothing.

Hears nothing, publishes nothing; its one table holds what points are worth to a shop. Every figure
says when it was taken and from how many customers; below ``rules.ENOUGH`` of them it tells the
counts and no figure. Orders that count are paid or completed and no tests; revenue is goods after
discounts and refunds, without tax, shipping, tips, gift cards and donations. An order that names
nobody is revenue of no returning customer: a share with such orders in it is a lower bound, and
says how many there are.
"""

from connector.rooms.insight.deferral import PER_POINTS, Deferral, Flow, MonthOwed, Owed, Worth
from connector.rooms.insight.rules import (
    ENOUGH,
    Figures,
    Month,
    Period,
    PointsOutstanding,
    Series,
    Share,
    Trade,
)
from connector.rooms.insight.service import (
    deferrals,
    figures,
    last_days,
    monthly,
    owed,
    points_outstanding,
    set_worth,
    worth,
)

__all__ = [
    "ENOUGH",
    "PER_POINTS",
    "Deferral",
    "Figures",
    "Flow",
    "Month",
    "MonthOwed",
    "Owed",
    "Period",
    "PointsOutstanding",
    "Series",
    "Share",
    "Trade",
    "Worth",
    "deferrals",
    "figures",
    "last_days",
    "monthly",
    "owed",
    "points_outstanding",
    "set_worth",
    "worth",
]
