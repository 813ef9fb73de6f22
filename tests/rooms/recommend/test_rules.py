"""Counting pairs, beside an oracle that counts them the slow way."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.rooms.recommend import rules
from connector.rooms.recommend.rules import Baskets, Other

Basket = tuple[int, Sequence[str]]  # day, product keys
Pair = tuple[str, str]
TODAY = 740_000

some_baskets = st.lists(
    st.tuples(
        st.integers(TODAY - 1500, TODAY),
        st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyzäöü"), min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=60,
)


@given(some_baskets)
def test_counts_and_order_are_the_oracles(baskets):
    together, scores = slowly(baskets)
    found = lists(baskets)
    believed = {pair for pair, count in together.items() if count >= 3}
    assert set(found) == {product for product, _ in believed}
    for product, others in found.items():
        assert all(one.together == together[product, one.key] for one in others)
        told = [scores[product, one.key] for one in others]
        assert told == sorted_within(told, 0.001)
        left = [scores[pair] for pair in believed if pair[0] == product]
        assert told == pytest.approx(sorted(left, reverse=True)[: rules.KEPT], rel=0.001)
        shares = [1000 * score / told[0] for score in told]
        assert [one.score for one in others] == pytest.approx(shares, rel=0.001, abs=1)


@given(some_baskets, st.randoms(use_true_random=False))
def test_neither_the_order_of_orders_nor_that_of_lines_matters(baskets, chance):
    shuffled = [(day, chance.sample(list(products), len(products))) for day, products in baskets]
    chance.shuffle(shuffled)
    assert lists(shuffled) == lists(baskets)


@given(some_baskets, st.integers(1, 4000))
def test_time_that_passes_without_orders_changes_nothing(baskets, days):
    assert lists([(day + days, products) for day, products in baskets]) == lists(baskets)


def test_two_orders_are_not_enough():
    assert lists([(TODAY, "ab")] * 2 + [(TODAY, "a"), (TODAY, "b")]) == {}


def test_a_product_twice_in_one_order_is_one_order():
    assert lists([(TODAY, "aab")] * 2 + [(TODAY, "abb")])["a"] == [Other("b", 3, 1000)]


def test_no_orders_no_lists():
    assert lists([]) == {}
    assert lists([(TODAY, "a")] * 5) == {}


def test_what_is_bought_now_goes_before_what_was_bought_once():
    found = lists([(TODAY - 720, "ab")] * 9 + [(TODAY, "ac")] * 3)
    assert [one.key for one in found["a"]] == ["c", "b"]


def test_what_everybody_buys_does_not_head_a_list():
    baskets = [(TODAY, "ab")] * 4 + [(TODAY, "ac")] * 4 + [(TODAY, "bd")] * 400
    assert [one.key for one in lists(baskets)["a"]] == ["c", "b"]


def test_of_a_giant_order_the_most_bought_products_count():
    rare = [f"rare{number}" for number in range(rules.CAP)]
    giant = (TODAY, [*rare, "mug", "bowl"])
    often = [(TODAY, ["mug"]), (TODAY, ["bowl"])] * 9
    found = lists([giant] * 3 + often)
    assert {"mug", "bowl"} < set(found)
    assert sum(key in found for key in rare) == rules.CAP - 2


def test_lists_reach_over_the_blocks_they_are_made_in():
    chain = [f"{number:04}" for number in range(1300)]
    found = lists([(TODAY, pair) for pair in pairwise(chain)] * 3)
    assert len(found) == 1300
    assert [one.key for one in found["0499"]] == ["0498", "0500"]
    assert [one.key for one in found["1299"]] == ["1298"]


def test_of_too_many_orders_the_newest_count():
    found = lists([(TODAY, "ab")] * 7 + [(TODAY - 90, "abc")] * 3, orders=3)
    assert found["a"] == [Other("b", 3, 1000), Other("c", 3, 1000)]


def test_lists_stop_at_what_is_kept():
    baskets = [(TODAY, f"a{other}") for other in "bcdefghijklmnopqrstuvwxyz"] * 3
    assert len(lists(baskets)["a"]) == rules.KEPT == 20


def test_a_cart_adds_up_the_lists_of_its_products():
    found = rules.merged(
        [
            [Other("bowl", 9, 1000), Other("plate", 8, 900), Other("cup", 3, 400)],
            [Other("plate", 4, 1000), Other("mug", 4, 800)],
        ],
        {"mug"},
    )
    assert found == [Other("plate", 8, 1900), Other("bowl", 9, 1000), Other("cup", 3, 400)]


# ------------------------------------------------------------------------------------------------


def lists(baskets: Sequence[Basket], **limits: int) -> dict[str, list[Other]]:
    columns = in_columns(baskets)
    found = dict(rules.lists(columns, **limits))
    assert dict(rules.lists(columns, **limits)) == found  # counting leaves what it counts alone
    return found


def in_columns(baskets: Sequence[Basket]) -> Baskets:
    keys = sorted({key for _, products in baskets for key in products})
    random.Random(len(baskets)).shuffle(keys)  # numbers mean nothing
    numbers = {key: number for number, key in enumerate(keys)}
    return Baskets(
        keys=keys,
        days=np.array([day for day, _ in baskets], np.int32),
        starts=np.cumsum([0, *(len(products) for _, products in baskets)]),
        products=np.array([numbers[key] for _, keys in baskets for key in keys], np.int32),
    )


def slowly(baskets: Sequence[Basket]) -> tuple[Counter[Pair], dict[Pair, float]]:
    """Orders together and score of each pair, as the definitions say it."""
    newest = max(day for day, _ in baskets)
    together: Counter[Pair] = Counter()
    weight: dict[Pair, float] = defaultdict(float)
    sold: dict[str, float] = defaultdict(float)
    for day, products in baskets:
        half_lives = (newest - day) / 180
        for pair in permutations(set(products), 2):
            together[pair] += 1
            weight[pair] += 0.5**half_lives
        for product in set(products):
            sold[product] += 0.5**half_lives
    return together, {(i, j): weight[i, j] / sold[j] ** 0.2 for i, j in weight}


def sorted_within(values: list[float], share: float) -> list[float]:
    """The values themselves if each is, but for this share, at most the one before."""
    return [v for n, v in enumerate(values) if n == 0 or v <= values[n - 1] * (1 + share)]
