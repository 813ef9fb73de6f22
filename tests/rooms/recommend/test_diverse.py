"""Families of variants, and rows that show one of each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.rooms.recommend.rules.diverse import families, share_a_word, spread_families

some_keys = st.lists(st.sampled_from("abcdefgh"), max_size=20)
some_families = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Blue mug", "Red mug"),
        ("LUNCH BAG RED RETROSPOT", "LUNCH BAG BLACK SKULL"),
        ("Linen shirt - S", "Linen shirt - XL"),
        ("SET OF 3 CAKE TINS", "SET OF 6 CAKE TINS"),
        ("White hanging heart t-light holder", "Hanging heart zinc t-light holder"),
        ("كوب أزرق", "كوب أحمر"),
        ("藍色馬克杯", "紅色馬克杯"),
    ],
)
def test_variants_are_a_family(one, other):
    assert families({"1": one, "2": other}) == {"1": "1", "2": "1"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Blue mug", "Blue bowl"),
        ("RED RETROSPOT MUG", "RED RETROSPOT PLATE"),
        ("SET OF 3 CAKE TINS", "SET OF 3 TEA TOWELS"),
        ("كوب أزرق", "صحن أزرق"),
        ("藍色馬克杯", "藍色茶壺"),
        ("", ""),
        ("Red", "Blue"),
    ],
)
def test_other_products_are_not(one, other):
    assert families({"1": one, "2": other}) == {"1": "1", "2": "2"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("S/6 SEW ON CROCHET FLOWERS", "YULETIDE IMAGES S/6 PAPER BOXES"),
        ("S/4 BLACK MINI ROSE CANDLE IN BOWL", "BLACK MINI TAPE MEASURE IN TIN"),
        ("Cup with a handle", "Tray with a rim"),
        ("كوب أزرق على صحن", "مزهرية زرقاء على رف"),
        ("藍色馬克杯", "藍色茶壺"),
    ],
)
def test_a_colour_a_size_or_a_small_word_makes_nothing_alike(one, other):
    assert not share_a_word(one, other)
    assert share_a_word(f"{one} tray", f"{other} tray")
    assert share_a_word(f"{one} 瓶", f"{other} 瓶")


def test_the_best_of_each_family_goes_first_and_the_others_fill():
    told = {"a": 1, "b": 1, "c": 2, "d": 1}
    assert spread_families("abcde", told, 3) == ["a", "c", "e"]
    assert spread_families("abcde", told, 9) == ["a", "c", "e", "b", "d"]
    assert spread_families([], told, 3) == []


@given(some_keys, some_families, st.integers(0, 9))
def test_nothing_is_lost_or_repeated_and_families_stay_in_order(keys, told, limit):
    spread = spread_families(keys, told, limit)
    ranked = list(dict.fromkeys(keys))
    assert len(spread) == len(set(spread)) == min(limit, len(ranked))
    assert spread_families(spread, told, limit) == spread
    if ranked and limit:
        assert spread[0] == ranked[0]
    shown = [told.get(one, one) for one in spread]
    assert len(set(shown)) == min(limit, len({told.get(one, one) for one in ranked}))
