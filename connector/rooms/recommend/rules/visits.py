"""Days on which people bought, and how likely each is to buy again soon.

Ranked by a logistic of how long ago, how often and since when, learnt at an earlier day from who
then did buy; with too little past for that, from the expected purchases of ``worth``. Never from
the chance to be alive, which is 1 for everybody who bought once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from connector.rooms.recommend.rules import logistic, worth
from connector.rooms.recommend.rules.history import Floats, History, Ints, Longs

_CUTS = 2  # earlier days to learn from, each a window before the next
_YEAR = 365
_SILENT = 180  # who bought nothing for so long is not counted on by last year's count


@dataclass(frozen=True, slots=True)
class Visits:
    """People's purchase days in columns, by person, then day; ``starts`` of each person."""

    starts: Longs
    days: Ints

    @property
    def people(self) -> Longs:
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


@dataclass(frozen=True, slots=True)
class Seen:
    """People as they stood on a day: those with a purchase before it, by number.

    times: days on which they bought. recency, age: days since the last and since the first.
    """

    people: Longs
    times: Longs
    recency: Longs
    age: Longs

    @property
    def features(self) -> Floats:
        recency, times = np.log(self.recency), np.log(self.times)
        return np.column_stack((recency, times, np.log(self.age), recency * times))


class Told(NamedTuple):
    """How likely each buys. is_learnt: from who then did buy, not from expected purchases."""

    people: Longs
    chances: Floats
    is_learnt: bool


def visits(history: History) -> Visits:
    """Every person's purchase days; orders of one day are one."""
    first = int(np.searchsorted(history.buyers, 0))
    buyers, days = history.buyers[first:], history.days[first:]
    is_new = np.ones(len(days), bool)
    is_new[1:] = (np.diff(buyers) != 0) | (np.diff(days) != 0)
    buyers, days = buyers[is_new], days[is_new]
    return Visits(np.searchsorted(buyers, np.arange(history.people + 1)), days)


def seen(all_: Visits, today: int) -> Seen:
    """Everybody who bought before ``today``."""
    people = all_.people
    before = all_.days < today
    count = len(all_.starts) - 1
    times = np.bincount(people[before], minlength=count)
    known = np.flatnonzero(times)
    firsts = all_.days[all_.starts[known]].astype(np.int64)
    lasts = all_.days[all_.starts[known] + times[known] - 1].astype(np.int64)
    return Seen(
        people=known,
        times=times[known],
        recency=today - lasts,
        age=today - firsts,
    )


def buys_within(all_: Visits, today: int, days: int) -> Told:
    """How likely everybody seen before ``today`` buys within so many days."""
    now = seen(all_, today)
    model = _learnt(all_, today, days)
    if model is not None:
        return Told(now.people, model.of(now.features), is_learnt=True)
    return Told(now.people, 1 - np.exp(-_foreseen(now, days)), is_learnt=False)


def in_a_year(all_: Visits, today: int) -> Floats:
    """Days on which everybody seen before ``today`` will buy in the year from it.

    Once the shop has a year of history its last year says half of it, because that has seen every
    season; before, the model alone.
    """
    now = seen(all_, today)
    told = _foreseen(now, _YEAR)
    if today - int(all_.days.min(initial=today)) < _YEAR:
        return told
    lately = (all_.days < today) & (all_.days >= today - _YEAR)
    count = np.bincount(all_.people[lately], minlength=len(all_.starts) - 1)[now.people]
    return (told + count * (now.recency < _SILENT)) / 2


def _foreseen(now: Seen, days: int) -> Floats:
    """Purchases that BG/NBD expects."""
    repeats, last = now.times - 1, now.age - now.recency
    return worth.expected(
        worth.fit_purchases(repeats, last, now.age), repeats, last, now.age, days
    )


def _learnt(all_: Visits, today: int, days: int) -> logistic.Odds | None:
    """What earlier days tell, those with as much past before them as window after."""
    features, happened = [], []
    oldest = int(all_.days.min(initial=today))
    for cut in (today - days * back for back in range(1, _CUTS + 1)):
        if cut - oldest < days:
            break
        then = seen(all_, cut)
        later = all_.people[(all_.days >= cut) & (all_.days < cut + days)]
        features.append(then.features)
        happened.append(np.isin(then.people, later).astype(np.float64))
    if not features:
        return None
    return logistic.fit(np.concatenate(features), np.concatenate(happened))
