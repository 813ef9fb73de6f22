"""Whether somebody will buy a product again soon: pairs of person and product, ranked.

Learnt at earlier days from what then was bought again: a logistic of ten signs. With too little
past, the pair's own rate, shrunk towards the product's gap, while it is not long overdue. Dates
are promised to nobody: only one gap in five falls within a quarter of what was foreseen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from connector.rooms.recommend.rules import logistic, visits
from connector.rooms.recommend.rules.history import Floats, History, Longs
from connector.rooms.recommend.rules.visits import Visits

LATELY = 90
_CUTS = 2  # earlier days to learn from, each a window before the next
_PSEUDO = 2  # gaps of the product that stand beside a pair's own
_DUE_GAPS = 3  # after so many gaps without a purchase nobody is waiting
_USUAL_GAP = 60.0  # of a product nobody bought twice


@dataclass(frozen=True, slots=True)
class Bought:
    """Who bought what on which day, once each, by person, product and day."""

    people: Longs
    products: Longs
    days: Longs
    visits: Visits
    products_count: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs as they stood on a day. times: days on which it was bought."""

    people: Longs
    products: Longs
    times: Longs
    features: Floats
    rates: Floats


def bought(history: History) -> Bought:
    """Every purchase of somebody known."""
    first = int(np.searchsorted(history.buyers, 0))
    sizes = history.sizes[first:]
    people = np.repeat(history.buyers[first:], sizes).astype(np.int64)
    days = np.repeat(history.days[first:], sizes).astype(np.int64)
    products = history.products[history.starts[first] :].astype(np.int64)
    oldest = int(days.min(initial=0))
    span = int(days.max(initial=0)) - oldest + 1
    count = max(len(history.keys), 1)
    packed = np.unique((people * count + products) * span + (days - oldest))
    pair = packed // span
    return Bought(
        people=pair // count,
        products=pair % count,
        days=packed % span + oldest,
        visits=visits.visits(history),
        products_count=count,
    )


def pairs(all_: Bought, today: int, days: int) -> Pairs:
    """Every pair bought before ``today``, and its signs."""
    before = all_.days < today
    people, products, when = all_.people[before], all_.products[before], all_.days[before]
    is_first = np.ones(len(when), bool)
    is_first[1:] = (np.diff(people) != 0) | (np.diff(products) != 0)
    starts = np.flatnonzero(is_first)
    ends = np.append(starts[1:], len(when))[: len(starts)]
    person, product, times = people[starts], products[starts], ends - starts
    firsts, lasts = when[starts], when[ends - 1]
    lately = np.add.reduceat(when >= today - LATELY, starts) if len(starts) else times
    item_gap = _item_gaps(all_.products_count, product, times, lasts - firsts)[product]
    buyers = np.bincount(product, minlength=all_.products_count)
    again = np.bincount(product[times > 1], minlength=all_.products_count)
    repeat_share = ((again + 1) / (buyers + 5))[product]
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
            np.log(repeat_share),
            np.log(item_gap),
            np.log(times / orders),
        )
    )
    rate: Floats = times / (today - firsts + item_gap) * (elapsed < _DUE_GAPS * gap)
    return Pairs(person, product, times, features, 1 - np.exp(-rate * days))


def chances(all_: Bought, today: int, days: int) -> tuple[Pairs, Floats]:
    """(pairs, how likely each is bought again within so many days).

    What was bought once is learnt apart from what was bought again.
    """
    now = pairs(all_, today, days)
    told = now.rates.copy()
    examples = _examples(all_, today, days)
    for repeated in (False, True):
        learnt = [(then.times > 1) == repeated for then, _ in examples]
        if not learnt:
            continue
        features = [then.features[one] for (then, _), one in zip(examples, learnt, strict=True)]
        happened = [was[one] for (_, was), one in zip(examples, learnt, strict=True)]
        model = logistic.fit(np.concatenate(features), np.concatenate(happened))
        ours = (now.times > 1) == repeated
        if model is not None:
            told[ours] = model.of(now.features[ours])
    return now, told


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
        then = pairs(all_, cut, days)
        later = (all_.days >= cut) & (all_.days < cut + days)
        bought_later = all_.people[later] * count + all_.products[later]
        was = np.isin(then.people * count + then.products, bought_later)
        found.append((then, was.astype(np.float64)))
    return found


def _item_gaps(count: int, product: Longs, times: Longs, spans: Longs) -> Floats:
    """Days between purchases of each product by the same person: the middle one of its pairs."""
    repeated = times > 1
    usual = np.full(count, _USUAL_GAP)
    gaps = spans[repeated] / (times[repeated] - 1)
    of = product[repeated]
    order = np.lexsort((gaps, of))
    numbers, starts, sizes = np.unique(of[order], return_index=True, return_counts=True)
    usual[numbers] = gaps[order][starts + sizes // 2]
    told: Floats = np.maximum(usual, 1.0)
    return told
