"""What a day tells of members: who buys soon, how often in a year, what they may need again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from connector.rooms.recommend.rules import reorders, visits
from connector.rooms.recommend.rules.history import Floats, History, Longs

SOON_DAYS = 90
AGAIN_DAYS = 30
KEPT = 10  # products of a member
LEAST, MOST = 1, 999  # of a thousand: nothing is impossible, and nothing certain


class Due(NamedTuple):
    """A product somebody may need again: so many of a thousand like this buy it in AGAIN_DAYS."""

    key: str
    permille: int


class Score(NamedTuple):
    """Of one person. visits: days bought on; yearly_thousandths: of a purchase, in a year."""

    visits: int
    buys_permille: int
    yearly_thousandths: int
    again: Sequence[Due]


@dataclass(frozen=True, slots=True)
class Scores:
    """Everybody with a purchase before a day, in columns; ``again`` of some, by person."""

    people: Longs
    visits: Longs
    buys: Longs
    yearly: Longs
    again: Mapping[int, Sequence[Due]]
    buys_learnt: bool
    again_learnt: bool

    @property
    def returners(self) -> int:
        """How many bought on another day again."""
        return int(np.count_nonzero(self.visits > 1))

    def part(self, first: int, last: int) -> dict[int, Score]:
        """Some of them, by person."""
        columns = (self.people, self.visits, self.buys, self.yearly)
        rows = zip(*(one[first:last].tolist() for one in columns), strict=True)
        return {
            who: Score(times, buys, yearly, self.again.get(who, ()))
            for who, times, buys, yearly in rows
        }


def scores(
    history: History, today: int, listed: int, apart: frozenset[str] = frozenset()
) -> Scores:
    """Scores on a day; products of the ``listed`` people who bought last, none of those apart."""
    known = visits.visits(history)
    now = visits.seen(known, today)
    buys = visits.buys_within(known, today, SOON_DAYS)
    newest = np.zeros(history.people, bool)
    newest[now.people[np.lexsort((now.people, now.recency))[:listed]]] = True
    told = reorders.chances(reorders.bought(history), today, AGAIN_DAYS, newest)
    permille = _permille(buys.chances)
    yearly = np.rint(visits.in_a_year(known, today) * 1000).astype(np.int64)
    return Scores(
        people=now.people,
        visits=now.times,
        buys=permille,
        yearly=np.maximum(yearly, permille),  # who may buy in 90 days may in a year
        again=_again(history, told, apart),
        buys_learnt=buys.is_learnt,
        again_learnt=told.is_learnt,
    )


def _again(
    history: History, told: reorders.Told, apart: frozenset[str]
) -> dict[int, Sequence[Due]]:
    """The likeliest of each person, by person; of equal ones what sells more."""
    is_goods = np.array([key not in apart for key in history.keys], bool)
    kept = is_goods[told.pairs.products] & (told.chances * 1000 >= LEAST)
    people, products = told.pairs.people[kept], told.pairs.products[kept]
    chances = _permille(told.chances[kept])
    order = np.lexsort((products, -chances, people))
    people, products, chances = people[order], products[order], chances[order]
    best = np.arange(len(people)) - np.searchsorted(people, people) < KEPT
    found: dict[int, list[Due]] = {}
    columns = (people[best].tolist(), products[best].tolist(), chances[best].tolist())
    for who, product, chance in zip(*columns, strict=True):
        found.setdefault(who, []).append(Due(history.keys[product], chance))
    return dict(found)


def _permille(chances: Floats) -> Longs:
    told: Longs = np.clip(np.rint(chances * 1000), LEAST, MOST).astype(np.int64)
    return told
