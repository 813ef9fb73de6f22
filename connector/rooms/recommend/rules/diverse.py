"""Families of titles: six mugs that differ in colour are one idea, shown six times.

Titles make a family when they share more than half of their words, colours, sizes and numbers
left out. Only what is ranked beside each other is compared, so nothing is stored.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from connector.rooms.recommend.rules.titles import IDEOGRAPHS, single_words

_ALIKE = 0.5  # of the longer title's words; more than that is a variant
_COLOURS = (
    "black white ivory cream grey gray silver gold golden red pink rose blue navy turquoise green"
    " mint olive yellow orange purple lilac violet brown beige copper clear multi assorted"
    " أسود سوداء أبيض بيضاء رمادي رمادية أحمر حمراء وردي وردية أزرق زرقاء أخضر خضراء أصفر صفراء"
    " برتقالي برتقالية بنفسجي بنفسجية بني بنية بيج ذهبي ذهبية فضي فضية"
    " 黑 白 灰 銀 金 紅 粉 藍 綠 黃 橙 橘 紫 棕 褐 色"
)
_SIZES = (
    "xxs xs s m l xl xxl xxxl mini small medium large big extra set of pack pcs piece pieces"
    " size cm mm ml kg صغير صغيرة متوسط متوسطة كبير كبيرة مقاس طقم 大 中 小 號 入 組 件"
)
_VARIES = frozenset(f"{_COLOURS} {_SIZES}".split())
_SMALL = frozenset(["and", "for", "from", "the", "with", "على", "和", "與", "的"])
_SHORT = 2  # letters; shorter words are small, too, where a script has spaces


def families(titles: Mapping[str, str]) -> dict[str, str]:
    """The family of each product, named by the key of its first member; titles as ranked.

    A title that says nothing but its colour, or nothing at all, is a family of its own.
    """
    leaders: list[tuple[str, frozenset[str]]] = []
    found: dict[str, str] = {}
    for key, title in titles.items():
        words = _words(title)
        found[key] = next((leader for leader, own in leaders if _alike(own, words)), key)
        if found[key] == key:
            leaders.append((key, words))
    return found


def spread_families(
    keys: Sequence[str], families: Mapping[str, Hashable], limit: int
) -> list[str]:
    """The first ``limit`` of ranked keys, no second of a family before the first of another.

    A key without a family is one of its own. Seconds fill what would stay empty, in their order.
    """
    met: set[Hashable] = set()
    firsts: list[str] = []
    others: list[str] = []
    for key in dict.fromkeys(keys):
        family = families.get(key, (key,))
        (others if family in met else firsts).append(key)
        met.add(family)
    return [*firsts, *others][:limit]


def share_a_word(title: str, other: str) -> bool:
    """Whether two titles have more in common than colours, sizes, numbers and small words."""
    shared = (_words(title) & _words(other)) - _SMALL
    return any(len(one) > _SHORT or one >= IDEOGRAPHS for one in shared)


def _words(title: str) -> frozenset[str]:
    return frozenset(
        one for one in single_words(title) if one not in _VARIES and not one[0].isdigit()
    )


def _alike(own: frozenset[str], words: frozenset[str]) -> bool:
    return len(own & words) > _ALIKE * max(len(own), len(words))
