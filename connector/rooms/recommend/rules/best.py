"""The best of each row of a table of scores, without sorting what is not among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from connector.rooms.recommend.rules.history import Ints

LEAST = np.float32(1e-30)  # below it is nothing
_GROUPS = 8  # of a row: the kept-th of their highest is below no kept-th score

Shares = NDArray[np.float32]


def chosen(scores: Shares, kept: int) -> tuple[Ints, Ints]:
    """(rows, columns) of each row's highest scores above 0, by row, then column.

    Of equal scores the lower columns are chosen.
    """
    height, width = scores.shape
    if not height or not width:
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    least = np.maximum(_bound(scores, kept), LEAST)
    places = np.flatnonzero(scores >= least[:, None])
    rows, columns = (one.astype(np.int32) for one in np.divmod(places, width))
    each = np.bincount(rows, minlength=height)
    if each.max() <= kept:
        return rows, columns
    values = scores.ravel()[places]
    starts = np.cumsum(each) - each
    packed = np.zeros((height, int(each.max())), scores.dtype)
    packed[rows, np.arange(len(rows)) - starts[rows]] = values
    edge = np.partition(packed, -kept, axis=1)[:, -kept][rows]
    is_equal = values == edge
    above = np.bincount(rows[values > edge], minlength=height)
    equal = np.cumsum(is_equal)
    nth = equal - (equal - is_equal)[starts[rows]]
    is_kept = (values > edge) | (is_equal & (nth <= (kept - above)[rows]))
    return rows[is_kept], columns[is_kept]


def best(scores: Shares, kept: int) -> tuple[Ints, Ints]:
    """The same, of each row the highest first; of equal ones the lower column."""
    rows, columns = chosen(scores, kept)
    order = np.lexsort((-scores[rows, columns], rows))
    return rows[order], columns[order]


def highest(scores: Shares) -> Shares:
    """Of each row, as a column to divide by: never 0."""
    told: Shares = scores.max(axis=1, keepdims=True, initial=LEAST)
    return told


def _bound(scores: Shares, kept: int) -> Shares:
    """A score that at least ``kept`` of each row reach, or 0 where a row has no more."""
    height, width = scores.shape
    if width <= kept:
        return np.zeros(height, scores.dtype)
    size = width // _GROUPS
    if size > 2 * kept:
        grouped = scores[:, : size * _GROUPS].reshape(height, _GROUPS, size)
        scores, width = grouped.max(axis=1), size
    told: Shares = np.partition(scores, width - kept, axis=1)[:, width - kept]
    return told
