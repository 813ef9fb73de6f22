"""Levels that a merchant puts members on: a floor until its day, and never a second gift."""

from datetime import date

import pytest
from sqlalchemy import select

from connector.core.errors import NotFound
from connector.core.facts import GiftGiven, MemberErased, MembersMerged, publish
from connector.rooms.tiers import programs, service
from connector.rooms.tiers.models import tier_floor
from connector.rooms.tiers.rules import Level
from tests.rooms.tiers.club import BLOOM, SEED, SPENDING, Club, change, days
from tests.rooms.tiers.test_standing import merge
from tests.world import MIA, NOOR, NOW, acme

SPROUT = Level(0, {"en": "Sprout", "ar": "برعم", "zh-Hant": "新芽"}, 10_000, 110, 100)
NAMED = change(SPENDING, levels=(SEED, SPROUT, BLOOM))


@pytest.fixture
def club(database):
    return Club(acme(database))


def place(club, levels, at=NOW, until=None):
    with club.world.database.write() as db:
        known = programs.names(db, club.shop_id)
        told = {one: known.get(programs.spelled(name), 1) for one, name in levels.items()}
        facts = service.place(db, club.shop_id, told, at, "import 7", until)
        publish(db, club.subscriptions(), facts, at)


def test_levels_go_by_the_names_people_write(club):
    with club.world.database.read() as db:
        assert programs.names(db, club.shop_id) == {}
    made = club.publish(NAMED)
    with club.world.database.read() as db:
        found = programs.names(db, club.shop_id)
    for name, number in {"SPROUT ": 2, "برعم": 2, "新芽": 2, " bloom": 3, "seed": 1}.items():
        assert found[programs.spelled(name)] == made.levels[number - 1].id
    assert len(found) == 5


def test_a_name_of_two_levels_is_none_unless_it_is_english(club):
    seed = change(SEED, names={"en": "Seed", "de": "Start", "fr": "Bloom"})
    sprout = change(SPROUT, names={"en": "Sprout", "de": "start"})
    made = club.publish(change(NAMED, levels=(seed, sprout, BLOOM)))
    with club.world.database.read() as db:
        found = programs.names(db, club.shop_id)
    ids = {level.name("en").casefold(): level.id for level in made.levels}
    assert found == ids


def test_who_is_placed_stands_there_at_once_without_a_gift_and_everybody_hears_it(club):
    made = club.publish(change(NAMED, gifts_for_placed=True))
    mia, noor = club.world.member(), club.world.member(NOOR)
    place(club, {mia: "Bloom", noor: "Sprout"})
    assert club.levels() == [(3, 125), (2, 110)]
    assert club.take(GiftGiven) == []
    told = club.progress(mia)
    assert (told.level, told.state) == (3, "safe")
    assert told.standing.keeps_until == date(2027, 11, 30), "as if it were earned today"
    with club.world.database.read() as db:
        kept = db.execute(select(tier_floor).order_by(tier_floor.c.id)).all()
    assert [(row.member_id, row.level_id, row.reason) for row in kept] == [
        (mia, made.levels[2].id, "import 7"),
        (noor, made.levels[1].id, "import 7"),
    ]
    place(club, {mia: "Bloom", noor: "Sprout"})
    assert club.heard == [], "told again, nothing moves"
    assert club.check() == []


def test_a_floor_ends_on_its_day_then_grace_then_softly(club):
    club.publish(NAMED)
    mia = club.world.member()
    place(club, {mia: "Bloom"}, until=date(2027, 1, 31))
    club.levels()
    for day, level, state in (
        (20, 3, "safe"),
        (69, 3, "at_risk"),
        (80, 3, "grace"),
        (99, 3, "grace"),
        (101, 2, "safe"),
        (190, 1, "rising"),
    ):
        club.review(NOW + days(day))
        told = club.progress(mia, NOW + days(day))
        assert (told.level, told.state) == (level, state), day
    assert club.levels() == [(2, 110), (1, 100)]
    assert club.check() == []


def test_a_floor_is_for_good_where_everything_ever_counts(club):
    club.publish(change(NAMED, window_months=None))
    mia = club.world.member()
    place(club, {mia: "Bloom"})
    assert club.progress(mia).standing.keeps_until is None
    club.buy("1", 1_000, NOW + days(400))
    club.undo("1", 1_000, NOW + days(430), placed_at=NOW + days(400))
    club.review(NOW + days(900))
    told = club.progress(mia, NOW + days(900))
    assert (told.level, told.standing.keeps_until) == (3, None)


def test_own_numbers_carry_a_level_beyond_its_day(club):
    club.publish(NAMED)
    mia = club.world.member()
    place(club, {mia: "Bloom"}, until=date(2027, 1, 31))
    club.buy("1", 30_000, NOW + days(30))
    assert club.take(GiftGiven) == [], "they stand there already"
    assert club.progress(mia, NOW + days(30)).standing.keeps_until == date(2027, 12, 31)
    club.review(NOW + days(200))
    assert club.progress(mia, NOW + days(200)).level == 3
    assert club.check() == []


def test_a_refund_takes_nothing_of_what_the_merchant_promised(club):
    club.publish(NAMED)
    mia = club.world.member()
    place(club, {mia: "Sprout"}, until=date(2027, 6, 30))
    club.buy("1", 40_000)
    club.undo("1", 40_000, NOW + days(3), placed_at=NOW)
    told = club.progress(mia, NOW + days(3))
    assert (told.level, told.standing.keeps_until) == (2, date(2027, 6, 30))


def test_a_newer_decision_replaces_the_one_before_and_lowers_nobody_at_once(club):
    club.publish(NAMED)
    mia = club.world.member()
    place(club, {mia: "Bloom"}, until=date(2027, 6, 30))
    place(club, {mia: "Bloom"}, until=date(2027, 3, 31))
    assert club.progress(mia).standing.keeps_until == date(2027, 3, 31)
    place(club, {mia: "Sprout"}, until=date(2028, 6, 30))
    told = club.progress(mia)
    assert (told.level, told.standing.keeps_until) == (3, date(2027, 3, 31))
    club.review(NOW + days(165))
    told = club.progress(mia, NOW + days(165))
    assert (told.level, told.standing.keeps_until) == (2, date(2028, 6, 30))


def test_a_floor_comes_along_when_two_become_one_and_goes_with_who_is_erased(club):
    club.publish(NAMED)
    mia, noor = club.world.member(MIA), club.world.member(NOOR)
    place(club, {mia: "Bloom"}, until=date(2027, 6, 30))
    merge(club, noor, mia)
    club.say(MembersMerged(club.shop_id, noor, mia))
    told = club.progress(noor)
    assert (told.level, told.standing.keeps_until) == (3, date(2027, 6, 30))
    club.say(MemberErased(club.shop_id, noor))
    with club.world.database.read() as db:
        assert db.execute(select(tier_floor)).all() == []


def test_nobody_is_put_on_a_level_that_is_not_there_and_strangers_are_passed_over(club):
    mia = club.world.member()
    with pytest.raises(NotFound, match="no such levels"):
        place(club, {mia: "Bloom"})
    club.publish(NAMED)
    with pytest.raises(NotFound):
        place(club, {mia: "Platinum"})
    place(club, {12345: "Bloom"})
    with club.world.database.read() as db:
        assert db.execute(select(tier_floor)).all() == []


def test_a_level_that_goes_takes_its_floor_along_and_keeps_what_was_promised(club):
    made = club.publish(NAMED)
    mia = club.world.member()
    place(club, {mia: "Bloom"}, until=date(2027, 6, 30))
    club.publish(change(made, levels=made.levels[:2]))
    told = club.progress(mia)
    assert (told.level, told.standing.keeps_until) == (2, date(2027, 6, 30))
