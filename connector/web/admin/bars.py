"""Pairs of bars by month as SVG: from zero, positions in percent, Arabic mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, TOP, FLOOR = 190, 14, 160
START, END = 15.0, 100.0  # percent of the width: room for the scale before, on a phone, too
MOST_RULES = 4
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: x and width in percent, y and height in pixels."""

    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Pair:
    """One month's two bars, and where its name stands."""

    name: str
    before: Bar
    after: Bar
    middle: float
    is_named: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """The chart: its scale (y, value) and its months."""

    rules: Sequence[tuple[float, int]]
    pairs: Sequence[Pair]


def bars(months: Sequence[tuple[str, int, int]], *, is_mirrored: bool) -> Bars | None:
    """The chart of (name, before, after); None when all of it is nothing."""
    highest = max((max(before, after) for _, before, after in months), default=0)
    if highest <= 0:
        return None
    step = _step(highest)
    top = -(-highest // step) * step
    slot = (END - START) / len(months)
    width = round(slot * 0.34, 2)

    def bar(value: int, at: float) -> Bar:
        height = round((FLOOR - TOP) * max(value, 0) / top, 1)
        x = 100 - at - width if is_mirrored else at
        return Bar(round(x, 2), width, round(FLOOR - height, 1), height)

    pairs = []
    for number, (name, before, after) in enumerate(months):
        at = START + slot * number + slot * 0.14
        middle = at + slot * 0.36
        pairs.append(
            Pair(
                name,
                bar(before, at),
                bar(after, at + slot * 0.38),
                round(100 - middle if is_mirrored else middle, 2),
                (len(months) - 1 - number) % 2 == 0,
            )
        )
    scale = [
        (round(FLOOR - (FLOOR - TOP) * value / top, 1), value)
        for value in range(step, top + 1, step)
    ]
    return Bars(scale, pairs)


def _step(highest: int) -> int:
    """The smallest of 1, 2, 5, 10, 20 ... that needs few rules."""
    power = 1
    while True:
        for one in _STEPS:
            if -(-highest // (one * power)) <= MOST_RULES:
                return one * power
        power *= 10
