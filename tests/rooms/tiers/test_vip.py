"""VIP days: without a card, once for each person, over by themselves, and honestly added up."""

from typing import Any

import pytest
from sqlalchemy import Connection

from connector import orders
from connector.core.commerce import CodeUse, Customer, Person, Product
from connector.core.errors import Conflict, NotFound
from connector.core.facts import GiftGiven, GiftWithdrawn, MembersMerged
from connector.members.models import member
from connector.rooms.tiers import perks, programs, rules, service
from tests.rooms.tiers.club import SPENDING, Club, bought, change, days
from tests.rooms.tiers.test_standing import merge
from tests.world import MIA, NOOR, NOW, acme, goods, order


@pytest.fixture
def club(database):
    """Fourteen free days on Bloom; Mia has an account."""
    made = Club(acme(database))
    levels = [change(one, id=n) for n, one in enumerate(SPENDING.levels, 1)]
    made.publish(change(SPENDING, levels=tuple(levels), trial=rules.Trial(14, 3)))
    with database.write() as db:
        people = [Customer(MIA, Person(email="mia@b.example"), NOW)]
        made.world.members.record(db, made.shop_id, people, NOW)
    return made


def current(db: Connection, club: Club) -> rules.Program:
    published = programs.current(db, club.shop_id)
    assert published is not None
    return published.program


def start(club, member_id, at=NOW):
    """What a door does: claim the days, and have the rooms hear of it."""
    with club.world.database.write() as db:
        program = current(db, club)
        given = perks.start_trial(db, club.shop_id, member_id, program, "shopper", at)
    club.say(given, at=at)


def refused(club, member_id, at=NOW):
    with pytest.raises(Conflict) as problem:
        start(club, member_id, at)
    return problem.value.code


def worth(club, member_id):
    with club.world.database.read() as db:
        program = current(db, club)
        (vip,) = perks.days(db, club.shop_id, [member_id])
        base = perks.Base(db, club.shop_id, member_id, program)
        return perks.worth(db, club.shop_id, member_id, program, vip, base, "USD")


def test_the_days_begin_at_once_and_end_by_themselves(club):
    mia = club.world.member()
    start(club, mia)
    told = club.progress(mia)
    assert (told.level, told.earned, told.overlay_level) == (3, 1, 3)
    assert told.overlay_until == NOW + days(14)
    club.review(NOW + days(14) - days(1))
    assert club.levels() == [(3, 125)]
    with club.world.database.read() as db:
        assert service.shops_due(db, NOW + days(13)) == []
        assert service.shops_due(db, NOW + days(14)) == [club.shop_id]
    club.review(NOW + days(14))
    assert club.levels() == [(1, 100)]
    assert club.take(GiftWithdrawn) == []
    assert [one for one in club.take(GiftGiven) if one.points] == [], "lent, not reached"
    assert club.check() == []


def test_they_come_once_for_each_member_and_each_mailbox(club):
    mia, noor = club.world.member(), club.world.member(NOOR)
    start(club, mia)
    assert refused(club, mia) == "trial_used"
    with club.world.database.write() as db:
        people = [Customer("77", Person(email=" MIA@b.example"), NOW)]
        club.world.members.record(db, club.shop_id, people, NOW)
    assert refused(club, club.world.member("77")) == "trial_used"
    merge(club, noor, mia)
    assert refused(club, noor, NOW + days(100)) == "trial_used"


def account(club, key, email, at=NOW):
    with club.world.database.write() as db:
        club.world.members.record(db, club.shop_id, [Customer(key, Person(email=email), at)], at)
    return club.world.member(key)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ada@b.example", "ada+z@b.example"),
        ("ada+z@b.example", "Ada@b.example"),
        ("ada.lovelace@gmail.com", "adalovelace@googlemail.com"),
    ],
)
def test_an_alias_of_a_mailbox_is_nobody_new(club, first, second):
    start(club, account(club, "81", first))
    assert refused(club, account(club, "82", second)) == "trial_used"
    start(club, account(club, "83", "somebody@b.example"))


def test_a_new_address_of_the_same_account_is_nobody_new_nor_its_alias(club):
    ada = account(club, "81", "ada@b.example")
    start(club, ada)
    account(club, "81", "lovelace@b.example", NOW + days(1))
    assert refused(club, ada) == "trial_used"
    assert refused(club, account(club, "82", "lovelace+1@b.example")) == "trial_used"
    assert refused(club, account(club, "83", "ada+1@b.example")) == "trial_used"
    merge(club, club.world.member(NOOR), ada)
    assert refused(club, account(club, "84", "ada+2@b.example")) == "trial_used"


def test_who_was_erased_does_not_have_them_again(club):
    ada = account(club, "81", "ada@b.example")
    start(club, ada)
    with club.world.database.write() as db:
        facts = club.world.members.erase(db, club.shop_id, ada, NOW)
    club.say(*facts)
    assert refused(club, account(club, "82", "ada+1@b.example", NOW + days(1))) == "trial_used"


def test_who_stands_there_is_blocked_or_has_no_days_to_try_is_refused(club):
    mia = club.world.member()
    club.buy("1", 40_000)
    assert refused(club, mia) == "trial_needless"
    noor = club.world.member(NOOR)
    with club.world.database.write() as db:
        db.execute(member.update().where(member.c.id == noor).values(blocked_at=NOW))
    assert refused(club, noor) == "member_blocked"
    with pytest.raises(NotFound):
        start(club, 5)
    club.publish(change(SPENDING, trial=None))
    assert refused(club, mia) == "trial_off"


def test_a_level_reached_meanwhile_stays(club):
    mia = club.world.member()
    start(club, mia)
    club.buy("1", 12_000, NOW + days(3))
    assert club.progress(mia, NOW + days(3)).level == 3
    club.review(NOW + days(14))
    assert club.levels() == [(3, 125), (2, 110)]
    assert club.check() == []


def test_given_days_are_heard_once_and_follow_one_another(club):
    mia = club.world.member()
    gift = GiftGiven(club.shop_id, mia, "rewards:1", tier_days=5, tier_id=3)
    club.say(gift)
    club.say(gift)
    assert club.progress(mia).overlay_until == NOW + days(5)
    club.say(GiftGiven(club.shop_id, mia, "rewards:2", tier_days=2))
    assert club.progress(mia).overlay_until == NOW + days(7), "those that follow without a gap"
    club.say(GiftGiven(club.shop_id, mia, "rewards:0", tier_days=6, tier_id=2))
    assert club.progress(mia).overlay_until == NOW + days(7), "on the level that she is on"
    club.review(NOW + days(5))
    assert club.progress(mia, NOW + days(6)).overlay_until == NOW + days(7)
    club.review(NOW + days(7))
    assert club.levels() == [(3, 125), (1, 100)]
    club.say(GiftGiven(club.shop_id, mia, "rewards:3", tier_days=2, tier_id=99))
    assert club.levels() == []


def test_a_merchant_stops_them(club):
    mia = club.world.member()
    start(club, mia)
    later = NOW + days(2)
    with club.world.database.write() as db:
        facts = perks.stop(db, club.shop_id, mia, later)
    club.say(*facts, at=later)
    assert club.levels() == [(3, 125), (1, 100)]
    with club.world.database.write() as db, pytest.raises(NotFound):
        perks.stop(db, club.shop_id, mia, later)
    assert refused(club, mia) == "trial_used"


def test_two_who_become_one_keep_the_days_that_run(club):
    mia, noor = club.world.member(), club.world.member(NOOR)
    start(club, mia)
    merge(club, noor, mia)
    club.say(MembersMerged(club.shop_id, noor, mia))
    assert club.progress(noor).level == 3


def test_what_they_were_worth_is_what_no_code_explains(club):
    mia = club.world.member()
    start(club, mia)
    at = NOW + days(1)
    times: dict[str, Any] = {"placed_at": at, "paid_at": at, "modified_at": at}
    plain = goods("a", 9_000, subtotal_minor=10_000)
    coded = goods("b", 8_000, subtotal_minor=10_000)
    sale = goods("c", 5_000, subtotal_minor=10_000)
    club.tell(
        order("1", plain, shipping_minor=500, **times),
        order("2", coded, codes=(CodeUse("TEN", 1_500),), **times),
        order("3", sale, **times),
        at=at,
    )
    found = worth(club, mia)
    assert (found.orders, found.free_deliveries) == (3, 2)
    assert found.discount_minor == 1_000 + 500 + 1_000, "never more than the perk gives"


def test_each_order_counts_beyond_the_level_the_member_had_then(club):
    with club.world.database.read() as db:
        made = current(db, club)
    gives = [rules.Perks(), rules.Perks(3), rules.Perks(5)]
    levels = [change(one, perks=own) for one, own in zip(made.levels, gives, strict=True)]
    club.publish(change(made, levels=tuple(levels)))
    mia = club.world.member()
    start(club, mia)

    def buy(key, day):
        at = NOW + days(day)
        times: dict[str, Any] = {"placed_at": at, "paid_at": at, "modified_at": at}
        club.tell(order(key, goods("a", 4_560, subtotal_minor=4_800), **times), at=at)
        return worth(club, mia).discount_minor

    assert buy("1", 1) == 240, "a Seed has nothing"
    assert buy("2", 2) == 2 * 240
    assert buy("3", 3) == 3 * 240, "the order that makes a Sprout is a Seed's"
    assert club.progress(mia, NOW + days(3)).earned == 2
    assert buy("4", 4) == 3 * 240 + 96, "a Sprout has three percent"
    club.undo("3", 4_560, NOW + days(5), placed_at=NOW + days(3))
    club.undo("2", 4_560, NOW + days(5), placed_at=NOW + days(2))
    assert club.progress(mia, NOW + days(5)).earned == 1
    assert worth(club, mia).discount_minor == 240 + 96, "a Sprout still when it was placed"


def test_a_delivery_is_worth_what_was_taken_off_it_where_that_is_told(club):
    mia = club.world.member()
    start(club, mia)
    at = NOW + days(1)
    times: dict[str, Any] = {"placed_at": at, "paid_at": at, "modified_at": at}
    euros = {**times, "currency": "EUR"}
    club.tell(
        order("1", goods("a", 1_000), shipping_off_minor=490, **times),
        order("2", goods("b", 1_000), shipping_off_minor=0, **times),
        order("3", goods("c", 1_000), **times),
        order("4", goods("d", 1_000), shipping_minor=100, shipping_off_minor=300, **times),
        order("5", goods("e", 1_000), shipping_off_minor=700, **euros),
        at=at,
    )
    found = worth(club, mia)
    assert (found.delivery_minor, found.free_deliveries) == (490, 1)


def test_members_prices_count_and_the_permanent_discount_is_her_own(club):
    with club.world.database.read() as db:
        made = current(db, club)
    bloom = change(made.levels[2], perks=rules.Perks(10, collection="Tea", collection_percent=15))
    ladder = rules.Ladder("orders", (rules.Step(1, 3),))
    wanted = change(made, levels=(*made.levels[:2], bloom), ladder=ladder)
    club.publish(wanted, has_standing=True)
    tea = Product("p-tea", "Tea", collections=("Tea",))
    with club.world.database.write() as db:
        orders.record_products(db, club.shop_id, [tea], NOW)
    mia = club.world.member()
    start(club, mia)
    at = NOW + days(1)
    times: dict[str, Any] = {"placed_at": at, "paid_at": at, "modified_at": at}
    named = goods("a", 7_200, subtotal_minor=10_000, product_key="p-tea")
    club.tell(order("1", named, goods("b", 870, subtotal_minor=1_000), **times), at=at)
    assert club.progress(mia, at).standing.ladder_percent == 3
    assert worth(club, mia).discount_minor == 2_500 + 100, "28% and 13% less three of her own"


def test_a_levels_own_code_is_worth_what_it_took_and_another_is_not(club):
    mia = club.world.member()
    start(club, mia)
    at = NOW + days(1)
    times: dict[str, Any] = {"placed_at": at, "paid_at": at, "modified_at": at}
    line = goods("a", 9_000, subtotal_minor=10_000)
    codes = (CodeUse("perennial-level-tier-3", 1_000),)
    club.tell(order("1", line, codes=codes, **times), at=at)
    took = worth(club, mia).discount_minor
    assert took > 0
    other = (CodeUse("welcome", 1_000),)
    club.tell(order("2", line, codes=other, **times), at=at)
    assert worth(club, mia).discount_minor == took


def test_nothing_used_is_worth_nothing(club):
    mia = club.world.member()
    start(club, mia)
    club.tell(bought("1", 10_000, NOW + days(20)), bought("2", 1_000, NOW - days(3)))
    assert worth(club, mia) == perks.Worth()


def test_the_summary_is_told_once(club):
    mia = club.world.member()
    start(club, mia)
    club.review(NOW + days(14))
    with club.world.database.write() as db:
        seen = perks.unseen(db, club.shop_id, [mia])
        assert seen is not None
        assert seen.level_id == 3
        perks.note_seen(db, club.shop_id, [mia], NOW + days(15))
        assert perks.unseen(db, club.shop_id, [mia]) is None
