"""Points lapse only after both notices, and never twice."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from connector.core import clock
from connector.core.clock import local_date
from connector.core.commerce import CustomerMerge, OrderState
from connector.core.facts import publish
from connector.ledger.models import ledger_lot
from connector.program.rules import Terms
from connector.rooms.expiry import rules
from connector.rooms.expiry import service as expiry
from connector.rooms.expiry.rules import Clock, Notice
from connector.rooms.points import service as points
from tests.world import HEARD, MIA, NOOR, NOW, acme, goods, order

DAY = timedelta(days=1)
LOT = Terms(expiry="lot", expiry_months=3)
REST = Terms(expiry="inactivity", expiry_months=2)


def promise(world, terms, at=NOW):
    with world.database.write() as db:
        known = points.program(db, world.shop.id)
        points.publish_program(db, world.shop.id, replace(known, terms=terms), at)


def night(world, at):
    with world.database.write() as db:
        clock = expiry.prepare(db, world.shop.id, at)
        after: str | None = ""
        while after is not None:
            after, facts = expiry.night(db, world.shop.id, clock, at, after, 1)
            publish(db, HEARD, facts, at)


def nights(world, first, last, *, start=NOW, shown=True, key=MIA):
    """Every night from one to another; the member opens the panel each day."""
    member_id = world.member(key)
    for number in range(first, last + 1):
        at = start + number * DAY
        night(world, at)
        if shown:
            with world.database.write() as db:
                expiry.show_notices(db, world.shop.id, member_id, at)


def told(world, at, key=MIA):
    member_id = world.member(key)
    with world.database.read() as db:
        found = expiry.notices(db, world.shop.id, member_id, at)
        return [(one.points, str(one.ends_on), one.days) for one in found]


def test_nothing_lapses_unless_a_merchant_says_so(database):
    world = acme(database)
    world.adjust(world.member(), 50)
    nights(world, 900, 905)
    assert world.balance().available == 50


def test_a_lot_lapses_at_the_end_of_its_month_after_two_notices(database):
    world = acme(database)
    promise(world, LOT)
    world.adjust(world.member(), 50)
    night(world, NOW)
    ends = date(2027, 3, 1)  # three months after November's end
    nights(world, 1, 68)
    assert told(world, NOW + 68 * DAY) == []
    nights(world, 69, 90)
    assert told(world, NOW + 90 * DAY) == [(50, str(ends), 30)]
    nights(world, 91, 98)
    assert told(world, NOW + 98 * DAY) == [(50, str(ends), 7)]
    assert world.balance().available == 50
    nights(world, 99, 100)
    assert world.balance().available == 0
    nights(world, 100, 102)
    assert world.balance().available == 0
    assert world.audit() == []


def test_who_was_not_told_loses_nothing_and_late_notices_move_the_end(database):
    world = acme(database)
    promise(world, LOT)
    mia = world.member()
    world.adjust(mia, 50)
    night(world, NOW)
    nights(world, 60, 130, shown=False)
    assert world.balance().available == 50
    with database.write() as db:
        expiry.show_notices(db, world.shop.id, mia, NOW + 130 * DAY)
    nights(world, 131, 159, shown=False)
    assert world.balance().available == 50
    with database.write() as db:
        expiry.show_notices(db, world.shop.id, mia, NOW + 159 * DAY)
    nights(world, 160, 165, shown=False)
    assert world.balance().available == 50
    nights(world, 166, 167, shown=False)
    assert world.balance().available == 0
    assert world.audit() == []


def test_the_clock_starts_when_it_is_turned_on_or_changed(database):
    world = acme(database)
    world.adjust(world.member(), 50, NOW - 500 * DAY)
    promise(world, LOT)
    night(world, NOW)
    with database.read() as db:
        (ends,) = db.scalars(ledger_lot.select().with_only_columns(ledger_lot.c.expires_at))
    assert ends.date() == date(2027, 2, 28)  # the first of March, midnight in Berlin
    promise(world, replace_terms(LOT, expiry_months=6), NOW + 40 * DAY)
    night(world, NOW + 40 * DAY)
    with database.read() as db:
        (ends,) = db.scalars(ledger_lot.select().with_only_columns(ledger_lot.c.expires_at))
    assert ends.date() == date(2027, 7, 31)
    promise(world, Terms(), NOW + 41 * DAY)
    night(world, NOW + 41 * DAY)
    with database.read() as db:
        (ends,) = db.scalars(ledger_lot.select().with_only_columns(ledger_lot.c.expires_at))
    assert ends is None


def replace_terms(terms, **changes):
    return Terms(**{"expiry": terms.expiry, "expiry_months": terms.expiry_months, **changes})


def test_rest_ends_everything_and_any_movement_starts_anew(database):
    world = acme(database)
    promise(world, REST)
    world.adjust(world.member(), 50)
    world.adjust(world.member(NOOR), 20)
    today = clock.now()  # rest is read from movements' ids, which tell the moment itself
    night(world, today)
    nights(world, 25, 40, start=today)
    last = max(local_date(one, "Europe/Berlin") for one in (today, NOW))
    ends_on = rules.months_after(date.fromisoformat(last), 2)
    assert told(world, today + 40 * DAY) == [(50, str(ends_on), 30)]
    nights(world, 41, 64, start=today)
    assert world.balance().available == 0
    assert world.balance(NOOR).available == 20  # nobody told her
    assert world.audit() == []


def test_two_become_one_and_are_told_anew(database):
    world = acme(database)
    promise(world, LOT)
    mia = world.member()
    world.adjust(mia, 50)
    night(world, NOW)
    nights(world, 75, 95)
    with database.write() as db:
        expiry.forget(db, world.shop.id, mia)
    nights(world, 96, 120)
    assert world.balance().available == 50


def test_a_night_that_runs_twice_changes_nothing(database):
    world = acme(database)
    promise(world, LOT)
    world.adjust(world.member(), 50)
    with database.write() as db:
        expiry.prepare(db, world.shop.id, NOW)
        db.execute(update(ledger_lot).values(expires_at=NOW + 31 * DAY))
    for number in (2, 2, 20, 27, 27, 33, 34, 35):
        nights(world, number, number)
        nights(world, number, number)
    assert world.balance().available == 0
    assert world.audit() == []


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2027, 11, 30), 3, (2028, 2, 29)),
        ((2026, 12, 15), 1, (2027, 1, 15)),
        ((2026, 3, 31), -1, (2026, 2, 28)),
    ],
)
def test_months_have_different_lengths(day, months, later):
    assert rules.months_after(date(*day), months) == date(*later)


def test_steps_follow_one_another():
    end = date(2027, 3, 1)
    first = Notice(end, 30, 5, end - timedelta(days=30))
    last = Notice(end, 7, 5, end - timedelta(days=7))
    assert rules.next_step(end, {}, end - timedelta(days=31)) == ""
    assert rules.next_step(end, {}, end - timedelta(days=30)) == "first"
    assert rules.next_step(end, {30: Notice(end, 30, 5)}, end) == ""
    assert rules.next_step(end, {30: first}, end - timedelta(days=8)) == ""
    assert rules.next_step(end, {30: first}, end - timedelta(days=7)) == "last"
    assert rules.next_step(end, {30: first, 7: Notice(end, 7, 5)}, end) == ""
    assert rules.next_step(end, {30: first, 7: last}, end - timedelta(days=1)) == ""
    assert rules.next_step(end, {30: first, 7: last}, end) == "lapse"
    assert rules.lot_lapses_on("2026-11", Clock("lot", 3, date(2026, 12, 5))) == date(2027, 4, 1)


def test_what_lapsed_before_a_merge_is_not_asked_for_again(database):
    world = acme(database)
    promise(world, LOT)
    world.tell(order("1", goods("a", 5000)))
    night(world, NOW)
    world.release(NOW + 15 * DAY)
    nights(world, 100, 140)
    assert world.balance().available == 0
    world.adjust(world.member(NOOR), 80)
    world.tell(CustomerMerge(NOOR, MIA))
    world.tell(order("1", goods("a", 5000), minute=1, state=OrderState.REFUNDED))
    assert world.balance(NOOR).available == 80
    assert world.audit() == []
