"""Which rows a surface may show, the best first; the first with something to say is the one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

TOGETHER, SIMILAR, COMPLETE = "together", "similar", "complete"
AGAIN, FOR_YOU, VIEWED = "again", "for_you", "viewed"
TRENDING, PINNED = "trending", "pinned"
TOP = 1000  # the score of what heads a list
LADDERS: Mapping[str, tuple[str, ...]] = {
    "product": (TOGETHER, SIMILAR, TRENDING),
    "cart": (TOGETHER,),
    "thank_you": (COMPLETE, AGAIN),
    "account": (AGAIN, FOR_YOU, TRENDING),
    "home": (AGAIN, FOR_YOU, VIEWED, TRENDING),
}
SURFACES = tuple(LADDERS)
ON_PRODUCTS = ("product", "cart", "thank_you")  # a row there is beside products

# Why a product is in a row. The first four: what speaks for the pair.
ORDERS, PEOPLE, TITLES, ALIKE = "orders", "people", "titles", "alike"
OWN, RETURNED_FOR, BECAUSE = "own", "returned_for", "because"
LATELY, SEEN, CHOSEN = "lately", "seen", "chosen"


class Candidate(NamedTuple):
    """A product that may be shown. speaker: the product that speaks most for it.

    times: what the reason counts, orders or days; 0 where it counts nothing. score: None where
    only the sequence is known.
    """

    key: str
    reason: str
    times: int = 0
    score: int | None = None
    speaker: str | None = None


_BUYERS, _RETURNERS = 10, 1  # added to both, so that few do not make a habit
_ONE_OFF_PERCENT = 7


def is_one_off(buyers: int, returners: int) -> bool:
    """Whether people buy a product once and never again, as far as its buyers tell."""
    return 100 * (returners + _RETURNERS) < _ONE_OFF_PERCENT * (buyers + _BUYERS)


_MANY_RETURNERS = 5
_HABIT_PERCENT = 20


def is_habit(buyers: int, returners: int) -> bool:
    """Whether so many come back for a product that a page may say so."""
    return returners >= _MANY_RETURNERS and 100 * returners >= _HABIT_PERCENT * buyers
