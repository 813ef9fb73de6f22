"""Any story of orders, refunds and time, told to the room and to an oracle that shares no code.

The oracle keeps a list of orders and walks the calendar; it knows nothing of the book or of SQL.
"""

import calendar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from connector.core.commerce import Order, OrderState
from connector.core.facts import OrderChanged
from connector.core.ids import new_ids
from connector.members.models import member
from connector.orders.models import orders
from connector.rooms.tiers import programs, store
from connector.rooms.tiers.models import tier_reach, tier_standing
from tests.rooms.tiers.club import SPENDING, Club, bought, change, struct
from tests.world import NOW, acme

THRESHOLDS = (0, 10_000, 30_000)
BERLIN = ZoneInfo("Europe/Berlin")
MANY = 20_000


@dataclass
class Oracle:
    """One member of a shop with a window of twelve months, or of all time."""

    rolling: bool
    orders: dict[str, tuple[date, int]] = field(default_factory=dict)
    level: int = 0
    reached: dict[int, tuple[datetime, date | None]] = field(default_factory=dict)
    keep: date | None = None
    seen: dict[str, int] = field(default_factory=dict)

    def spent(self, on: date, orders=None) -> int:
        """What counts on a day: orders of its month and of the twelve before."""
        first = date(on.year - 1, on.month, 1)
        told = self.orders if orders is None else orders
        return sum(minor for at, minor in told.values() if not self.rolling or at >= first)

    def earned(self, on: date) -> int:
        return len([one for one in THRESHOLDS if one <= self.spent(on)])

    def judge(self, now: datetime) -> None:
        today = now.astimezone(BERLIN).date()
        earned = self.earned(today)
        lost = any(self.orders[key][1] < minor for key, minor in self.seen.items())
        while lost and self.level > earned and self.level in self.reached:
            when, kept_before = self.reached[self.level]
            if now >= when + timedelta(days=14):
                break
            del self.reached[self.level]
            self.level, self.keep = self.level - 1, kept_before
        soon = last_of_month(today + timedelta(days=30))
        if earned >= self.level:
            for level in range(self.level + 1, earned + 1):
                first = level == self.level + 1
                self.reached[level] = now, self.keep if first else None
            self.level, self.keep = earned, self.safe(today, earned)
        elif self.keep is None or lost:
            self.keep = min(self.keep or soon, soon)
        elif today > self.keep + timedelta(days=30):
            self.level -= 1
            self.keep = self.safe(today, self.level) if self.level == earned else soon
        self.seen = {key: minor for key, (_, minor) in self.orders.items()}

    def safe(self, today: date, level: int) -> date | None:
        if not self.rolling or THRESHOLDS[level - 1] == 0:
            return None
        day = last_of_month(today)
        while self.spent(day + timedelta(days=1)) >= THRESHOLDS[level - 1]:
            day = last_of_month(day + timedelta(days=1))
        return day


def last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


steps = st.one_of(
    st.tuples(st.just("buy"), st.sampled_from([3_000, 9_000, 10_000, 25_000])),
    st.tuples(st.just("refund"), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.sampled_from([1, 8, 20, 45, 100, 250])),
    st.tuples(st.just("again"), st.integers(0, 5)),
)


@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(steps, min_size=3, max_size=14), st.booleans())
def test_any_story_ends_where_the_oracle_says(database, story, rolling):
    club = Club(acme(database))
    club.publish(change(SPENDING, window_months=12 if rolling else None))
    oracle, now = Oracle(rolling), NOW
    sold: dict[str, Order] = {}
    for what, number in story:
        key = str(number % len(sold)) if sold and what in ("refund", "again") else None
        if what == "buy":
            key = str(len(sold))
            sold[key] = bought(key, number, now)
            oracle.orders[key] = now.astimezone(BERLIN).date(), number
            club.tell(sold[key], at=now)
        elif what == "refund" and key is not None:
            gone = struct(sold[key], state=OrderState.REFUNDED, modified_at=now)
            sold[key] = gone
            oracle.orders[key] = oracle.orders[key][0], 0
            club.tell(gone, at=now)
        elif what == "again" and key is not None:
            club.tell(sold[key], at=now)
        if what == "wait":
            for _ in range(number):
                now += timedelta(days=1)
                walk(club, oracle, now)
        elif what != "again" and oracle.orders:
            oracle.judge(now)
        compare(club, oracle)
        now += timedelta(hours=1)
    assert club.check() == []


def walk(club, oracle, now):
    """A day passes: the job moves who is due, and the oracle whoever lands today."""
    today = now.astimezone(BERLIN).date()
    if oracle.keep and oracle.level and today > oracle.keep + timedelta(days=30):
        oracle.judge(now)
        club.review(now)


def compare(club, oracle):
    with club.world.database.read() as db:
        rows = db.execute(
            select(tier_standing).where(tier_standing.c.shop_id == club.shop_id)
        ).all()
    stands = [(row.level, row.keeps_until) for row in rows]
    expected = (oracle.level, oracle.keep and oracle.keep.isoformat())
    assert stands == ([expected] if oracle.orders else [])


# ------------------------------------------------------------------------------------------- many


@pytest.fixture
def crowd(database):
    """Twenty thousand members, each with a few orders; what each spent."""
    club = Club(acme(database))
    ids, order_ids = new_ids(MANY), iter(new_ids(MANY * 3))
    spent = {one: n * 7 % 45_000 for n, one in enumerate(ids)}
    shop_id = club.shop_id
    base = {"shop_id": shop_id, "state": "member", "created_at": NOW}
    rows = [base | {"id": one, "customer_key": str(one)} for one in ids]
    goods = []
    for one, minor in spent.items():
        parts = [minor // 3, minor // 3, minor - 2 * (minor // 3)]
        goods += [_order_row(shop_id, next(order_ids), one, part) for part in parts if part]
    with club.world.database.write() as db:
        db.execute(insert(member), rows)
        db.execute(insert(orders), goods)
    return club, spent


def _order_row(shop_id, order_id, member_id, minor):
    return {
        "shop_id": shop_id, "id": order_id, "key": str(order_id), "number": str(order_id),
        "member_id": member_id, "state": "paid", "currency": "USD", "placed_at": NOW,
        "local_date": "2026-11-22", "modified_at": NOW, "paid_at": NOW, "historic": False,
        "is_test": False, "taxes_included": False, "total_minor": minor, "shipping_minor": 0,
        "tax_minor": 0, "goods_minor": minor, "revision": 1, "digest": "x",
    }  # fmt: skip


def test_a_crowd_is_placed_as_each_would_be(crowd):
    club, spent = crowd
    expected = {
        one: len([threshold for threshold in THRESHOLDS if threshold <= minor])
        for one, minor in spent.items()
    }
    with club.world.database.write() as db:
        made = programs.save_draft(db, club.shop_id, SPENDING, "staff:1", NOW)
        told = programs.preview(db, club.shop_id, made, NOW)
    by_level = {n: list(expected.values()).count(n) for n in (1, 2, 3)}
    assert told.after == by_level
    with club.world.database.write() as db:
        programs.publish(db, club.shop_id, NOW, has_standing=False)
    club.review(NOW, limit=2_000)
    with club.world.database.read() as db:
        levels = dict(db.execute(select(tier_standing.c.member_id, tier_standing.c.level)).all())
        assert store.counts(db, club.shop_id) == by_level
        assert len(db.execute(select(tier_reach.c.id)).all()) == sum(expected.values())
    assert levels == expected
    assert len(club.levels()) == MANY
    assert club.check() == []
    with club.world.database.read() as db:
        ids = list(db.scalars(select(orders.c.id).limit(5_000)))
    club.say(*(OrderChanged(club.shop_id, one) for one in ids))
    assert club.heard == [], "told again, nothing moves"
