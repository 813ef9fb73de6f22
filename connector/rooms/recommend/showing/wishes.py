"""What the merchant wants of rows: pins, exclusions, neighbours of collections, surfaces, rest.

One small document a shop, read with each row; every verb changes its part and leaves the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from connector.core.errors import BadInput
from connector.orders.store import products as catalogue
from connector.rooms.recommend.showing import store
from connector.rooms.recommend.showing.ladders import SURFACES

MOST_PINS = 12  # of one place: what of the first is sold out, the next stand in for
MOST_PLACES = 500
MOST_NAMES = 500
MOST_PAGES = 100
PAGES_A_DAY = 8


class Wishes(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a merchant asked for.

    pins: product keys by place, ``product:<key>`` or ``surface:<name>``. beside: because of
    products of a collection only those of these collections. off: surfaces without a row.
    pages_a_day: after so many page views with a row a browser rests until tomorrow; 0: never.
    """

    pins: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    products_out: tuple[str, ...] = ()
    collections_out: tuple[str, ...] = ()
    beside: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    off: tuple[str, ...] = ()
    pages_a_day: int = PAGES_A_DAY

    def pinned(self, surface: str, products: Iterable[str]) -> list[str]:
        """What is pinned for these products, then what is pinned for the surface."""
        places = [*(f"product:{key}" for key in products), f"surface:{surface}"]
        return list(dict.fromkeys(key for place in places for key in self.pins.get(place, ())))

    def lets(self, key: str, categories: Collection[str]) -> bool:
        """Whether a product may be shown anywhere."""
        return key not in self.products_out and not any(
            one in categories for one in self.collections_out
        )

    def lets_beside(self, speaker: Collection[str], categories: Collection[str]) -> bool:
        """Whether a product of ``categories`` may be shown because of one of ``speaker``."""
        wanted = [self.beside[one] for one in speaker if one in self.beside]
        return not wanted or any(one in categories for names in wanted for one in names)


def wishes(db: Connection, shop_id: int) -> Wishes:
    """What the merchant wants; before they said anything, the house's own."""
    return read(store.wishes(db, shop_id))


def wishes_to_change(db: Connection, shop_id: int) -> Wishes:
    """The same for who will add to it: nobody else changes it before this transaction ends."""
    return read(store.wishes_to_change(db, shop_id))


def read(stored: object) -> Wishes:
    return msgspec.convert(stored, Wishes) if stored is not None else Wishes()


def pin(db: Connection, shop_id: int, place: str, products: Sequence[str]) -> Wishes:
    """Show these first at ``place``, ``product:<key>`` or ``surface:<name>``; none takes it back.

    They are still left out where nobody could or should buy them. Raises BadInput
    ``product_unknown``, ``pin_beside_itself``.
    """
    kind, _, name = place.partition(":")
    if not (kind == "product" and name) and not (kind == "surface" and name in SURFACES):
        raise BadInput("unknown_place", f"product:<key> or surface:<one of {SURFACES}>")
    chosen = _names(products, MOST_PINS)
    if kind == "product" and name in chosen:
        raise BadInput("pin_beside_itself", "no product goes with itself", field="products")

    def change(was: Wishes) -> Wishes:
        _known(db, shop_id, chosen, was.pins.get(place, ()))
        return replace(was, pins=_with(was.pins, place, chosen))

    return _change(db, shop_id, change)


def exclude(
    db: Connection, shop_id: int, products: Sequence[str], collections: Sequence[str]
) -> Wishes:
    """Never show these products, nor any of these collections; replaces what was excluded.

    Raises BadInput ``product_unknown``, ``collection_unknown`` for what the shop has not, nor was
    excluded before.
    """
    keys, names = _names(products), _names(collections)

    def change(was: Wishes) -> Wishes:
        _known(db, shop_id, keys, was.products_out)
        own = _own_names(db, shop_id, names, was.collections_out, "collections")
        return replace(was, products_out=keys, collections_out=own)

    return _change(db, shop_id, change)


def beside(db: Connection, shop_id: int, collection: str, others: Sequence[str]) -> Wishes:
    """Because of products of ``collection`` only show those of ``others``; none takes it back.

    Raises BadInput ``collection_unknown`` for what the shop has not, nor was named there before.
    """
    (name,) = _names([collection]) or ("",)
    if not name:
        raise BadInput("name_required", "name the collection", field="collection")
    names = _names(others)

    def change(was: Wishes) -> Wishes:
        if not names:
            return replace(was, beside=_with(was.beside, name, ()))
        (own,) = _own_names(db, shop_id, [name], was.beside, "collection")
        only = _own_names(db, shop_id, names, was.beside.get(own, ()), "others")
        return replace(was, beside=_with(was.beside, own, only))

    return _change(db, shop_id, change)


def switch(db: Connection, shop_id: int, surface: str, *, on: bool) -> Wishes:
    """Show rows on a surface, or none."""
    if surface not in SURFACES:
        raise BadInput("unknown_surface", f"one of {', '.join(SURFACES)}", field="surface")

    def change(was: Wishes) -> Wishes:
        off = {*was.off} - {surface} if on else {*was.off, surface}
        return replace(was, off=tuple(sorted(off)))

    return _change(db, shop_id, change)


def rest_after(db: Connection, shop_id: int, pages_a_day: int) -> Wishes:
    """After so many page views with a row a browser shows none until tomorrow; 0 is no limit."""
    if not 0 <= pages_a_day <= MOST_PAGES:
        raise BadInput("pages_range", f"0 to {MOST_PAGES}", field="pages_a_day")
    return _change(db, shop_id, lambda was: replace(was, pages_a_day=pages_a_day))


def _change(db: Connection, shop_id: int, change: Callable[[Wishes], Wishes]) -> Wishes:
    wanted = change(wishes_to_change(db, shop_id))
    store.put_wishes(db, shop_id, msgspec.to_builtins(wanted))
    return wanted


def _with(
    was: Mapping[str, tuple[str, ...]], name: str, wanted: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """``was`` with ``wanted`` under ``name``, or without it."""
    told = {one: others for one, others in was.items() if one != name}
    if wanted:
        told[name] = wanted
    if len(told) > MOST_PLACES:
        raise BadInput("too_many", f"at most {MOST_PLACES}")
    return told


def _known(db: Connection, shop_id: int, keys: Sequence[str], before: Collection[str]) -> None:
    """before: what was named there already, and may be gone from the shop since."""
    new = [key for key in keys if key not in before]
    unknown = sorted({*new} - catalogue(db, shop_id, new).keys())
    if unknown:
        raise BadInput("product_unknown", f"the shop has no {unknown[0]!r}", field="products")


def _own_names(
    db: Connection, shop_id: int, given: Sequence[str], before: Collection[str], field: str
) -> tuple[str, ...]:
    """Collections and categories as the shop writes them, in whichever case they are given.

    before: what was named there already, and may be gone from the shop since.
    """
    if all(one in before for one in given):
        return tuple(given)
    known = {*store.filed_names(db, shop_id), *before}
    alike = {one.casefold(): one for one in sorted(known)}
    own = [one if one in known else alike.get(one.casefold()) for one in given]
    if None in own:
        unknown = given[own.index(None)]
        raise BadInput("collection_unknown", f"the shop has no {unknown!r}", field=field)
    return tuple(dict.fromkeys(one for one in own if one is not None))


def _names(given: Sequence[str], most: int = MOST_NAMES) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(one.strip() for one in given if one.strip()))
    if len(names) > most or any(len(one) > 200 for one in names):  # noqa: PLR2004 - characters
        raise BadInput("too_many", f"at most {most}, of 200 characters each")
    return names
