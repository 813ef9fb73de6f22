"""Questions and answers: what the product would show, for acceptance and users' own trials."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench.recommend.events import Events
from connector.rooms.recommend.rules import (
    History,
    Lists,
    Shelves,
    history,
    joined,
    reorders,
    shelves,
    visits,
)

NEEDED = {  # by kind of question, what it names
    "buy_again": {"user"},
    "for_you": {"user"},
    "bought_together": {"items"},
    "similar": {"items"},
    "reorder": {"user", "item", "days"},
    "buys_within": {"user", "days"},
}
SHOWN = 10
DIGITS = 6  # of a probability
MB = 1024  # of what the system counts in


class Answers:
    """Everything built from one shop's events, and asked one question at a time."""

    def __init__(self, events: Events, before: date) -> None:
        base = forget_peak_mb()
        began = time.perf_counter()
        self.history: History = history(events.baskets)
        self.shelves: Shelves = shelves(self.history)
        self.build_seconds = time.perf_counter() - began
        self.peak_mb = max(peak_mb() - base, 0.0)
        self._today = before.toordinal()
        known = events.users[: self.history.people]  # the rest only has orders too old to count
        self._users = {name: number for number, name in enumerate(known)}
        self._items = {key: number for number, key in enumerate(self.history.keys)}
        self._kinds: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "buy_again": self._buy_again,
            "for_you": self._for_you,
            "bought_together": lambda asked: self._beside(asked, self.shelves.together),
            "similar": lambda asked: self._beside(asked, self.shelves.similar),
            "reorder": self._reorder,
            "buys_within": self._buys_within,
        }
        self._reorders: dict[int, tuple[dict[tuple[int, int], float], np.ndarray]] = {}
        self._visits: dict[int, tuple[dict[int, float], float]] = {}

    def prepare(self, asked: Iterable[Mapping[str, Any]]) -> None:
        """Learn what the questions need beside the lists."""
        for kind, days in {(one["kind"], one["days"]) for one in asked if "days" in one}:
            if kind == "reorder":
                self._learn_reorders(days)
            elif kind == "buys_within":
                self._learn_visits(days)

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """One answer; an unknown user or item gets what sells lately, and so do short lists."""
        return self._kinds[asked["kind"]](asked)

    def _keys(self, numbers: Iterable[int]) -> dict[str, Any]:
        return {"ranked": [self.history.keys[number] for number in numbers]}

    def _buy_again(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        user = self._users.get(str(asked["user"]))
        if user is None:
            return self._keys(self.shelves.filled([], []))
        own = self.shelves.buy_again(user)[0].tolist()
        if len(own) < SHOWN:
            own += self.shelves.for_you(user)[0].tolist()
        return self._keys(self.shelves.filled(own, []))

    def _for_you(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        user = self._users.get(str(asked["user"]))
        if user is None:
            return self._keys(self.shelves.filled([], []))
        ranked = self.shelves.for_you(user)[0].tolist()
        new = self.shelves.filled(ranked, self.shelves.owned(user))
        return self._keys(self.shelves.filled(new, []))  # who owns all but a few sees those first

    def _beside(self, asked: Mapping[str, Any], lists: Sequence[Lists]) -> dict[str, Any]:
        named = dict.fromkeys(map(str, asked["items"]))
        known = [self._items[one] for one in named if one in self._items]
        ranked = joined([lists[number] for number in known], known)
        return self._keys(self.shelves.filled(ranked, known))

    def _reorder(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        chances, anybody = self._learn_reorders(asked["days"])
        item = self._items.get(str(asked["item"]))
        if item is None:
            return {"p": 0.0}
        user = self._users.get(str(asked["user"]), -1)
        told = chances.get((user, item), float(anybody[item]))
        return {"p": round(told, DIGITS)}

    def _buys_within(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        chances, anybody = self._learn_visits(asked["days"])
        user = self._users.get(str(asked["user"]), -1)
        return {"p": round(chances.get(user, anybody), DIGITS)}

    def _learn_reorders(self, days: int) -> tuple[dict[tuple[int, int], float], np.ndarray]:
        if days not in self._reorders:
            known = reorders.bought(self.history)
            now, told, _ = reorders.chances(known, self._today, days)
            pairs = zip(now.people.tolist(), now.products.tolist(), strict=True)
            anybody = reorders.of_anybody(known, self._today, days)
            self._reorders[days] = (dict(zip(pairs, told.tolist(), strict=True)), anybody)
        return self._reorders[days]

    def _learn_visits(self, days: int) -> tuple[dict[int, float], float]:
        if days not in self._visits:
            known = visits.visits(self.history)
            people, told, _ = visits.buys_within(known, self._today, days)
            lately = np.count_nonzero(visits.seen(known, self._today).recency <= days)
            chances = dict(zip(people.tolist(), told.tolist(), strict=True))
            self._visits[days] = (chances, lately / max(len(people), 1))
        return self._visits[days]


def timed(
    answers: Answers, asked: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """(answers in order, median microseconds by kind)."""
    took: dict[str, list[float]] = defaultdict(list)
    told = []
    for one in asked:
        began = time.perf_counter()
        told.append(answers.answer(one))
        took[one["kind"]].append((time.perf_counter() - began) * 1e6)
    return told, {kind: round(median(times), 1) for kind, times in took.items()}


def forget_peak_mb() -> float:
    """What this process holds now; the most it ever held is counted from here."""
    with suppress(OSError):  # then what reading the file took counts, too
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    return _told_mb("VmRSS")


def peak_mb() -> float:
    """The most it held since."""
    return _told_mb("VmHWM")


def _told_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    told = dict(line.split(":", 1) for line in lines)
    return int(told[name].split()[0]) / MB
