"""History in the panel names the reward it is about."""

from tests.web.shoppers import acme
from tests.web.test_club import section, told
from tests.web.test_club_rewards import mia, offer, press

__all__ = ["acme", "mia"]


def test_what_points_went_for_is_named(acme, mia):
    offer(acme)
    press(acme, section(told(acme, acme.token()), "rewards")["items"][0]["acts"][0])
    entry = section(told(acme, acme.token()), "history")["items"][0]
    assert (entry["title"], entry["lines"][1:]) == ("Used for a reward", ["Coffee"])
