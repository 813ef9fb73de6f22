"""Families of variants, and rows that show one of each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.rooms.recommend.rules.diverse import share_a_word, spread

some_kinds = st.sampled_from(["Tray", "Lamp", "Bowl"])
some_titles = st.lists(st.tuples(some_kinds, st.sampled_from(["red", "blue", "S", "XL"])))


def families(*titles):
    """How many ideas there are."""
    return len(spread({str(number): one for number, one in enumerate(titles)}, 9, filled=0))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Blue mug", "Red mug"),
        ("LUNCH BAG RED RETROSPOT", "LUNCH BAG BLACK SKULL"),
        ("Linen shirt - S", "Linen shirt - XL"),
        ("SET OF 3 CAKE TINS", "SET OF 6 CAKE TINS"),
        ("White hanging heart t-light holder", "Hanging heart zinc t-light holder"),
        ("HAND WARMER SCOTTY DOG DESIGN", "HAND WARMER UNION JACK"),
        ("SCOTTIE DOG HOT WATER BOTTLE", "HOT WATER BOTTLE KEEP CALM"),
        ("كوب أزرق", "كوب أحمر"),
        ("藍色馬克杯", "紅色馬克杯"),
        ("暖手袋貓頭鷹款", "暖手袋小鳥款"),
        ("烏龍茶 100克", "烏龍茶 30 g"),
    ],
)
def test_variants_are_a_family(one, other):
    assert families(one, other) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Blue mug", "Blue bowl"),
        ("RED RETROSPOT MUG", "RED RETROSPOT PLATE"),
        ("SET OF 3 CAKE TINS", "SET OF 3 TEA TOWELS"),
        ("HAND WARMER SCOTTY DOG DESIGN", "SCOTTIE DOG HOT WATER BOTTLE"),
        ("كوب أزرق", "صحن أزرق"),
        ("藍色馬克杯", "藍色茶壺"),
        ("抹茶", "抹茶碗"),
        ("抹茶碗", "抹茶刷"),
        ("Sencha tea, 100 g", "Hojicha tea, 100 g"),
        ("زيت الأرغان 100 مل", "شامبو الأرغان 100 مل"),
        ("", ""),
        ("Red", "Blue"),
    ],
)
def test_other_products_are_not(one, other):
    assert families(one, other) == 2


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


RANKED = {"a": "Red mug", "b": "Blue mug", "c": "Bowl", "d": "White mug", "e": "Tray"}


def test_the_best_of_each_family_goes_first_and_the_others_fill():
    assert spread(RANKED, 2) == ["a", "c"]
    assert spread(RANKED, 9) == ["a", "c", "e", "b", "d"]
    assert spread(RANKED, 9, filled=4) == ["a", "c", "e", "b"]
    assert spread(RANKED, 9, filled=1) == ["a", "c", "e"]
    assert spread({}, 3) == []


def test_what_is_like_the_page_never_leads():
    assert spread(RANKED, 9, ["Green mug"]) == ["c", "e", "a", "b", "d"]
    assert spread({"a": "Red mug", "b": "Blue mug"}, 9, ["Green mug", "Bowl"]) == []


@given(some_titles, st.integers(1, 9), st.sampled_from([None, 0, 3]))
def test_nothing_is_repeated_and_families_stay_in_order(titles, limit, filled):
    ranked = {str(number): " ".join(words) for number, words in enumerate(titles)}
    shown = spread(ranked, limit, filled=filled)
    kinds = [titles[int(key)][0] for key in shown]
    ideas = list(dict.fromkeys(kind for kind, _ in titles))[:limit]
    assert kinds[: len(ideas)] == ideas
    most = limit if filled is None else max(min(filled, limit), len(ideas))
    assert len(shown) == len(set(shown)) == min(most, len(ranked))
    assert spread({key: ranked[key] for key in shown}, limit, filled=filled) == shown
