"""The best of each row, beside sorting everything."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from connector.rooms.recommend.rules.best import best, chosen

some_tables = st.tuples(
    st.integers(0, 2**32), st.integers(1, 6), st.sampled_from([1, 3, 40, 200]), st.integers(1, 9)
)


@given(some_tables, st.integers(1, 12))
def test_the_best_are_those_that_sorting_finds(table, kept):
    seed, height, width, values = table
    # Few different values, so that many are equal; 0 is nothing.
    drawn = np.random.default_rng(seed).integers(0, values + 1, (height, width))
    scores = (drawn / 7).astype(np.float32)
    expected = [
        (row, column)
        for row in range(height)
        for column in sorted(range(width), key=lambda one: (-scores[row, one], one))[:kept]
        if scores[row, column] > 0
    ]
    rows, columns = best(scores, kept)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == expected
    rows, columns = chosen(scores, kept)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == sorted(expected)


def test_an_empty_table_has_no_best():
    for shape in ((0, 5), (5, 0)):
        rows, columns = best(np.zeros(shape, np.float32), 3)
        assert len(rows) == len(columns) == 0
