"""A level from end to end at the practice Shopify store: tagged, discounted, and taken back."""

import pytest
from sqlalchemy import update

from connector.core import clock, outbox
from connector.rooms.tiers import programs, store
from connector.rooms.tiers.rules import Level, Perks, Program
from devstore.model import Customer
from devstore.people import MIA
from devstore.shopify.graph.findings import Findings
from devstore.shopper import place_order
from tests.flows.test_customer_tags import world

__all__ = ["world"]
JOBS = ("drain", "dispatch", "tiers")
LEVELS = (
    Level(0, {"en": "Seed"}, 0),
    Level(0, {"en": "Bloom"}, 4_000, perks=Perks(discount_percent=10, free_shipping=True)),
)


def publish(world, levels):
    with world.service.database.write() as db:
        program = Program(measure="spend", levels=levels)
        programs.save_draft(db, world.shop.id, program, "staff:1", clock.now())
        made = programs.publish(db, world.shop.id, clock.now(), has_standing=True)
    world.service.work(JOBS)
    return made


def buy(world):
    place_order(world.origin, "mia", None, {"TP-CEL": 1})
    world.control("POST", "/tick")
    world.service.work(JOBS)


def mine(world):
    return world.practice.shelf.get(Customer, MIA.email)


def standing(world):
    """Titles of the discounts without a code that have not ended."""
    found = world.practice.promotions.standing()
    return {one.title for one in found if one.ends_at is None or one.ends_at > clock.now()}


def last_order(world):
    rows = sorted(world.service.orders(world.shop), key=lambda row: row.id)
    return rows[-1]


def test_who_rises_is_tagged_and_buys_for_less_without_a_code(world):
    made = publish(world, LEVELS)
    assert standing(world) == {"Bloom: 10%", "Bloom: free shipping"}
    buy(world)
    first = last_order(world)
    assert first.goods_minor >= 4_000
    assert "perennial-tier-2" in mine(world).tags
    buy(world)
    second = last_order(world)
    assert second.goods_minor == first.goods_minor * 9 // 10
    assert second.shipping_minor == 0
    publish(world, (made.levels[0],))
    assert standing(world) == set()
    assert "perennial-tier-2" not in mine(world).tags
    with world.service.database.read() as db:
        assert store.discounts(db, world.shop.id) == {}
        assert list(programs.audit(db, world.shop.id)) == []


@pytest.fixture
def slow_index(monkeypatch):
    """The store does not show its segments yet; called, it does."""
    real, is_late = Findings.segments, [True]

    def segments(self, query=None, **page):
        return real(self, "name:'not yet'" if is_late[0] else query, **page)

    monkeypatch.setattr(Findings, "segments", segments)

    def show():
        is_late[0] = False

    return show


def a_minute_later(world):
    with world.service.database.write() as db:
        due = outbox.outbox.c.due_at.is_not(None)
        db.execute(update(outbox.outbox).where(due).values(due_at=clock.now()))
    world.service.work(JOBS)


def test_in_the_first_minute_a_perk_may_wait_and_nothing_else_does(world, slow_index):
    """What is not shown yet holds up one perk: never tags, and never a perk for everybody."""
    made = publish(world, LEVELS)
    assert standing(world) == {"Bloom: 10%"}, "the other waits for the segment both go by"
    found = world.practice.promotions.standing()
    assert all(one.segments for one in found), "never for everybody"
    buy(world)
    assert "perennial-tier-2" in mine(world).tags
    full = last_order(world)
    buy(world)
    second = last_order(world)
    assert second.goods_minor == full.goods_minor * 9 // 10
    assert second.shipping_minor == full.shipping_minor > 0, "not free yet"
    slow_index()
    a_minute_later(world)
    assert standing(world) == {"Bloom: 10%", "Bloom: free shipping"}
    buy(world)
    assert last_order(world).shipping_minor == 0
    steeper = Level(made.levels[1].id, {"en": "Bloom"}, 4_000, perks=Perks(discount_percent=20))
    publish(world, (made.levels[0], steeper))
    assert standing(world) == {"Bloom: 20%"}, "found at once: its segment is known"
