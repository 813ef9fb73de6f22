"""Which products go with which: four sorts of evidence, a row of each for each product.

ORDERS: both were in one order, halving every 180 days; of an order of n products each pair counts
1 / sqrt(n - 1), so that giants do not decide. PEOPLE: the same people bought both, whenever.
TITLES: their titles say alike. ALIKE: what products with alike titles are bought with. Each is a
share of its row's best. With m orders that hold a product and its most frequent companion, orders
count m/(m+5) and the others the rest, people half of that. Where no title is like a product's,
what sells takes the place of titles, for whom anything speaks: few orders that hold both are
mostly chance, and chance favours it. It says nothing for what a product's orders hold more seldom
than chance would, by more than chance's own spread.

Who is listed is chosen with orders divided by what the other sells to the power of .25, so that
what everybody buys is not on every list; the first four are those who are first without that. Of
giant orders their CAP most bought products count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from connector.rooms.recommend.rules.best import LEAST, Shares, best, chosen, highest
from connector.rooms.recommend.rules.history import History, Ints, Longs
from connector.rooms.recommend.rules.sources import Sources, dense

KEPT = 30  # products of a list; more than are shown, because some will be sold out
NEAR = 200  # products that speak for one
SUPPORT = 3  # orders, or people, before a page may say so
DAMPING = 0.25
SUREST = 4  # products of a list that damping does not choose
ORDERS, PEOPLE, TITLES, ALIKE = range(4)  # what speaks most for a pair
_AFTER = 0.999  # of the share of the last of them, at most, for whoever follows
_BELIEVED = 5  # orders at which they count as much as everything else
_RICH = 0.9  # from here on what products with alike titles are bought with adds nothing
_PEOPLE = 0.5  # of what titles count
_SELLS = 1.5  # the same: 1 is too little in thin shops, with 2 lists show too few products
_ASKED = 50  # products with alike titles that are asked what they are bought with
_ROUNDED = 1.001  # for what float32 leaves out
_CROWD = 0.5  # by how much what goes with many things says less of each
_CELLS = 2**19  # of a table: memory stays flat
_THREADS = 2


class Lists(NamedTuple):
    """Others of some products, best first: rows, and who is in them.

    shares: of a row's best, which has 1. orders: that hold both. evidence: what speaks most.
    """

    rows: Ints
    others: Ints
    shares: Shares
    orders: Ints
    evidence: Ints

    def only(self, which: slice | NDArray[Any]) -> Lists:
        return Lists(
            self.rows[which],
            self.others[which],
            self.shares[which],
            self.orders[which],
            self.evidence[which],
        )


class Voices(NamedTuple):
    """Who speaks for some products: those whose buyers most bought each, and how strongly."""

    rows: Ints
    others: Ints
    strengths: Shares


class Said(NamedTuple):
    """What orders say of the others in some lists, so that products with alike titles hear it."""

    rows: Ints
    others: Ints
    shares: Shares


class Told(NamedTuple):
    """What is told of all products."""

    together: Lists
    similar: Lists
    voices: Voices


def told(history: History, bought: Any) -> Told:
    """Of all products; ``bought`` as people.bought_by has it.

    First of all of them, some at a time. Then again of those with few orders, who now hear what
    was said of products with alike titles.
    """
    count = len(history.keys)
    height = max(_CELLS // max(count, 1), 1)
    sources = Sources.of(history, bought)
    # Products of matrices and sorting let go of the interpreter, so threads share the work.
    with ThreadPoolExecutor(_THREADS) as threads:
        parts = [
            np.arange(count, dtype=np.int32)[at : at + height]
            for at in range(0, max(count, 1), height)
        ]
        first = list(threads.map(lambda part: _first(sources, part), parts))
        said = Said(*_joined([one.said for one in first]))
        spoken = scipy.sparse.csr_matrix(
            (said.shares, (said.rows, said.others)), shape=(count, count)
        )
        thin = np.concatenate([one.thin for one in first])
        parts = [thin[at : at + height] for at in range(0, len(thin), height)]
        again = list(threads.map(lambda part: _again(sources, part, spoken), parts))
    together = Lists(*_joined([one.together for one in first]))
    rich = ~np.isin(together.rows, thin)
    both = Lists(*_joined([together.only(rich), *again]))
    order = np.argsort(both.rows, kind="stable")
    return Told(
        both.only(order),
        Lists(*_joined([one.similar for one in first])),
        Voices(*_joined([one.voices for one in first])),
    )


class _Block(NamedTuple):
    """Of some products. thin: those with few orders."""

    together: Lists
    similar: Lists
    voices: Voices
    said: Said
    thin: Ints


def _first(sources: Sources, part: Ints) -> _Block:
    strong = sources.people(part)
    by_people, by_titles = _likeness(sources, strong), _shares(sources.titles(part))
    together, said, thin = _together(sources, part, strong, [by_people * _PEOPLE, by_titles])
    scores = by_people + by_titles
    rows, others = best(scores, KEPT)
    parts = [one[rows, others] for one in (np.zeros_like(scores), by_people, by_titles)]
    similar = Lists(
        rows=part[rows],
        others=others,
        shares=scores[rows, others] / highest(scores)[rows, 0],
        orders=np.zeros_like(rows),
        evidence=_evidence(sources, part[rows], others, strong[rows, others], parts),
    )
    return _Block(together, similar, _voices(part, strong), said, thin)


def _again(sources: Sources, part: Ints, spoken: Any) -> Lists:
    """Of products with few orders, once it is known what others are bought with."""
    strong, titles = sources.people(part), sources.titles(part)
    rows, others = chosen(titles, _ASKED)
    asked = scipy.sparse.csr_matrix(
        (titles[rows, others], (rows, others)), shape=(len(part), len(spoken.indptr) - 1)
    )
    alike = dense(asked @ spoken, part)
    others_say = [_likeness(sources, strong) * _PEOPLE, _shares(titles), _shares(alike)]
    return _together(sources, part, strong, others_say)[0]


def _together(
    sources: Sources, part: Ints, strong: Shares, others_say: Sequence[Shares]
) -> tuple[Lists, Said, Ints]:
    """(lists, what orders say in them, which products have few orders)."""
    weights, counts = sources.orders(part)
    most = counts.max(axis=1, keepdims=True, initial=0)
    believed = most / (most + _BELIEVED)
    scores = weights * np.maximum(sources.sold, 1).astype(np.float32) ** -DAMPING
    scores *= believed / highest(scores)
    rest = sum(others_say[1:], others_say[0])
    rest *= 1 - believed
    bare = highest(others_say[1])[:, 0] <= LEAST
    if bare.any():
        is_heard = (scores[bare] > 0) | (rest[bare] > 0)
        told = _sells(sources, part[bare], counts[bare]) * is_heard
        rest[bare] += told * (1 - believed[bare])
    scores += rest
    rows, others = best(scores, KEPT)
    by_orders = weights[rows, others] * (believed / highest(weights))[rows, 0]
    order, shares = _led(rows, by_orders + rest[rows, others], scores[rows, others])
    rows, others, by_orders = rows[order], others[order], by_orders[order]
    doubt = (1 - believed)[rows, 0]
    parts = [by_orders, *(one[rows, others] * doubt for one in others_say)]
    evidence = _evidence(sources, part[rows], others, strong[rows, others], parts)
    products = part[rows]
    lists = Lists(
        rows=products,
        others=others,
        shares=shares,
        orders=counts[rows, others].astype(np.int32),
        evidence=evidence,
    )
    return lists, Said(products, others, by_orders), part[believed[:, 0] < _RICH]


def _sells(sources: Sources, part: Ints, counts: Shares) -> Shares:
    """What the others sell, where orders do not speak against them."""
    least = sources.by_chance(part)
    least -= np.sqrt(least)
    told: Shares = sources.sells * np.float32(_SELLS) * (counts >= least)
    return told


def _led(rows: Ints, sure: Shares, scores: Shares) -> tuple[Longs, Shares]:
    """(places in sequence, shares): first the surest of each row, then the others by score.

    Rows rise, and each one's highest score is its first.
    """
    starts = np.searchsorted(rows, rows)
    nth = np.arange(len(rows)) - starts
    leads = np.zeros(len(rows), bool)
    leads[np.lexsort((-sure, rows))[nth < SUREST]] = True
    order = np.lexsort((np.where(leads, -sure, -scores), ~leads, rows))
    shares = sure[order] / sure[order][starts]
    after = nth >= SUREST
    last = shares[starts[after] + SUREST - 1]
    shares[after] = last * _AFTER * (scores[order] / scores[starts])[after]
    return order, shares


def _evidence(
    sources: Sources,
    products: Ints,
    others: Ints,
    strong: Shares,
    parts: Sequence[Shares],
) -> Ints:
    """What speaks most for each pair; people only where SUPPORT of them do."""
    told = np.stack(parts)
    evidence: Ints = told.argmax(axis=0).astype(np.int32)
    # One person says no more than both products' highest weights; only the rest are counted.
    most = sources.most[products] * sources.most[others]
    doubted = np.flatnonzero((evidence == PEOPLE) & (strong <= most * (SUPPORT - 1) * _ROUNDED))
    few = doubted[sources.buyers(products[doubted], others[doubted]) < SUPPORT]
    told[PEOPLE, few] = 0
    evidence[few] = told[:, few].argmax(axis=0)
    return evidence


def _likeness(sources: Sources, strong: Shares) -> Shares:
    """Half way to a cosine: what everybody buys is like everything."""
    half = np.sqrt(np.maximum(sources.lengths, 1e-6)).astype(np.float32)
    return _shares(strong / half)


def _voices(part: Ints, strong: Shares) -> Voices:
    rows, others = chosen(strong, NEAR)
    strengths = strong[rows, others].astype(np.float64)
    crowd = np.bincount(rows, weights=strengths, minlength=len(part)) ** _CROWD
    return Voices(part[rows], others, (strengths / crowd[rows]).astype(np.float32))


def _shares(scores: Shares) -> Shares:
    """Of each row's highest."""
    told: Shares = scores / highest(scores)
    return told


def _joined(parts: Sequence[Iterable[NDArray[Any]]]) -> list[NDArray[Any]]:
    """Columns of several as columns of one."""
    return [np.concatenate(column) for column in zip(*parts, strict=True)]
