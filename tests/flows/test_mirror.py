"""What a store keeps of its members: fields for themes and Flow, and tags if they are wanted."""

import pytest
from sqlalchemy import select

from connector import mirror
from connector.core import clock
from connector.mirror.models import mirror as table
from connector.rooms.tiers import programs
from connector.rooms.tiers.rules import Level, Program
from devstore.model import Customer
from devstore.people import MIA, NOOR
from devstore.shopify.graph import metafields
from devstore.shopper import place_order
from tests.flows.test_customer_tags import world

__all__ = ["world"]
JOBS = ("drain", "dispatch", "tiers")
LEVELS = (Level(0, {"en": "Seed"}, 0), Level(0, {"en": "In bloom!"}, 4_000))
NAMES = ("points", "level", "codes")


@pytest.fixture
def calls(world, monkeypatch):
    """Names of the fields' mutations that the store carried out."""
    made: list[str] = []
    fields = metafields.Metafields.fields

    def counted(own):
        def counting(name, does):
            def call(**told):
                made.append(name)
                return does(**told)

            return call

        return {name: counting(name, does) for name, does in fields(own).items()}

    monkeypatch.setattr(metafields.Metafields, "fields", counted)
    return made


def settle(world):
    world.control("POST", "/tick")
    world.service.work(JOBS)


def buy(world, who="mia", basket=None):
    order = place_order(world.origin, who, None, basket or {"TP-CEL": 1})
    settle(world)
    return order


def publish(world, levels=LEVELS):
    with world.service.database.write() as db:
        program = Program(measure="spend", levels=levels)
        programs.save_draft(db, world.shop.id, program, "staff:1", clock.now())
        programs.publish(db, world.shop.id, clock.now(), has_standing=True)
    world.service.work(JOBS)


def switch(world, *, wanted):
    with world.service.database.write() as db:
        mirror.switch_tags(db, world.shop.id, clock.now(), wanted=wanted)
    world.service.work(JOBS)


def said(world, person=MIA):
    found = metafields.of(world.practice.shelf, world.key(person))
    return {name.rpartition(".")[2]: value for name, value in found.items()}


def tags(world, person=MIA):
    return set(world.practice.shelf.get(Customer, person.email).tags)


def rows(world):
    with world.service.database.read() as db:
        return db.execute(select(table)).all()


def test_fields_are_defined_at_the_installation_for_whoever_may_read_them(world):
    settle(world)
    found = metafields.defined(world.practice.shelf)
    assert set(found) == {f"$app:perennial.{name}" for name in NAMES}
    for one in found.values():
        assert one["ownerType"] == "CUSTOMER"
        assert one["access"]["storefront"] == "PUBLIC_READ"
        assert one["access"]["admin"] == "MERCHANT_READ"


def test_an_order_and_its_refund_are_told_in_one_call_each(world, calls):
    world.service.publish(world.shop, hold_days=0)
    settle(world)
    assert calls == ["metafieldDefinitionCreate"] * 3
    order = buy(world)
    assert said(world) == {"points": "48"}
    assert calls[3:] == ["metafieldsSet"]
    world.control("POST", f"/orders/{order}/refund", amount="20.00")
    settle(world)
    assert said(world) == {"points": "28"}
    assert calls[4:] == ["metafieldsSet"]
    assert {row.changes - row.seen for row in rows(world)} == {0}


def test_who_has_nothing_costs_no_call(world, calls):
    settle(world)
    buy(world)  # its points wait for the end of the return period
    assert calls == ["metafieldDefinitionCreate"] * 3
    assert said(world) == {}


def test_a_level_is_told_and_tagged_while_tags_are_wanted(world):
    publish(world)
    world.change(MIA, tags=["vip"])
    buy(world)
    assert said(world)["level"] == "In bloom!"
    assert tags(world) == {"vip"}, "tags are off until a merchant wants them"
    switch(world, wanted=True)
    assert tags(world) == {"vip", "perennial-level-in-bloom"}
    publish(world, (LEVELS[0],))
    assert said(world)["level"] == "Seed"
    assert tags(world) == {"vip", "perennial-level-seed"}
    switch(world, wanted=False)
    assert tags(world) == {"vip"}


def test_many_members_are_told_in_one_call(world, calls):
    world.service.publish(world.shop, hold_days=0)
    settle(world)
    place_order(world.origin, "mia", None, {"TP-CEL": 1})
    place_order(world.origin, "noor", None, {"TP-CEL": 2})
    world.control("POST", "/tick")
    world.service.work(["drain"])
    world.service.work(JOBS)
    assert (said(world)["points"], said(world, NOOR)["points"]) == ("48", "96")
    assert calls[3:] == ["metafieldsSet"]


def test_what_is_told_of_an_erased_member_goes(world):
    world.service.publish(world.shop, hold_days=0)
    buy(world)
    assert said(world)
    redact = {"topic": "customers/redact", "customer": world.key(MIA)}
    world.control("POST", "/shopify/compliance", **redact)
    settle(world)
    assert said(world) == {}
    assert rows(world) == []


def test_a_customer_that_is_gone_keeps_nobody_elses_news_back(world):
    world.service.publish(world.shop, hold_days=0)
    place_order(world.origin, "mia", None, {"TP-CEL": 1})
    place_order(world.origin, "noor", None, {"TP-CEL": 2})
    world.control("POST", "/tick")
    world.service.work(["drain"])
    gone = world.key(MIA)
    world.practice.shelf.drop(Customer, gone)
    world.service.work(JOBS)
    assert said(world, NOOR)["points"] == "96"
    assert metafields.of(world.practice.shelf, gone) == {}
    assert sorted(row.failures for row in rows(world)) == [0, 1]


def test_nothing_is_sent_to_a_shop_that_removed_us(world, calls):
    world.service.publish(world.shop, hold_days=0)
    buy(world)
    world.control("POST", "/shopify/uninstall")
    settle(world)
    before = list(calls)
    with world.service.database.write() as db:
        mirror.note_all(db, world.shop.id, clock.now())
    world.service.work(JOBS)
    assert calls == before


def test_a_merge_leaves_one_level_among_the_tags(world):
    publish(world)
    switch(world, wanted=True)
    buy(world)
    buy(world, "noor", {"CP-EVE": 1})
    world.control("POST", "/shopify/customers/merge", kept=world.key(MIA), gone=world.key(NOOR))
    world.change(MIA, tags=["vip", "perennial-level-in-bloom", "perennial-level-seed"])
    settle(world)
    assert tags(world) == {"vip", "perennial-level-in-bloom"}
    assert [row.member_id for row in rows(world)] == [world.member(MIA).id]
