"""What members do: once, within caps, by the calendar; and what merges do to it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connector.core.commerce import Customer, CustomerMerge, ShopFacts
from connector.core.errors import BadInput, NotFound
from connector.core.facts import MemberChanged, MemberJoined, publish
from connector.members import occasions, sides
from connector.members import store as member_store
from connector.program.rules import Caps, Rule, Terms
from connector.rooms.actions import rules
from connector.rooms.actions import service as actions
from connector.rooms.actions import store as action_store
from connector.rooms.points import service as points
from connector.shops import service as shops
from tests.world import HEARD, MIA, NOOR, NOW, acme

DAY = timedelta(days=1)
BECAME = ("email_verified", "accepts_marketing")


def promise(world, *told, terms=None):
    with world.database.write() as db:
        known = points.program(db, world.shop.id)
        wanted = replace(known, rules=told, terms=terms or known.terms)
        points.publish_program(db, world.shop.id, wanted, NOW - DAY)


def person(world, key=MIA, **values):
    """A member who is known, without what the rules gave for it."""
    member_id = world.member(key)
    if values:
        with world.database.write() as db:
            member_store.change(db, world.shop.id, member_id, **values)
    return member_id


def do(world, member_id, kind, key="k", at=NOW, **values):
    """What it gave: (points, reward, days) of each gift."""
    with world.database.write() as db:
        facts = actions.act(db, world.shop.id, member_id, kind, key, at, **values)
        publish(db, HEARD, facts, at)
    return [(one.points, one.reward_id, one.tier_days) for one in facts]


def hear(world, *facts, at=NOW):
    with world.database.write() as db:
        publish(db, HEARD, facts, at)


def test_joining_verifying_and_reading_give_once_each(database):
    world = acme(database)
    promise(
        world,
        Rule(id="hello", kind="joined", points=100),
        Rule(id="mail", kind="verified_email", points=20),
        Rule(id="news", kind="newsletter", points=30, hold_days=3),
    )
    mia = person(world)
    for _ in range(2):
        hear(world, MemberJoined(world.shop.id, mia))
    assert world.balance().available == 100
    person(world, email_verified=True, accepts_marketing=True)
    for _ in range(2):
        hear(world, MemberChanged(world.shop.id, mia, BECAME))
    assert (world.balance().available, world.balance().pending) == (120, 30)
    world.release(NOW + 3 * DAY)
    assert world.balance().available == 150
    assert world.audit() == []


def test_a_rule_may_give_a_reward_or_days_instead(database):
    world = acme(database)
    promise(
        world, Rule(id="r", kind="joined", reward_id=7), Rule(id="d", kind="joined", tier_days=5)
    )
    mia = person(world)
    with database.write() as db:
        facts = actions.welcome(db, world.shop.id, [mia], NOW)
    assert [(one.reward_id, one.tier_days, one.points) for one in facts] == [
        (7, 0, 0),
        (None, 5, 0),
    ]


def test_a_page_is_visited_once_and_only_where_a_rule_says(database):
    world = acme(database)
    promise(world, Rule(id="v", kind="visit", target="/story", points=5))
    mia = person(world)
    assert do(world, mia, "visit", target="/other") == []
    assert do(world, mia, "visit", target="/story") == [(5, None, 0)]
    assert do(world, mia, "visit", "again", target="/story") == []


def test_a_streak_counts_days_in_a_row(database):
    world = acme(database)
    promise(world, Rule(id="s", kind="streak", count=3, points=10))
    mia = person(world)
    given = []
    for day in (0, 0, 1, 2, 3, 4, 6, 7, 8):
        given += [day for _ in do(world, mia, "streak", at=NOW + day * DAY)]
    assert given == [2, 8]


def test_shares_are_counted_once_for_each_visit_within_caps(database):
    world = acme(database)
    caps = Caps(per_day=10, per_month=15, per_member=17)
    promise(world, Rule(id="s", kind="shares", points=5, caps=caps))
    mia = person(world)
    given = [do(world, mia, "shares", f"visitor-{number}") for number in range(4)]
    assert [one[0][0] if one else 0 for one in given] == [5, 5, 0, 0]
    later = [do(world, mia, "shares", f"later-{n}", NOW + 2 * DAY) for n in range(2)]
    assert [one[0][0] if one else 0 for one in later] == [5, 0]
    assert do(world, mia, "shares", "december", NOW + 20 * DAY) == [(2, None, 0)]
    assert do(world, mia, "shares", "visitor-0", NOW + 21 * DAY) == []
    assert world.audit() == []


def test_a_cap_for_everybody_is_shared_even_when_it_comes_later(database):
    world = acme(database)
    promise(world, Rule(id="s", kind="shares", points=5))
    mia, noor = person(world), person(world, NOOR)
    do(world, mia, "shares", "1")
    promise(world, Rule(id="s", kind="shares", points=5, caps=Caps(per_rule=12)))
    assert do(world, noor, "shares", "1") == [(5, None, 0)]
    assert do(world, noor, "shares", "2") == [(2, None, 0)]
    assert do(world, mia, "shares", "2") == []
    assert world.audit() == []


def test_a_reward_is_capped_by_times(database):
    world = acme(database)
    rule = Rule(id="s", kind="shares", reward_id=3, caps=Caps(per_member=2))
    promise(world, rule)
    mia = person(world)
    assert [len(do(world, mia, "shares", str(n))) for n in range(3)] == [1, 1, 0]


def event(world, member_id, name="game", key="e1", **values):
    with world.database.write() as db:
        facts = actions.event(db, world.shop.id, member_id, name, key, NOW, **values)
        publish(db, HEARD, facts, NOW)
    return sum(one.points for one in facts)


def test_an_event_is_given_for_once_and_says_how_many_only_where_it_may(database):
    world = acme(database)
    promise(
        world,
        Rule(id="g", kind="custom", target="game", points=5, most=50),
        Rule(id="f", kind="custom", target="form", points=7),
    )
    mia = person(world)
    assert event(world, mia) == 5
    assert event(world, mia) == 0
    assert event(world, mia, key="e2", points=50) == 50
    assert event(world, mia, "form", "e1") == 7
    for name, points_, code in (("game", 51, "points_range"), ("form", 5, "points_fixed")):
        with pytest.raises(BadInput) as caught:
            event(world, mia, name, "e9", points=points_)
        assert caught.value.code == code
    with pytest.raises(NotFound):
        event(world, mia, "unknown")
    with pytest.raises(BadInput):
        event(world, mia, key="")


def test_who_is_blocked_tagged_or_erased_earns_nothing(database):
    world = acme(database)
    promise(
        world, Rule(id="s", kind="shares", points=5), terms=Terms(member_tags=("Staff", "trade"))
    )
    blocked = person(world, blocked_at=NOW)
    tagged = person(world, NOOR, tags=["staff"])
    dealer = person(world, "4", tags=["role:trade"])
    gone = world.member("3")
    do(world, gone, "shares", "secret@example.com")
    world.erase(gone)
    for member_id in (blocked, tagged, dealer, gone):
        assert do(world, member_id, "shares", "x") == []
    with database.read() as db:
        keys = [row.key for row in action_store.done(db, world.shop.id, [gone])]
    assert keys
    assert "secret@example.com" not in keys


def born(world, member_id, month_day, name="birthday"):
    told_at = NOW - 60 * DAY
    with world.database.write() as db:
        sides.put_occasion(
            db,
            shop_id=world.shop.id,
            member_id=member_id,
            name=name,
            month_day=month_day,
            greet_at=told_at,
            set_at=told_at,
            counts_from="2026-01-01",
        )


def tell_birthday(world, member_id, month_day, at):
    with world.database.write() as db:
        occasions.put(db, world.shop.id, member_id, "birthday", month_day, at, greet=True)


def celebrate(world, at):
    with world.database.write() as db:
        facts = actions.celebrate(db, world.shop.id, at)
        publish(db, HEARD, facts, at)
    return sum(one.points for one in facts)


def test_an_occasion_is_given_for_once_in_a_year_on_its_day(database):
    world = acme(database)
    promise(world, Rule(id="b", kind="occasion", occasion="birthday", points=50))
    mia = person(world)
    born(world, mia, "11-25")
    assert celebrate(world, NOW) == 0
    assert celebrate(world, NOW + 3 * DAY) == 50
    assert celebrate(world, NOW + 3 * DAY) == 0
    born(world, mia, "11-27")
    assert celebrate(world, NOW + 5 * DAY) == 0
    assert celebrate(world, NOW + (3 + 365) * DAY) == 0
    assert celebrate(world, NOW + (5 + 365) * DAY) == 50


def test_an_occasion_told_late_or_changed_counts_next_year(database):
    world = acme(database)
    promise(world, Rule(id="b", kind="occasion", occasion="birthday", points=50))
    mia, noor = person(world), person(world, NOOR)
    tell_birthday(world, mia, "12-01", NOW - 5 * DAY)
    tell_birthday(world, noor, "11-20", NOW - 60 * DAY)
    tell_birthday(world, noor, "12-01", NOW)
    assert celebrate(world, NOW + 9 * DAY) == 0
    assert celebrate(world, NOW + (9 + 365) * DAY) == 100


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Taipei"])
def test_an_occasion_told_thirty_days_ahead_by_the_shops_calendar_counts(database, zone):
    world = acme(database)
    with world.database.write() as db:
        shops.note_facts(db, world.shop.id, ShopFacts("Acme", "USD", zone, "10.3"))
    promise(world, Rule(id="b", kind="occasion", occasion="birthday", points=50))
    mia, noor = person(world), person(world, NOOR)
    told = datetime(2026, 11, 22, 10, 27, tzinfo=ZoneInfo(zone))
    tell_birthday(world, mia, "12-22", told)
    tell_birthday(world, noor, "12-21", told)
    assert celebrate(world, told + 29 * DAY) == 0
    assert celebrate(world, told + 30 * DAY) == 50


def test_nights_that_did_not_run_are_made_up_for(database):
    world = acme(database)
    promise(world, Rule(id="b", kind="occasion", occasion="wedding", points=50))
    born(world, person(world), "11-25", name="wedding")
    assert celebrate(world, NOW + 8 * DAY) == 50
    assert celebrate(world, NOW + 9 * DAY) == 0


def test_the_29th_of_february_is_the_28th_in_plain_years():
    assert rules.days_of(date(2027, 2, 28)) == {"02-28", "02-29"}
    assert rules.days_of(date(2028, 2, 28)) == {"02-28"}
    assert rules.days_of(date(2028, 2, 29)) == {"02-29"}


def test_who_become_one_have_once_what_is_given_once(database):
    world = acme(database)
    promise(
        world,
        Rule(id="hello", kind="joined", points=100),
        Rule(id="s", kind="shares", points=5, caps=Caps(per_member=12, per_rule=100)),
    )
    mia, noor = person(world), person(world, NOOR)
    for one in (mia, noor):
        hear(world, MemberJoined(world.shop.id, one))
        for number in range(2):
            do(world, one, "shares", f"{one}-{number}")
    assert world.balance().available == 110
    world.tell(CustomerMerge(kept_key=NOOR, gone_key=MIA))
    assert world.balance_of(noor).available == 100 + 5 + 5
    assert world.audit() == []
    with database.write() as db:
        publish(db, HEARD, world.members.unmerge(db, world.shop.id, mia, NOW, "staff:1"), NOW)
    assert world.balance_of(noor).available == 110
    assert world.audit() == []


def test_the_ways_to_earn_say_how_far_one_is(database):
    world = acme(database)
    promise(
        world,
        Rule(id="hello", kind="joined", points=100),
        Rule(id="s", kind="shares", points=5, caps=Caps(per_day=5)),
        Rule(id="first", kind="first_order", points=9),
        Rule(id="over", kind="order", points=9, ends_at=NOW),
    )
    mia = person(world)
    hear(world, MemberJoined(world.shop.id, mia))
    do(world, mia, "shares", "1")
    with database.read() as db:
        hers = actions.ways(db, world.shop.id, mia, NOW)
        anybodys = actions.ways(db, world.shop.id, None, NOW)
    assert [(one.rule.id, one.is_done, one.left) for one in hers] == [
        ("hello", True, None),
        ("s", True, 0),
        ("first", False, None),
    ]
    assert [one.is_done for one in anybodys] == [False, False, False]


def test_a_customer_who_is_told_with_consent_earns_for_it(database):
    world = acme(database)
    promise(world, Rule(id="news", kind="newsletter", points=30))
    world.tell(Customer(MIA, accepts_marketing=True, modified_at=NOW))
    assert world.balance().available == 30


def test_shares_give_for_every_so_many_visits_and_count_the_others(database):
    world = acme(database)
    promise(world, Rule(id="share", kind="shares", points=15, count=3))
    mia = person(world)
    told = [do(world, mia, "shares", key) for key in ("a", "b", "b", "c", "d", "e", "f")]
    assert [bool(one) for one in told] == [False, False, False, True, False, False, True]
    assert world.balance().available == 30
    assert world.audit() == []
