"""One question with what was read for it: each thing once, and only when a row needs it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from connector.orders.store import products as catalogue
from connector.rooms.recommend import store as lists
from connector.rooms.recommend.rules import Other, Personal
from connector.rooms.recommend.showing import store
from connector.rooms.recommend.showing.counts import WHOLE_SHOP, Product
from connector.rooms.recommend.showing.items import categories
from connector.rooms.recommend.showing.ladders import ON_PRODUCTS
from connector.rooms.recommend.showing.store import Bought
from connector.rooms.recommend.showing.wishes import Wishes, read

SPEAKERS = 20  # newest products, of a cart or of a member without stored lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who looks at what. products: of the page, the cart or the order, a cart's newest first.

    viewed: products that this browser saw lately, the newest first, where its owner agreed.
    hidden: products that its owner never wants to be suggested again.
    first: the row to try before the ladder's own first; by_count: rank by times, not by score.
    language: the tag of the one products are named in; "" is the shop's own.
    """

    surface: str
    products: Sequence[str] = ()
    member_id: int | None = None
    viewed: Sequence[str] = ()
    hidden: Collection[str] = frozenset()
    first: str | None = None
    by_count: bool = False
    language: str = ""


class Own(NamedTuple):
    """What a member has: days each was bought on and kept, the newest first.

    back: what they gave back the last time they bought it.
    """

    days: Mapping[str, Sequence[str]]
    back: frozenset[str]


class Desk:
    """See above.

    asked: products a row is beside, none of them in it; where it is beside none, none. speakers:
    those of them that say what goes with them. unwanted: what no row is searched for.
    """

    def __init__(self, db: Connection, shop_id: int, question: Question) -> None:
        self.db, self.shop_id, self.question = db, shop_id, question
        stored, apart = store.said_of(db, shop_id)
        self.wishes: Wishes = read(stored)
        self.apart = frozenset(apart)
        beside = question.products if question.surface in ON_PRODUCTS else ()
        self.asked = list(dict.fromkeys(beside))
        self.speakers = self.asked[:SPEAKERS]
        self.unwanted = {*self.asked, *question.hidden}
        self._rows: dict[str, Row[Any]] = {}
        self._missing: set[str] = set()
        self._habits: dict[str, tuple[int, int]] = {}

    @cached_property
    def own(self) -> Own:
        if self.question.member_id is None:
            return Own({}, frozenset())
        return owned(store.bought(self.db, self.shop_id, self.question.member_id))

    @cached_property
    def personal(self) -> Personal | None:
        """A member's stored lists; None for nobody, and for who has none."""
        if self.question.member_id is None:
            return None
        return lists.member_lists(self.db, self.shop_id, self.question.member_id)

    def rows(self, keys: Sequence[str]) -> Mapping[str, Row[Any]]:
        """Catalogue rows, these among them."""
        new = [key for key in keys if key not in self._rows and key not in self._missing]
        if new:
            self._rows |= catalogue(self.db, self.shop_id, new)
            self._missing.update(new)
        return self._rows

    def together(self) -> Mapping[str, Sequence[Other]]:
        """What goes with each product that speaks."""
        return lists.lists(self.db, self.shop_id, self.speakers) if self.speakers else {}

    def facts(self, keys: Sequence[str]) -> Mapping[str, Product]:
        """What is like each of these."""
        return store.facts(self.db, self.shop_id, keys) if keys else {}

    def trends(self) -> Sequence[tuple[str, int]]:
        """What sells lately, beside a product in its categories alone."""
        if self.question.surface not in ON_PRODUCTS:
            return store.trends(self.db, self.shop_id, [WHOLE_SHOP])
        known = self.rows(self.speakers)
        filed = {one for key in self.speakers if key in known for one in categories(known[key])}
        names = sorted(filed - {WHOLE_SHOP})
        return store.trends(self.db, self.shop_id, names) if names else ()

    def habits(self, keys: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """(buyers, those who came back), these products among them."""
        new = [key for key in keys if key not in self._habits]
        if new:
            found = store.habits(self.db, self.shop_id, new)
            self._habits |= {key: found.get(key, (0, 0)) for key in new}
        return self._habits


def owned(bought: Sequence[Bought]) -> Own:
    """What is left to a member of what they bought, the newest first."""
    days: dict[str, list[str]] = {}
    newest: dict[str, str] = {}
    for one in bought:
        newest.setdefault(one.key, one.local_date)
        kept = days.setdefault(one.key, [])
        if not one.is_back and one.local_date not in kept:
            kept.append(one.local_date)
    return Own(days, frozenset(key for key, day in newest.items() if day not in days[key]))
