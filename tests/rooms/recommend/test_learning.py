"""What pages and orders tell, and what it comes to, on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import Table, func, select

from connector.core.commerce import LineKind, Order, OrderLine, OrderState, Refund, RefundLine
from connector.core.db import Database
from connector.core.errors import BadInput, Conflict, NotFound
from connector.rooms.recommend import handlers
from connector.rooms.recommend.learning import retention, rules, service, store
from connector.rooms.recommend.learning.models import (
    learning_bucket,
    learning_order,
    learning_row,
    learning_shown,
)
from connector.rooms.recommend.learning.rules import Note, Place
from connector.rooms.recommend.learning.service import Seen
from tests.rooms.recommend.acme import NOW, Acme

BESIDE = Place("product", "together", "standard")
TODAY = NOW.date()
HELD, SHOWN = 3, 500


@pytest.fixture
def learning(database: Database) -> Acme:
    return Acme(database)


def tell(acme: Acme, bucket: int, *seen: Seen, first: bool = False, days_ago: int = 0) -> None:
    with acme.database.write() as db:
        now = NOW - timedelta(days=days_ago)
        service.tell(db, acme.id, bucket, seen, now, is_visit=first)


def buy(acme: Acme, key: str, note: str | None, minor: int = 1000, days_ago: int = 0) -> Order:
    placed_at = NOW - timedelta(days=days_ago)
    line = OrderLine(
        key="1",
        kind=LineKind.GOODS,
        title="Mug",
        quantity=1,
        subtotal_minor=minor,
        total_minor=minor,
        tax_minor=0,
    )
    made = Order(
        key=key,
        state=OrderState.PAID,
        currency="USD",
        modified_at=placed_at,
        placed_at=placed_at,
        total_minor=minor,
        lines=(line,),
        row_note=note,
    )
    hear(acme, made)
    return made


def hear(acme: Acme, order: Order, now: datetime = NOW) -> None:
    facts = acme.hear(order)
    if facts:
        with acme.database.write() as db:
            handlers.on_order_changed(db, facts, now)


def kept(acme: Acme, table: Table) -> list[str]:
    """Days there is anything of."""
    with acme.database.read() as db:
        return list(db.scalars(select(table.c.day).distinct().order_by(table.c.day)))


def figures(acme: Acme) -> service.Figures:
    with acme.database.read() as db:
        return service.figures(db, acme.id, NOW)


def sums(acme: Acme) -> dict[int, rules.Sums]:
    with acme.database.read() as db:
        found = store.sums(db, acme.id, "0001-01-01", "9999-12-31")
    return {bucket: one for bucket, one in found.items() if one != rules.Sums()}


def test_pages_tell_in_sums_and_never_in_rows_of_events(learning):
    for _ in range(5):
        tell(learning, SHOWN, Seen(BESIDE, 1, 0, 0), Seen(BESIDE, 1, 1, 1), first=True)
    with learning.database.read() as db:
        assert db.scalar(select(func.count()).select_from(learning_bucket)) == 1
        assert db.scalar(select(func.count()).select_from(learning_row)) == 1
    [told] = figures(learning).rows
    assert (told.place, told.arm) == (BESIDE, "all")
    assert (told.shown, told.clicks, told.adds) == (10, 5, 5)
    assert sums(learning) == {SHOWN: rules.Sums(visits=5)}


def test_a_visit_of_who_is_held_out_counts_and_rows_they_claim_do_not(learning):
    tell(learning, HELD, Seen(BESIDE, 3, 1, 0), first=True)
    told = figures(learning)
    assert told.rows == []
    assert told.lift.kept.visits == 1
    assert told.exposure.rows == 0


def test_an_order_counts_where_its_note_says_and_refunds_take_it_back(learning):
    note = rules.written(Note(SHOWN, BESIDE, TODAY - timedelta(days=2)))
    order = buy(learning, "1", note, 2500)
    hear(learning, order)  # the same again
    assert sums(learning) == {SHOWN: rules.Sums(0, 1, 2500)}
    [told] = figures(learning).rows
    assert (told.orders, told.net_minor) == (1, 2500)
    back = Refund(
        key="r",
        refunded_at=NOW,
        amount_minor=1000,
        other_minor=0,
        lines=(RefundLine("1", 1, 1000, 0),),
        lines_known=True,
    )
    later = replace_order(order, refunds=(back,), modified_at=NOW + timedelta(hours=1))
    hear(learning, later)
    assert sums(learning) == {SHOWN: rules.Sums(0, 1, 1500)}
    gone = replace_order(later, state=OrderState.CANCELLED, modified_at=NOW + timedelta(hours=2))
    hear(learning, gone)
    assert sums(learning) == {}
    assert figures(learning).rows[0].orders == 0


def replace_order(order: Order, **values: object) -> Order:
    return Order(**{name: getattr(order, name) for name in order.__struct_fields__} | values)


def test_an_order_says_once_where_it_is_counted(learning):
    order = buy(learning, "1", "7")
    hear(learning, replace_order(order, row_note="8", modified_at=NOW + timedelta(hours=1)))
    hear(learning, replace_order(order, row_note=None, modified_at=NOW + timedelta(hours=2)))
    assert sums(learning) == {7: rules.Sums(0, 1, 1000)}


def test_orders_that_say_nothing_or_nonsense_are_not_counted(learning):
    for number, note in enumerate([None, "", "1000", "Mia"]):
        buy(learning, str(number), note)
    test = replace_order(buy(learning, "9", None), key="10", is_test=True, row_note="5")
    hear(learning, test)
    hear(learning, replace_order(test, key="11", is_test=False, currency="EUR"))
    assert sums(learning) == {}
    with learning.database.read() as db:
        told = db.execute(select(learning_order)).all()
    assert all(row.orders == row.net_minor == 0 for row in told)


def test_a_click_speaks_for_a_week(learning):
    for days, key in ((7, "1"), (8, "2")):
        buy(learning, key, rules.written(Note(SHOWN, BESIDE, TODAY - timedelta(days=days))))
    assert [told.orders for told in figures(learning).rows] == [1]
    assert sums(learning)[SHOWN].orders == 2  # both are sales of that bucket


def test_the_lift_waits_for_enough_and_then_says_what_it_is(learning):
    assert figures(learning).since is None
    assert figures(learning).lift.verdict == "young"
    for bucket in range(100):
        tell(learning, bucket, first=True, days_ago=9)
        earns = 1000 + bucket % 7 if bucket < 50 else 1500 + bucket % 7
        buy(learning, f"o{bucket}", str(bucket), earns, days_ago=9)
    told = figures(learning)
    assert told.since == (TODAY - timedelta(days=9)).isoformat()
    assert told.lift.verdict == "better"
    assert told.lift.low_minor < 50_000 < told.lift.high_minor  # of a hundred visits
    assert [point.day for point in told.points] == [
        (TODAY - timedelta(days=7)).isoformat(),
        TODAY.isoformat(),
    ]


def test_another_share_counts_from_tomorrow(learning):
    tell(learning, 70, first=True)
    with learning.database.write() as db:
        assert service.deal(db, learning.id, "product", 70) == service.Deal(is_held=False)
        made = service.set_settings(db, learning.id, 10, 3, NOW)
        assert made == service.Settings(10, 3, "2026-11-23", 5, None)
        assert service.deal(db, learning.id, "product", 70).is_held
        kept = service.set_settings(db, learning.id, 10, 5, NOW + timedelta(days=4))
        assert kept.since == "2026-11-23"
    assert figures(learning).lift.shown.visits == 0


def test_the_share_before_goes_on_when_it_is_set_again_by_its_last_day(learning):
    tell(learning, 70, Seen(BESIDE, 1, 0, 0), first=True, days_ago=9)
    with learning.database.write() as db:
        since = service.set_settings(db, learning.id, 6, 3, NOW - timedelta(days=8)).since
        for percent in (10, 0, 7):
            made = service.set_settings(db, learning.id, percent, 3, NOW)
            assert made == service.Settings(percent, 3, "2026-11-23", 6, since)
    told = figures(learning)
    assert (told.since, told.until, told.lift.verdict) == ("2026-11-23", "2026-11-22", "young")
    assert [row.shown for row in told.rows] == [1]  # what rows did is no comparison
    with learning.database.write() as db:
        assert service.set_settings(db, learning.id, 6, 4, NOW) == service.Settings(6, 4, since)


@pytest.mark.parametrize(("percent", "limit"), [(21, 4), (-1, 4), (5, 0), (5, 51)])
def test_impossible_settings_are_refused(learning, percent, limit):
    with learning.database.write() as db, pytest.raises(BadInput):
        service.set_settings(db, learning.id, percent, limit, NOW)


def test_a_trial_deals_rows_and_tells_which_sells_more(learning):
    with learning.database.write() as db:
        made = service.start_trial(
            db, learning.id, "product", "row", "together", "similar", NOW - timedelta(days=9)
        )
        with pytest.raises(Conflict, match="runs there already"):
            service.start_trial(db, learning.id, "product", "row", "trending", "similar", NOW)
        deals = {bucket: service.deal(db, learning.id, "product", bucket) for bucket in range(999)}
        assert service.deal(db, learning.id, "cart", SHOWN) == service.Deal(is_held=False)
    assert {deal.row for deal in deals.values()} == {None, "together", "similar"}
    assert all(deal.is_held == (bucket < 50) for bucket, deal in deals.items())
    for bucket in range(50, 150):
        deal = deals[bucket]
        place = Place("product", deal.row or "", "standard")
        tell(learning, bucket, Seen(place, 1, 0, 0), first=True)
        buy(learning, f"t{bucket}", str(bucket), (1000 if deal.arm == "a" else 1300) + bucket % 5)
    with learning.database.write() as db:
        lift = service.trial_lift(db, learning.id, made, NOW)
        assert lift.verdict == "better"
        assert {told.arm for told in service.figures(db, learning.id, NOW).rows} == {"a", "b"}
        over = service.stop_trial(db, learning.id, made.id, NOW)
        assert over.until == TODAY.isoformat()
        assert service.trial_lift(db, learning.id, over, NOW + timedelta(days=3)) == lift
        with pytest.raises(Conflict, match="over"):
            service.stop_trial(db, learning.id, made.id, NOW)
        assert service.deal(db, learning.id, "product", SHOWN) == service.Deal(is_held=False)
        assert [one.id for one in service.trials(db, learning.id)] == [made.id]


@pytest.mark.parametrize(
    ("surface", "of", "a", "b"),
    [
        ("moon", "row", "together", "similar"),
        ("cart", "row", "together", "together"),
        ("cart", "row", "together", "similar"),  # no such row there
        ("cart", "price", "together", "similar"),
        ("cart", "method", "standard", "a b"),
    ],
)
def test_an_impossible_trial_is_refused(learning, surface, of, a, b):
    with learning.database.write() as db, pytest.raises(BadInput):
        service.start_trial(db, learning.id, surface, of, a, b, NOW)


def test_a_trial_of_another_shop_is_nobodys(learning, database):
    other = Acme(database, "other")
    with database.write() as db:
        made = service.start_trial(db, other.id, "cart", "method", "standard", "count", NOW)
        with pytest.raises(NotFound):
            service.stop_trial(db, learning.id, made.id, NOW)
        assert service.deal(db, learning.id, "cart", SHOWN).arm == "all"


def test_too_many_rows_a_visit_raise_an_alarm(learning):
    tell(learning, SHOWN, Seen(BESIDE, 4, 0, 0), first=True)
    assert not figures(learning).exposure.is_high
    tell(learning, SHOWN, Seen(BESIDE, 1, 0, 0))
    assert figures(learning).exposure.is_high
    assert figures(learning).exposure.tenths == 50


def test_coverage_is_of_what_is_published(learning):
    learning.sells("tea", "cup", "jug", "old")
    learning.sells("old", published=False)
    learning.order("tea", "cup", times=4)
    learning.build()
    told = figures(learning)
    reach = told.coverage
    assert (reach.listed, reach.together, reach.products) == (2, 2, 3)


def test_days_that_are_over_go_and_are_never_counted_again(learning):
    old = retention.KEPT_DAYS + 1
    seen = Seen(BESIDE, 1, 0, 0, pages=1, items=("tea",))
    learning.sells("tea")
    for days_ago in (old, retention.KEPT_DAYS):
        tell(learning, SHOWN, seen, first=True, days_ago=days_ago)
    with learning.database.write() as db:
        ended = service.start_trial(db, learning.id, "cart", "method", "standard", "count", NOW)
        service.stop_trial(db, learning.id, ended.id, NOW - timedelta(days=old))
        service.start_trial(db, learning.id, "cart", "method", "standard", "count", NOW)
    placed = buy(learning, "1", "500", days_ago=retention.KEPT_DAYS)
    with learning.database.write() as db:
        retention.forget(db, learning.id, NOW)
        assert len(service.trials(db, learning.id)) == 1
    first = (TODAY - timedelta(days=retention.KEPT_DAYS)).isoformat()
    assert [kept(learning, table) for table in (learning_bucket, learning_row)] == [[first]] * 2
    assert kept(learning, learning_shown) == []  # seen too long ago to say so
    assert sums(learning) == {SHOWN: rules.Sums(1, 1, 1000)}
    with learning.database.write() as db:
        retention.forget(db, learning.id, NOW + timedelta(days=1))
    assert kept(learning, learning_order) == []
    refunded = replace(placed, state=OrderState.REFUNDED, modified_at=NOW + timedelta(days=1))
    hear(learning, refunded, NOW + timedelta(days=1))
    assert sums(learning) == {}


def test_days_are_the_shops_own(learning):
    tell(learning, SHOWN, first=True)
    with learning.database.read() as db:
        assert db.scalar(select(learning_bucket.c.day)) == date.isoformat(TODAY)
