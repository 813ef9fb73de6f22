"""Whether somebody will buy a product again soon: pairs of person and product, ranked.

Learnt at earlier days from what then was bought again: a logistic of eleven signs. With too little
past for the days asked about it is learnt for fewer and stretched; with too few outcomes for that,
the pair's own rate, shrunk towards the product's gap and scaled to what happened. Dates are
promised to nobody: only one gap in five falls within a quarter of what was foreseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from connector.rooms.recommend.rules import logistic, visits
from connector.rooms.recommend.rules.history import Bools, Floats, History, Ints, Longs
from connector.rooms.recommend.rules.visits import Visits

LATELY = 90
_CUTS = 2  # earlier days to learn from, each a window before the next
_EXAMPLES = 2**18  # of each of them; of larger shops every so manyth person is learnt from
_BLOCK = 2**18  # lines looked at together
_PSEUDO = 2  # gaps of the product that stand beside a pair's own
_DUE_GAPS = 3  # after so many gaps without a purchase nobody is waiting
_OVERDUE_SHARE = 0.5  # of the rate, once it is long overdue
_SLOWING = 0.7  # a window twice as long has 1.6 times as much of what is foreseen
_USUAL_SHARE = 0.3  # of what rates foresee, before anything was seen
_PRIOR = 10.0  # pairs foreseen that this stands for
_USUAL_GAP = 60.0  # of a product nobody bought twice


@dataclass(frozen=True, slots=True)
class Bought:
    """Who bought what on which day, once each, by person, product and day."""

    people: Ints
    products: Ints
    days: Ints
    visits: Visits
    products_count: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs as they stood on a day. times: days on which it was bought.

    rates: how likely, as if everybody went on as before; is_due: not yet long overdue.
    """

    people: Ints
    products: Ints
    times: Ints
    features: Floats
    rates: Floats
    is_due: Bools


class _Products(NamedTuple):
    """Of each product: days between purchases by the same person, and who came back for it."""

    gaps: Floats
    returned: Floats


class Told(NamedTuple):
    """Pairs, and how likely each is bought again. is_learnt: not rates alone."""

    pairs: Pairs
    chances: Floats
    is_learnt: bool


def bought(history: History) -> Bought:
    """Every purchase of somebody known, some people at a time."""
    first = int(np.searchsorted(history.buyers, 0))
    count = max(len(history.keys), 1)
    oldest = int(history.days[first:].min(initial=0))
    span = int(history.days[first:].max(initial=0)) - oldest + 1
    columns: tuple[list[Ints], ...] = ([], [], [])
    lines = history.starts[first:] - history.starts[first]
    for start, end in _blocks(history.buyers[first:], lines):
        orders = slice(first + start, first + end)
        sizes = history.sizes[orders]
        who = np.repeat(history.buyers[orders], sizes).astype(np.int64)
        when = np.repeat(history.days[orders], sizes) - oldest
        what = history.products[history.starts[orders.start] : history.starts[orders.stop]]
        packed = np.unique((who * count + what) * span + when)
        pair = packed // span
        parts = (pair // count, pair % count, packed % span + oldest)
        for column, part in zip(columns, parts, strict=True):
            column.append(part.astype(np.int32))
    none = [np.zeros(0, np.int32)]
    people, products, days = (np.concatenate(none + one) for one in columns)
    return Bought(people, products, days, visits.visits(history), count)


def pairs(all_: Bought, today: int, days: int, people_of: Bools | None = None) -> Pairs:
    """Every pair bought before ``today``, and its signs; ``people_of``: of these people alone."""
    stood, products = _stood(all_, today, people_of)
    person, product, times, firsts, lasts, lately = stood
    item_gap = products.gaps[product]
    gap = (lasts - firsts + _PSEUDO * item_gap) / (times - 1 + _PSEUDO)
    elapsed = today - lasts
    known = visits.seen(all_.visits, today)
    place = np.searchsorted(known.people, person)
    orders, silent = known.times[place], known.recency[place]
    own_gap = (known.age[place] + item_gap) / orders
    features = np.column_stack(
        (
            np.log(elapsed),
            np.log(times),
            np.log(gap),
            np.log(elapsed / gap),
            np.log(own_gap),
            np.log(silent),
            np.log(orders),
            np.log1p(lately),
            np.log(products.returned[product]),
            np.log(item_gap),
            np.log(times / orders),
        )
    )
    rate: Floats = times / (today - firsts + item_gap)
    is_due = elapsed < _DUE_GAPS * gap
    return Pairs(person, product, times, features, 1 - np.exp(-rate * days), is_due)


def chances(all_: Bought, today: int, days: int, people_of: Bools | None = None) -> Told:
    """How likely each pair is bought again within so many days; ``people_of``: of these alone.

    What was bought once is learnt apart from what was bought again. Where half of the past is
    shorter than ``days``, it is learnt for that half and stretched; with too few outcomes for
    that, too, the pairs' shrunk rates are scaled to what happened.
    """
    half = max((today - int(all_.days.min(initial=today))) // 2, 1)
    windows = list(dict.fromkeys((min(days, half), half)))
    now = pairs(all_, today, windows[0], people_of)
    told = np.empty(len(now.people))
    is_open = np.ones(len(told), bool)
    for window in windows:
        examples = _examples(all_, today, window)
        for repeated in (False, True):
            ours = is_open & ((now.times > 1) == repeated)
            model = _learnt(examples, repeated=repeated) if ours.any() else None
            if model is not None:
                mine = np.flatnonzero(ours)
                for some in np.array_split(mine, len(mine) // _BLOCK + 1):
                    told[some] = _stretched(model.of(now.features[some]), days / window)
                is_open &= ~ours
    if is_open.any():
        told[is_open] = _stretched(_scaled(all_, today, half, people_of)[is_open], days / half)
    if days > half or is_open.any():
        told = np.minimum(told, _of_people(all_, today, days)[now.people])
    return Told(now, told, is_learnt=not is_open.all())


def _stretched(chance: Floats, times: float) -> Floats:
    """Of a window so many times as long: who comes at all comes early."""
    told: Floats = 1 - (1 - chance) ** (times**_SLOWING)
    return told


def _learnt(examples: Sequence[tuple[Pairs, Floats]], *, repeated: bool) -> logistic.Odds | None:
    """What earlier days tell of what was bought again by then, or of what was bought once."""
    ours = [(then.times > 1) == repeated for then, _ in examples]
    if not ours:
        return None
    features = [then.features[one] for (then, _), one in zip(examples, ours, strict=True)]
    happened = [was[one] for (_, was), one in zip(examples, ours, strict=True)]
    return logistic.fit(np.concatenate(features), np.concatenate(happened))


def _scaled(all_: Bought, today: int, window: int, people_of: Bools | None) -> Floats:
    """The pairs' rates, which are too high wherever people leave, as high as what happened."""
    foreseen, happened = _PRIOR, _USUAL_SHARE * _PRIOR
    for then, was in _examples(all_, today, window):
        foreseen += float(_hoped(then).sum())
        happened += float(was.sum())
    return np.minimum(_hoped(pairs(all_, today, window, people_of)) * happened / foreseen, 1.0)


def _hoped(then: Pairs) -> Floats:
    told: Floats = np.where(then.is_due, then.rates, then.rates * _OVERDUE_SHARE)
    return told


def _of_people(all_: Bought, today: int, days: int) -> Floats:
    """By person: how likely they buy anything, than which nothing of theirs is likelier."""
    people, told, _ = visits.buys_within(all_.visits, today, days)
    most = np.ones(len(all_.visits.starts))
    most[people] = told
    return most


def of_anybody(all_: Bought, today: int, days: int) -> Floats:
    """Of each product: the share of all people who came to buy it in the last so many days."""
    is_first = np.ones(len(all_.days), bool)
    is_first[1:] = (np.diff(all_.people) != 0) | (np.diff(all_.products) != 0)
    came = is_first & (all_.days >= today - days)
    people = max(len(all_.visits.starts) - 1, 1)
    return np.bincount(all_.products[came], minlength=all_.products_count) / people


def _examples(all_: Bought, today: int, days: int) -> list[tuple[Pairs, Floats]]:
    """Pairs at earlier days, and whether each was bought in the window after."""
    oldest = int(all_.days.min(initial=today))
    count = all_.products_count
    found = []
    for cut in (today - days * back for back in range(1, _CUTS + 1)):
        if cut - oldest < days:
            break
        then = pairs(all_, cut, days, _some(all_, cut))
        later = (all_.days >= cut) & (all_.days < cut + days)
        bought_later = all_.people[later].astype(np.int64) * count + all_.products[later]
        was = np.isin(then.people.astype(np.int64) * count + then.products, bought_later)
        found.append((then, was.astype(np.float64)))
    return found


def _some(all_: Bought, cut: int) -> Bools | None:
    """People with as many purchases before the day as there are examples; None: everybody."""
    step = -(-int(np.count_nonzero(all_.days < cut)) // _EXAMPLES)
    people = len(all_.visits.starts) - 1
    return np.arange(people) % step == 0 if step > 1 else None


def _stood(all_: Bought, today: int, people_of: Bools | None) -> tuple[Sequence[Ints], _Products]:
    """How pairs stood on a day, and what all pairs tell of the products, a block at a time.

    Columns: person, product, times, first day, last day, times of late.
    """
    count = all_.products_count
    buyers, again = np.zeros(count, np.int64), np.zeros(count, np.int64)
    kept: list[Sequence[Ints]] = [[np.zeros(0, np.int32)] * 6]
    repeated: list[Sequence[Ints]] = [[np.zeros(0, np.int32)] * 3]
    for start, end in _blocks(all_.people, np.arange(len(all_.people) + 1)):
        block = _pairs_of(all_, slice(start, end), today)
        person, product, times, firsts, lasts, _ = block
        buyers += np.bincount(product, minlength=count)
        twice = times > 1
        again += np.bincount(product[twice], minlength=count)
        repeated.append([product[twice], times[twice], (lasts - firsts)[twice]])
        mine = slice(None) if people_of is None else people_of[person]
        kept.append([column[mine] for column in block])
    gaps = _item_gaps(count, *map(np.concatenate, zip(*repeated, strict=True)))
    stood = [np.concatenate(column) for column in zip(*kept, strict=True)]
    return stood, _Products(gaps, (again + 1) / (buyers + 5))


def _pairs_of(all_: Bought, lines: slice, today: int) -> Sequence[Ints]:
    """Columns as of ``_stood``, of whole people."""
    before = all_.days[lines] < today
    people, products = all_.people[lines][before], all_.products[lines][before]
    when = all_.days[lines][before]
    is_first = np.ones(len(when), bool)
    is_first[1:] = (np.diff(people) != 0) | (np.diff(products) != 0)
    starts = np.flatnonzero(is_first)
    ends = np.append(starts[1:], len(when))[: len(starts)]
    times = (ends - starts).astype(np.int32)
    late = (when >= today - LATELY).astype(np.int32)
    lately = np.add.reduceat(late, starts) if len(starts) else times
    return people[starts], products[starts], times, when[starts], when[ends - 1], lately


def _blocks(people: Ints, lines: Longs) -> Iterator[tuple[int, int]]:
    """(first row, row after the last) of some people's rows each, with some _BLOCK lines."""
    start = 0
    while start < len(people):
        end = int(np.searchsorted(lines, lines[start] + _BLOCK))
        end = int(np.searchsorted(people, people[min(end, len(people) - 1)], "right"))
        yield start, end
        start = end


def _item_gaps(count: int, product: Ints, times: Ints, spans: Ints) -> Floats:
    """The middle gap of each product's pairs that were bought again."""
    usual = np.full(count, _USUAL_GAP)
    gaps = spans / (times - 1)
    order = np.lexsort((gaps, product))
    numbers, starts, sizes = np.unique(product[order], return_index=True, return_counts=True)
    usual[numbers] = gaps[order][starts + sizes // 2]
    told: Floats = np.maximum(usual, 1.0)
    return told
