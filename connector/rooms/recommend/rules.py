"""Which products are bought together, and in which order to show them.

For products i and j: ``together`` is the number of orders that hold both. The order of i's list is
by the sum of those orders' weights, halving every 180 days, divided by the weighted orders of j to
the power of 0.2, so that what everybody buys does not head every list. On two years of a real
shop this found what else a basket holds as often as plain counting, from a far wider part of the
catalogue, and more often than cosine, Jaccard or lift.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import scipy  # its parts are loaded on first use: doors that only read lists stay quick
from numpy.typing import NDArray

SUPPORT = 3  # orders together before a pair is believed
KEPT = 20  # products of a list; more than are shown, because some will be sold out
CAP = 100  # products of one order that count: the cost grows with their square
HALF_LIFE_DAYS = 180
DAMPING = 0.2
TOP_SCORE = 1000
ORDERS_LIMIT = 2**22  # see _WEIGHT_BITS

# One integer carries both sums of a pair: orders together above, their weights below. Integers
# add up exactly in any order, and one matrix product gives both. 2^22 orders of weight at most
# 2^16 stay below 2^40, and with their number above it below 2^63.
_WEIGHT_BITS = 16
_COUNT_SHIFT = 40
_BLOCK = 500  # rows of the product at a time: memory stays flat

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Baskets:
    """A shop's paid orders, in columns.

    keys: product keys by number. days: when each order was placed, as a proleptic ordinal.
    starts: where each order's products begin in ``products``, and at the end where the last ends.
    """

    keys: Sequence[str]
    days: Ints
    starts: NDArray[np.int64]
    products: Ints


class Other(NamedTuple):
    """A product bought with another: in how many orders, and its score, 1000 being the best."""

    key: str
    together: int
    score: int


def lists(baskets: Baskets, *, orders: int = ORDERS_LIMIT) -> Iterator[tuple[str, list[Other]]]:
    """(product key, what is bought with it, best first) of every product that has something.

    Only the newest ``orders`` orders count.
    """
    keys, bought = _bought(baskets, orders)
    if len(keys) < 2:  # noqa: PLR2004 - a pair
        return
    weights = _weights(baskets.days[-bought.shape[0] :])
    by_line = np.repeat(weights, np.diff(bought.indptr))
    sold = np.bincount(bought.indices, weights=by_line, minlength=len(keys))
    damped = np.maximum(sold, 1) ** -DAMPING
    packed = scipy.sparse.csr_matrix(
        ((np.int64(1) << _COUNT_SHIFT) + by_line, bought.indices, bought.indptr),
        shape=bought.shape,
    )
    by_product = bought.T.tocsr()
    for first in range(0, len(keys), _BLOCK):
        pairs = by_product[first : first + _BLOCK] @ packed
        yield from _best(keys, first, pairs, damped)


def merged(lists: Sequence[Sequence[Other]], without: Container[str]) -> list[Other]:
    """Several products' lists as one: scores add up, ``together`` is the most of any list.

    Equal scores stay as they came.
    """
    found: dict[str, Other] = {}
    for other in (one for others in lists for one in others if one.key not in without):
        had = found.get(other.key, Other(other.key, 0, 0))
        found[other.key] = Other(
            other.key, max(had.together, other.together), had.score + other.score
        )
    return sorted(found.values(), key=lambda one: -one.score)


def _bought(baskets: Baskets, newest: int) -> tuple[list[str], scipy.sparse.csr_matrix]:
    """Orders by products, 1 where bought; products too rare for a pair are gone.

    Products are sorted by how many orders have them, so an order's first ones are its most bought.
    """
    starts = baskets.starts[-(newest + 1) :]
    products = baskets.products[starts[0] :]
    bought = scipy.sparse.csr_matrix(
        (np.ones(len(products), np.int8), products, starts - starts[0]),
        shape=(len(starts) - 1, len(baskets.keys)),
        copy=True,  # what follows works in place
    )
    bought.sum_duplicates()
    orders = np.bincount(bought.indices, minlength=len(baskets.keys))
    chosen = sorted(
        np.flatnonzero(orders >= SUPPORT).tolist(), key=lambda n: (-orders[n], baskets.keys[n])
    )
    bought = bought[:, chosen]
    bought.sort_indices()
    sizes = np.diff(bought.indptr)
    place = np.arange(bought.nnz) - np.repeat(bought.indptr[:-1], sizes)
    indices = bought.indices[place < CAP]
    indptr = np.concatenate(([0], np.cumsum(np.minimum(sizes, CAP))))
    ones = np.ones(len(indices), np.int8)
    return (
        [baskets.keys[number] for number in chosen],
        scipy.sparse.csr_matrix((ones, indices, indptr), shape=bought.shape),
    )


def _weights(days: Ints) -> NDArray[np.int64]:
    """An order's weight: 2^16 on the newest day, halving every 180 days, never below 1.

    Ages are counted from the newest order, not from today: a ranking compares weights with each
    other, so it stands still while nothing is bought, and nothing is rewritten.
    """
    halvings = (days.max() - days) / HALF_LIFE_DAYS
    weights: NDArray[np.float64] = np.maximum(np.rint(2.0 ** (_WEIGHT_BITS - halvings)), 1)
    return weights.astype(np.int64)


def _best(
    keys: Sequence[str], first: int, pairs: scipy.sparse.csr_matrix, damped: NDArray[np.float64]
) -> Iterator[tuple[str, list[Other]]]:
    """The lists of one block of products."""
    row = np.repeat(np.arange(pairs.shape[0]), np.diff(pairs.indptr))
    believed = (pairs.data >= SUPPORT << _COUNT_SHIFT) & (pairs.indices != row + first)
    row, other, packed = row[believed], pairs.indices[believed], pairs.data[believed]
    score = (packed & ((1 << _COUNT_SHIFT) - 1)) * damped[other]
    ends = np.searchsorted(row, np.arange(pairs.shape[0] + 1)).tolist()
    for number, (begin, end) in enumerate(pairwise(ends)):
        if begin == end:
            continue
        best = begin + _top(score[begin:end], other[begin:end])
        together = (packed[best] >> _COUNT_SHIFT).tolist()
        shares = np.rint(TOP_SCORE * score[best] / score[best[0]]).astype(int).tolist()
        columns = zip(other[best].tolist(), together, shares, strict=True)
        yield keys[first + number], [Other(keys[j], count, share) for j, count, share in columns]


def _top(score: NDArray[np.float64], number: Ints) -> NDArray[np.int64]:
    """Where the highest scores are, highest first; of equal ones the lower number."""
    near = np.arange(len(score))
    if len(score) > KEPT:
        near = np.flatnonzero(score >= np.partition(score, -KEPT)[-KEPT])
    return near[np.lexsort((number[near], -score[near]))[:KEPT]]
