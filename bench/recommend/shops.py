"""Real shops to measure on, and what their customers bought next."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.recommend.events import EPOCH
from connector.rooms.recommend.rules import Baskets, History, history

DATA = Path(__file__).parents[3] / "shared" / "data"
GIFTS = DATA / "online_retail_II_y1_2009-12-01_2010-12-09.parquet"
GROCERIES = DATA / "complete_journey_2017-01_2017-08.parquet"
HORIZON_DAYS = 60
QUERIES = 5  # products asked about of one basket
_SHIFT = 1_000_000  # a person's baskets are told apart by their day

Bought = Mapping[int, frozenset[int]]  # products by person, or by basket


@dataclass(frozen=True, slots=True)
class Shop:
    """Lines of known people, one basket a person and day."""

    keys: Sequence[str]
    titles: Sequence[str]
    people: np.ndarray
    days: np.ndarray
    items: np.ndarray

    @property
    def baskets(self) -> np.ndarray:
        told: np.ndarray = self.people * _SHIFT + self.days
        return told

    def only(self, chosen: np.ndarray) -> Shop:
        return replace(
            self, people=self.people[chosen], days=self.days[chosen], items=self.items[chosen]
        )


@dataclass(frozen=True, slots=True)
class Test:
    """What is known, and what was bought after it; -1 and less: products not known then."""

    history: History
    users: np.ndarray
    bought: Bought


def people_of(baskets: np.ndarray) -> np.ndarray:
    told: np.ndarray = baskets // _SHIFT
    return told


def days_of(baskets: np.ndarray) -> np.ndarray:
    told: np.ndarray = baskets % _SHIFT
    return told


def gifts() -> Shop:
    """Online Retail II, cleaned as the reference does it."""
    table = pq.read_table(GIFTS)
    keep = pc.match_substring_regex(table["stock_code"], r"^\d{5}[A-Z]{0,2}$")
    for one in (
        pc.greater(table["quantity"], 0),
        pc.greater(table["price"], 0),
        pc.is_valid(table["customer_id"]),
        pc.invert(pc.match_substring_regex(table["invoice"], "^[CA]")),
    ):
        keep = pc.and_(keep, one)
    table = table.filter(keep)
    return _shop(table, "customer_id", "invoice_date", table["stock_code"], table["description"])


def groceries() -> Shop:
    """Complete Journey, products sold at least 20 times."""
    table = pq.read_table(GROCERIES)
    table = table.filter(pc.greater(table["quantity"], 0))
    shop = _shop(table, "household_id", "ts", table["product_id"], None)
    often = np.bincount(shop.items)[shop.items] >= 20
    kept, items = np.unique(shop.items[often], return_inverse=True)
    shop = shop.only(often)
    return replace(
        shop, keys=[shop.keys[one] for one in kept], titles=[""] * len(kept), items=items
    )


def cut(shop: Shop, day: date, least: int = 2) -> Test:
    """P2: train before the day; each person's first basket of the 60 days from it."""
    first = day.toordinal()
    told, users, numbers = _before(shop, shop.days < first)
    later = shop.only((shop.days >= first) & (shop.days < first + HORIZON_DAYS))
    known = np.bincount(told.buyers, minlength=len(users))
    order = np.argsort(later.days, kind="stable")
    _, firsts = np.unique(later.people[order], return_index=True)
    nearest = dict(zip(later.people[order][firsts], later.days[order][firsts], strict=True))
    found: dict[int, set[int]] = defaultdict(set)
    for person, on, item in zip(later.people, later.days, later.items, strict=True):
        place = int(np.searchsorted(users, person))
        is_user = place < len(users) and users[place] == person
        if is_user and known[place] >= least and nearest[person] == on:
            found[place].add(numbers.get(item, -1 - int(item)))
    return Test(told, users, _frozen(found))


def last(shop: Shop, least: int = 3) -> Test:
    """P1: everybody's last basket, of those who have three."""
    baskets = np.unique(shop.baskets)
    _, sizes = np.unique(baskets // _SHIFT, return_counts=True)
    newest = baskets[np.cumsum(sizes) - 1][sizes >= least]
    held = np.isin(shop.baskets, newest)
    told, users, numbers = _before(shop, ~held)
    found: dict[int, set[int]] = defaultdict(set)
    for person, item in zip(shop.people[held], shop.items[held], strict=True):
        found[int(np.searchsorted(users, person))].add(numbers.get(item, -1 - int(item)))
    return Test(told, users, _frozen(found))


def thin(shop: Shop, seed: int = 3) -> Shop:
    """Every basket cut at random to one to three lines, as a small shop's orders are."""
    chance = np.random.default_rng(seed)
    lines = np.unique(np.stack((shop.baskets, shop.items), axis=1), axis=0)
    lines = lines[np.lexsort((chance.random(len(lines)), lines[:, 0]))]
    _, starts, sizes = np.unique(lines[:, 0], return_index=True, return_counts=True)
    kept = chance.choice([1, 2, 3], p=[0.5, 0.3, 0.2], size=len(sizes))
    lines = lines[np.arange(len(lines)) - np.repeat(starts, sizes) < np.repeat(kept, sizes)]
    baskets, items = lines.T
    return replace(shop, people=people_of(baskets), days=days_of(baskets), items=items)


def untitled(shop: Shop) -> Shop:
    """The same sales of products that nobody named."""
    return replace(shop, titles=[""] * len(shop.titles))


def any_basket(shop: Shop, day: date) -> Test:
    """P2 of a thin shop: every basket of the 60 days."""
    first = day.toordinal()
    told, users, numbers = _before(shop, shop.days < first)
    later = shop.only((shop.days >= first) & (shop.days < first + HORIZON_DAYS))
    found: dict[int, set[int]] = defaultdict(set)
    for basket, item in zip(later.baskets.tolist(), later.items.tolist(), strict=True):
        found[basket].add(numbers.get(item, -1 - item))
    return Test(told, users, _frozen(found))


def questions(test: Test, seed: int = 7) -> list[tuple[int, frozenset[int]]]:
    """(a product of a later basket, what else is in it), a few of each basket."""
    chance = random.Random(seed)
    asked = []
    for _, bought in sorted(test.bought.items()):
        known = sorted(one for one in bought if one >= 0)
        for item in chance.sample(known, min(QUERIES, len(known))):
            rest = frozenset(known) - {item}
            if rest:
                asked.append((item, rest))
    return asked


def _before(shop: Shop, chosen: np.ndarray) -> tuple[History, np.ndarray, Mapping[int, int]]:
    """(history of the chosen lines, people by number, numbers of items)."""
    known = shop.only(chosen)
    order = np.argsort(known.baskets, kind="stable")
    baskets, firsts = np.unique(known.baskets[order], return_index=True)
    users, buyers = np.unique(baskets // _SHIFT, return_inverse=True)
    used, products = np.unique(known.items[order], return_inverse=True)
    told = history(
        Baskets(
            keys=[shop.keys[one] for one in used],
            titles=[shop.titles[one] for one in used],
            buyers=buyers.astype(np.int32),
            days=(baskets % _SHIFT).astype(np.int32),
            starts=np.append(firsts, len(order)),
            products=products.astype(np.int32),
        )
    )
    place = {key: number for number, key in enumerate(told.keys)}
    return told, users, {int(one): place[shop.keys[one]] for one in used}


def _shop(
    table: pa.Table, person: str, at: str, items: pa.ChunkedArray, titles: pa.ChunkedArray | None
) -> Shop:
    days = pc.cast(pc.cast(table[at], pa.date32(), safe=False), pa.int32()).to_numpy() + EPOCH
    coded = items.cast(pa.string()).combine_chunks().dictionary_encode()
    numbers, keys = coded.indices.to_numpy().astype(np.int64), coded.dictionary.to_pylist()
    told = [""] * len(keys)
    if titles is not None:
        for number, title in zip(numbers.tolist(), titles.to_pylist(), strict=True):
            told[number] = max(told[number], title or "")
    return Shop(
        keys, told, table[person].to_numpy().astype(np.int64), days.astype(np.int64), numbers
    )


def _frozen(found: Mapping[int, set[int]]) -> Bought:
    return {one: frozenset(items) for one, items in found.items()}
