"""The insight room's verbs: figures of a period, and the months of a year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connector.core.clock import local_date
from connector.core.errors import BadInput
from connector.core.ids import first_id
from connector.rooms.insight import deferral, rules, store
from connector.rooms.insight.deferral import Cohort, Deferral, Owed, Sales, Worth
from connector.rooms.insight.rules import Figures, Period, PointsOutstanding, Series
from connector.shops import service as shops

MONTHS = 12
MOST_WORTH_MINOR = 10**9
_Event = tuple[str, str, int, int]
_NEVER = datetime(2090, 1, 1, tzinfo=UTC)


def figures(db: Connection, shop_id: int, period: Period, now: datetime) -> Figures:
    """The shop's figures of the period; members and points as they are now."""
    currency = shops.get(db, shop_id).currency
    return Figures(
        as_of=now,
        period=period,
        currency=currency,
        trade=store.trade(db, shop_id, currency, period),
        other_currencies=store.orders_by_other_currency(db, shop_id, currency, period),
        enrolment=store.enrolment(db, shop_id),
        points=store.points_outstanding(db, shop_id),
        known_since=store.known_since(db, shop_id),
    )


def last_days(db: Connection, shop_id: int, days: int, now: datetime) -> Period:
    """The ``days`` days that end with the shop's today."""
    return rules.last_days(days, _today(db, shop_id, now))


def monthly(db: Connection, shop_id: int, now: datetime) -> Series:
    """Returning revenue share of the last twelve months, this one included, and a year earlier."""
    shop = shops.get(db, shop_id)
    today = date.fromisoformat(local_date(now, shop.timezone))
    period = Period(rules.month_before(today, 2 * MONTHS - 1), rules.month_before(today, -1))
    trade = store.trade_by_month(db, shop_id, shop.currency, period)
    return Series(as_of=now, currency=shop.currency, months=rules.series(trade, today, MONTHS))


def owed(db: Connection, shop_id: int, now: datetime) -> Owed:
    """Points owed, month by month of booking: a month that is over never changes again."""
    shop = shops.get(db, shop_id)
    zone = ZoneInfo(shop.timezone)
    began = store.first_movement(db, shop_id)
    today = _today(db, shop_id, now)
    starts = [rules.month_before(began.astimezone(zone).date() if began else today, 0)]
    while starts[-1] < rules.month_before(today, 0):
        starts.append(rules.month_before(starts[-1], -1))
    edges = [first_id(datetime.combine(one, time(), zone)) for one in starts] + [first_id(_NEVER)]
    flows = [
        (start, deferral.flow(store.movements(db, shop_id, after, before)))
        for start, after, before in zip(starts, edges, edges[1:], strict=False)
    ]
    granted = store.cohorts(db, shop_id)
    return Owed(
        as_of=now,
        currency=shop.currency,
        months=deferral.roll_forward(flows),
        pending=store.points_outstanding(db, shop_id).pending,
        redemption=deferral.ultimate_redemption(
            _cohorts(_events(granted, starts[0]), today.isoformat()[:7])
        ),
        worth=worth(db, shop_id),
        without_sale=store.without_sale(db, shop_id),
        granted=granted,
    )


def points_outstanding(db: Connection, shop_id: int) -> PointsOutstanding:
    """What members' accounts hold now."""
    return store.points_outstanding(db, shop_id)


def deferrals(db: Connection, shop_id: int, told: Owed) -> list[Deferral]:
    """Deferred revenue by month; [] until a value and a redemption rate are known."""
    if told.worth is None or told.redemption_used is None:
        return []
    months = _sales(db, shop_id, told)
    assumed = told.worth.redemption_percent
    if assumed is not None:
        expected = [Fraction(assumed, 100)] * len(months)
    else:
        events = _events(told.granted, told.months[0].starts_on)
        expected = _expected(events, [one.starts_on for one in months], told.redemption)
    return deferral.deferrals(months, told.worth.value_minor, expected)


def _sales(db: Connection, shop_id: int, told: Owed) -> list[Sales]:
    """The months of orders that gave points, as early as the first such order, until today."""
    alike: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    points: dict[str, int] = defaultdict(int)
    for month, price, each, count in store.sales(db, shop_id, told.currency):
        points[month] += each * count
        if price is not None:
            alike[month].append((price, each, count))
    used: dict[str, int] = defaultdict(int)
    for _, month, of_order, _, taken in told.granted:
        used[month] += taken if of_order else 0
    last = told.months[-1].starts_on
    first = min([*points, told.months[0].starts_on.isoformat()[:7]])
    starts = [date.fromisoformat(f"{first}-01")]
    while starts[-1] < last:
        starts.append(rules.month_before(starts[-1], -1))
    keys = [(one, one.isoformat()[:7]) for one in starts]
    return [Sales(one, alike[key], points[key], used[key]) for one, key in keys]


def _expected(
    events: Sequence[_Event], starts: Sequence[date], measured: Fraction | None
) -> list[Fraction]:
    """The share expected to be used as of the end of each month, by what was known then.

    Months that were too young to tell take the first figure there was.
    """
    known = [
        deferral.ultimate_redemption(_cohorts(events, start.isoformat()[:7])) for start in starts
    ]
    first = next((one for one in known if one is not None), measured)
    return [one if one is not None else first or Fraction(0) for one in known]


def set_worth(
    db: Connection,
    shop_id: int,
    value_minor: int,
    redemption_percent: int | None,
    now: datetime,
    *,
    margin_percent: int = 0,
) -> None:
    """Say what PER_POINTS points are worth to a member, and how much less they cost the shop.

    redemption_percent: the share that gets used, where it is to be assumed.
    """
    if not 0 <= value_minor <= MOST_WORTH_MINOR:
        raise BadInput("amount_range", f"0 to {MOST_WORTH_MINOR}", field="value")
    if redemption_percent is not None and not 0 <= redemption_percent <= 100:  # noqa: PLR2004
        raise BadInput("percent_range", "0 to 100", field="redemption_percent")
    if not 0 <= margin_percent <= 100:  # noqa: PLR2004
        raise BadInput("percent_range", "0 to 100", field="margin_percent")
    store.put_worth(
        db,
        shop_id,
        value_minor=value_minor,
        margin_percent=margin_percent,
        redemption_percent=redemption_percent,
        set_at=now,
    )


def worth(db: Connection, shop_id: int) -> Worth | None:
    """What PER_POINTS points are worth and cost; None until the merchant says."""
    row = store.worth(db, shop_id)
    if row is None:
        return None
    return Worth(row.value_minor, row.redemption_percent, row.margin_percent)


def _events(told: Sequence[tuple[str, str, bool, int, int]], began: date) -> list[_Event]:
    """What was granted and used, by month; nobody could use points before the first was booked.

    History that was imported earns as of its day, and is as old as the book for all that.
    """
    first = began.isoformat()[:7]
    return [
        (max(cohort, first), max(month, first), granted, used)
        for cohort, month, _, granted, used in told
    ]


def _cohorts(events: Sequence[_Event], until: str) -> list[Cohort]:
    """Cohorts by month of granting, as old as they were at the end of the month ``until``."""
    granted: dict[str, int] = defaultdict(int)
    used: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for cohort, month, given, taken in events:
        if month <= until:
            granted[cohort] += given
            used[cohort][_months_between(cohort, month)] += taken
    return [
        Cohort(
            cohort,
            granted[cohort],
            tuple(used[cohort][age] for age in range(_months_between(cohort, until) + 1)),
        )
        for cohort in sorted(granted)
    ]


def _months_between(first: str, second: str) -> int:
    years, months = int(second[:4]) - int(first[:4]), int(second[5:7]) - int(first[5:7])
    return 12 * years + months


def _today(db: Connection, shop_id: int, now: datetime) -> date:
    return date.fromisoformat(local_date(now, shops.get(db, shop_id).timezone))
