"""Order diagnosis by rules: what each gave or why not, limits, holds, and the one fix."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from connector.core.commerce import OrderState
from connector.members.models import member
from connector.program import rules
from connector.program import service as programs
from connector.program.rules import Caps, Rule, Terms
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import Kind, Offer
from tests.web.admin.conftest import Ada, words_of
from tests.web.admin.test_orders import place
from tests.world import NOW, World, donation, goods, order

BEFORE = NOW - timedelta(days=20)
DOUBLE = Rule("double-1", rules.MULTIPLIER, percent=200)
FIRST = Rule("first-1", rules.FIRST_ORDER, points=75)
GIVING = Rule("giving-1", rules.DONATION, points=30)
SMALL = Rule("small-1", rules.ORDER, points=10, caps=Caps(per_member=15))


def publish(world: World, *own: Rule, **terms: Any) -> None:
    with world.database.write() as db:
        known = programs.newest(db, world.shop.id)
        wanted = replace(known, rules=own, terms=Terms(**terms))
        programs.publish(db, world.shop.id, wanted, BEFORE)


def test_each_rule_says_what_it_gave_or_why_not(ada: Ada, world: World):
    triple = structs.replace(DOUBLE, id="triple-1", percent=300)
    publish(world, DOUBLE, triple, FIRST, GIVING)
    world.tell(order("1", goods("1", 4000), donation("2", 500)))
    page = words_of(ada.see(place(world, "1")))
    assert "Order #1 earned 225 points." in page
    assert "1 point for every $1 spent. +40" in page
    assert "Points × 3 on everything. +80" in page
    assert "75 points for a first order. +75" in page
    assert "30 points for an order with a gift to a cause. +30" in page
    assert "Points × 2 on everything. A higher multiplier counts instead. 0" in page
    world.tell(order("2", goods("1", 1000)))
    page = words_of(ada.see(place(world, "2")))
    assert "75 points for a first order. It is not a first order. 0" in page
    assert "No gift to a cause is in the order. 0" in page
    assert "Nothing to repair." in page


def test_a_limit_is_a_step_of_its_own(ada: Ada, world: World):
    publish(world, SMALL)
    world.tell(order("1", goods("1", 1000)))
    assert "Limits: fine 10 points for each order. Within its limit." in words_of(
        ada.see(place(world, "1"))
    )
    world.tell(order("2", goods("1", 1000)))
    page = words_of(ada.see(place(world, "2")))
    assert "Limits: fine 10 points for each order. Its limit left 5 points." in page
    world.tell(order("3", goods("1", 1000)))
    assert "Its limit is used up." in words_of(ada.see(place(world, "3")))


def test_a_reward_is_told_as_given(ada: Ada, world: World):
    with world.database.write() as db:
        offer = Offer(Kind.PERCENT, {"en": "Ten off"}, "USD", percent=10)
        made = catalogue.publish(db, world.shop.id, offer, NOW)
    publish(world, Rule("gift-1", rules.ORDER, reward_id=made.id))
    world.tell(order("1", goods("1", 50)))
    page = words_of(ada.see(place(world, "1")))
    assert "Order #1 earned a reward." in page
    assert "Ten off for each order. given" in page


def test_points_that_wait_for_delivery_say_so(ada: Ada, world: World):
    publish(world, hold_from="delivery")
    world.tell(order("1", goods("1", 1000)))
    page = words_of(ada.see(place(world, "1")))
    assert "Waiting time: waits Waits until the order is delivered, and 14 days more." in page
    done = order("1", goods("1", 1000), minute=9, state=OrderState.COMPLETED, completed_at=NOW)
    world.tell(done)
    page = words_of(ada.see(place(world, "1")))
    assert "Can be used from 6 December, 14 days after delivery." in page


STOPPED: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({}, {"currency": "EUR"}, "no rate for EUR.", "Say what EUR earns"),
    ({"order_tags": ("wholesale",)}, {"tags": ("Wholesale",)}, "leaves out.", "Change who earns"),
    ({}, {"tags": ("b2b",)}, "company (B2B)", "Change who earns"),
]


@pytest.mark.parametrize(("terms", "values", "sentence", "fix"), STOPPED)
def test_what_stops_an_order_has_its_one_fix(
    ada: Ada,
    world: World,
    terms: dict[str, Any],
    values: dict[str, Any],
    sentence: str,
    fix: str,
):
    publish(world, **terms)
    world.tell(order("1", goods("1", 1000), **values))
    page = words_of(ada.see(place(world, "1")))
    assert "Order #1 earned no points." in page
    assert sentence in page
    assert fix in page


def test_a_blocked_member_is_the_thing_to_look_at(ada: Ada, world: World):
    member_id = world.member()
    with world.database.write() as db:
        mine = (member.c.shop_id == world.shop.id) & (member.c.id == member_id)
        db.execute(member.update().where(mine).values(blocked_at=BEFORE))
    world.tell(order("1", goods("1", 1000)))
    page = words_of(ada.see(place(world, "1")))
    assert "What counts: stops here Its member is blocked" in page
    assert "Look at the member" in page
