"""Lists as they are stored and shown: by product keys, with counts and a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from connector.rooms.recommend.rules.history import Floats
from connector.rooms.recommend.rules.shelves import Shelves
from connector.rooms.recommend.rules.together import KEPT, ORDERS, SUPPORT

TOP_SCORE = 1000


class Other(NamedTuple):
    """A product beside another: in how many orders, its score, 1000 being the best, and why.

    evidence: ORDERS, PEOPLE, TITLES or ALIKE, whichever speaks most for it.
    """

    key: str
    together: int
    score: int
    evidence: int = ORDERS

    @property
    def is_honest(self) -> bool:
        """Whether a page can say why: too few orders are no reason."""
        return self.together >= SUPPORT or self.evidence != ORDERS


def lists(told: Shelves) -> Iterator[tuple[str, list[Other]]]:
    """(product key, what goes with it, best first) of every product that has something."""
    keys = told.history.keys
    for key, row in zip(keys, told.together, strict=True):
        scores = (row.shares * TOP_SCORE).round().astype(int).tolist()
        columns = (row.others.tolist(), row.orders.tolist(), scores, row.evidence.tolist())
        if scores:
            yield key, [Other(keys[one], *rest) for one, *rest in zip(*columns, strict=True)]


class Again(NamedTuple):
    """A bought product, on how many days. score: as of an ``Other``; None: only ranked."""

    key: str
    days: int
    score: int | None = None


class Unseen(NamedTuple):
    """A product new to somebody, and the bought one that speaks most for it."""

    key: str
    because: str
    score: int | None = None


class Personal(NamedTuple):
    """One person's lists, by product keys, best first."""

    again: list[Again]
    unseen: list[Unseen]


def personal(told: Shelves, buyer: int) -> Personal:
    """What somebody returns for, and what is new to them."""
    keys = told.history.keys
    own, returns, times = told.buy_again(buyer)
    found, gains, because = told.for_you(buyer, KEPT)
    again = zip(own.tolist()[:KEPT], times.tolist(), _scores(returns), strict=False)
    unseen = zip(found.tolist(), because.tolist(), _scores(gains), strict=True)
    return Personal(
        [Again(keys[one], often, score) for one, often, score in again],
        [Unseen(keys[one], keys[had], score) for one, had, score in unseen],
    )


def _scores(values: Floats) -> list[int]:
    """Of values that fall: the first is the best."""
    scores: list[int] = (values * (TOP_SCORE / values[:1])).round().astype(int).tolist()
    return scores
