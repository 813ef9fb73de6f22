"""A figure with its interval over time as SVG: positions in percent, Arabic mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, TOP, BOTTOM = 190, 24, 156
START, END = 12.0, 92.0  # percent of the width: room for the scale before
MOST_RULES = 4
LEAST_POINTS = 2
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Told:
    """One figure of a day: the middle and both ends of its interval, in minor units."""

    day: str
    middle: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Ranges:
    """The chart: its scale (y, value), the band and the line as paths, and the days (x, day)."""

    rules: Sequence[tuple[float, int]]
    zero: float
    band: str
    line: str
    days: Sequence[tuple[float, str]]
    last: tuple[float, float]


def ranges(told: Sequence[Told], *, is_mirrored: bool) -> Ranges | None:
    """The chart of these figures; None for fewer than two of them."""
    if len(told) < LEAST_POINTS:
        return None
    low = min(0, *(one.low for one in told))
    high = max(0, *(one.high for one in told))
    step = _step(high - low)
    bottom, top = low // step * step, -(-high // step) * step

    def x(number: int) -> float:
        at = START + (END - START) * number / (len(told) - 1)
        return round(100 - at if is_mirrored else at, 2)

    def y(value: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (value - bottom) / (top - bottom), 1)

    highs = [f"{x(n)} {y(one.high)}" for n, one in enumerate(told)]
    lows = [f"{x(n)} {y(one.low)}" for n, one in enumerate(told)]
    middles = [f"{x(n)} {y(one.middle)}" for n, one in enumerate(told)]
    return Ranges(
        rules=[(y(value), value) for value in range(bottom, top + 1, step)],
        zero=y(0),
        band=f"M{'L'.join([*highs, *reversed(lows)])}Z",
        line=f"M{'L'.join(middles)}",
        days=[(x(n), one.day) for n, one in enumerate(told) if (len(told) - 1 - n) % 2 == 0],
        last=(x(len(told) - 1), y(told[-1].middle)),
    )


def _step(width: int) -> int:
    """The smallest of 1, 2, 5, 10, 20 ... that needs few rules."""
    power = 1
    while True:
        for one in _STEPS:
            if -(-max(width, 1) // (one * power)) <= MOST_RULES:
                return one * power
        power *= 10
