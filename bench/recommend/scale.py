"""What a build costs: real baskets drawn again and again, beside the bare count of their pairs."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import scipy

from bench.recommend import shops
from bench.recommend.ranking import forget_peak_mb, peak_mb
from connector.rooms.recommend.rules import CAP, Baskets, History, history, shelves
from connector.rooms.recommend.rules.scores import scores
from connector.rooms.recommend.scoring.service import LISTED

SIZES = ((100_000, 1), (1_000_000, 1), (10_000_000, 4))  # lines, times the catalogue
_BLOCK = 500
_TOP = 20


def tables() -> Iterator[str]:
    """Each size in a process of its own: what another left behind would hide what it takes."""
    for lines, copies in SIZES:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            yield alone.submit(built, lines, copies).result()


def built(lines: int, copies: int) -> str:
    """Processor time, which a busy machine does not change much, and memory above the base."""
    baskets = drawn(shops.gifts(), lines, copies)
    base = forget_peak_mb()
    began, at = time.process_time(), time.perf_counter()
    told = history(baskets)
    made = shelves(told)
    spent, passed = time.process_time() - began, time.perf_counter() - at
    peak = peak_mb() - base
    del made
    began = time.process_time()
    _pairs(told)
    bare = time.process_time() - began
    base = forget_peak_mb()
    began = time.process_time()
    found = scores(told, told.newest + 1, LISTED)
    scored, most = time.process_time() - began, peak_mb() - base
    return (
        f"build of {len(baskets.products):>9} lines, {len(baskets.keys):>5} products:"
        f" {passed:.2f} s, {spent:.2f} s of processor time, {spent / bare:.1f} times"
        f" the bare pairs' {bare:.2f} s; {peak:.0f} MB;"
        f" scores of {len(found.people)} members: {scored:.2f} s, {most:.0f} MB"
    )


def drawn(shop: shops.Shop, lines: int, copies: int, seed: int = 1) -> Baskets:
    """Baskets of the shop, each of its whole lines up to CAP, by as many more people."""
    chance = np.random.default_rng(seed)
    sold = np.unique(np.stack((shop.baskets, shop.items), axis=1), axis=0)
    baskets, starts, sizes = np.unique(sold[:, 0], return_index=True, return_counts=True)
    sizes = np.minimum(sizes, CAP)
    chosen = chance.integers(0, len(starts), round(lines / sizes.mean()))
    each = sizes[chosen]
    ends = np.concatenate(([0], np.cumsum(each)))
    places = np.arange(ends[-1]) + np.repeat(starts[chosen] - ends[:-1], each)
    copy = chance.integers(0, copies, len(chosen))
    people = shops.people_of(baskets[chosen]) * max(lines // len(sold), 1)
    people += chance.integers(0, max(lines // len(sold), 1), len(chosen))
    return Baskets(
        keys=[f"{key}.{one}" for one in range(copies) for key in shop.keys],
        titles=[f"{title} {one or ''}" for one in range(copies) for title in shop.titles],
        buyers=np.unique(people, return_inverse=True)[1].astype(np.int32),
        days=shops.days_of(baskets[chosen]).astype(np.int32),
        starts=ends,
        products=(sold[places, 1] + np.repeat(copy, each) * len(shop.keys)).astype(np.int32),
    )


def _pairs(told: History) -> None:
    """What nobody can do without: count all pairs, and find the most frequent of each product."""
    shape = (len(told.days), len(told.keys))
    ones = np.ones(len(told.products), np.float32)
    orders = scipy.sparse.csr_matrix((ones, told.products, told.starts), shape=shape)
    by_product = orders.T.tocsr()
    for first in range(0, shape[1], _BLOCK):
        counts = (by_product[first : first + _BLOCK] @ orders).toarray()
        np.argpartition(counts, shape[1] - _TOP, axis=1)
