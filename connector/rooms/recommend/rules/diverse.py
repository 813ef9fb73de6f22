"""Families of titles: six mugs that differ in colour are one idea, shown six times.

Titles make a family when they share more than half of the words of the longer, or two words and
half of the shorter, colours, sizes and numbers left out: "Hand warmer" in three designs is one.
Only what is ranked beside each other is compared, so nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from connector.rooms.recommend.rules.titles import IDEOGRAPHS, runs

_ALIKE = 0.5  # of a title's words
_FEW = 2  # words that half of the shorter title has to be at least
_COLOURS = (
    "black white ivory cream grey gray silver gold golden red pink rose blue navy turquoise green"
    " mint olive yellow orange purple lilac violet brown beige copper clear multi assorted"
    " أسود سوداء أبيض بيضاء رمادي رمادية أحمر حمراء وردي وردية أزرق زرقاء أخضر خضراء أصفر صفراء"
    " برتقالي برتقالية بنفسجي بنفسجية بني بنية بيج ذهبي ذهبية فضي فضية"
    " 黑 白 灰 銀 金 紅 粉 藍 綠 黃 橙 橘 紫 棕 褐 色"
)
_SIZES = (
    "xxs xs s m l xl xxl xxxl mini small medium large big extra set of pack pcs piece pieces"
    " size cm mm ml g kg oz lb صغير صغيرة متوسط متوسطة كبير كبيرة مقاس طقم"
    " سم مم مل غ جم كغ كجم لتر 大 中 小 號 入 組 件"
)
_VARIES = frozenset(f"{_COLOURS} {_SIZES}".split())
_SMALL = frozenset(["and", "for", "from", "the", "with", "على", "和", "與", "的"])
_SHORT = 2  # letters; shorter words are small, too, where a script has spaces


def spread(
    titles: Mapping[str, str], limit: int, beside: Iterable[str] = (), filled: int | None = None
) -> list[str]:
    """The first ``limit`` of ranked products, no second of a family before the first of another.

    beside: titles whose families are met already, those of the page: none of theirs leads, and
    where there is nothing but them, there is nothing. Seconds fill what would stay empty, in their
    order, up to ``filled`` products, else up to the limit.
    """
    met = [_idea(title) for title in beside]
    firsts: list[str] = []
    others: list[str] = []
    for key, title in titles.items():
        words = _idea(title)
        if any(_alike(words, one) for one in met):
            others.append(key)
            continue
        met.append(words)
        firsts.append(key)
        if len(firsts) == limit:
            return firsts
    most = limit if filled is None else min(limit, filled)
    return [*firsts, *others[: max(most - len(firsts), 0)]] if firsts else []


def share_a_word(title: str, other: str) -> bool:
    """Whether two titles have more in common than colours, sizes, numbers and small words."""
    shared = (_words(title) & _words(other)) - _SMALL
    return any(len(one) > _SHORT or one >= IDEOGRAPHS for one in shared)


def _words(title: str) -> frozenset[str]:
    return frozenset(one for run in _telling(title) for one in run)


def _idea(title: str) -> frozenset[str]:
    """Words; two letters each where a script has no spaces, since one is in too many words."""
    return frozenset(
        word
        for run in _telling(title)
        for word in ([f"{one}{other}" for one, other in pairwise(run)] or run)
    )


def _telling(title: str) -> list[list[str]]:
    return [
        [one for one in run if one not in _VARIES and not one[0].isdigit()] for run in runs(title)
    ]


def _alike(own: frozenset[str], words: frozenset[str]) -> bool:
    shared, sizes = len(own & words), (len(own), len(words))
    return shared > _ALIKE * max(sizes) or (shared >= _FEW and shared >= _ALIKE * min(sizes))
