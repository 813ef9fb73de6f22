"""What a build leaves behind for rows beside the lists: who comes back, and what sells lately."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import NamedTuple

import numpy as np

from connector.rooms.recommend.rules import KEPT, SUPPORT, History, Other, Shelves
from connector.rooms.recommend.rules.history import LATELY_DAYS, Longs

WHOLE_SHOP = ""
_TOP_SCORE = 1000


class Product(NamedTuple):
    """similar: what is like it, best first. returners: of its buyers, on another day again."""

    similar: list[Other]
    buyers: int
    returners: int
    orders: int = 0


class Trend(NamedTuple):
    """What of a category sold lately, with its orders, best first. size: its products."""

    size: int
    products: list[tuple[str, int]]


def products(told: Shelves) -> Iterator[tuple[str, Product]]:
    """Every product that somebody bought or something is like."""
    keys = told.history.keys
    buyers, returners = _returning(told.history)
    for number, (key, row) in enumerate(zip(keys, told.similar, strict=True)):
        scores = (row.shares * _TOP_SCORE).round().astype(int).tolist()
        columns = (row.others.tolist(), row.orders.tolist(), scores, row.evidence.tolist())
        similar = [Other(keys[one], *rest) for one, *rest in zip(*columns, strict=True)]
        orders = int(told.history.sold[number])
        if similar or orders:
            yield key, Product(similar, int(buyers[number]), int(returners[number]), orders)


def trends(
    history: History, filed: Mapping[str, Collection[str]], today: date
) -> dict[str, Trend]:
    """By category, and of the whole shop: the products in enough orders of late to say so.

    Counted back from the shop's ``today``, which is one of the LATELY_DAYS: where the newest order
    is long ago, nothing sells lately.
    """
    sizes: dict[str, int] = {WHOLE_SHOP: len(filed)}
    for names in filed.values():
        for name in names:
            sizes[name] = sizes.get(name, 0) + 1
    found: dict[str, list[tuple[str, int]]] = {}
    is_late = history.of_lines(history.days) > today.toordinal() - LATELY_DAYS
    orders = np.bincount(history.products[is_late], minlength=len(history.keys))
    for number in np.argsort(-orders, kind="stable").tolist():
        lately = int(orders[number])
        if lately < SUPPORT:
            break
        key = history.keys[number]
        for name in (WHOLE_SHOP, *filed.get(key, ())):
            best = found.setdefault(name, [])
            if len(best) < KEPT:
                best.append((key, lately))
    return {name: Trend(sizes[name], best) for name, best in found.items()}


def _returning(history: History) -> tuple[Longs, Longs]:
    """(buyers, those who bought it on more than one day) of each product."""
    count, people = len(history.keys), max(history.people, 1)
    buyers, days = history.of_lines(history.buyers), history.of_lines(history.days)
    named = buyers >= 0
    pairs = history.products[named].astype(np.int64) * people + buyers[named]
    first = int(history.days.min(initial=history.newest))
    span = history.newest - first + 1
    visits = np.unique(pairs * span + (days[named] - first))
    bought, times = np.unique(visits // span, return_counts=True)
    return (
        np.bincount(bought // people, minlength=count),
        np.bincount(bought[times > 1] // people, minlength=count),
    )
