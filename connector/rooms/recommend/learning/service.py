"""Learning's verbs: deal visitors to arms, take what pages tell, and say what it comes to.

The page tells in batches what was seen, clicked and added; an order carries its buyer's bucket and
last click as a note. Nothing here knows who anybody is (docs/decisions/0044-learning.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from connector.core.clock import local_date
from connector.core.commerce import EARNING_STATES
from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.ids import new_id
from connector.rooms.recommend.learning import retention, rules, store
from connector.rooms.recommend.learning.rules import Exposure, Lift, Place, Sums
from connector.rooms.recommend.showing.ladders import LADDERS
from connector.shops import service as shops

ALL = "all"  # the arm where no trial runs
STANDARD, COUNT = rules.STANDARD, rules.COUNT
FIRST_DAY = "0001-01-01"
EXPOSURE_DAYS = retention.REACH_DAYS
MOST_TRIALS = 10  # shown


@dataclass(frozen=True, slots=True)
class Settings:
    """``since``: the first day that counts with this share; None: from the beginning.

    was_percent, was_since: the share before it, which counts on if it is set again by that day.
    """

    holdout_percent: int = rules.HOLDOUT_PERCENT
    rows_limit: int = rules.ROWS_LIMIT
    since: str | None = None
    was_percent: int | None = None
    was_since: str | None = None


@dataclass(frozen=True, slots=True)
class Deal:
    """What a visitor is dealt at a surface: nothing at all, or a row or method of a trial."""

    is_held: bool
    arm: str = ALL
    row: str | None = None  # None: as without a trial
    method: str | None = None


ALL_ALIKE = Deal(is_held=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened to one row on a page. pages: views that had it as their answer.

    items: the products in it, where it was seen.
    """

    place: Place
    shown: int
    clicks: int
    adds: int
    pages: int = 0
    items: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """Two rows, or two methods, against each other at one surface."""

    id: int
    surface: str
    of: str
    a: str
    b: str
    started_at: datetime
    since: str
    stopped_at: datetime | None
    until: str | None

    @property
    def has_begun(self) -> bool:
        """Whether it had, or may still have, a day that counts: not if stopped before it."""
        return self.until is None or self.since <= self.until


@dataclass(frozen=True, slots=True)
class Told:
    """What was seen, clicked, added and then bought of a row; the last is no proof of a cause."""

    place: Place
    arm: str
    shown: int
    clicks: int
    adds: int
    orders: int = 0
    net_minor: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """The lift as it stood at the end of a day."""

    day: str
    lift: Lift


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far rows reach: of ``products`` published, and of page views in EXPOSURE_DAYS days.

    together, similar: products with such a list; listed: with either. seen: products that stood
    in a row somebody saw. pages: views by who is shown rows; with_row: those that had one.
    """

    products: int
    listed: int
    together: int
    similar: int
    seen: int
    pages: int
    with_row: int


@dataclass(frozen=True, slots=True)
class Figures:
    """``since`` None: no page has told anything yet."""

    settings: Settings
    currency: str
    since: str | None
    until: str
    lift: Lift
    points: Sequence[Point]
    rows: Sequence[Told]
    exposure: Exposure
    coverage: Coverage


def settings(db: Connection, shop_id: int) -> Settings:
    row = store.settings(db, shop_id)
    names = [one.name for one in fields(Settings)]
    return Settings(*(getattr(row, name) for name in names)) if row else Settings()


def set_settings(
    db: Connection, shop_id: int, holdout_percent: int, rows_limit: int, now: datetime
) -> Settings:
    """Raises BadInput. Another share counts from tomorrow: a day of both would tell neither."""
    if not 0 <= holdout_percent <= rules.MOST_HOLDOUT_PERCENT:
        most = rules.MOST_HOLDOUT_PERCENT
        raise BadInput("holdout_range", f"0 to {most} percent", field="holdout_percent")
    if not 1 <= rows_limit <= rules.MOST_ROWS_LIMIT:
        most = rules.MOST_ROWS_LIMIT
        raise BadInput("rows_limit_range", f"1 to {most} rows", field="rows_limit")
    today, tomorrow = _today(db, shop_id, now), _tomorrow(db, shop_id, now)
    made = _shared(settings(db, shop_id), holdout_percent, today, tomorrow)
    made = replace(made, rows_limit=rows_limit)
    store.put_settings(db, shop_id, **asdict(made))
    return made


def _shared(before: Settings, percent: int, today: str, tomorrow: str) -> Settings:
    """With another share, that counts from tomorrow; or with the one before, as if never left."""
    if percent == before.holdout_percent:
        return before
    if before.since is None or before.since <= today:
        was = before.holdout_percent, before.since
        return Settings(percent, before.rows_limit, tomorrow, *was)
    if percent == before.was_percent:
        return Settings(percent, since=before.was_since)
    return replace(before, holdout_percent=percent)


def deal(db: Connection, shop_id: int, surface: str, bucket: int) -> Deal:
    """What a visitor of this bucket is shown at a surface; the same wherever it is asked."""
    if rules.is_held(bucket, settings(db, shop_id).holdout_percent):
        return Deal(is_held=True)
    trial = _running_at(db, shop_id, surface)
    return _side(trial, rules.side_of(trial.id, bucket)) if trial else ALL_ALIKE


def deals(db: Connection, shop_id: int, surface: str) -> list[Deal]:
    """What visitors who are shown rows may be dealt at a surface: one thing, or two sides."""
    trial = _running_at(db, shop_id, surface)
    return [_side(trial, arm) for arm in "ab"] if trial else [ALL_ALIKE]


def _running_at(db: Connection, shop_id: int, surface: str) -> Row[Any] | None:
    return next((row for row in _running(db, shop_id) if row.surface == surface), None)


def _side(trial: Row[Any], arm: str) -> Deal:
    chosen = trial.a if arm == "a" else trial.b
    of_row = trial.of == "row"
    row, method = (chosen, None) if of_row else (None, chosen)
    return Deal(is_held=False, arm=arm, row=row, method=method)


def tell(
    db: Connection,
    shop_id: int,
    bucket: int,
    seen: Sequence[Seen],
    now: datetime,
    *,
    is_visit: bool,
) -> None:
    """Add one page's batch to the day's sums; rows told by who is shown none are not believed."""
    day = local_date(now, shops.get(db, shop_id).timezone)
    held = rules.is_held(bucket, settings(db, shop_id).holdout_percent)
    believed = () if held else seen
    arms = {row.surface: rules.side_of(row.id, bucket) for row in _running(db, shop_id)}
    sums: dict[tuple[str, ...], dict[str, Any]] = {}
    for one in believed:
        place, arm = one.place, arms.get(one.place.surface, ALL)
        key = (place.surface, place.row, place.method, arm)
        names = dict(zip(("surface", "row_name", "method", "arm"), key, strict=True))
        found = sums.setdefault(key, {**names, **dict.fromkeys(store.ACTS, 0)})
        for name in store.ACTS:
            found[name] += getattr(one, name)
    shown = sum(one.shown for one in believed)
    # The bucket first and the rest sorted: two pages never wait for each other.
    store.add_bucket(db, shop_id, day, bucket, visits=int(is_visit), rows_shown=shown)
    store.add_rows(db, shop_id, day, [sums[key] for key in sorted(sums)])
    store.see(
        db, shop_id, day, sorted({key for one in believed if one.shown for key in one.items})
    )


def count_orders(db: Connection, shop_id: int, order_ids: Collection[int], now: datetime) -> None:
    """Bring what is counted of these orders to what they are now worth: refunds take it back.

    Of days that are no longer kept nothing is counted again.
    """
    noted = store.noted_orders(db, shop_id, order_ids)
    if not noted:
        return
    currency = shops.get(db, shop_id).currency
    before = store.counted(db, shop_id, [row.id for row in noted])
    first = retention.first_kept(db, shop_id, now)
    for order in (row for row in noted if row.local_date >= first):
        note = rules.read(order.row_note, date.fromisoformat(order.local_date))
        if note is None:
            continue
        counts = order.state in EARNING_STATES and not order.is_test and order.currency == currency
        now_minor = order.goods_minor if counts else 0
        was = before.get(order.id)
        # Where it is counted was settled when it was first heard of.
        bucket, day = (was.bucket, was.day) if was else (note.bucket, order.local_date)
        more = {
            "orders": int(counts) - (was.orders if was else 0),
            "net_minor": now_minor - (was.net_minor if was else 0),
        }
        if was and not any(more.values()):
            continue
        place = note.place
        values = {
            "day": day,
            "bucket": bucket,
            "surface": was.surface if was else place and place.surface,
            "row_name": was.row_name if was else place and place.row,
            "method": was.method if was else place and place.method,
        }
        totals = {"orders": int(counts), "net_minor": now_minor}
        store.put_order(db, shop_id, order.id, **values, **totals)
        store.add_bucket(db, shop_id, day, bucket, **more)


def start_trial(
    db: Connection, shop_id: int, surface: str, of: str, a: str, b: str, now: datetime
) -> Trial:
    """Let two rows, or two methods, run against each other; it counts from tomorrow.

    Raises BadInput ``trial_surface``, ``trial_sides``, Conflict ``trial_running``.
    """
    if surface not in LADDERS:
        raise BadInput("trial_surface", "no such place", field="surface")
    known = LADDERS[surface] if of == "row" else rules.METHODS if of == "method" else ()
    if a == b or not {a, b} <= set(known):
        raise BadInput("trial_sides", "choose two different rows, or methods", field="b")
    trial_id = new_id()
    since = _tomorrow(db, shop_id, now)
    values = {"surface": surface, "of": of, "a": a, "b": b, "started_at": now, "since": since}
    if not store.begin_trial(db, shop_id, id=trial_id, **values):
        raise Conflict("trial_running", "a comparison runs there already: stop it first")
    return get_trial(db, shop_id, trial_id)


def stop_trial(db: Connection, shop_id: int, trial_id: int, now: datetime) -> Trial:
    """End it; its figures stay, this day's, too. Raises NotFound, Conflict ``trial_stopped``."""
    get_trial(db, shop_id, trial_id)
    if not store.stop_trial(db, shop_id, trial_id, now, _today(db, shop_id, now)):
        raise Conflict("trial_stopped", "this comparison is over")
    return get_trial(db, shop_id, trial_id)


def get_trial(db: Connection, shop_id: int, trial_id: int) -> Trial:
    row = store.trial(db, shop_id, trial_id)
    if row is None:
        raise NotFound("trial_not_found", "no such comparison")
    return _trial(row)


def trials(db: Connection, shop_id: int) -> list[Trial]:
    """All of them, the newest first."""
    return [_trial(row) for row in store.trials(db, shop_id)]


def trial_lift(db: Connection, shop_id: int, trial: Trial, now: datetime) -> Lift:
    """What side b brings more than side a, among those who are shown rows."""
    until = trial.until or _today(db, shop_id, now)
    percent = settings(db, shop_id).holdout_percent

    def is_b(bucket: int) -> bool | None:
        is_held = rules.is_held(bucket, percent)
        return None if is_held else rules.side_of(trial.id, bucket) == "b"

    return rules.compare(store.sums(db, shop_id, trial.since, until), is_b)


def figures(db: Connection, shop_id: int, now: datetime) -> Figures:
    """What recommendations bring, as far as it can be told today."""
    shop, chosen = shops.get(db, shop_id), settings(db, shop_id)
    today = local_date(now, shop.timezone)
    first = store.first_day(db, shop_id)
    since = max(chosen.since or FIRST_DAY, first or today)
    start = _earlier(today, EXPOSURE_DAYS - 1)
    points = [
        Point(day, _lift(store.sums(db, shop_id, since, day), chosen))
        for day in rules.cuts(since, today)
    ]
    return Figures(
        settings=chosen,
        currency=shop.currency,
        since=since if first else None,
        until=today,
        lift=points[-1].lift,
        points=points if first else [],
        rows=_rows(db, shop_id, first or today, today),
        exposure=exposure(db, shop_id, now),
        coverage=Coverage(*store.listed(db, shop_id, start), *store.pages(db, shop_id, start)),
    )


def exposure(db: Connection, shop_id: int, now: datetime) -> Exposure:
    """How many rows a visit meets of late, and whether that is too many."""
    chosen = settings(db, shop_id)
    held = chosen.holdout_percent * rules.PER_PERCENT
    start = _earlier(_today(db, shop_id, now), EXPOSURE_DAYS - 1)
    return Exposure(*store.exposure(db, shop_id, start, held), limit=chosen.rows_limit)


def _lift(sums: Mapping[int, Sums], chosen: Settings) -> Lift:
    return rules.compare(sums, lambda bucket: not rules.is_held(bucket, chosen.holdout_percent))


def _rows(db: Connection, shop_id: int, since: str, until: str) -> list[Told]:
    """Places with what was done there; bought is told once, of all arms of a place together."""
    bought = {
        (row.surface, row.row_name, row.method): (int(row.orders), int(row.minor))
        for row in store.bought(db, shop_id, since, until)
    }
    told = []
    for row in store.rows(db, shop_id, since, until):
        if row.row_name == rules.NOTHING:
            continue
        key = (row.surface, row.row_name, row.method)
        acts = (int(row.shown), int(row.clicks), int(row.adds))
        told.append(Told(Place(*key), row.arm, *acts, *bought.pop(key, (0, 0))))
    told += [Told(Place(*key), ALL, 0, 0, 0, *amounts) for key, amounts in bought.items()]
    return told


def _running(db: Connection, shop_id: int) -> Sequence[Row[Any]]:
    return store.trials(db, shop_id, running=True)


def _trial(row: Row[Any]) -> Trial:
    names = ("id", "surface", "of", "a", "b", "started_at", "since", "stopped_at", "until")
    return Trial(*(getattr(row, name) for name in names))


def _today(db: Connection, shop_id: int, now: datetime) -> str:
    return local_date(now, shops.get(db, shop_id).timezone)


def _tomorrow(db: Connection, shop_id: int, now: datetime) -> str:
    return _earlier(_today(db, shop_id, now), -1)


def _earlier(day: str, days: int) -> str:
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()
