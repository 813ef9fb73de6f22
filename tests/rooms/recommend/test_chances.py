"""What people return for, and how likely they are to."""

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from scipy.special import expit

from connector.rooms.recommend import rules
from connector.rooms.recommend.rules import NOBODY, logistic, reorders, visits, worth
from tests.rooms.recommend.test_together import TODAY, in_columns, some_baskets


@given(some_baskets)
def test_buying_again_is_counted_as_the_oracle_counts_it(baskets):
    told = rules.shelves(rules.history(in_columns(baskets)))
    keys = told.history.keys
    late = max(day for _, day, _ in baskets) - 28
    lately = Counter(key for _, day, keys in baskets if day > late for key in set(keys))
    for person in range(told.history.people):
        mine = [(day, set(products)) for who, day, products in baskets if who == person]
        days = sorted({day for day, _ in mine}, reverse=True)
        scores: dict[str, float] = defaultdict(float)
        for ago, day in enumerate(days):
            for key in {key for when, products in mine if when == day for key in products}:
                scores[key] += 0.95**ago
        products, found, _ = told.buy_again(person)
        assert dict(zip([keys[one] for one in products], found, strict=True)) == pytest.approx(
            {key: score * (lately[key] + 1) ** 0.2 for key, score in scores.items()}
        )
        assert sorted(found, reverse=True) == pytest.approx(list(found))


@given(some_baskets)
def test_nobody_is_offered_as_new_what_they_bought(baskets):
    told = rules.shelves(rules.history(in_columns(baskets)))
    for person in range(told.history.people):
        products, _, because = told.for_you(person)
        owned = set(told.owned(person))
        assert owned.isdisjoint(products.tolist())
        assert owned.issuperset(because.tolist())
        assert len(set(products.tolist())) == len(products)


def test_what_follows_a_product_is_offered_to_who_has_it_and_because_of_it():
    baskets = [(who, TODAY - who, "ab") for who in range(12)]
    baskets += [(who, TODAY - who, "cd") for who in range(20, 32)]
    told = rules.shelves(rules.history(in_columns([*baskets, (40, TODAY, "a"), (41, TODAY, "c")])))
    keys = told.history.keys
    for person, new, had in ((40, "b", "a"), (41, "d", "c")):
        products, _, because = told.for_you(person)
        assert [keys[one] for one in products][:1] == [new]
        assert [keys[one] for one in because][:1] == [had]


def test_a_list_is_filled_with_what_sells_lately():
    told = rules.shelves(rules.history(in_columns([(NOBODY, TODAY, "ab"), (NOBODY, TODAY, "a")])))
    assert [told.history.keys[one] for one in told.filled([], [])] == ["a", "b"]
    assert told.filled([1], [0]) == [1]


def test_odds_are_learnt():
    chance = np.random.default_rng(4)
    features = chance.normal(size=(20_000, 2))
    happened = chance.random(20_000) < expit(0.5 * features[:, 0] - 1)
    model = logistic.fit(features, happened.astype(float))
    assert model is not None
    told = model.of(np.array([[-2.0, 0.0], [0.0, 0.0], [2.0, 0.0]]))
    assert told == pytest.approx(expit(np.array([-2.0, -1.0, 0.0])), abs=0.03)
    assert logistic.fit(features[:50], np.ones(50)) is None


def test_odds_of_what_is_rare_and_plain_to_see_are_learnt():
    """Newton's steps fly away from there: all of them would be told nothing."""
    chance = np.random.default_rng(0)
    features = np.column_stack([chance.exponential(size=20_000), chance.normal(size=20_000)])
    happened = np.zeros(len(features))
    happened[np.argsort(-features[:, 0])[:150][:120]] = 1
    model = logistic.fit(features, happened)
    assert model is not None
    assert model.of(features).sum() == pytest.approx(happened.sum())


def test_purchases_are_fitted_to_those_who_were_drawn_from_the_model():
    x, last, whole, later = drawn(6000)
    fitted = worth.fit_purchases(x, last, whole)
    assert fitted.r == pytest.approx(0.5, rel=0.15)
    assert fitted.alpha == pytest.approx(6, rel=0.2)
    assert fitted.a / (fitted.a + fitted.b) == pytest.approx(0.25, rel=0.2)
    in_days = worth.fit_purchases(x, last * 7, whole * 7)
    assert in_days.alpha == pytest.approx(fitted.alpha * 7, rel=1e-3)
    expected = worth.expected(fitted, x, last, whole, 26.0)
    assert expected.sum() == pytest.approx(later.sum(), rel=0.1)


def test_spend_is_fitted_to_those_who_were_drawn_from_the_model():
    chance = np.random.default_rng(8)
    x = chance.integers(1, 9, 20_000)
    mean = chance.gamma(6.0 * x, 1 / chance.gamma(4.0, 1 / 15.0, 20_000)) / x
    fitted = worth.fit_spend(x, mean)
    assert (fitted.p, fitted.q, fitted.v) == pytest.approx((6, 4, 15), rel=0.15)
    assert worth.expected_spend(fitted, x, mean).mean() == pytest.approx(mean.mean(), rel=0.05)


def test_who_buys_each_month_is_likelier_than_who_fell_silent():
    known = visits.visits(rules.history(in_columns(planted())))
    people, told, _ = visits.buys_within(known, TODAY, 30)
    faithful, gone = told[people < 150], told[people >= 150]
    assert faithful.mean() > 0.8
    assert gone.mean() < 0.3


def test_what_is_bought_each_month_is_likelier_than_what_was_bought_twice_long_ago():
    history = rules.history(in_columns(planted()))
    now, told, _ = reorders.chances(reorders.bought(history), TODAY, 30)
    tea = [told[n] for n, one in enumerate(now.products) if history.keys[one] == "t"]
    mug = [told[n] for n, one in enumerate(now.products) if history.keys[one] == "m"]
    assert np.mean(tea) > 2 * np.mean(mug)
    assert ((told >= 0) & (told <= 1)).all()


@pytest.mark.parametrize("people", [400, 40])
def test_chances_beyond_the_past_are_as_high_as_what_happens(people):
    """One in four comes back every ten days; the shop is 50 days old, and asked about 90."""
    baskets = [
        (who, TODAY - 1 - who % 10 - 10 * n, "a") for who in range(people // 4) for n in range(5)
    ]
    baskets += [(who, TODAY - 1 - who % 50, "a") for who in range(people // 4, people)]
    known = reorders.bought(rules.history(in_columns(baskets)))
    told = [reorders.chances(known, TODAY, days)[1] for days in (10, 20, 30, 60, 90, 180, 400)]
    for fewer, more in pairwise(told[2:]):
        assert (fewer <= more).all()
    assert all(((one > 0) & (one < 1)).all() for one in told)
    once = reorders.chances(known, TODAY, 90)[0].times == 1
    assert told[4][once].mean() < 0.5
    assert told[4][~once].mean() > 1.5 * told[4][once].mean()


def test_beyond_the_past_nothing_of_somebody_is_likelier_than_that_they_come():
    known = reorders.bought(rules.history(in_columns(planted()[::7])))
    for days in (250, 400):
        now, told, _ = reorders.chances(known, TODAY, days)
        people, comes, _ = visits.buys_within(known.visits, TODAY, days)
        assert (told <= comes[np.searchsorted(people, now.people)]).all()


def test_a_young_shop_has_chances_too():
    history = rules.history(
        in_columns([(0, TODAY - 9, "a"), (0, TODAY - 4, "a"), (1, TODAY, "b")])
    )
    _, told, _ = reorders.chances(reorders.bought(history), TODAY + 1, 30)
    assert ((told > 0) & (told < 1)).all()
    people, told, _ = visits.buys_within(visits.visits(history), TODAY + 1, 90)
    assert people.tolist() == [0, 1]
    assert ((told >= 0) & (told <= 1)).all()


# ------------------------------------------------------------------------------------------------


def planted():
    """150 people who buy tea every month, and 150 who came for some months and then no more."""
    baskets = []
    for who in range(150):
        baskets += [(who, TODAY - 1 - who % 30 - 30 * month, "t") for month in range(12)]
        baskets += [(who, TODAY - 300 - who % 30 - month, "m") for month in (0, 20)]
    for who in range(150, 300):
        gone = 60 + who
        baskets += [(who, TODAY - gone - 30 * month, "t") for month in range(3)]
    return baskets


def drawn(count):
    """(repeats, last, age, purchases in the next 26 weeks) of customers of BG/NBD, in weeks."""
    chance = np.random.default_rng(3)
    rows = []
    for _ in range(count):
        rate, quits = chance.gamma(0.5, 1 / 6.0), chance.beta(1.0, 3.0)
        at, times, stays = 0.0, [], True
        while stays:
            at += chance.exponential(1 / rate)
            if at > 65:
                break
            times.append(at)
            stays = chance.random() >= quits
        known = [one for one in times if one <= 39]
        rows.append((len(known), known[-1] if known else 0.0, 39.0, len(times) - len(known)))
    x, last, whole, later = map(np.array, zip(*rows, strict=True))
    return x, last, whole, later
