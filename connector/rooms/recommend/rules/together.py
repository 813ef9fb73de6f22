"""Which products go with which: three sorts of evidence, a row of each for each product.

ORDERS: both were in one order, halving every 180 days, divided by what the other sells to the
power of .15, so that what everybody buys does not head every list. PEOPLE: the same people bought
both, whenever. TITLES: their titles say alike. With m orders that hold a product and its most
frequent companion, orders count m/(m+5) and the other two the rest, each as a share of its row's
best. Of giant orders their CAP most bought products count.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from connector.rooms.recommend.rules import people, titles
from connector.rooms.recommend.rules.history import HALF_LIFE_DAYS, History, Longs

KEPT = 30  # products of a list; more than are shown, because some will be sold out
NEAR = 200  # products that speak for one
CAP = 100  # products of one order that count: the cost grows with their square
SUPPORT = 3  # orders together before a page may say so
DAMPING = 0.15
ORDERS, PEOPLE, TITLES = range(3)  # what speaks most for a pair
_BELIEVED = 5  # orders at which they count as much as everything else
_RICH = 0.9  # from here on people are told apart well enough by what ranks their own lists
_SHRINK = 10  # people, of their cosine
_CROWD = 0.5  # by how much what goes with many things says less of each
_LOW = np.float32(1e-12)
_CELLS = 2**20  # of a block's rows times all products: memory stays flat
_THREADS = 2

# One integer carries both sums of a pair: orders together above, their weights below. Integers
# add up exactly in any sequence, and one product of matrices gives both. 2^22 orders of weight at
# most 2^16 stay below 2^40, and with their number above it below 2^63.
_WEIGHT_BITS = 16
_COUNT_SHIFT = 40

Shares = NDArray[np.float32]


class Lists(NamedTuple):
    """Others of some products, best first: rows, and who is in them.

    shares: of a row's best, which has 1. orders: that hold both. evidence: what speaks most.
    """

    rows: Longs
    others: Longs
    shares: Shares
    orders: Longs
    evidence: Longs


@dataclass(frozen=True, slots=True)
class Block:
    """What is told of some products: bought together, similar, and who speaks for them.

    voices: (rows, others, strengths) of the products whose buyers most bought each.
    """

    together: Lists
    similar: Lists
    voices: tuple[Longs, Longs, Shares]


def blocks(history: History, bought: Any) -> Iterator[Block]:
    """Of all products, some at a time; ``bought`` as people.bought_by has it."""
    by_product, packed, damped = _orders(history)
    weights = people.weighted(bought)
    weights_of = weights.T.tocsr()
    squares = np.bincount(weights.indices, weights=weights.data**2, minlength=len(damped))
    own = (np.maximum(squares, _LOW) ** 0.25).astype(np.float32)  # half way to a cosine
    buyers = scipy.sparse.csr_matrix(
        (np.ones(bought.nnz, np.int32), bought.indices, bought.indptr), shape=bought.shape
    )
    buyers_of = buyers.T.tocsr()
    counted = np.sqrt(np.diff(buyers_of.indptr)).astype(np.float32)
    worded = titles.worded(history.titles)
    by_word = worded.T.tocsr()
    count = len(history.keys)
    height = max(_CELLS // max(count, 1), 1)

    def told(first: int) -> Block:
        part = slice(first, min(first + height, count))
        sums = _others(by_product[part] @ packed, first)
        strong = _others(weights_of[part] @ weights, first).astype(np.float32)
        alike = _shares(_others(worded[part] @ by_word, first).astype(np.float32))
        best = (sums.max(axis=1) >> _COUNT_SHIFT).astype(np.float32)
        believed = (best / (best + _BELIEVED))[:, None]
        by_orders = _shares((sums & ((1 << _COUNT_SHIFT) - 1)).astype(np.float32) * damped)
        similar = _shares(strong / np.outer(own[part], own))
        thin = np.flatnonzero(believed[:, 0] < _RICH)
        by_people = similar
        if len(thin):
            shared = (buyers_of[first + thin] @ buyers).toarray().astype(np.float32)
            shared[np.arange(len(thin)), first + thin] = 0
            by_people = similar.copy()
            by_people[thin] = _shares(
                shared / (np.outer(counted[first + thin], counted) + _SHRINK)
            )
        rest = 1 - believed
        return Block(
            together=_lists([by_orders * believed, by_people * rest, alike * rest], sums, first),
            similar=_lists([np.zeros_like(similar), similar, alike], sums, first),
            voices=_voices(strong, first),
        )

    # Products of matrices and sorting let go of the interpreter, so threads share the work.
    with ThreadPoolExecutor(_THREADS) as threads:
        yield from threads.map(told, range(0, count, height))


def _orders(history: History) -> tuple[Any, Any, Shares]:
    """(products by orders, orders by products with both numbers packed, damping by product)."""
    sizes = history.sizes
    place = np.arange(len(history.products)) - np.repeat(history.starts[:-1], sizes)
    products = history.products[place < CAP]
    sizes = np.minimum(sizes, CAP)
    starts = np.concatenate(([0], np.cumsum(sizes)))
    shape = (len(sizes), len(history.keys))
    ages = (history.newest - history.days) / HALF_LIFE_DAYS
    weights = np.maximum(np.rint(2.0 ** (_WEIGHT_BITS - ages)), 1).astype(np.int64)
    by_line = np.repeat(weights, sizes)
    ones = np.ones(len(products), np.int8)
    packed = (np.int64(1) << _COUNT_SHIFT) + by_line
    sold = np.bincount(products, weights=by_line, minlength=shape[1])
    return (
        scipy.sparse.csr_matrix((ones, products, starts), shape=shape).T.tocsr(),
        scipy.sparse.csr_matrix((packed, products, starts), shape=shape),
        (np.maximum(sold, 1) ** -DAMPING).astype(np.float32),
    )


def _lists(parts: list[Shares], sums: Longs, first: int) -> Lists:
    """The best of several sorts of evidence together."""
    scores = parts[0] + parts[1] + parts[2]
    rows, others = _best(scores, KEPT)
    highest = scores.max(axis=1, initial=_LOW)
    return Lists(
        rows=rows + first,
        others=others,
        shares=scores[rows, others] / highest[rows],
        orders=sums[rows, others] >> _COUNT_SHIFT,
        evidence=np.stack([one[rows, others] for one in parts]).argmax(axis=0),
    )


def _voices(strong: Shares, first: int) -> tuple[Longs, Longs, Shares]:
    rows, others = _best(strong, NEAR)
    strengths = strong[rows, others].astype(np.float64)
    crowd = np.bincount(rows, weights=strengths, minlength=len(strong)) ** _CROWD
    return rows + first, others, (strengths / crowd[rows]).astype(np.float32)


def _best(scores: Shares, kept: int) -> tuple[Longs, Longs]:
    """(rows, columns) of each row's highest scores above 0, highest first; then lower numbers."""
    width = scores.shape[1]
    kept = min(kept, width)
    edge = np.partition(scores, width - kept, axis=1)[:, width - kept]
    rows, columns = np.nonzero((scores >= edge[:, None]) & (scores > 0))
    order = np.lexsort((columns, -scores[rows, columns], rows))
    rows, columns = rows[order], columns[order]
    is_kept = np.arange(len(rows)) - np.searchsorted(rows, rows) < kept
    return rows[is_kept], columns[is_kept]


def _others(block: Any, first: int) -> NDArray[Any]:
    """A block of a product of matrices, densely, without the products themselves."""
    told: NDArray[Any] = block.toarray()
    rows = np.arange(len(told))
    told[rows, rows + first] = 0
    return told


def _shares(scores: Shares) -> Shares:
    """Of each row's highest."""
    told: Shares = scores / scores.max(axis=1, keepdims=True, initial=_LOW)
    return told
