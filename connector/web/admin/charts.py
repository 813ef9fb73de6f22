"""Charts as SVG, drawn here: positions in percent, so that type never scales; Arabic mirrored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from itertools import groupby

from connector.rooms.insight import Month

HEIGHT = 190
TOP, BOTTOM = 30, 150  # where the highest and the lowest value stand
START, END = 10.0, 86.0  # percent of the width: room for the scale before, for the value after
STEPS = (Decimal("0.01"), Decimal("0.02"), Decimal("0.05"), Decimal("0.1"), Decimal("0.2"))
MOST_RULES = 4
LEAST_POINTS = 2

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of the scale."""

    y: float
    value: float


@dataclass(frozen=True, slots=True)
class Lines:
    """Two years' lines as path data, the scale, and where words stand (x in percent)."""

    rules: Sequence[Rule]
    floor: float
    now: str
    open: str
    then: str
    last: Point | None
    last_then: Point | None
    shown: Month
    months: Sequence[tuple[float, Month]]
    label_x: float
    label_dy: float


def lines(months: Sequence[Month], *, is_mirrored: bool) -> Lines | None:
    """The chart of these months; None when fewer than two of them have a figure."""
    now = [month.share.value for month in months]
    then = [month.year_earlier.value for month in months]
    known = [value for value in (*now, *then) if value is not None]
    if sum(value is not None for value in now) < LEAST_POINTS:
        return None
    step, low, high = _scale(known)

    def x(number: int) -> float:
        at = START + (END - START) * number / max(len(months) - 1, 1)
        return round(100 - at if is_mirrored else at, 2)

    def y(value: Decimal) -> float:
        return round(float(BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low)), 1)

    def spots(values: Iterable[Decimal | None]) -> list[Point | None]:
        return [value if value is None else (x(n), y(value)) for n, value in enumerate(values)]

    points, points_then = spots(now), spots(then)
    closed = points if months[-1].is_complete else [*points[:-1], None]
    last, last_then = points[-1], points_then[-1]
    shown = next(month for month in reversed(months) if month.share.value is not None)
    return Lines(
        rules=[
            Rule(y(low + step * n), float(low + step * n))
            for n in range(1, _count(step, low, high))
        ],
        floor=float(low),
        now=_path(closed),
        open="" if months[-1].is_complete else _path(points[-2:]),
        then=_path(points_then),
        last=last,
        last_then=last_then,
        shown=shown,
        months=[(x(n), month) for n, month in enumerate(months) if (len(months) - 1 - n) % 2 == 0],
        label_x=round(x(len(months) - 1) + (-1.6 if is_mirrored else 1.6), 2),
        label_dy=-8 if last and last_then and last[1] <= last_then[1] else 15,
    )


def _scale(known: Sequence[Decimal]) -> tuple[Decimal, Decimal, Decimal]:
    """(step, lowest, highest) of a scale in whole steps around all values."""
    for step in STEPS:
        low = min(known) // step * step
        steps = (max(known) / step).to_integral_value(ROUND_CEILING)
        high = max(steps * step, low + step)
        if (high - low) / step <= MOST_RULES:
            break
    return step, low, high


def _count(step: Decimal, low: Decimal, high: Decimal) -> int:
    return int((high - low) / step) + 1


def _path(points: Iterable[Point | None]) -> str:
    """A line through the points, broken where one is missing."""
    parts = []
    for is_there, run in groupby(points, key=lambda point: point is not None):
        if is_there:
            spots = [f"{x} {y}" for x, y in filter(None, run)]
            parts.append(f"M{'L'.join(spots)}" if len(spots) > 1 else f"M{spots[0]}h0")
    return "".join(parts)
