"""After an order: what it gave, for whom, what that does, and how far all have come."""

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from msgspec import structs

from connector.core import clock
from connector.rooms.giving import programmes, service
from connector.rooms.giving.rules import InKind, PerUnit, RoundUp, Scope
from tests.adapters.shopify import world
from tests.rooms.giving.offers import WORDS, papered, programme
from tests.web.shoppers import MIA
from tests.web.test_club import plain
from tests.web.test_extensions import NOOR, ORDER, Sandbox
from tests.world import World

__all__ = ["sandbox"]
MEAL = PerUnit(100, {"en": "a meal", "ar": "وجبة", "zh-Hant": "一份餐"})


@pytest.fixture
def sandbox(service):
    return Sandbox(service)


@pytest.fixture
def goal(sandbox):
    """Meals are the goal: twenty dollars of them."""
    wanted = programmes.Campaign(0, "", {"en": "Meals"}, {}, "USD", 2000)
    with sandbox.service.database.write() as db:
        return programmes.add_campaign(db, sandbox.shop.id, wanted, clock.now())


def publish(sandbox, terms, also=(), **values):
    """A programme that is live since ten days ago."""
    since = clock.now() - timedelta(days=365)
    with sandbox.service.database.read() as db:
        cause = service.causes(db, sandbox.shop.id)[0]
    whole = SimpleNamespace(database=sandbox.service.database, shop=sandbox.shop, riverbank=cause)
    told = programme(terms, papered(cast("World", whole)), *also, starts_at=since, **values)
    told = structs.replace(told, ends_at=clock.now() + timedelta(days=10))
    with sandbox.service.database.write() as db:
        made = programmes.draft(db, sandbox.shop.id, told, since)
        return programmes.publish(db, sandbox.shop.id, made.id, WORDS, since)


def thanks(sandbox, customer=MIA, key=ORDER, **query):
    path, token = f"order/{key}", sandbox.token(customer)
    return plain(sandbox.ask(path, token, query_string=query).get_json())["order"]


def test_a_buyer_reads_the_gift_what_the_shop_gives_and_what_that_does(sandbox, goal):
    publish(sandbox, MEAL, campaign_id=goal.id)
    sandbox.buy(world.gift(2, "2.00", currency="USD"))
    told = thanks(sandbox)
    assert [one["said"] for one in told["donations"]] == [
        "$2 of this order is for Riverbank. Thank you.",
        "For this order Acme gives $1 to Riverbank: a meal.",
    ]
    assert told["impact"] == ["Meals: $0 of $20 together."], "nothing is confirmed yet"
    arabic = [one["said"] for one in thanks(sandbox, lang="ar")["donations"]]
    assert arabic[1].endswith("وجبة.")


@pytest.mark.parametrize("customer", [None, NOOR])
def test_a_guest_reads_what_any_order_gives_and_no_figure_of_this_one(sandbox, goal, customer):
    publish(sandbox, MEAL, campaign_id=goal.id)
    sandbox.buy(world.gift(2, "2.00", currency="USD"))
    assert thanks(sandbox, customer) == {
        "said": [],
        "donations": [],
        "impact": [
            "For each piece bought Acme gives $1 to Riverbank: a meal.",
            "Meals: $0 of $20 together.",
        ],
    }


def test_a_guest_is_promised_nothing_that_this_order_may_not_give(sandbox, goal):
    publish(sandbox, RoundUp(100))
    publish(sandbox, structs.replace(MEAL, scope=Scope(products=("1",))))
    publish(sandbox, InKind(100, {"en": "a tree"}), currency="EUR")
    capped = publish(sandbox, InKind(100, {"en": "a tree"}), cap_minor=100)
    assert len(thanks(sandbox, None)["impact"]) == 1
    sandbox.buy()
    with sandbox.service.database.read() as db:
        assert programmes.programme(db, sandbox.shop.id, capped.id).used_minor == 100
    assert thanks(sandbox, None) is None


def test_whose_order_is_awaited_is_told_it_when_it_comes(sandbox, goal):
    publish(sandbox, MEAL, campaign_id=goal.id)
    sandbox.buy()
    assert thanks(sandbox, key="77") is None


def lines(sandbox, **query):
    return [one["said"] for one in thanks(sandbox, **query)["donations"]]


def test_a_piece_that_causes_share_is_told_of_all_of_them_together(sandbox):
    """Fifty cents are no meal, and no meal less; the order gives one whole."""
    with sandbox.service.database.write() as db:
        reeds = service.add_cause(db, sandbox.shop.id, "Reeds", "", clock.now())
    whole = SimpleNamespace(database=sandbox.service.database, shop=sandbox.shop, riverbank=reeds)
    other = papered(cast("World", whole))
    publish(sandbox, MEAL, also=[other])
    sandbox.buy()
    assert lines(sandbox) == [
        "For this order Acme gives $0.50 to Riverbank.",
        "For this order Acme gives $0.50 to Reeds. Together: a meal.",
    ]
    assert lines(sandbox, lang="zh-Hant")[1].endswith("合計：一份餐。")


def test_what_a_cap_left_of_a_piece_is_told_as_a_part_of_it(sandbox):
    publish(sandbox, MEAL, cap_minor=60)
    sandbox.buy()
    assert lines(sandbox) == [
        "For this order Acme gives $0.60 to Riverbank. That goes towards: a meal."
    ]


def test_pieces_and_a_part_of_one_are_not_told_as_the_pieces(sandbox):
    publish(sandbox, MEAL, cap_minor=160)
    sandbox.buy(world.line(2, "10.00", currency="USD"))
    assert lines(sandbox) == [
        "For this order Acme gives $1.60 to Riverbank. That goes towards: a meal."
    ]
