"""Benchmarks: what the product reaches beside what the machine could, both in one run.

A module here registers itself with ``@benchmark``. Ratios are compared with their targets, because
absolute figures swing with the machine; the absolute figure stands beside each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One result. ``value`` holds if it is at least ``target``, or at most with ``at_most``.

    target: None only shows. absolute: the plain figures behind it, for people.
    """

    name: str
    value: float
    target: float | None
    absolute: str
    unit: str = ""
    at_most: bool = False

    def holds(self, slack: float = 0.0) -> bool:
        if self.target is None:
            return True
        if self.at_most:
            return self.value <= self.target * (1 + slack)
        return self.value >= self.target * (1 - slack)


Run = Callable[[bool], Iterator[Figure]]
BENCHMARKS: dict[str, Run] = {}


def benchmark(name: str) -> Callable[[Run], Run]:
    """Register ``run(quick)``; quick ones together take less than a minute."""

    def register(run: Run) -> Run:
        BENCHMARKS[name] = run
        return run

    return register
