"""Who sees what while we learn, and what the sums say; pure.

A visitor is one of BUCKETS numbers, drawn by the browser or, for a member, by a keyed hash. The
first of them are held out: whoever is there stays there when the share grows. What a bucket of
everybody sold and how often it came is one observation, so visits of the same person, who stays in
one bucket, are never taken for independent ones (docs/decisions/0044-learning.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import sqrt

from scipy.special import stdtrit

from connector.rooms.recommend.showing.ladders import LADDERS, PINNED

BUCKETS = 1000
PER_PERCENT = BUCKETS // 100
SURFACES = tuple(LADDERS)
NOTHING = "none"  # in the place of a row where a page had none
STANDARD, COUNT = METHODS = ("standard", "count")  # by score, or by how many orders or days
HOLDOUT_PERCENT = 5
MOST_HOLDOUT_PERCENT = 20
ROWS_LIMIT = 4  # rows in one visit above which we warn
MOST_ROWS_LIMIT = 50
WINDOW_DAYS = 7  # from the last click to the order
ENOUGH_BUCKETS = 10  # of each side that somebody came in; fewer tell no spread
ENOUGH_ORDERS = 30  # of the smaller side
MOST_POINTS = 8  # of a plot
WEEK = timedelta(days=7)
PER_VISITS = 100  # money is told for so many visits, because a cent is too coarse for one
_LIKELY = 0.975
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stood, or NOTHING did, which it was, and what ranked it."""

    surface: str
    row: str
    method: str

    @property
    def is_known(self) -> bool:
        """Whether a page of ours can have told of it."""
        rows = (*LADDERS.get(self.surface, ()), PINNED, NOTHING)
        return self.surface in LADDERS and self.row in rows and self.method in METHODS


@dataclass(frozen=True, slots=True)
class Note:
    """What an order carries: its buyer's bucket, and the last click of the window if any."""

    bucket: int
    place: Place | None = None
    clicked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """What one bucket did: visits, and what they bought after discounts and refunds."""

    visits: int = 0
    orders: int = 0
    net_minor: int = 0


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison. ``net_minor`` is of all its orders, ``buckets`` had visits."""

    buckets: int
    visits: int
    orders: int
    net_minor: int
    error: float  # of net revenue a visit, in minor units

    @property
    def per_visits_minor(self) -> int:
        """Net revenue of PER_VISITS visits."""
        return round(Fraction(self.net_minor * PER_VISITS, self.visits)) if self.visits else 0


@dataclass(frozen=True, slots=True)
class Lift:
    """What ``shown`` brings more than ``kept``, for PER_VISITS visits, with its 95 % interval.

    verdict: young (too little to tell a spread), open (the interval holds zero), better, worse.
    """

    shown: Side
    kept: Side
    verdict: str
    minor: int = 0
    low_minor: int = 0
    high_minor: int = 0


@dataclass(frozen=True, slots=True)
class Exposure:
    """Rows shown in visits that are shown rows, over the days that reach is told of."""

    rows: int
    visits: int
    limit: int

    @property
    def tenths(self) -> int:
        """Rows a visit, in tenths."""
        return round(10 * self.rows / self.visits) if self.visits else 0

    @property
    def is_high(self) -> bool:
        return self.tenths > 10 * self.limit


def is_held(bucket: int, percent: int) -> bool:
    return bucket < percent * PER_PERCENT


def side_of(trial_id: int, bucket: int) -> str:
    """The side, a or b: each trial deals the buckets anew, so none inherits another's luck."""
    digest = hashlib.blake2b(f"{trial_id}:{bucket}".encode(), digest_size=1).digest()
    return "ab"[digest[0] % 2]


def written(note: Note) -> str:
    """A note as the storefront writes it."""
    if note.place is None or note.clicked_on is None:
        return str(note.bucket)
    place, day = note.place, (note.clicked_on - _EPOCH).days
    return f"{note.bucket}.{place.surface}.{place.row}.{place.method}.{day}"


def read(text: str, placed_on: date) -> Note | None:
    """A note as an order carries it; None for what is none, its click left out when too old."""
    first, _, rest = text.partition(".")
    bucket = _number(first)
    if bucket is None or bucket >= BUCKETS:
        return None
    parts = rest.split(".")
    days = _number(parts[-1])
    if len(parts) != 4 or days is None:  # noqa: PLR2004 - surface, row, method, day
        return Note(bucket)
    place = Place(*parts[:3])
    since = (placed_on - _EPOCH).days - days
    # A shopper's clock, and the shop's zone, may be a day ahead of us.
    is_row = place.is_known and place.row != NOTHING
    if not is_row or not -1 <= since <= WINDOW_DAYS:
        return Note(bucket)
    return Note(bucket, place, _EPOCH + timedelta(days=days))


def cuts(since: str, until: str) -> list[str]:
    """Days to plot, the last of them ``until``: whole weeks back, at most MOST_POINTS."""
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    weeks = max((last - first) // WEEK, 0)
    step = WEEK * max(-(-weeks // (MOST_POINTS - 1)), 1)
    days = [last - step * number for number in range(MOST_POINTS)]
    return [day.isoformat() for day in reversed(days) if day >= first] or [until]


def compare(sums: Mapping[int, Sums], is_shown: Callable[[int], bool | None]) -> Lift:
    """Both sides by bucket and what stands between them.

    is_shown: on which side a bucket is, None for neither. The interval is that of a difference of
    two ratios by the delta method over buckets, with Welch's degrees of freedom.
    """
    sides: dict[bool, list[Sums]] = {True: [], False: []}
    for bucket, one in sums.items():
        on = is_shown(bucket)
        if on is not None:
            sides[on].append(one)
    shown, kept = _side(sides[True]), _side(sides[False])
    enough = (
        min(shown.buckets, kept.buckets) >= ENOUGH_BUCKETS
        and min(shown.orders, kept.orders) >= ENOUGH_ORDERS
    )
    error = sqrt(shown.error**2 + kept.error**2)
    if not enough or not error:
        return Lift(shown, kept, "young")
    mean = float(Fraction(shown.net_minor, shown.visits) - Fraction(kept.net_minor, kept.visits))
    freedom = error**4 / (
        shown.error**4 / (shown.buckets - 1) + kept.error**4 / (kept.buckets - 1)
    )
    reach = float(stdtrit(freedom, _LIKELY)) * error
    low, high = mean - reach, mean + reach
    verdict = "better" if low > 0 else "worse" if high < 0 else "open"
    told = [round(value * PER_VISITS) for value in (mean, low, high)]
    return Lift(shown, kept, verdict, *told)


def _side(told: Iterable[Sums]) -> Side:
    """The sums of one side, and the error of its ratio: exact integers up to the root."""
    told = [one for one in told if one.visits or one.net_minor]
    count = sum(one.visits > 0 for one in told)
    visits, net = sum(one.visits for one in told), sum(one.net_minor for one in told)
    orders = sum(one.orders for one in told)
    if visits == 0 or len(told) < 2:  # noqa: PLR2004 - one tells no spread
        return Side(count, visits, orders, net, 0.0)
    ratio = Fraction(net, visits)
    squares = (
        sum(one.net_minor**2 for one in told)
        - 2 * ratio * sum(one.net_minor * one.visits for one in told)
        + ratio**2 * sum(one.visits**2 for one in told)
    )
    variance = squares * len(told) / (len(told) - 1) / visits**2
    return Side(count, visits, orders, net, sqrt(variance))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None  # noqa: PLR2004
