"""Members rise, keep what was promised, fall softly, and everybody hears of it once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.core.commerce import LineKind, OrderLine, Person
from connector.core.facts import (
    GiftGiven,
    GiftWithdrawn,
    MemberErased,
    MemberJoined,
    MembersMerged,
    MembersUnmerged,
    PointsChanged,
    PointsDonated,
)
from connector.ledger import Voucher
from connector.members.models import member
from connector.orders.models import orders
from connector.rooms.tiers import programs, rules, service, store
from connector.rooms.tiers.models import tier_standing
from connector.rooms.tiers.rules import Ladder, Level, Program, Step, Weights
from tests.rooms.tiers.club import BLOOM, SEED, SPENDING, SPROUT, Club, change, days
from tests.world import MIA, NOOR, NOW, acme, donation, goods, order, refund, took

EARNING = Program(levels=(SEED, Level(0, {"en": "Sprout"}, 100, 110, 50)))


@pytest.fixture
def club(database):
    return Club(acme(database))


def test_nothing_happens_without_a_program(club):
    club.buy("1", 50_000)
    assert club.heard == []
    assert club.check() == []


def test_an_order_lifts_at_once_with_gifts_and_everybody_hears_it(club):
    program = club.publish(SPENDING)
    club.buy("1", 30_000)
    mia = club.world.member()
    assert club.levels() == [(3, 125)]
    given = club.take(GiftGiven)
    assert [(one.points, one.reward_id, one.qualifies) for one in given] == [
        (100, None, False),
        (250, 77, False),
    ]
    assert given[0].source == f"tiers:entry:{program.levels[1].id}:{mia}:1"
    assert given[0].waits_until == NOW + days(14), "what can be undone cannot be spent yet"
    club.buy("2", 5_000)
    assert club.heard == []
    assert club.check() == []


def test_a_refund_inside_the_hold_undoes_the_level_and_its_gift(club):
    program = club.publish(SPENDING)
    club.buy("1", 12_000)
    club.buy("2", 20_000, NOW + days(5))
    club.heard.clear()
    club.undo("2", 20_000, NOW + days(9), placed_at=NOW + days(5))
    mia = club.world.member()
    assert club.levels() == [(2, 110)]
    assert [one.source for one in club.take(GiftWithdrawn)] == [
        f"tiers:entry:{program.levels[2].id}:{mia}:1"
    ]
    club.buy("3", 20_000, NOW + days(10))
    (again,) = club.take(GiftGiven)
    assert again.source.endswith(f"{mia}:2")
    assert (again.points, again.reward_id) == (250, None), "a reward may have been used already"
    assert club.check() == []


def test_a_refund_after_the_hold_falls_with_notice_and_softly(club):
    club.publish(change(SPENDING, window_months=None))
    club.buy("1", 35_000)
    club.levels()
    club.take(GiftGiven)
    club.undo("1", 35_000, NOW + days(20), placed_at=NOW)
    mia = club.world.member()
    told = club.progress(mia, NOW + days(20))
    assert (told.level, told.state) == (3, "safe")
    assert told.standing.keeps_until.isoformat() == "2027-01-31"
    assert told.needed == 30_000
    assert club.progress(mia, NOW + days(42)).state == "at_risk"
    assert club.progress(mia, NOW + days(75)).state == "grace"
    for day, level in ((99, 3), (101, 2), (160, 2), (200, 1)):
        club.review(NOW + days(day))
        assert club.progress(mia, NOW + days(day)).level == level, day
    assert club.levels() == [(2, 110), (1, 100)]
    assert club.take(GiftWithdrawn) == [], "what was settled stays"
    assert club.check() == []


def test_the_window_lets_go_month_by_month(club):
    club.publish(SPENDING)
    club.buy("1", 15_000)
    mia = club.world.member()
    told = club.progress(mia)
    assert (told.level, told.missing, told.missing_by.isoformat()) == (2, 15_000, "2027-11-30")
    year = NOW.replace(year=2027, month=12, day=20)
    assert club.progress(mia, year).state == "grace"
    club.buy("2", 9_000, year)
    assert club.progress(mia, year).needed == 1_000
    club.buy("3", 1_000, year)
    assert club.progress(mia, year).state == "safe"
    club.review(NOW.replace(year=2028, month=2))
    assert club.progress(mia, year).level == 2
    assert club.check() == []


def test_pending_points_lift_and_spending_or_expiry_never_lowers(club):
    club.publish(EARNING)
    mia = club.world.member()
    club.earn(mia, 60)
    club.earn(mia, 70, qualifying=0)
    assert club.levels() == [(1, 100)]
    club.earn(mia, 40)
    assert club.levels() == [(2, 110)]
    club.earn(mia, -40)
    assert club.levels() == [(1, 100)]
    assert [one.points for one in club.take(GiftGiven)] == [50]
    assert len(club.take(GiftWithdrawn)) == 1
    assert club.check() == []


def earned_and_lapsed(club, member_id, points, order):
    """What the order brought lapses after a day: nobody holds any of it."""
    why = Voucher(f"points:order:{order}", "earned", NOW, origin=f"order:{order}")
    why.qualifying, why.expires_at = points, NOW + days(1)
    with club.booking(member_id) as book:
        book.award(member_id, points, why)
    over = Voucher(f"points:lapse:{order}", "expired", NOW + days(2))
    with club.booking(member_id, NOW + days(2)) as book:
        book.expire(member_id, NOW + days(2), over)
    return why


def claw(club, member_id, points, why, at):
    """A refund takes points of the order back; what lapsed is asked of nobody."""
    back = replace(why, kind="clawback", occurred_at=at, qualifying=points, number=why.number)
    with club.booking(member_id, at) as book:
        book.take_back(member_id, points, 0, back)
    why.number = back.number


def test_points_that_lapsed_count_until_they_are_taken_back(club):
    club.publish(EARNING)
    mia, noor = club.world.member(), club.world.member(NOOR)
    why = earned_and_lapsed(club, mia, 120, 9)
    earned_and_lapsed(club, noor, 130, 90)
    assert (club.progress(mia).level, club.progress(mia).standing.amount) == (2, 120)
    claw(club, mia, 50, why, NOW + days(3))
    told = club.progress(mia, NOW + days(3))
    assert (told.level, told.standing.amount) == (1, 70), "inside the hold it was never reached"
    claw(club, mia, 70, why, NOW + days(4))
    assert club.progress(mia, NOW + days(4)).standing.amount == 0
    assert club.progress(noor).standing.amount == 130
    assert club.check() == []


def test_whom_it_brought_lapsed_points_follows_a_merge(club):
    club.publish(EARNING)
    mia, noor = club.world.member(), club.world.member(NOOR)
    why = earned_and_lapsed(club, noor, 120, 9)
    with club.world.database.write() as db:
        rows = member.c.shop_id == club.shop_id, member.c.id == noor
        db.execute(member.update().where(*rows).values(state="merged", merged_into=mia))
    club.say(MembersMerged(club.shop_id, mia, noor))
    claw(club, mia, 50, why, NOW + days(3))
    assert club.progress(mia, NOW + days(3)).standing.amount == 70
    assert club.check() == []


def test_other_currencies_count_by_the_merchants_rate_only(club):
    club.publish(change(SPENDING, rates={"EUR": (110, 100)}))
    mia = club.world.member()
    club.buy("1", 5_005, currency="EUR")
    club.buy("2", 9_000, currency="GBP")
    assert club.kept(mia).standing.parts.spend_minor == 5_505
    assert club.kept(mia).standing.parts.orders == 2
    assert club.check() == []


def test_a_mixed_score_counts_gifts_to_causes(club):
    score = change(
        SPENDING, measure="score", weights=Weights(point=2, money=1, order=10, gift=100)
    )
    club.publish(score)
    given = donation("g", 500)
    values: dict[str, Any] = {"modified_at": NOW, "placed_at": NOW, "paid_at": NOW}
    club.tell(order("1", goods("a", 4_999), given, **values))
    mia = club.world.member()
    club.earn(mia, 5)
    assert club.kept(mia).standing.amount == 49 + 10 + 100 + 10
    club.say(PointsDonated(club.shop_id, mia, 5, 6, 100, "USD"))
    assert club.kept(mia).standing.amount == 269
    back = refund("r", took(given, 1))
    later: dict[str, Any] = {"modified_at": NOW + days(1), "refunds": (back,)}
    club.tell(order("1", goods("a", 4_999), given, **(values | later)))
    assert club.kept(mia).standing.amount == 169, "a gift that was given back is none"
    assert club.check() == []


def test_what_does_not_count(club):
    club.publish(SPENDING)
    mia = club.world.member()
    card = OrderLine("c", LineKind.GIFT_CARD, "Card", 1, 90_000, 90_000, 0)
    values: dict[str, Any] = {"modified_at": NOW, "placed_at": NOW, "paid_at": NOW}
    club.tell(
        order("1", card, **values),
        order("2", goods("a", 50_000), is_test=True, **values),
        order("3", goods("b", 50_000), **(values | {"state": "open", "paid_at": None})),
    )
    assert club.kept(mia).standing.amount == 0


def test_who_stands_there_on_the_first_day_gets_no_gift_unless_said(club):
    club.buy("1", 15_000)
    club.publish(SPENDING)
    assert club.levels() == [(2, 110)]
    assert club.take(GiftGiven) == []
    noor = club.world.member(NOOR)
    club.buy("2", 15_000, customer_key=NOOR)
    assert [one.member_id for one in club.take(GiftGiven)] == [noor]


def test_a_program_may_greet_those_who_stand_there_already(club):
    club.buy("1", 15_000)
    club.publish(change(SPENDING, gifts_for_placed=True))
    assert [one.points for one in club.take(GiftGiven)] == [100]


def test_orders_from_before_us_place_without_gifts(club):
    club.publish(SPENDING)
    club.buy("1", 15_000, NOW - days(90))
    assert club.levels() == [(2, 110)]
    assert club.take(GiftGiven) == []


def test_a_new_version_keeps_levels_and_tells_new_multipliers(club):
    first = club.publish(SPENDING)
    club.buy("1", 15_000)
    club.heard.clear()
    sprout = change(first.levels[1], multiplier_percent=120, threshold=20_000)
    club.publish(change(first, levels=(first.levels[0], sprout, first.levels[2])))
    assert club.levels() == [(2, 120)]
    mia = club.world.member()
    assert club.progress(mia).standing.keeps_until.isoformat() == "2027-11-30"
    club.publish(change(first, levels=(), ladder=Ladder("orders", (Step(9, 5),))))
    assert club.levels() == [(0, 100)]
    assert club.check() == []


def test_two_who_become_one_stand_on_the_better_level_once(club):
    club.publish(SPENDING)
    mia, noor = club.world.member(MIA), club.world.member(NOOR)
    club.buy("1", 15_000)
    club.buy("2", 15_000, customer_key=NOOR)
    club.heard.clear()
    merge(club, noor, mia)
    club.say(MembersMerged(club.shop_id, noor, mia))
    assert club.levels() == [(3, 125)]
    assert [one.points for one in club.take(GiftGiven)] == [250], "Sprout was reached by both"
    assert club.check() == []
    merge(club, None, mia)
    club.say(MembersUnmerged(club.shop_id, noor, mia))
    assert club.take(GiftGiven) == []
    assert club.progress(mia).level == 2
    assert club.check() == []


def merge(club, kept_id, gone_id):
    state = {"state": "merged" if kept_id else "member", "merged_into": kept_id}
    with club.world.database.write() as db:
        db.execute(
            member.update()
            .where(member.c.shop_id == club.shop_id, member.c.id == gone_id)
            .values(**state)
        )
        if kept_id is None:  # the order book gives back what was the account's own
            theirs = orders.c.shop_id == club.shop_id, orders.c.key == "1"
            db.execute(orders.update().where(*theirs).values(member_id=gone_id))


def test_nothing_is_kept_of_an_erased_member(club):
    club.publish(SPENDING)
    club.buy("1", 15_000)
    mia = club.world.member()
    with club.world.database.write() as db:
        club.world.members.erase(db, club.shop_id, mia, NOW)
    club.say(MemberErased(club.shop_id, mia))
    club.say(PointsChanged(club.shop_id, mia))
    with club.world.database.read() as db:
        assert service.progress(db, club.shop_id, mia, NOW) is None
        assert db.execute(tier_standing.select()).all() == []
    assert club.check() == []


def test_guests_stand_on_no_level(club):
    club.publish(SPENDING)
    club.buy("1", 50_000, customer_key=None, person=Person(email="g@b.example"))
    assert club.heard == []


def test_the_check_finds_what_is_not_as_the_books_say(club):
    club.publish(SPENDING)
    club.buy("1", 15_000)
    with club.world.database.write() as db:
        db.execute(tier_standing.update().values(spend_minor=14_000, amount=14_000, level=1))
    found = club.check()
    assert len(found) == 2
    assert "tier_spend_minor" in found[0]
    assert "tier_level" in found[1]


def test_a_preview_says_who_moves(club):
    first = club.publish(SPENDING)
    for number, minor in enumerate((5_000, 15_000, 15_000, 40_000)):
        club.buy(str(number), minor, customer_key=str(number))
    sprout = change(first.levels[1], threshold=4_000)
    bloom = change(first.levels[2], threshold=50_000)
    wanted = change(first, levels=(first.levels[0], sprout, bloom))
    with club.world.database.read() as db:
        told = programs.preview(db, club.shop_id, wanted, NOW)
    assert told.before == {1: 1, 2: 2, 3: 1}
    assert told.after == {2: 3, 3: 1}, "who is above keeps it until its day"
    assert (told.rising, told.at_risk, len(told.moves)) == (1, 1, 2)
    assert club.check() == []


def test_a_preview_counts_whom_it_would_place_and_what_their_gifts_cost(club):
    first = club.publish(change(SPENDING, levels=(change(SEED, threshold=1_000), SPROUT, BLOOM)))
    club.buy("1", 15_000, customer_key="1")
    club.buy("2", 500, customer_key="2")
    nobody = Person(email="g@b.example")
    club.buy("3", 40_000, customer_key=None, person=nobody)
    none, one = club.world.member("2"), club.world.member("1")
    lower = [change(level, threshold=n) for n, level in enumerate(first.levels)]
    with club.world.database.write() as db:
        made = programs.save_draft(db, club.shop_id, change(first, levels=lower), "s", NOW)
        told = programs.preview(db, club.shop_id, made, NOW)
    assert (told.before, told.after, told.rising) == ({0: 1, 2: 1}, {3: 2}, 2), "no guest"
    assert told.moves == [(one, 2, 3), (none, 0, 3)], "between levels first"
    assert (told.gift_points, told.gift_rewards) == (250 + 100 + 250, 2)
    club.take(GiftGiven)
    club.publish(change(made, gifts_for_placed=True))
    assert sum(gift.points for gift in club.take(GiftGiven)) == told.gift_points
    with club.world.database.read() as db:
        assert store.counts(db, club.shop_id) == told.after


def test_a_draft_changes_nothing(club):
    with club.world.database.write() as db:
        made = programs.save_draft(db, club.shop_id, SPENDING, "staff:1", NOW)
        again = programs.save_draft(db, club.shop_id, made, "staff:1", NOW)
        assert made == again
        assert programs.draft(db, club.shop_id) == made
        assert all(level.id for level in made.levels)
    club.buy("1", 15_000)
    assert club.heard == []


def test_a_ladder_stands_by_itself(club):
    ladder = rules.Ladder("orders", (rules.Step(1, 3), rules.Step(2, 5)))
    club.publish(Program(ladder=ladder))
    club.buy("1", 1_000)
    club.buy("2", 1_000, NOW - timedelta(days=900))
    mia = club.world.member()
    assert club.kept(mia).standing.ladder_percent == 5
    assert club.heard == []
    told = club.progress(mia)
    assert (told.level, told.ladder_next) == (0, None)


def test_a_customer_of_the_platform_joins_on_the_first_level(club):
    club.publish(change(SPENDING, levels=(change(SEED, multiplier_percent=105), SPROUT, BLOOM)))
    club.say(MemberJoined(club.shop_id, club.world.member("55")))
    assert club.levels() == [(1, 105)]
