"""Who bought what: people by products, weighted so that neither crowds nor collectors decide.

BM25: a product bought again counts more, but less each time; one that everybody buys less; and a
person who buys everything tells little. A purchase halves every 180 days. Weights are rounded to
steps that add up exactly, so the sequence of people and orders decides nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy

from connector.rooms.recommend.rules.history import HALF_LIFE_DAYS, History

PROFILE = 300  # products of one person that count, the newest: the cost grows with their square
_K1 = 1.2
_B = 0.75
_STEPS = 2.0**16


def bought_by(history: History) -> Any:
    """People by products: the sum of the halving weights of the purchases, twice the newest."""
    first = int(np.searchsorted(history.buyers, 0))
    ages = (history.newest - history.days[first:]) / HALF_LIFE_DAYS
    weights = np.rint(2.0 ** (1 - ages) * _STEPS) / _STEPS
    ends = history.starts[np.searchsorted(history.buyers, np.arange(history.people + 1))]
    matrix = scipy.sparse.csr_matrix(
        (
            np.repeat(weights, history.sizes[first:]),
            history.products[history.starts[first] :].copy(),  # their sequence will change
            ends - history.starts[first],
        ),
        shape=(history.people, len(history.keys)),
    )
    matrix.sum_duplicates()
    return _newest_only(matrix).astype(np.float32)


def weighted(bought: Any) -> Any:
    """The same purchases by BM25 weights."""
    people, products = bought.shape
    times = bought.data.astype(np.float64)
    each = np.diff(bought.indptr)
    tells = np.log(products + 2) - np.log1p(each)  # somebody with everything tells little, too
    totals = np.bincount(bought.indices, weights=times, minlength=products)
    length = (1 - _B) + _B * totals / max(totals.mean() if products else 0, 1e-9)
    data = times * (_K1 + 1) / (_K1 * length[bought.indices] + times)
    data = np.rint(data * np.repeat(tells, each) * _STEPS) / _STEPS
    return scipy.sparse.csr_matrix((data, bought.indices, bought.indptr), shape=(people, products))


def _newest_only(bought: Any) -> Any:
    """Of people with very many products the ones with the highest weights."""
    each = np.diff(bought.indptr)
    many = np.flatnonzero(each > PROFILE)
    is_kept = np.ones(bought.nnz, bool)
    for person in many:
        own = slice(bought.indptr[person], bought.indptr[person + 1])
        order = np.lexsort((bought.indices[own], -bought.data[own]))
        is_kept[own.start + order[PROFILE:]] = False
    indptr = np.concatenate(([0], np.cumsum(np.minimum(each, PROFILE))))
    return scipy.sparse.csr_matrix(
        (bought.data[is_kept], bought.indices[is_kept], indptr), shape=bought.shape
    )
