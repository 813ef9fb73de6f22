"""What the sums say, against a slow count; and what an order's note means."""

from __future__ import annotations

import random
import statistics
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from connector.rooms.recommend.learning import rules
from connector.rooms.recommend.learning.rules import Note, Place, Sums
from connector.rooms.recommend.showing.ladders import LADDERS

DAY = date(2026, 11, 22)
PLACE = Place("product", "together", "standard")
_bucket = st.builds(Sums, st.integers(0, 40), st.integers(0, 9), st.integers(-5_000, 90_000))
_many = st.lists(_bucket, min_size=2, max_size=40)


def by_hand(told: list[Sums]) -> tuple[float, float]:
    """(net revenue a visit, its error): residuals one by one, in the textbook's words."""
    visits = sum(one.visits for one in told)
    mean = sum(one.net_minor for one in told) / visits
    rest = [one.net_minor - mean * one.visits for one in told]
    spread = statistics.variance(rest, xbar=0) if len(rest) > 1 else 0.0
    return mean, (spread * len(told)) ** 0.5 / visits


@given(_many, _many)
def test_the_lift_is_what_a_slow_count_says(shown, kept):
    told = [(one, True) for one in shown] + [(one, False) for one in kept]
    sides = [side for _, side in told]
    sums = {number: one for number, (one, _) in enumerate(told)}
    lift = rules.compare(sums, lambda bucket: sides[bucket])
    for side, all_of_it in ((lift.shown, shown), (lift.kept, kept)):
        counted = [one for one in all_of_it if one.visits or one.net_minor]
        assert side.visits == sum(one.visits for one in counted)
        assert side.net_minor == sum(one.net_minor for one in counted)
        if side.visits and len(counted) > 1:
            mean, error = by_hand(counted)
            assert side.error == pytest.approx(error, rel=1e-6, abs=1e-6)
            assert side.per_visits_minor == pytest.approx(100 * mean, abs=0.51)
    if lift.verdict == "young":
        assert (lift.minor, lift.low_minor, lift.high_minor) == (0, 0, 0)
        return
    assert lift.low_minor <= lift.minor <= lift.high_minor
    error = (lift.shown.error**2 + lift.kept.error**2) ** 0.5
    assert lift.high_minor - lift.low_minor >= round(2 * 1.959 * error * 100) - 2


def test_with_even_visits_it_is_welchs_interval():
    draw = random.Random(44)
    one, other = ([draw.randint(0, 9_000) for _ in range(40)] for _ in range(2))
    sums = {n: Sums(10, 5, value) for n, value in enumerate([*one, *other])}
    lift = rules.compare(sums, lambda bucket: bucket < 40)
    test = stats.ttest_ind([v / 10 for v in one], [v / 10 for v in other], equal_var=False)
    low, high = test.confidence_interval(0.95)
    assert lift.low_minor == pytest.approx(low * 100, abs=1)
    assert lift.high_minor == pytest.approx(high * 100, abs=1)


def test_the_interval_holds_the_truth_nineteen_times_of_twenty():
    """Nothing differs, and people come again and again: still few false alarms."""
    draw, alarms = random.Random(20), 0
    for _ in range(200):
        sums = {}
        for bucket in range(200):
            mood = draw.expovariate(1 / 2_000)  # who likes the shop comes and buys more
            visits = 1 + int(draw.expovariate(1 / 5))
            sums[bucket] = Sums(visits, visits, sum(int(mood) for _ in range(visits)))
        lift = rules.compare(sums, lambda bucket: bucket >= 50)
        alarms += lift.verdict != "open"
    assert 2 <= alarms <= 18  # ten are due


def test_little_says_nothing():
    sums = {bucket: Sums(9, 2, 500 * bucket) for bucket in range(30)}
    assert rules.compare(sums, lambda bucket: bucket >= 5).verdict == "young"  # too few buckets
    sums = {bucket: Sums(9, 1, 500 * bucket) for bucket in range(40)}
    assert rules.compare(sums, lambda bucket: bucket >= 20).verdict == "young"  # too few orders
    assert rules.compare({}, lambda _: True).verdict == "young"


def test_a_side_that_earns_more_is_better_and_its_mirror_worse():
    sums = {bucket: Sums(10, 4, 900 + bucket % 7 + 300 * (bucket >= 50)) for bucket in range(100)}
    assert rules.compare(sums, lambda bucket: bucket >= 50).verdict == "better"
    assert rules.compare(sums, lambda bucket: bucket < 50).verdict == "worse"
    assert rules.compare(sums, lambda bucket: bucket >= 50).minor == 3_000  # of 100 visits


def test_who_is_held_out_stays_so_when_the_share_grows():
    for percent in range(20):
        held = {bucket for bucket in range(1000) if rules.is_held(bucket, percent)}
        more = {bucket for bucket in range(1000) if rules.is_held(bucket, percent + 1)}
        assert len(held) == 10 * percent
        assert held < more


def test_each_trial_deals_anew_and_evenly():
    sides = [{b for b in range(1000) if rules.side_of(trial, b) == "a"} for trial in (7, 8)]
    assert all(420 < len(side) < 580 for side in sides)
    assert 180 < len(sides[0] & sides[1]) < 320


@given(
    st.integers(0, 999),
    st.sampled_from([(surface, row) for surface, rows in LADDERS.items() for row in rows]),
    st.sampled_from(rules.METHODS),
    st.integers(-1, 7),
)
def test_a_note_is_read_as_it_was_written(bucket, where, method, days):
    surface, row = where
    clicked = date.fromordinal(DAY.toordinal() - days)
    note = Note(bucket, Place(surface, row, method), clicked)
    assert rules.read(rules.written(note), DAY) == note
    assert len(rules.written(note)) <= 64


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("7", Note(7)),
        ("7.product.together.standard.20779", Note(7, PLACE, DAY)),
        ("7.product.together.standard.20771", Note(7)),  # eight days before
        ("7.product.together.standard.20781", Note(7)),  # from the future
        ("7.elsewhere.together.standard.20779", Note(7)),
        ("7.product.together.made-up.20779", Note(7)),
        ("7.cart.again.standard.20779", Note(7)),
        ("7.product.none.standard.20779", Note(7)),
        ("7.product.together", Note(7)),
        ("1000", None),
        ("-1", None),
        ("", None),
        ("\u0667", None),
        ("Mia", None),
    ],
)
def test_a_note_tells_no_more_than_it_may(text, read):
    assert rules.read(text, DAY) == read


def test_money_of_visits_is_rounded_once():
    sums = {bucket: Sums(3, 1, 100) for bucket in range(2)}
    lift = rules.compare(sums, lambda bucket: bucket == 0)
    assert lift.shown.per_visits_minor == round(Fraction(100 * 100, 3))
