"""Products whose titles say alike: what there is to go by before anything was sold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import scipy

COMMON = 400  # titles: a word in more of them tells little and costs their square
IDEOGRAPHS = "\u2e80"  # from here on, scripts that put no spaces between words
_STEPS = 2.0**20  # rounded to so many, products add up exactly in any sequence
_WORD = re.compile(r"[^\W_]+")


def runs(title: str) -> list[list[str]]:
    """A title's words, each alone; what a script writes without spaces, letter by letter."""
    words = _WORD.findall(title.casefold())
    return [list(word) if word[0] >= IDEOGRAPHS else [word] for word in words]


def single_words(title: str) -> list[str]:
    """A title's words, letters where a script has no spaces."""
    return [one for run in runs(title) for one in run]


def words_of(title: str) -> list[str]:
    """A title's words and pairs of neighbouring words."""
    words = single_words(title)
    return words + [f"{one} {other}" for one, other in pairwise(words)]


def worded(titles: Sequence[str]) -> Any:
    """Titles by words, each row of length 1 at most: a product of two rows is their cosine."""
    told = [words_of(title) for title in titles]
    vocabulary = sorted({word for words in told for word in words})
    numbers = {word: number for number, word in enumerate(vocabulary)}
    sizes = [len(words) for words in told]
    columns = np.array([numbers[word] for words in told for word in words], np.int32)
    matrix = scipy.sparse.csr_matrix(
        (np.ones(len(columns)), (np.repeat(np.arange(len(told)), sizes), columns)),
        shape=(len(told), len(numbers)),
    )
    matrix.sum_duplicates()
    titles_with = np.bincount(matrix.indices, minlength=len(numbers))
    rarity = np.log((1 + len(told)) / (1 + titles_with)) + 1
    rows = np.repeat(np.arange(len(told)), np.diff(matrix.indptr))
    matrix.data *= rarity[matrix.indices]
    lengths = np.sqrt(np.bincount(rows, weights=matrix.data**2, minlength=len(told)))
    matrix.data = np.rint(matrix.data / lengths[rows] * _STEPS) / _STEPS
    # A word of one title joins nothing, one of very many nearly everything.
    matrix.data[(titles_with[matrix.indices] < 2) | (titles_with[matrix.indices] > COMMON)] = 0  # noqa: PLR2004 - a pair
    matrix.eliminate_zeros()
    return matrix
