"""What the public is told of a goal: what came together, and what of it was sent."""

import pytest
from sqlalchemy import event

from connector.core.commerce import OrderState
from connector.core.i18n import LANGUAGES
from connector.rooms.giving import programmes
from connector.rooms.giving.rules import RoundUp
from connector.web import goals
from connector.web.tongue import Tongue
from tests.rooms.giving.offers import papered, publish
from tests.rooms.giving.test_remitting import lock, send
from tests.world import NOW, acme, donation, goods, order

GIFT = donation("d", 40)


@pytest.fixture
def world(database):
    """Acme rounds up for trees: the goal is ten dollars."""
    world = acme(database)
    wanted = programmes.Campaign(0, "", {"en": "Trees", "ar": "أشجار"}, {}, "USD", 1000)
    with world.database.write() as db:
        campaign = programmes.add_campaign(db, world.shop.id, wanted, NOW)
    publish(world, RoundUp(100), papered(world), campaign_id=campaign.id)
    return world


def rounding(world):
    with world.database.read() as db:
        (one,) = programmes.programmes(db, world.shop.id)
    return one.id


def told(world, language="en"):
    say = Tongue.of(world.shop, LANGUAGES[language], NOW)
    with world.database.read() as db:
        (one,) = goals.goals(db, world.shop, say)
    strip = str.maketrans("", "", "\u2066\u2067\u2068\u2069")
    lines = [line.translate(strip) for line in one["lines"]]
    return {**one, "said": one["said"].translate(strip), "lines": lines}


def rounded(number, **values):
    """An order that its gift makes round."""
    return order(number, goods("g", 960), GIFT, **values)


def test_what_is_promised_is_in_no_sum_and_what_is_on_its_way_is_not_paid(world):
    world.tell(rounded("1"), rounded("2"), rounded("3", state=OrderState.OPEN))
    one = told(world)
    assert (one["state"], one["said"], one["percent"]) == ("open", "$0.80 of $10 together", 8)
    assert one["paid_percent"] == 0
    assert one["lines"] == [
        "$0.80 is confirmed and on its way.",
        "$0.40 more is promised by orders that can still change.",
    ]
    assert told(world, "ar")["name"] == "أشجار"


def test_what_was_sent_to_its_cause_is_told_as_sent(world):
    world.tell(rounded("1"), rounded("2"))
    send(world, lock(world))
    one = told(world)
    assert (one["percent"], one["paid_percent"]) == (8, 8)
    assert one["lines"] == ["$0.80 was sent to Riverbank."]


def test_a_goal_that_something_works_for_leads_a_newer_one_that_nothing_does(world):
    wanted = programmes.Campaign(0, "", {"en": "Euros"}, {}, "EUR", 500)
    say = Tongue.of(world.shop, LANGUAGES["en"], NOW)
    with world.database.write() as db:
        programmes.add_campaign(db, world.shop.id, wanted, NOW)
        assert [one["key"] for one in goals.goals(db, world.shop, say)] == ["trees", "euros"]


def test_a_goal_is_reached_by_what_nobody_can_take_back(world):
    world.tell(*(rounded(str(number)) for number in range(24)))
    assert (told(world)["state"], told(world)["percent"]) == ("open", 96)
    world.tell(rounded("24", state=OrderState.OPEN))
    assert told(world)["state"] == "open"
    world.tell(rounded("24"))
    one = told(world)
    assert (one["state"], one["percent"], one["lines"][0]) == ("met", 100, "The goal is reached.")


def test_many_goals_are_read_as_quickly_as_one(world):
    say = Tongue.of(world.shop, LANGUAGES["en"], NOW)

    def statements():
        said: list[str] = []

        def note(*told):
            said.append(told[2])

        event.listen(world.database.engine, "before_cursor_execute", note)
        with world.database.read() as db:
            found = goals.goals(db, world.shop, say)
        event.remove(world.database.engine, "before_cursor_execute", note)
        return len(found), len(said)

    _, before = statements()
    with world.database.write() as db:
        for number in range(4):
            wanted = programmes.Campaign(0, "", {"en": f"Reeds {number}"}, {}, "USD", 1000)
            programmes.add_campaign(db, world.shop.id, wanted, NOW)
    assert statements() == (5, before)


def test_a_campaign_that_is_over_says_so(world):
    one = rounding(world)
    with world.database.write() as db:
        programmes.end(db, world.shop.id, one, NOW)
        programmes.close_campaign(db, world.shop.id, "trees", NOW)
    one = told(world)
    assert (one["state"], one["lines"]) == ("ended", ["This campaign is over."])


def test_who_gave_is_told_how_far_their_campaign_has_come(world):
    world.tell(rounded("1"))
    one, say = rounding(world), Tongue.of(world.shop, LANGUAGES["en"], NOW)
    with world.database.read() as db:
        (said,) = goals.of_order(db, world.shop, {one}, say)
        assert goals.of_order(db, world.shop, {0}, say) == []
    assert said.endswith("together.")
