"""What the figures are: definitions 1-4, 13 and 15 of the metric list, without a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from connector.core.errors import BadInput
from connector.core.points import Points

ENOUGH = 30  # customers a share needs before it is more than chance
DAYS_LIMIT = 3660
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Period:
    """Days in the shop's zone, half-open: ``ends_on`` is the first day after."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if not 0 < (self.ends_on - self.starts_on).days <= DAYS_LIMIT:
            raise BadInput("period_range", f"a period has 1 to {DAYS_LIMIT} days")


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``whole``, told by ``customers`` customers."""

    part: int
    whole: int
    customers: int

    @property
    def is_low_data(self) -> bool:
        """Too few customers for a figure: show the counts and ENOUGH instead."""
        return self.customers < ENOUGH or self.whole == 0

    @property
    def value(self) -> Decimal | None:
        """From 0 to 1, to four places; None when data is low."""
        if self.is_low_data:
            return None
        return (Decimal(self.part) / Decimal(self.whole)).quantize(_PLACES)


@dataclass(frozen=True, slots=True)
class Trade:
    """What was bought in a period. Money is net revenue in minor units of the shop's currency.

    returning_customers: who placed an order that was not their first ever.
    repeat_customers: who placed at least two orders within the period.
    nameless_*: of orders that name nobody; they are in orders and revenue, in no customer count.
    """

    orders: int = 0
    customers: int = 0
    returning_customers: int = 0
    repeat_customers: int = 0
    revenue_minor: int = 0
    returning_minor: int = 0
    nameless_orders: int = 0
    nameless_minor: int = 0

    @property
    def returning_revenue_share(self) -> Share:
        """Revenue of orders that were not their customer's first, of all revenue."""
        return Share(self.returning_minor, self.revenue_minor, self.customers)

    @property
    def returning_customer_rate(self) -> Share:
        """As Shopify counts: the first order may lie before the period."""
        return Share(self.returning_customers, self.customers, self.customers)

    @property
    def repeat_purchase_rate(self) -> Share:
        """Both orders within the period."""
        return Share(self.repeat_customers, self.customers, self.customers)


@dataclass(frozen=True, slots=True)
class PointsOutstanding:
    """Points people hold. ``debt`` >= 0 is what some of them owe; pending stands apart."""

    available: Points
    held: Points
    debt: Points
    pending: Points

    @property
    def outstanding(self) -> Points:
        """What the book says was issued and neither used nor taken back."""
        return Points(self.available + self.held - self.debt)


@dataclass(frozen=True, slots=True)
class Figures:
    """The merchant's figures of a period, as of ``as_of``.

    other_currencies: orders by currency that are in the counts but not in the revenue.
    enrolment: members of all customers known by then, who are members and guests.
    known_since: the oldest day of the order book; who bought before it looks new.
    """

    as_of: datetime
    period: Period
    currency: str
    trade: Trade
    other_currencies: Mapping[str, int]
    enrolment: Share
    points: PointsOutstanding
    known_since: date | None


@dataclass(frozen=True, slots=True)
class Month:
    """Returning revenue share of one month, and of the same month a year earlier."""

    starts_on: date
    share: Share
    year_earlier: Share
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Series:
    """Months, oldest first; the last one is the month of ``as_of``."""

    as_of: datetime
    currency: str
    months: tuple[Month, ...]


def last_days(days: int, today: date) -> Period:
    """The ``days`` days that end with today."""
    return Period(today - timedelta(days=days - 1), today + timedelta(days=1))


def month_before(month: date, count: int) -> date:
    """The first day of the month ``count`` months before that of ``month``."""
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def series(trade: Mapping[str, Trade], today: date, months: int) -> tuple[Month, ...]:
    """Months from trade by "YYYY-MM"; a month without trade has none."""

    def share(month: date) -> Share:
        return trade.get(month.isoformat()[:7], Trade()).returning_revenue_share

    starts = [month_before(today, count) for count in reversed(range(months))]
    return tuple(
        Month(
            starts_on=start,
            share=share(start),
            year_earlier=share(month_before(start, 12)),
            is_complete=start < month_before(today, 0),
        )
        for start in starts
    )
