"""What keeps a programme from being published: what is on file, and what would be untrue."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connector.core.errors import BadInput
from connector.rooms.giving import programmes, store
from connector.rooms.giving.rules import AddOn, RoundUp, Share
from tests.rooms.giving.offers import SINCE, WORDS, papered, programme, publish
from tests.world import acme

FIVE = Share(percent_bps=500)


@pytest.mark.parametrize(
    ("papers", "field", "why"),
    [
        ({"country": "ZZ"}, "cause.country", "no country has this code"),
        ({"agreed_on": "2026-11-13"}, "cause.agreed_on", "a day to come"),
        ({"closed_at": SINCE}, "causes", "a cause is closed"),
    ],
)
def test_what_is_on_file_is_looked_at_again_when_it_is_published(database, papers, field, why):
    world = acme(database)
    cause = papered(world)
    with world.database.write() as db:
        store.change_cause(db, world.shop.id, cause.id, **papers)  # as an older version let it in
    with pytest.raises(BadInput, match=why) as refused:
        publish(world, FIVE, cause)
    assert (refused.value.code, refused.value.field) == ("publish_refused", field)
    if field == "cause.agreed_on":
        publish(world, RoundUp(100), cause)


@pytest.mark.parametrize(
    ("days", "field", "why"),
    [
        ((-1, 9), "starts_at", "begin on a day that is over"),
        ((5, 4), "ends_at", "end before it begins"),
        ((0, 0), "ends_at", "end before it begins"),
        ((0, 1), None, None),
        ((30, 31), None, None),
    ],
)
def test_days_that_would_be_untrue_are_refused_with_the_reason(sqlite_world, days, field, why):
    world, cause = sqlite_world
    starts_at, ends_at = (SINCE + timedelta(days=n) for n in days)
    if field is None:
        assert publish(world, FIVE, cause, starts_at=starts_at, ends_at=ends_at).published_at
        return
    with pytest.raises(BadInput, match=why) as refused:
        publish(world, FIVE, cause, starts_at=starts_at, ends_at=ends_at)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("terms", "is_said_whole"),
    [
        (AddOn(amounts_minor=(100, 100)), False),
        (AddOn(amounts_minor=(5000,), least_minor=100, most_minor=1000), False),
        (AddOn(amounts_minor=(50,), least_minor=100, most_minor=1000), False),
        (AddOn(amounts_minor=(100, 1000), least_minor=100, most_minor=1000), True),
        (AddOn(amounts_minor=(200, 100)), True),
    ],
)
def test_amounts_that_the_words_leave_out_are_not_published(sqlite_world, terms, is_said_whole):
    world, cause = sqlite_world
    if is_said_whole:
        assert publish(world, terms, cause).published_at
        return
    with pytest.raises(BadInput, match="none outside of the least and the most") as refused:
        publish(world, terms, cause)
    assert (refused.value.code, refused.value.field) == ("publish_refused", "amounts_minor")


def test_the_day_of_publishing_is_the_shops_own(sqlite_world):
    """Acme's clocks are ahead of ours: its day may have begun when ours has not, and be over."""
    world, cause = sqlite_world
    midnight = datetime(2026, 11, 12, tzinfo=ZoneInfo(world.shop.timezone))
    minute = timedelta(minutes=1)
    publish(world, FIVE, cause, at=midnight + 1439 * minute, starts_at=midnight)
    with pytest.raises(BadInput, match="is over"):
        publish(world, FIVE, cause, at=midnight + 1440 * minute, starts_at=midnight)


def test_a_goal_that_was_closed_since_keeps_a_draft_from_being_published(sqlite_world):
    world, cause = sqlite_world
    with world.database.write() as db:
        wanted = programmes.Campaign(0, "", {"en": "Trees"}, {}, "USD", 1000)
        goal = programmes.add_campaign(db, world.shop.id, wanted, SINCE)
        told = programme(FIVE, cause, campaign_id=goal.id)
        made = programmes.draft(db, world.shop.id, told, SINCE)
        programmes.close_campaign(db, world.shop.id, goal.key, SINCE)
        with pytest.raises(BadInput, match="its goal is closed") as refused:
            programmes.publish(db, world.shop.id, made.id, WORDS, SINCE)
    assert refused.value.field == "campaign_id"
