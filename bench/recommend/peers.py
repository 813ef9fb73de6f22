"""Simple and known methods to be better than. Each ranks products for people or for a product."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy

from connector.rooms.recommend.rules import NOBODY, History

KEPT = 10
Ranked = Callable[[int], list[int]]  # of a person or of a product


def counts(told: History) -> Any:
    """People by products: on how many orders each bought each."""
    named = np.repeat(told.buyers, told.sizes) != NOBODY
    people = np.repeat(told.buyers, told.sizes)[named]
    matrix = scipy.sparse.csr_matrix(
        (np.ones(len(people), np.float32), (people, told.products[named])),
        shape=(told.people, len(told.keys)),
    )
    matrix.sum_duplicates()
    return matrix


def popular(told: History) -> Ranked:
    """The same for everybody."""
    return lambda _one: list(range(min(KEPT * 20, len(told.keys))))


def own_counts(told: History) -> Ranked:
    """How often each person bought each product, then what sells: GP-TopFreq."""
    bought = counts(told)

    def ranked(person: int) -> list[int]:
        row = bought[[person]]
        order = np.lexsort((row.indices, -row.data))
        return [int(one) for one in row.indices[order]]

    return ranked


def alike_people(told: History, near: int = 300, group: int = 3) -> Ranked:
    """TIFU-KNN: a person's orders, the newest most, and a little of who is nearest to them.

    Hu, He, Gao and Zhang, SIGIR 2020, with the parameters that are best on year 1 of the gifts,
    of all of its own grid: groups of 3 orders that count alike, each .7 of the next, half oneself.
    """
    between, own = 0.7, 0.5
    first = int(np.searchsorted(told.buyers, 0))
    buyers = told.buyers[first:]
    orders = np.bincount(buyers, minlength=told.people)
    ago = orders[buyers] - 1 - (np.arange(len(buyers)) - np.searchsorted(buyers, buyers))
    sizes = np.minimum(group, orders[buyers] - group * (ago // group))
    groups = -(-orders[buyers] // group)
    weights = between ** (ago // group) / sizes / groups
    matrix = scipy.sparse.csr_matrix(
        (
            np.repeat(weights, told.sizes[first:]),
            (np.repeat(buyers, told.sizes[first:]), told.products[told.starts[first] :]),
        ),
        shape=(told.people, len(told.keys)),
    )
    squares = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
    by_product = matrix.T.tocsr()

    def ranked(person: int) -> list[int]:
        mine = matrix[[person]]
        distances = squares - 2 * (mine @ by_product).toarray()[0]
        distances[person] = np.inf
        others = np.argsort(distances, kind="stable")[:near]
        neighbours = np.asarray(matrix[others].mean(axis=0)).ravel()
        scores = own * mine.toarray()[0] + (1 - own) * neighbours
        order: list[int] = np.argsort(-scores, kind="stable")[: KEPT * 2].tolist()
        return order

    return ranked


def bought_together(told: History) -> Ranked:
    """Orders that hold both."""
    ones = scipy.sparse.csr_matrix(
        (np.ones(len(told.products), np.float32), told.products, told.starts),
        shape=(len(told.days), len(told.keys)),
    )
    by_product = ones.T.tocsr()

    def ranked(product: int) -> list[int]:
        row = (by_product[[product]] @ ones).tocsr()
        order = np.lexsort((row.indices, -row.data))
        return [one for one in row.indices[order].tolist() if one != product][:KEPT]

    return ranked


def implicit(told: History, *, is_new: bool) -> Iterator[tuple[str, Ranked]]:
    """BM25 neighbours and ALS factors of the library implicit, where it is installed."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from implicit.als import AlternatingLeastSquares  # noqa: PLC0415 - it may be missing
        from implicit.nearest_neighbours import BM25Recommender, bm25_weight  # noqa: PLC0415
    except ImportError:
        return
    bought = counts(told)
    neighbours = BM25Recommender(K=200)
    neighbours.fit(bought, show_progress=False)
    factors = AlternatingLeastSquares(factors=64, random_state=1)
    factors.fit(bm25_weight(bought).tocsr(), show_progress=False)
    for name, model in (("implicit BM25", neighbours), ("implicit ALS", factors)):

        def ranked(person: int, model: Any = model) -> list[int]:
            found, _ = model.recommend(
                person, bought[[person]], N=KEPT, filter_already_liked_items=is_new
            )
            return [int(one) for one in found]

        yield name, ranked
