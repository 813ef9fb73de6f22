"""Whether somebody will buy a product again soon: pairs of person and product, ranked.

Learnt at earlier days from what then was bought again: a logistic of eleven signs. With too little
past for the days asked about it is learnt for fewer and stretched; with too few outcomes for that,
the pair's own rate, shrunk towards the product's gap and scaled to what happened. Dates are
promised to nobody: only one gap in five falls within a quarter of what was foreseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from connector.rooms.recommend.rules import logistic, visits
from connector.rooms.recommend.rules.history import Bools, Floats, History, Longs
from connector.rooms.recommend.rules.visits import Visits

LATELY = 90
_CUTS = 2  # earlier days to learn from, each a window before the next
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

    people: Longs
    products: Longs
    days: Longs
    visits: Visits
    products_count: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs as they stood on a day. times: days on which it was bought.

    rates: how likely, as if everybody went on as before; is_due: not yet long overdue.
    """

    people: Longs
    products: Longs
    times: Longs
    features: Floats
    rates: Floats
    is_due: Bools


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
    rate: Floats = times / (today - firsts + item_gap)
    is_due = elapsed < _DUE_GAPS * gap
    return Pairs(person, product, times, features, 1 - np.exp(-rate * days), is_due)


def chances(all_: Bought, today: int, days: int) -> tuple[Pairs, Floats]:
    """(pairs, how likely each is bought again within so many days).

    What was bought once is learnt apart from what was bought again. Where half of the past is
    shorter than ``days``, it is learnt for that half and stretched; with too few outcomes for
    that, too, the pairs' shrunk rates are scaled to what happened.
    """
    half = max((today - int(all_.days.min(initial=today))) // 2, 1)
    windows = list(dict.fromkeys((min(days, half), half)))
    now = pairs(all_, today, windows[0])
    told = np.empty(len(now.people))
    is_open = np.ones(len(told), bool)
    for window in windows:
        examples = _examples(all_, today, window)
        for repeated in (False, True):
            ours = is_open & ((now.times > 1) == repeated)
            model = _learnt(examples, repeated=repeated) if ours.any() else None
            if model is not None:
                told[ours] = _stretched(model.of(now.features[ours]), days / window)
                is_open &= ~ours
    if is_open.any():
        told[is_open] = _stretched(_scaled(all_, today, half)[is_open], days / half)
    if days > half or is_open.any():
        told = np.minimum(told, _of_people(all_, today, days)[now.people])
    return now, told


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


def _scaled(all_: Bought, today: int, window: int) -> Floats:
    """The pairs' rates, which are too high wherever people leave, as high as what happened."""
    foreseen, happened = _PRIOR, _USUAL_SHARE * _PRIOR
    for then, was in _examples(all_, today, window):
        foreseen += float(_hoped(then).sum())
        happened += float(was.sum())
    return np.minimum(_hoped(pairs(all_, today, window)) * happened / foreseen, 1.0)


def _hoped(then: Pairs) -> Floats:
    told: Floats = np.where(then.is_due, then.rates, then.rates * _OVERDUE_SHARE)
    return told


def _of_people(all_: Bought, today: int, days: int) -> Floats:
    """By person: how likely they buy anything, than which nothing of theirs is likelier."""
    people, told = visits.buys_within(all_.visits, today, days)
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
