"""A shop's lists: everything that is ranked from its orders, and what is told from that.

The same code makes the product's stored lists and answers the benchmark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import scipy

from connector.rooms.recommend.rules import people, returning, together
from connector.rooms.recommend.rules.history import Floats, History, Longs, top
from connector.rooms.recommend.rules.together import Lists

SHOWN = 10
_STEPS = 2.0**30  # rounded to so many, gains add up exactly in any sequence
_TREND = 0.5  # the power of a product's late sales in what is new to somebody
_LATE, _EVER = 1, 10  # orders added to both, so that few do not make a trend


class Rows(Sequence[Lists]):
    """Lists by product, cut out when they are asked for."""

    def __init__(self, told: Lists, count: int) -> None:
        self._told = told
        self._ends = np.searchsorted(told.rows, np.arange(count + 1)).tolist()

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, product: int) -> Lists: ...
    @overload
    def __getitem__(self, product: slice) -> list[Lists]: ...
    def __getitem__(self, product: int | slice) -> Lists | list[Lists]:
        if isinstance(product, slice):
            return [self[one] for one in range(*product.indices(len(self)))]
        if product >= len(self):
            raise IndexError(product)
        return self._told.only(slice(self._ends[product], self._ends[product + 1]))


@dataclass(frozen=True, slots=True)
class Shelves:
    """Ranked from a history. Products and people by their numbers there.

    heard: row i, what each product gains from somebody's having bought i. trending: all products.
    """

    history: History
    together: Sequence[Lists]
    similar: Sequence[Lists]
    bought: Any
    heard: Any
    trending: Longs

    def buy_again(self, buyer: int) -> tuple[Longs, Floats, Longs]:
        """(products, scores, times bought) of somebody's own, best first."""
        return returning.again(self.history, buyer)

    def newest_buyers(self, limit: int) -> list[int]:
        """Who bought last, by number."""
        told = self.history
        newest = np.zeros(told.people, np.int64)
        named = told.buyers >= 0
        np.maximum.at(newest, told.buyers[named], told.days[named])
        found: list[int] = np.lexsort((np.arange(len(newest)), -newest))[:limit].tolist()
        return found

    def owned(self, buyer: int) -> list[int]:
        """Everything somebody bought."""
        told = self.history
        first, last = np.searchsorted(told.buyers, (buyer, buyer + 1))
        products: list[int] = np.unique(
            told.products[told.starts[first] : told.starts[last]]
        ).tolist()
        return products

    def for_you(self, buyer: int, kept: int = SHOWN) -> tuple[Longs, Floats, Longs]:
        """(products new to somebody, scores, the bought product that speaks most for each)."""
        mine = slice(self.bought.indptr[buyer], self.bought.indptr[buyer + 1])
        own, weights = self.bought.indices[mine], self.bought.data[mine].astype(np.float64)
        rows = self.heard[own]
        each = np.diff(rows.indptr)
        gains = np.rint(rows.data * np.repeat(weights, each) * _STEPS)
        scores: Floats = np.zeros(len(self.history.keys))
        scores += np.bincount(rows.indices, weights=gains, minlength=len(scores))
        scores[self.owned(buyer)] = 0
        found = np.flatnonzero(scores)
        best = found[top(scores[found], found, kept)]
        speaker = np.repeat(own, each)
        said = np.flatnonzero(np.isin(rows.indices, best))
        said = said[np.lexsort((speaker[said], -gains[said]))]
        spoken, firsts = np.unique(rows.indices[said], return_index=True)
        because: Longs = speaker[said[firsts[np.searchsorted(spoken, best)]]]
        return best, scores[best], because

    def filled(
        self, ranked: Iterable[int], without: Iterable[int], kept: int = SHOWN
    ) -> list[int]:
        """``ranked``, and after it what sells lately, up to so many; nothing of ``without``."""
        found = dict.fromkeys(int(one) for one in ranked)
        left = set(without)
        for one in left:
            found.pop(one, None)
        for one in self.trending:
            if len(found) >= kept:
                break
            if one not in left:
                found.setdefault(int(one))
        return list(found)[:kept]


def shelves(history: History) -> Shelves:
    """Rank everything."""
    bought = people.bought_by(history)
    told = together.told(history, bought)
    count = len(history.keys)
    rows, others, strengths = told.voices
    trend = ((history.lately + _LATE) / (history.sold + _EVER)) ** _TREND
    heard = scipy.sparse.csr_matrix(
        ((strengths * trend[rows]).astype(np.float32), (others, rows)), shape=(count, count)
    )
    return Shelves(
        history=history,
        together=Rows(told.together, count),
        similar=Rows(told.similar, count),
        bought=bought,
        heard=heard,
        trending=history.trending(),
    )


def joined(lists: Iterable[Lists], without: Iterable[int]) -> list[int]:
    """Several products' lists as one: shares add up; equal ones, the lower number first."""
    scores: dict[int, float] = {}
    for told in lists:
        for other, share in zip(told.others.tolist(), told.shares.tolist(), strict=True):
            scores[other] = scores.get(other, 0.0) + share
    for one in without:
        scores.pop(one, None)
    return sorted(scores, key=lambda other: (-round(scores[other], 9), other))
