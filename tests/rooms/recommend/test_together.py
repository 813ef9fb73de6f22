"""Counting pairs, beside an oracle that counts them the slow way."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise, permutations
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.rooms.recommend import rules
from connector.rooms.recommend.rules import ALIKE, NOBODY, ORDERS, PEOPLE, TITLES, Baskets, Other
from connector.rooms.recommend.showing.candidates import merged

Basket = tuple[int, int, Sequence[str]]  # buyer, day, product keys
Pair = tuple[str, str]
TODAY = 740_000
LETTERS = "abcdefghijklmnopqrstuvwxyzäöü"
ROUNDED = 0.002  # weights are whole numbers; of an old order hundreds are left

some_baskets = st.lists(
    st.tuples(
        st.integers(NOBODY, 6),
        st.integers(TODAY - 900, TODAY),
        st.lists(st.sampled_from(LETTERS), min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=60,
)


@given(some_baskets)
def test_counts_and_order_are_the_oracles(baskets):
    guests = [(NOBODY, day, products) for _, day, products in baskets]
    together, sure, wide = slowly(guests)
    found = lists(guests)
    assert set(found) == {product for product, _ in together}
    for product, others in found.items():
        assert len(others) == len([pair for pair in together if pair[0] == product])
        assert all(one.together == together[product, one.key] for one in others)
        surest = sorted((s for pair, s in sure.items() if pair[0] == product), reverse=True)
        told = [sure[product, one.key] for one in others]
        assert told[: rules.SUREST] == pytest.approx(surest[: rules.SUREST], rel=ROUNDED)
        late = pairwise([wide[product, one.key] for one in others][rules.SUREST :])
        assert all(after <= before * (1 + ROUNDED) for before, after in late)
        scores = [one.score for one in others]
        assert scores[: rules.SUREST] == pytest.approx(
            [1000 * share / told[0] for share in told[: rules.SUREST]], rel=ROUNDED, abs=1
        )
        assert scores == sorted(scores, reverse=True)


@given(some_baskets, st.randoms(use_true_random=False))
def test_neither_the_order_of_orders_nor_that_of_lines_matters(baskets, chance):
    shuffled = [(who, day, chance.sample(list(keys), len(keys))) for who, day, keys in baskets]
    chance.shuffle(shuffled)
    assert everything(shuffled) == everything(baskets)


@given(some_baskets, st.permutations(range(7)))
def test_the_numbers_of_people_do_not_matter(baskets, numbers):
    renamed = [(who if who == NOBODY else numbers[who], day, keys) for who, day, keys in baskets]
    assert lists(renamed) == lists(baskets)


@given(some_baskets, st.permutations(LETTERS))
def test_the_names_of_products_do_not_matter(baskets, names):
    new = dict(zip(LETTERS, names, strict=True))
    renamed = [(who, day, [new[key] for key in keys]) for who, day, keys in baskets]
    before, after = lists(baskets), lists(renamed)
    assert set(after) == {new[key] for key in before}
    for key, others in before.items():
        # Products nobody can tell apart may change places; what is told of a place may not.
        told = [(one.together, one.score, one.evidence) for one in after[new[key]]]
        assert told == [(one.together, one.score, one.evidence) for one in others]


@given(some_baskets, st.integers(1, 4000))
def test_time_that_passes_without_orders_changes_nothing(baskets, days):
    assert lists([(who, day + days, keys) for who, day, keys in baskets]) == lists(baskets)


def test_a_product_twice_in_one_order_is_one_order():
    found = lists([(NOBODY, TODAY, "aab")] * 2 + [(NOBODY, TODAY, "abb")])
    assert found["a"] == [Other("b", 3, 1000, ORDERS)]


def test_few_orders_are_no_reason():
    (other,) = lists([(NOBODY, TODAY, "ab")] * 2)["a"]
    assert (other.together, other.is_honest) == (2, False)


def test_no_orders_no_lists():
    assert lists([]) == {}
    assert lists([(NOBODY, TODAY, "a")] * 5) == {}


def test_what_is_bought_now_goes_before_what_was_bought_once():
    found = lists([(NOBODY, TODAY - 720, "ab")] * 9 + [(NOBODY, TODAY, "ac")] * 3)
    assert [one.key for one in found["a"]] == ["c", "b"]


def test_what_everybody_buys_does_not_head_a_list():
    baskets = [(NOBODY, TODAY, one) for one in ["ab"] * 4 + ["ac"] * 4 + ["bd"] * 400]
    assert [one.key for one in lists(baskets)["a"]] == ["c", "b"]


def test_where_one_order_is_all_there_is_what_sells_leads():
    baskets = [(NOBODY, TODAY, one) for one in ["ab", "ac"] + ["bd"] * 3 + ["cd"] * 9 + ["e"] * 9]
    assert [one.key for one in lists(baskets)["a"]] == ["c", "b"]


def test_what_sells_never_leads_what_many_orders_hold():
    baskets = [(NOBODY, TODAY, one) for one in ["ab"] * 9 + ["ac"] * 3 + ["c"] * 12 + ["d"] * 99]
    assert [one.key for one in lists(baskets)["a"]] == ["b", "c"]


def test_what_sells_counts_where_no_title_is_alike():
    orders = [(NOBODY, TODAY, one) for one in ["ab"] * 3 + ["ac"] * 2 + ["cd"] * 9 + ["e"] * 99]

    def against_b(titles: Mapping[str, str]) -> float:
        told = rules.shelves(rules.history(in_columns(orders, titles)))
        shares = {one.key: one.score for one in dict(rules.lists(told))["a"]}
        return shares["c"] / shares["b"]

    by_orders, alike = 2 / 3, {"a": "Blue mug", "f": "Red mug"}
    assert against_b(alike) == pytest.approx(by_orders, rel=0.01)
    assert against_b({}) > by_orders * 1.1


def test_of_a_giant_order_the_most_bought_products_count():
    rare = [f"rare{number}" for number in range(rules.CAP)]
    giant = (NOBODY, TODAY, [*rare, "mug", "bowl"])
    often = [(NOBODY, TODAY, [key]) for key in ("mug", "bowl")] * 9
    found = lists([giant] * 3 + often)
    assert {"mug", "bowl"} < set(found)
    assert sum(key in found for key in rare) == rules.CAP - 2


def test_lists_reach_over_the_blocks_they_are_made_in():
    chain = [f"{number:04}" for number in range(3000)]
    found = lists([(NOBODY, TODAY, pair) for pair in pairwise(chain)] * 3)
    assert len(found) == 3000
    assert {one.key for one in found["1499"]} == {"1498", "1500"}
    assert [one.key for one in found["2999"]] == ["2998"]


def test_of_too_many_orders_the_newest_count():
    orders = [(NOBODY, TODAY, "ab")] * 3 + [(NOBODY, TODAY - 90, "abc")] * 7
    history = rules.history(in_columns(orders), orders=3)
    assert dict(rules.lists(rules.shelves(history)))["a"] == [Other("b", 3, 1000, ORDERS)]


def test_lists_stop_at_what_is_kept():
    baskets = [(NOBODY, TODAY, f"a{chr(200 + other)}") for other in range(50)] * 3
    assert len(lists(baskets)["a"]) == rules.KEPT == 30


def test_what_the_same_people_buy_at_other_times_goes_together():
    baskets = [
        (who, TODAY - who - add, key) for who in range(4) for add, key in ((0, "a"), (9, "b"))
    ]
    others = [(9, TODAY, "c"), (8, TODAY, "d")]
    (other,) = lists(baskets + others)["a"]
    assert (other.key, other.together, other.evidence, other.is_honest) == ("b", 0, PEOPLE, True)


def test_one_or_two_people_are_no_reason():
    def both(people: int) -> Other:
        bought = [
            (who, TODAY - add, key) for who in range(people) for add, key in ((0, "a"), (9, "b"))
        ]
        (other,) = lists([*bought, (9, TODAY, "c"), (8, TODAY, "d")])["a"]
        return other

    assert [both(people).is_honest for people in (1, 2, 3)] == [False, False, True]
    assert both(3).evidence == PEOPLE


def test_products_with_alike_titles_say_what_they_are_bought_with():
    titles = {"a": "Blue mug", "b": "Red mug", "c": "Saucer", "d": "Tray"}
    shop = in_columns([(NOBODY, TODAY, "ac")] * 9 + [(NOBODY, TODAY, "d")] * 9, titles)
    found = dict(rules.lists(rules.shelves(rules.history(shop))))
    assert [(one.key, one.evidence, one.is_honest) for one in found["b"]] == [
        ("a", TITLES, True),
        ("c", ALIKE, True),
    ]


def test_before_anything_is_sold_titles_tell():
    titles = {
        "x": "Oak tray",
        "mug": "Blue mug",
        "cup": "Blue cup",
        "杯": "藍色馬克杯",
        "壺": "藍色茶壺",
    }
    shop = in_columns([(NOBODY, TODAY, "x")], titles)
    found = dict(rules.lists(rules.shelves(rules.history(shop))))
    assert found["mug"] == [Other("cup", 0, 1000, TITLES)]
    assert found["杯"] == [Other("壺", 0, 1000, TITLES)]
    assert "x" not in found


def test_a_cart_adds_up_the_lists_of_its_products():
    found = merged(
        {
            "saucer": [Other("bowl", 9, 1000), Other("plate", 8, 900), Other("cup", 3, 400)],
            "tray": [Other("plate", 4, 1000), Other("mug", 4, 800)],
        }
    )
    assert [(one.key, one.times, one.score, one.speaker) for one in found] == [
        ("plate", 8, 1900, "saucer"),
        ("bowl", 9, 1000, "saucer"),
        ("mug", 4, 800, "tray"),
        ("cup", 3, 400, "saucer"),
    ]


# ------------------------------------------------------------------------------------------------


def lists(baskets: Sequence[Basket]) -> dict[str, list[Other]]:
    return dict(rules.lists(rules.shelves(rules.history(in_columns(baskets)))))


def everything(baskets: Sequence[Basket]) -> list[object]:
    """All that is told of a shop and of its people."""
    told = rules.shelves(rules.history(in_columns(baskets)))
    keys = np.array([*told.history.keys])
    people = range(told.history.people)
    return [
        dict(rules.lists(told)),
        keys[told.trending].tolist(),
        [keys[told.buy_again(one)[0]].tolist() for one in people],
        [[column.tolist() for column in told.for_you(one)[:2]] for one in people],
        [keys[told.for_you(one)[2]].tolist() for one in people],
    ]


def in_columns(
    baskets: Sequence[Basket], titles: Mapping[str, str] = MappingProxyType({})
) -> Baskets:
    keys = sorted({key for _, _, products in baskets for key in products} | set(titles))
    random.Random(len(baskets)).shuffle(keys)  # numbers mean nothing
    numbers = {key: number for number, key in enumerate(keys)}
    return Baskets(
        keys=keys,
        titles=[titles.get(key, "") for key in keys],
        buyers=np.array([who for who, _, _ in baskets], np.int32),
        days=np.array([day for _, day, _ in baskets], np.int32),
        starts=np.cumsum([0, *(len(products) for _, _, products in baskets)]),
        products=np.array([numbers[key] for _, _, keys in baskets for key in keys], np.int32),
    )


def slowly(
    baskets: Sequence[Basket],
) -> tuple[Counter[Pair], dict[Pair, float], dict[Pair, float]]:
    """Of each pair: orders together, and what speaks for it, undamped and damped.

    As the definitions say it, of orders of guests for products without titles.
    """
    newest = max(day for _, day, _ in baskets)
    together: Counter[Pair] = Counter()
    weights: dict[Pair, float] = defaultdict(float)
    sold: dict[str, float] = defaultdict(float)
    sells: dict[str, float] = defaultdict(float)
    orders: Counter[str] = Counter()
    for _, day, products in baskets:
        size = len(set(products))
        recent = 0.5 ** ((newest - day) / 180)
        weight = recent / max(size - 1, 1) ** 0.5
        for pair in permutations(set(products), 2):
            together[pair] += 1
            weights[pair] += weight
        for product in set(products):
            sold[product] += weight
            sells[product] += recent
            orders[product] += 1
    damped = {pair: weight / sold[pair[1]] ** 0.25 for pair, weight in weights.items()}
    most, best, wide = (highest_of(one) for one in (together, weights, damped))
    selling = {}
    for one, other in together:
        chance = orders[one] * orders[other] / len(baskets)
        is_seldom = together[one, other] < chance - chance**0.5
        selling[one, other] = 0 if is_seldom else 1.5 * sells[other] / max(sells.values())
    believed = {pair: most[pair[0]] / (most[pair[0]] + 5) for pair in together}
    rest = {pair: told * (1 - believed[pair]) for pair, told in selling.items()}
    return (
        together,
        {pair: believed[pair] * weights[pair] / best[pair[0]] + rest[pair] for pair in together},
        {pair: believed[pair] * damped[pair] / wide[pair[0]] + rest[pair] for pair in together},
    )


def highest_of(told: Mapping[Pair, float]) -> dict[str, float]:
    """Of each product's pairs."""
    found: dict[str, float] = {}
    for (one, _), value in told.items():
        found[one] = max(found.get(one, 0), value)
    return found
