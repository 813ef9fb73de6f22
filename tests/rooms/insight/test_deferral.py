"""Points owed and revenue deferred, against the worked example of KPMG's IFRS 15 handbook."""

from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.rooms.insight import deferral
from connector.rooms.insight.deferral import Cohort, Flow, Sales, Worth

PRICE, POINTS = 100_000, 10_000


def test_the_price_is_split_by_what_each_part_is_worth():
    assert deferral.deferred_minor(PRICE, 9_700) == 8_842  # the handbook rounds it to 9,000


def test_a_new_expectation_changes_what_is_left_and_nothing_before():
    first = deferral.released_minor(9_000, 4_500, 9_700)
    assert first == 4_175
    assert deferral.released_minor(9_000, 8_500, 9_900) - first == 3_552
    assert deferral.released_minor(9_000, 8_500, 9_200) - first == 4_140


def sales(month: int, *orders: tuple[int, int, int], points: int = 0, used: int = 0) -> Sales:
    total = points or sum(each * count for _, each, count in orders)
    return Sales(date(2026, month, 1), orders, total, used)


def test_the_same_by_months():
    months = [sales(1, (PRICE, POINTS, 1), used=4_500), sales(2, used=4_000)]
    expected = [Fraction(97, 100), Fraction(99, 100)]
    first, second = deferral.deferrals(months, 1_000, expected)
    assert (first.deferred, first.released) == (8_842, 8_842 * 4_500 // 9_700)
    assert (second.opening, second.deferred) == (first.closing, 0)
    assert second.closing == 8_842 - 8_842 * 8_500 // 9_900


def test_each_order_defers_for_itself():
    one = sales(1, (10_000, 1_000, 1))
    rich = sales(1, (10_000, 0, 1), (10_000, 2_000, 1))
    everything = [Fraction(1)]
    assert deferral.deferrals([one], 1_000, everything)[0].deferred == 909
    assert deferral.deferrals([rich], 1_000, everything)[0].deferred == 1_666
    many = sales(1, (10_000, 1_000, 300))
    assert deferral.deferrals([many], 1_000, everything)[0].deferred == 272_727


def test_orders_in_other_money_defer_nothing_and_count_in_the_use():
    mixed = [sales(1, (PRICE, POINTS, 1), points=2 * POINTS), sales(2, used=POINTS)]
    first, second = deferral.deferrals(mixed, 1_000, [Fraction(1)] * 2)
    assert second.released == first.deferred // 2


def test_nothing_is_released_beyond_what_was_deferred():
    assert deferral.released_minor(9_000, 12_000, 9_700) == 9_000
    assert deferral.released_minor(9_000, 10, 0) == 0


@pytest.mark.parametrize("price", [0, 1, 999, 10**12])
def test_a_deferral_is_never_more_than_the_price(price):
    assert 0 <= deferral.deferred_minor(price, 10**9) <= price


def test_movements_become_lines_and_merges_none():
    told = [
        ("pending", "member", "released", 100),
        ("program", "member", "earned", 50),
        ("program", "member", "adjustment", 7),
        ("member", "program", "adjustment", 2),
        ("member", "program", "clawback", 30),
        ("debt", "program", "clawback", 5),
        ("held", "redeemed", "redeemed", 20),
        ("redeemed", "member", "returned", 4),
        ("member", "expired", "expired", 3),
        ("member", "forfeited", "erasure", 1),
        ("member", "program", "merge", 1000),
        ("program", "member", "merge", 1000),
        ("program", "pending", "earned", 500),
        ("member", "held", "held", 60),
        ("member", "debt", "repayment", 5),
        ("program", "debt", "forgiven", 6),
        ("program", "member", "brought", 80),
        ("member", "program", "brought", 30),
    ]
    flow = deferral.flow(told)
    assert flow == Flow(150, -35, -20, 4, -3, -1, 5, 6, 50)
    assert flow.net == 156


def test_redemption_is_told_only_after_half_a_year():
    young = [Cohort("2026-01", 100, (10, 10, 10, 10, 10))]
    assert deferral.ultimate_redemption(young) is None
    assert deferral.ultimate_redemption([Cohort("2026-01", 100, (10,) * 6)]) == Fraction(60, 100)


def test_a_young_cohort_grows_as_the_old_ones_did():
    old = Cohort("2026-01", 100, (10, 10, 10, 0, 0, 0))
    new = Cohort("2026-06", 100, (20,))
    # From its first month to the end a cohort triples: 30 of 100, and 60 of 100.
    assert deferral.ultimate_redemption([old, new]) == Fraction(90, 200)


@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1
    )
)
def test_each_month_opens_where_the_last_closed(flows):
    months = deferral.roll_forward(
        [(date(2026, 1, 1), Flow(earned=a, redeemed=-b, expired=-c)) for a, b, c in flows]
    )
    assert months[0].opening == 0
    assert all(one.closing == two.opening for one, two in pairwise(months))
    assert months[-1].closing == sum(a - b - c for a, b, c in flows)


def test_what_is_left_to_redeem_is_what_is_expected_less_what_was():
    months = deferral.roll_forward([(date(2026, 1, 1), Flow(earned=1_000, redeemed=-300))])
    owed = deferral.Owed(
        as_of=datetime(2026, 1, 31, tzinfo=UTC),
        currency="USD",
        months=months,
        pending=0,
        redemption=Fraction(1, 2),
        worth=deferral.Worth(value_minor=1_000, redemption_percent=None),
    )
    assert owed.outstanding == 700
    assert owed.redemption_left == Fraction(200, 700)
    assert owed.cost_of_all_minor == 700
    assert owed.liability_minor == 200


def test_a_margin_makes_points_cheaper_than_they_are_worth():
    own_goods = Worth(value_minor=1_000, redemption_percent=None, margin_percent=40)
    assert (own_goods.value_minor, own_goods.cost_minor) == (1_000, 600)
    assert own_goods.cost_of(500, Fraction(1, 2)) == 150
    assert Worth(1_000, None).cost_of(500) == 500, "store credit costs its face"
