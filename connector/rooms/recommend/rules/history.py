"""A shop's orders in columns: all that ranking reads.

Products are numbered by how they sell: most orders first, then the newest, then by what tells
their histories apart. Where two products are equal the lower number wins, so neither their names
nor the sequence of orders and lines decides anything, but between products nobody can tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # its parts are loaded on first use: doors that only read lists stay quick
from numpy.typing import NDArray

NOBODY = -1  # the buyer of an order that names nobody
ORDERS_LIMIT = 2**22  # the newest; see together.py
HALF_LIFE_DAYS = 180
LATELY_DAYS = 28
_MIXED = np.uint64(0x9E3779B97F4A7C15)

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Baskets:
    """Paid orders as they were read.

    keys, titles: of products, by number. buyers: who placed each order, a number or NOBODY.
    days: when, as proleptic ordinals. starts: where each order's products begin in ``products``,
    and at the end where the last ends.
    """

    keys: Sequence[str]
    titles: Sequence[str]
    buyers: Ints
    days: Ints
    starts: Longs
    products: Ints


@dataclass(frozen=True, slots=True)
class History:
    """Baskets by buyer, then day; a product once in each; products by rank.

    sold: orders of each product. lately: those of the last LATELY_DAYS. newest: the day of the
    newest order; all ages are counted from it, so nothing moves while nothing is bought.
    """

    keys: Sequence[str]
    titles: Sequence[str]
    buyers: Ints
    days: Ints
    starts: Longs
    products: Ints
    sold: Longs
    lately: Longs
    newest: int

    @property
    def sizes(self) -> Longs:
        return np.diff(self.starts)

    @property
    def people(self) -> int:
        """How many numbers of buyers there are."""
        return int(self.buyers[-1]) + 1 if len(self.buyers) else 0

    def of_lines(self, values: NDArray[Any]) -> NDArray[Any]:
        """What is known of each order, for each of its lines."""
        return np.repeat(values, self.sizes)

    def trending(self) -> Longs:
        """Products by what they sold lately, then by what they ever sold."""
        return np.lexsort((np.arange(len(self.keys)), -self.lately))


def history(baskets: Baskets, orders: int = ORDERS_LIMIT) -> History:
    """Put a shop's newest orders into the one sequence that all ranking starts from."""
    count = len(baskets.keys)
    sequence = _newest(baskets, orders)
    place = np.full(len(baskets.days), -1, np.int64)
    place[sequence] = np.arange(len(sequence))
    line = np.repeat(place, np.diff(baskets.starts))
    products = baskets.products[line >= 0]
    line = line[line >= 0]
    bought = scipy.sparse.csr_matrix(
        (np.ones(len(line), np.int8), (line, products)), shape=(len(sequence), count)
    )
    bought.sum_duplicates()
    days = baskets.days[sequence]
    newest = int(days.max(initial=0))
    sold = np.bincount(bought.indices, minlength=count)
    ranked = _ranked(baskets, bought, days, sold)
    rank = np.empty(count, np.int32)
    rank[ranked] = np.arange(count, dtype=np.int32)
    bought.indices = rank[bought.indices]
    bought.has_sorted_indices = False
    bought.sort_indices()
    is_late = np.repeat(days > newest - LATELY_DAYS, np.diff(bought.indptr))
    return History(
        keys=[baskets.keys[number] for number in ranked],
        titles=[baskets.titles[number] for number in ranked],
        buyers=baskets.buyers[sequence],
        days=days,
        starts=bought.indptr.astype(np.int64),
        products=bought.indices,
        sold=sold[ranked],
        lately=np.bincount(bought.indices[is_late], minlength=count),
        newest=newest,
    )


def top(scores: Floats, numbers: Longs, kept: int) -> Longs:
    """Where the highest scores are, highest first; of equal ones the lower number."""
    near = np.arange(len(scores))
    if len(scores) > kept:
        near = np.flatnonzero(scores >= np.partition(scores, -kept)[-kept])
    return near[np.lexsort((numbers[near], -scores[near]))[:kept]]


def _newest(baskets: Baskets, orders: int) -> Longs:
    """The newest orders, by buyer and day."""
    chosen = np.arange(len(baskets.days))
    if len(chosen) > orders:
        chosen = np.argsort(baskets.days, kind="stable")[-orders:]
    return chosen[np.lexsort((baskets.days[chosen], baskets.buyers[chosen]))]


def _ranked(baskets: Baskets, bought: Any, days: Ints, sold: Longs) -> list[int]:
    """Products in the sequence in which they are numbered from here on."""
    sizes = np.diff(bought.indptr)
    newest = np.zeros(len(sold), np.int64)
    np.maximum.at(newest, bought.indices, np.repeat(days, sizes))
    # A sum of scrambled (age, size) of its orders: different for different histories, and the
    # same in whichever sequence they are added up.
    mixed = (
        (days.max(initial=0) - days).astype(np.uint64) * np.uint64(1_000_003)
        + sizes.astype(np.uint64)
    ) * _MIXED
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIXED
    sums = np.zeros(len(sold), np.uint64)
    np.add.at(sums, bought.indices, np.repeat(mixed, sizes))
    columns = zip(
        (-sold).tolist(),
        (-newest).tolist(),
        sums.tolist(),
        baskets.titles,
        baskets.keys,
        strict=True,
    )
    order = list(columns)
    return sorted(range(len(order)), key=order.__getitem__)
