"""Scores in words: how strong a product stands in its list, and what that rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import Row

from connector.rooms import recommend
from connector.rooms.recommend import rules, showing
from connector.rooms.recommend.showing import ladders
from connector.web import rows
from connector.web.admin.words import mark
from connector.web.tongue import Tongue

STRENGTHS = ((67, mark("Strong")), (34, mark("Fair")), (0, mark("Faint")))  # from so many percent
HIDDEN = {
    "not_in_catalogue": mark("no longer in the catalogue"),
    "unpublished": mark("not published"),
    "sold_out": mark("sold out"),
    "no_link": mark("has no page"),
    "gift_card": mark("a gift card"),
    "free": mark("given away"),
    "apart": mark("a gift card or a gift"),
    "excluded": mark("never shown, as you chose"),
    "beside": mark("does not go with it, as you chose"),
    "unlike": mark("too little alike"),
    "back": mark("given back"),
    "one_off": mark("owned, and bought only once"),
}
_EVIDENCE = {
    rules.PEOPLE: mark("Bought by the same customers"),
    rules.TITLES: mark("A similar product"),
    rules.ALIKE: mark("Bought with similar products"),
}
_OFTEN = mark("Bought with it {times} out of {n}, {lift} as often as by chance")
_EVEN = mark("Bought with it {times} out of {n}, as often as by chance")
_SELDOM = mark("Bought with it {times} out of {n}, less often than by chance")
_ABOUT = Fraction(15, 100)  # as often as chance, give or take
_TENTHS = 10  # a smaller multiple is told with a decimal
Odds = Mapping[str, recommend.Odds]


@dataclass(frozen=True, slots=True)
class Scored:
    """A product of a list. percent: its score of the best there; None: it is only ranked."""

    key: str
    title: str
    image_url: str | None
    why: str
    percent: int | None
    hidden: str | None = None

    @property
    def strength(self) -> str | None:
        """In a word."""
        if self.percent is None:
            return None
        return next(word for least, word in STRENGTHS if self.percent >= least)


def of_row(
    row: showing.Row, say: Tongue, odds: Odds | None = None, *, by_count: bool = False
) -> list[Scored]:
    """A row, with what shoppers read; odds: of pairs with the product whose page it is on.

    by_count: it is ranked by how many orders or days, not by score.
    """
    is_counted = by_count or row.kind == ladders.TRENDING
    shares = _shares(
        [one.times if by_count else one.score for one in row.shown],
        of=0 if is_counted else ladders.TOP,
    )
    return [
        Scored(
            one.item.key,
            one.item.title,
            one.item.image_url,
            pair(odds[one.item.key], say)
            if odds and one.reason == ladders.ORDERS and one.item.key in odds
            else rows.reason(one, say),
            share,
        )
        for one, share in zip(row.shown, shares, strict=True)
    ]


def of_left_out(one: showing.LeftOut) -> Scored:
    """What a row has not, with why."""
    return Scored(one.key, one.title, one.image_url, "", None, HIDDEN[one.why])


def of_list(
    pairs: Sequence[recommend.Pair],
    known: Mapping[str, Row[Any]],
    say: Tongue,
    odds: Odds,
    left_out: Mapping[str, str],
) -> list[Scored]:
    """A product's whole list, also what its rows have not; left_out: why, in words."""
    shares = _shares([one.score for one in pairs], of=ladders.TOP)
    return [
        Scored(
            one.key,
            one.title or one.key,
            known[one.key].image_url if one.key in known else None,
            _why(one, say, odds),
            share,
            left_out.get(one.key) or (HIDDEN[one.hidden] if one.hidden else None),
        )
        for one, share in zip(pairs, shares, strict=True)
    ]


def pair(odds: recommend.Odds, say: Tongue) -> str:
    """How often two were bought together, and against chance."""
    counted = {"times": say.count("time", odds.together), "n": say.number(odds.orders)}
    if odds.of_chance > 1 + _ABOUT:
        tenths = round(odds.of_chance * 10)
        percent = tenths * 10 if odds.of_chance < _TENTHS else round(odds.of_chance) * 100
        return say.t(_OFTEN, lift=say.times(percent), **counted)
    return say.t(_EVEN if odds.of_chance >= 1 - _ABOUT else _SELDOM, **counted)


def _why(one: recommend.Pair, say: Tongue, odds: Odds) -> str:
    if one.key in odds:
        return pair(odds[one.key], say)
    if one.together >= rules.SUPPORT:
        return say.t("Bought with it {times}", times=say.count("time", one.together))
    return say.t(_EVIDENCE[one.evidence])


def _shares(scores: Sequence[int | None], of: int) -> list[int | None]:
    """Percent of the best there is, and of ``of`` at least, which may be left out of a row."""
    best = max((one or 0 for one in scores), default=0)
    best = max(best, of)
    return [None if one is None or not best else 100 * one // best for one in scores]
