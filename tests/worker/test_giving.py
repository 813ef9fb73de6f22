"""Programmes of giving end by the schedule, however late it is, and once."""

from datetime import timedelta
from pathlib import Path

import pytest

from connector.core import clock
from connector.listeners.rules import TOPICS
from connector.rooms.giving import programmes
from connector.rooms.giving import service as giving
from connector.rooms.giving.rules import Programme, RoundUp, Share
from connector.worker import notify, schedule
from tests.flows.service import make_service
from tests.rooms.giving.offers import WORDS, papered, publish
from tests.rooms.giving.test_remitting import lock
from tests.world import MIA, NOW, acme, donation, goods, order

DAY = timedelta(days=1)


@pytest.fixture
def service(database):
    return make_service(database)


@pytest.fixture
def shop(service):
    return service.install("woocommerce", "https://acme.example")


def share(database, shop_id, ends_at, **values):
    """A programme that promises ten dollars, published twenty days ago."""
    since = clock.now() - 20 * DAY
    with database.write() as db:
        cause = giving.add_cause(db, shop_id, f"Cause {ends_at:%j}", "", since)
        papers = giving.Cause(
            id=cause.id,
            key=cause.key,
            name=cause.name,
            story="",
            is_default=cause.is_default,
            registration="1048",
            country="DE",
            payee="Riverbank e.V.",
            agreement="C-7",
            agreed_on="2025-10-01",
        )
        giving.change_cause(db, shop_id, papers, since)
        told = Programme(
            id=0,
            name="Five",
            currency="USD",
            terms=Share(percent_bps=500),
            causes=((cause.id, 1),),
            starts_at=since,
            ends_at=ends_at,
            minimum_minor=1000,
            cap_minor=5000,
            **values,
        )
        made = programmes.draft(db, shop_id, told, since)
        return programmes.publish(db, shop_id, made.id, WORDS, since).id


def states(database, shop_id):
    with database.read() as db:
        return {one.id: one.state(clock.now()) for one in programmes.programmes(db, shop_id)}


def test_a_programme_closes_by_the_schedule_though_the_worker_was_down_for_a_week(
    service, shop, database
):
    over = share(database, shop.id, clock.now() - 7 * DAY)
    running = share(database, shop.id, clock.now() + DAY)
    due = schedule.due(service.runtime)
    assert [one for one in due if one[0] == "giving"] == [("giving", shop.id)]
    service.work(["giving"])
    assert states(database, shop.id) == {over: "closed", running: "live"}
    assert "giving" not in {job for job, _ in schedule.due(service.runtime)}
    with database.read() as db:
        (filled,) = giving.tallies(db, shop.id)
    assert (filled.programme_id, filled.due_minor) == (over, 1000)


def test_listeners_are_told_how_things_stand_when_the_message_leaves(database):
    world = acme(database)
    papered(world)
    mia = world.member(MIA)
    wanted = programmes.Campaign(0, "", {"en": "Trees"}, {}, "USD", 200)
    with database.write() as db:
        goal = programmes.add_campaign(db, world.shop.id, wanted, NOW)
    publish(world, RoundUp(100), world.riverbank, campaign_id=goal.id)
    world.tell(order("1", goods("a", 960), donation("d", 40)))
    batch = lock(world)

    def told(topic, about):
        with database.read() as db:
            return notify.WRITERS[topic](db, world.shop.id, str(about))

    gave = {"cause": "riverbank", "kind": "gift", "currency": "USD", "gifts": 1, "due_minor": 40}
    gave |= {"campaign_id": str(goal.id)}
    assert told("member.gave", mia) == {"member_id": str(mia), "giving": [gave]}
    assert told("campaign.reached", goal.id) == {
        "campaign_id": str(goal.id),
        "key": "trees",
        "goal": {"minor": 200, "currency": "USD"},
        "confirmed_minor": 40,
        "paid_minor": 0,
    }
    sent = told("batch.approved", batch.id)
    assert (sent["state"], sent["net"]["minor"], sent["receipt"]) == ("reconciled", 40, "")
    assert told("member.gave", 7) is None
    assert told("campaign.reached", 7) is None
    assert told("batch.reconciled", 7) is None, "it was taken apart"


def test_every_topic_has_a_writer_and_a_line_in_the_documentation():
    said = Path("docs/webhooks.md").read_text("utf-8")
    for topic in TOPICS:
        assert topic in notify.WRITERS
        assert f"| `{topic}` |" in said
