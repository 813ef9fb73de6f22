"""What a shop's orders, people and titles say of pairs of products, as matrices to multiply.

A table has a row for each of some products and a column for every product; a product says nothing
of itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import scipy
from numpy.typing import NDArray

from connector.rooms.recommend.rules import people, titles
from connector.rooms.recommend.rules.best import Shares
from connector.rooms.recommend.rules.history import HALF_LIFE_DAYS, Floats, History, Ints

CAP = 100  # products of one order that count: the cost grows with their square

# One integer carries both sums of a pair: orders together above, their weights below. Integers
# add up exactly in any sequence, and one product of matrices gives both. 2^22 orders of weight at
# most 2^16 stay below 2^40, and with their number above it below 2^63.
_WEIGHT_BITS = 16
_COUNT_SHIFT = 40


@dataclass(frozen=True, slots=True)
class Sources:
    """Of each product, sold: the weights of its orders; lengths and most: by its people's.

    sells: its orders, halving as they age, as a share of the best seller's.
    """

    sold: Floats
    sells: Shares
    lengths: Floats
    most: Floats
    _orders_of: Any
    _packed: Any
    _weights: Any
    _weights_of: Any
    _worded: Any
    _by_word: Any

    @classmethod
    def of(cls, history: History, bought: Any) -> Self:
        """``bought`` as people.bought_by has it."""
        orders_of, packed, sold, sells = _orders(history)
        weights = people.weighted(bought)
        squares = np.bincount(weights.indices, weights=weights.data**2, minlength=len(sold))
        most = np.zeros(len(sold))
        np.maximum.at(most, weights.indices, weights.data)
        worded = titles.worded(history.titles)
        return cls(
            sold=sold,
            sells=sells,
            lengths=np.sqrt(squares),
            most=most,
            _orders_of=orders_of,
            _packed=packed,
            _weights=weights,
            _weights_of=weights.T.tocsr(),
            _worded=worded,
            _by_word=worded.T.tocsr(),
        )

    def orders(self, part: Ints) -> tuple[Shares, Shares]:
        """(weights of the orders that hold both, how many they are: below 2^24, exactly)."""
        both = _rows(self._orders_of, part) @ self._packed
        weights = _like(both, (both.data & ((1 << _COUNT_SHIFT) - 1)).astype(np.float32))
        counts = _like(both, (both.data >> _COUNT_SHIFT).astype(np.float32))
        return dense(weights, part), dense(counts, part)

    def by_chance(self, part: Ints) -> Shares:
        """How many orders would hold both if nothing went with anything."""
        each = np.diff(self._orders_of.indptr).astype(np.float32)
        told: Shares = np.outer(each[part], each)
        told /= max(self._orders_of.shape[1], 1)
        return told

    def people(self, part: Ints) -> Shares:
        """How strongly the same people bought both."""
        both = _rows(self._weights_of, part) @ self._weights
        return dense(_like(both, both.data.astype(np.float32)), part)

    def titles(self, part: Ints) -> Shares:
        """How alike their titles are."""
        return dense((_rows(self._worded, part) @ self._by_word).astype(np.float32), part)

    def buyers(self, products: Ints, others: Ints) -> Ints:
        """How many people bought both, pair by pair."""
        both = self._weights_of[products].multiply(self._weights_of[others])
        told: Ints = np.diff(both.tocsr().indptr)
        return told


def dense(matrix: Any, part: Ints) -> NDArray[Any]:
    """A table, without the products themselves."""
    told: NDArray[Any] = matrix.toarray()
    told[np.arange(len(part)), part] = 0
    return told


def _rows(matrix: Any, part: Ints) -> Any:
    """Neighbouring rows are cut out, which is quicker than picking them."""
    is_range = len(part) and part[-1] - part[0] == len(part) - 1
    return matrix[part[0] : part[-1] + 1] if is_range else matrix[part]


def _like(matrix: Any, data: NDArray[Any]) -> Any:
    return scipy.sparse.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def _orders(history: History) -> tuple[Any, Any, Floats, Shares]:
    """(products by orders, orders by products with both numbers packed, sold, sells)."""
    products, sizes, starts = history.products, history.sizes, history.starts
    if sizes.max(initial=0) > CAP:
        products = products[np.arange(len(products)) - history.of_lines(starts[:-1]) < CAP]
        sizes = np.minimum(sizes, CAP)
        starts = np.concatenate(([0], np.cumsum(sizes)))
    shape = (len(sizes), len(history.keys))
    ages = (history.newest - history.days) / HALF_LIFE_DAYS
    recent = 2.0 ** (_WEIGHT_BITS - ages)
    sells = np.bincount(products, np.repeat(np.maximum(np.rint(recent), 1), sizes), shape[1])
    each = recent / np.sqrt(np.maximum(sizes - 1, 1))
    by_line = np.repeat(np.maximum(np.rint(each), 1).astype(np.int64), sizes)
    ones = np.ones(len(products), np.int8)
    sold = np.bincount(products, weights=by_line, minlength=shape[1]).astype(np.float64)
    by_line += np.int64(1) << _COUNT_SHIFT
    return (
        scipy.sparse.csr_matrix((ones, products, starts), shape=shape).T.tocsr(),
        scipy.sparse.csr_matrix((by_line, products, starts), shape=shape),
        sold,
        (sells / sells.max(initial=1)).astype(np.float32),
    )
