"""Periods, shares and months, without a database."""

from datetime import date
from decimal import Decimal

import pytest

from connector.core.errors import BadInput
from connector.core.points import Points
from connector.rooms.insight import ENOUGH, Period, PointsOutstanding, Share, Trade, rules


def test_too_few_customers_make_no_figure():
    assert Share(5, 29, ENOUGH - 1).value is None
    assert Share(5, 29, ENOUGH - 1).is_low_data
    assert Share(5, 30, ENOUGH).value == Decimal("0.1667")


def test_a_share_of_nothing_is_no_figure():
    assert Share(0, 0, 100).value is None


def test_a_share_is_exact_to_four_places():
    assert Share(1, 3, 50).value == Decimal("0.3333")
    assert Share(10**15 - 1, 10**15, 50).value == Decimal("1.0000")


@pytest.mark.parametrize("days", [0, -1, rules.DAYS_LIMIT + 1])
def test_a_period_has_days(days):
    start = date(2026, 11, 1)
    with pytest.raises(BadInput) as refused:
        Period(start, date.fromordinal(start.toordinal() + days))
    assert refused.value.code == "period_range"


def test_the_last_days_end_with_today():
    today = date(2026, 3, 1)
    assert rules.last_days(1, today) == Period(today, date(2026, 3, 2))
    assert rules.last_days(30, today) == Period(date(2026, 1, 31), date(2026, 3, 2))
    with pytest.raises(BadInput):
        rules.last_days(0, today)


def test_months_go_back_over_new_year():
    assert rules.month_before(date(2026, 1, 31), 0) == date(2026, 1, 1)
    assert rules.month_before(date(2026, 1, 31), 1) == date(2025, 12, 1)
    assert rules.month_before(date(2026, 1, 31), 23) == date(2024, 2, 1)
    assert rules.month_before(date(2026, 12, 31), -1) == date(2027, 1, 1)


def test_a_series_has_every_month_and_the_same_a_year_earlier():
    now = Trade(customers=40, revenue_minor=200, returning_minor=100)
    then = Trade(customers=40, revenue_minor=200, returning_minor=50)
    months = rules.series({"2026-02": now, "2025-02": then}, date(2026, 3, 15), 12)
    assert [month.starts_on for month in (months[0], months[-1])] == [
        date(2025, 4, 1),
        date(2026, 3, 1),
    ]
    february = months[-2]
    assert (february.share.value, february.year_earlier.value) == (Decimal("0.5"), Decimal("0.25"))
    assert [month.is_complete for month in months] == [True] * 11 + [False]
    assert months[0].share == Share(0, 0, 0)


def test_outstanding_is_what_people_hold_less_what_they_owe():
    points = PointsOutstanding(Points(100), Points(30), Points(20), Points(7))
    assert points.outstanding == 110
