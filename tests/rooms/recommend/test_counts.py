"""What rows say in numbers beside the pairs, counted the slow way."""

from collections import Counter, defaultdict
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from connector.rooms.recommend import rules
from connector.rooms.recommend.rules import NOBODY, PEOPLE, SUPPORT
from connector.rooms.recommend.showing import counts
from tests.rooms.recommend.test_together import in_columns, lists, some_baskets


@given(some_baskets)
def test_buyers_and_who_of_them_came_back_are_counted(baskets):
    days: dict[tuple[str, int], set[int]] = defaultdict(set)
    for who, day, keys in baskets:
        for key in keys:
            if who != NOBODY:
                days[key, who].add(day)
    told = rules.shelves(rules.history(in_columns(baskets)))
    for key, one in counts.products(told):
        own = [met for (other, _), met in days.items() if other == key]
        assert (one.buyers, one.returners) == (len(own), sum(len(met) > 1 for met in own))


@given(some_baskets, st.integers(0, 30))
def test_what_sells_lately_is_counted(baskets, days_since):
    today = max(day for _, day, _ in baskets) + days_since
    orders: Counter[str] = Counter()
    for _, day, keys in baskets:
        orders.update(set(keys) if day > today - 28 else ())
    right = {key: count for key, count in orders.items() if count >= SUPPORT}
    told = counts.trends(rules.history(in_columns(baskets)), {}, date.fromordinal(today))
    found = told[counts.WHOLE_SHOP].products if told else []
    assert dict(found) == right
    assert [count for _, count in found] == sorted(right.values(), reverse=True)


@given(some_baskets)
def test_the_same_customers_are_at_least_three(baskets):
    buyers: dict[str, set[int]] = defaultdict(set)
    for who, _, keys in baskets:
        for key in keys:
            buyers[key] |= {who} - {NOBODY}
    for key, others in lists(baskets).items():
        for one in others:
            if one.evidence == PEOPLE:
                assert len(buyers[key] & buyers[one.key]) >= SUPPORT
