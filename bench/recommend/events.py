"""Order lines from a file of columns: user, basket, day, item, title (title optional)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connector.rooms.recommend.rules import NOBODY, Baskets

EPOCH = date(1970, 1, 1).toordinal()


class Unreadable(ValueError):
    """A file that holds no order lines; says why, in one line."""


@dataclass(frozen=True, slots=True)
class Events:
    """Baskets before a day, and the names of their buyers by number."""

    baskets: Baskets
    users: Sequence[str]


def read(path: Path, before: date) -> Events:
    """What was bought before a day.

    Lines without a user count for nobody; without an order or a product, not at all.
    Raises Unreadable.
    """
    try:
        names = {"user", "basket", "day", "item", "title"} & set(pq.read_schema(path).names)
        told = pq.read_table(path, columns=sorted(names))
    except (pa.ArrowException, OSError):
        raise Unreadable("no Parquet file that can be read") from None
    if missing := {"user", "basket", "day", "item"} - names:
        raise Unreadable(f"columns missing: {', '.join(sorted(missing))}")
    days = _read("day", lambda: pc.cast(_as_dates(told["day"]), pa.int32()))
    texts = {name: _read(name, partial(_texts, told[name])) for name in sorted(names - {"day"})}
    table = pa.table({"day": days, **texts})
    is_known = pc.and_(pc.is_valid(table["basket"]), pc.is_valid(table["item"]))
    table = table.filter(pc.and_(is_known, pc.less(table["day"], before.toordinal() - EPOCH)))
    return columns(
        users=_named(table["user"]),
        baskets=table["basket"],
        days=table["day"].to_numpy() + EPOCH,
        items=table["item"],
        titles=table["title"] if "title" in names else None,
    )


def columns(
    users: pa.ChunkedArray,
    baskets: pa.ChunkedArray,
    days: np.ndarray,
    items: pa.ChunkedArray,
    titles: pa.ChunkedArray | None,
) -> Events:
    """Lines as baskets: those of one user with one basket's name, on the first of their days."""
    buyers, names = _numbered(users)
    orders, called = _numbered(baskets)
    products, keys = _numbered(items)
    pairs = (buyers.astype(np.int64) + 1) * max(len(called), 1) + orders
    order = np.lexsort((days, pairs))
    _, firsts = np.unique(pairs[order], return_index=True)
    starts = np.append(firsts, len(order))
    firsts = order[firsts]
    told = [""] * len(keys) if titles is None else _titles(products, titles, len(keys))
    return Events(
        Baskets(
            keys=keys,
            titles=told,
            buyers=buyers[firsts],
            days=days[firsts].astype(np.int32),
            starts=starts,
            products=products[order],
        ),
        names,
    )


def _read(name: str, read: Callable[[], pa.ChunkedArray]) -> pa.ChunkedArray:
    try:
        return read()
    except pa.ArrowException as problem:
        first = (str(problem).splitlines() or [""])[0]
        raise Unreadable(f"column {name} cannot be read: {first}") from None


def _as_dates(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_slice_codeunits(column, 0, 10)
    return pc.cast(column, pa.date32(), safe=False)


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    return pc.cast(column, pa.string())


def _named(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """An empty name is none."""
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _numbered(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """(number of each row's word, words); NOBODY where there is none."""
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    numbers = coded.indices.fill_null(NOBODY).to_numpy(zero_copy_only=False).astype(np.int32)
    return numbers, coded.dictionary.to_pylist()


def _titles(products: np.ndarray, titles: pa.ChunkedArray, count: int) -> list[str]:
    """Each product's most frequent title; of equally frequent ones the first by letters."""
    numbers, words = _numbered(titles)
    has = numbers != NOBODY
    pairs, times = np.unique(
        products[has].astype(np.int64) * max(len(words), 1) + numbers[has], return_counts=True
    )
    told = [""] * count
    best: dict[int, tuple[int, str]] = {}
    for pair, often in zip(pairs.tolist(), times.tolist(), strict=True):
        product, number = divmod(pair, max(len(words), 1))
        ranked = (-often, words[number])
        if product not in best or ranked < best[product]:
            best[product] = ranked
            told[product] = words[number]
    return told
