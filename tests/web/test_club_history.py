"""History in the panel names the reward it is about."""

from connector.core import clock, facts
from connector.core.facts import GiftGiven
from connector.program.rules import Rule
from tests.web.shoppers import acme
from tests.web.test_club import section, told
from tests.web.test_club_rewards import mia, offer, press

__all__ = ["acme", "mia"]


def test_what_points_went_for_is_named(acme, mia):
    offer(acme)
    press(acme, section(told(acme, acme.token()), "rewards")["items"][0]["acts"][0])
    entry = section(told(acme, acme.token()), "history")["items"][0]
    assert (entry["title"], entry["lines"][1:]) == ("Used for a reward", ["Coffee"])
    assert entry["why"] == {"label": "Why?", "lines": ["You used 100 points for Coffee."]}


def test_gifts_of_levels_and_welcomes_say_why_and_joining_is_no_command(acme, mia):
    acme.service.publish(acme.shop, rules=(Rule("j", "joined", points=5),))
    with acme.service.database.write() as db:
        for source in ("tiers:level:1:1", "referrals:friend:1", "actions:j:1"):
            gift = GiftGiven(acme.shop.id, mia, source, points=5)
            facts.publish(db, acme.service.runtime.subscriptions, [gift], clock.now())
    rows = section(told(acme, acme.token(), lang="ar"), "history")["items"]
    assert "الانضمام" in {row["title"] for row in rows}
    rows = section(told(acme, acme.token()), "history")["items"]
    why = {row["title"]: row["why"]["lines"] for row in rows if "Order" not in row["title"]}
    assert why["A gift for your level"] == ["The shop gives it for reaching a level."]
    assert why["You joined"] == ["The shop’s rule: You joined, 5 points."]
    assert why["An invitation"][0].startswith("The shop gives it when a friend")
