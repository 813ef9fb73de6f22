"""What badges are given for: sums of members, goals that are reached, each told as it stands."""

import pytest

from connector.core import noticed
from connector.core.commerce import CustomerMerge, OrderState
from connector.core.facts import BatchMoved, CampaignReached, MemberGave, PointsDonated, publish
from connector.rooms.giving import programmes, remitting
from connector.rooms.giving.rules import PointsGiven, RoundUp, Share
from connector.rooms.giving.settling import close
from tests.rooms.giving.offers import papered
from tests.rooms.giving.offers import publish as published
from tests.rooms.giving.test_remitting import lock, send
from tests.world import HEARD, MIA, NOW, acme, donation, goods, order, refund, took

GIFT = donation("d", 250)


@pytest.fixture
def told(monkeypatch):
    """What the room publishes, in its sequence."""
    heard = []

    def hear(_db, facts, _now):
        heard.extend(facts)
        return []

    for fact in (MemberGave, CampaignReached):
        monkeypatch.setitem(HEARD, fact, (hear,))
    return heard


def goal(world, minor):
    wanted = programmes.Campaign(0, "", {"en": "Trees"}, {}, "USD", minor)
    with world.database.write() as db:
        return programmes.add_campaign(db, world.shop.id, wanted, NOW)


def test_a_gift_that_is_confirmed_or_refunded_is_told_by_its_sums(database, told):
    world = acme(database)
    mia = world.member(MIA)
    cause = (world.shop.id, mia, world.riverbank.id, "gift", "USD")
    world.tell(order("1", GIFT, state=OrderState.OPEN, paid_at=None))
    assert told == [], "a pledge is no gift yet"
    world.tell(order("1", GIFT, minute=1))
    world.tell(order("2", donation("d", 100)), order("3", GIFT, customer_key=None))
    back = refund("r", took(GIFT, total_minor=250))
    world.tell(order("1", GIFT, minute=2, refunds=(back,)))
    world.tell(order("2", donation("d", 100), goods("a", 1000), minute=1))
    assert told == [
        MemberGave(*cause, gifts=1, minor=250),
        MemberGave(*cause, gifts=2, minor=350),
        MemberGave(*cause, gifts=1, minor=100),
    ], "what leaves the gift as it was tells nothing"


def test_points_and_merged_members_are_told_too(sqlite_world, told):
    world, cause = sqlite_world
    published(world, PointsGiven(100, 100), cause)
    mia = world.member(MIA)
    fact = PointsDonated(world.shop.id, mia, 42, cause.id, 500, "USD", 500)
    with world.database.write() as db:
        publish(db, HEARD, [fact], NOW)
    assert told == [MemberGave(world.shop.id, mia, cause.id, "points", "USD", 1, 500)]
    world.tell(order("1", GIFT, customer_key="1003"))
    told.clear()
    world.tell(CustomerMerge(MIA, "1003"))
    assert {(one.member_id, one.kind, one.minor) for one in told} == {
        (mia, "gift", 250),
        (mia, "points", 500),
    }


def test_a_goal_is_told_once_when_what_is_confirmed_reaches_it(database, told):
    world = acme(database)
    cause, one = papered(world), goal(world, 100)
    published(world, RoundUp(100), cause, campaign_id=one.id)
    published(world, Share(percent_bps=100), cause)
    rounded = [order(str(n), goods("g", 960), donation("d", 40)) for n in range(4)]
    world.tell(*rounded[:2], order("9", goods("g", 960), donation("d", 40), state=OrderState.OPEN))
    assert CampaignReached(world.shop.id, one.id) not in told
    for each in rounded[2:]:
        world.tell(each)
    assert told.count(CampaignReached(world.shop.id, one.id)) == 1
    with world.database.write() as db:
        found = programmes.campaign(db, world.shop.id, one.key)
        assert found.reached_at == NOW
        programmes.change_campaign(
            db,
            world.shop.id,
            programmes.Campaign(0, one.key, one.names, one.stories, "USD", 1000),
        )
        assert programmes.campaign(db, world.shop.id, one.key).reached_at is None


def test_a_goal_that_the_promised_least_fills_up_is_told(sqlite_world):
    world, cause = sqlite_world
    one = goal(world, 1000)
    share = published(world, Share(percent_bps=100), cause, campaign_id=one.id, minimum_minor=1000)
    with world.database.write() as db:
        close(db, world.shop.id, share.id, NOW)
        assert noticed.take(db, world.shop.id, 10) == [CampaignReached(world.shop.id, one.id)]


def test_each_state_of_a_batch_is_told(sqlite_world):
    world, _ = sqlite_world
    world.tell(order("1", GIFT))
    batch = lock(world)
    send(world, batch)
    with world.database.write() as db:
        remitting.receipt(db, world.shop.id, batch.id, "77", NOW)
        states = ("reconciled", "approved", "remitted", "receipted")
        assert noticed.take(db, world.shop.id, 10) == [
            BatchMoved(world.shop.id, batch.id, state) for state in states
        ]


def test_whom_a_reached_goal_thanks_is_told_by_what_they_gave_it(sqlite_world, told):
    world, cause = sqlite_world
    one = goal(world, 100)
    published(world, RoundUp(100), cause, campaign_id=one.id)
    mia = world.member(MIA)
    world.tell(order("1", goods("g", 960), donation("d", 40)), order("2", GIFT))
    assert told[-2:] == [
        MemberGave(world.shop.id, mia, cause.id, "gift", "USD", 1, 250),
        MemberGave(world.shop.id, mia, cause.id, "gift", "USD", 1, 40, campaign_id=one.id),
    ]
