"""What a Shopify store keeps of what is asked, for carts without scripts: told when it changes."""

import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from connector.core import clock
from connector.core.outbox import outbox
from connector.rooms.giving import programmes
from connector.rooms.giving import service as giving
from connector.rooms.giving.rules import AddOn, Programme, RoundUp
from connector.shops import service as shops
from connector.web import disclosures, liquid
from devstore.shopify.graph import metafields
from tests.flows.test_customer_tags import world

__all__ = ["world"]
JOBS = ("drain", "giving", "dispatch")
TAGS = ("en", "ar", "zh-Hant")


@pytest.fixture
def calls(world, monkeypatch):
    """What the store was asked to write."""
    made: list[str] = []
    fields = metafields.Metafields.fields

    def counting(own):
        def counted(name, does):
            def call(**told):
                made.append(name)
                return does(**told)

            return call

        return {name: counted(name, does) for name, does in fields(own).items()}

    world.service.work(JOBS)
    monkeypatch.setattr(metafields.Metafields, "fields", counting)
    return made


def asked(world):
    found = metafields.of_installation(world.practice.shelf).get("perennial.asked")
    return found and json.loads(found)


def work(world):
    world.service.work(JOBS)


def cause(world, name="Riverbank"):
    with world.service.database.write() as db:
        made = giving.add_cause(db, world.shop.id, name, "Clean water.", clock.now())
        papers = {"registration": "8", "country": "SE", "payee": name, "agreement": "Letter"}
        known = giving.cause(db, world.shop.id, made.id)
        giving.change_cause(
            db, world.shop.id, replace(known, **papers, agreed_on="2026-01-01"), clock.now()
        )
    return giving_cause(world, made.id)


def giving_cause(world, cause_id):
    with world.service.database.read() as db:
        return giving.cause(db, world.shop.id, cause_id)


def publish(world, terms, *causes, starts_in=timedelta(seconds=-1)):
    now = clock.now()
    wanted = Programme(
        id=0,
        name="Asking",
        currency=world.shop.currency,
        terms=terms,
        causes=tuple((one.id, 1) for one in causes),
        starts_at=now + starts_in,
        ends_at=now + timedelta(days=9),
    )
    with world.service.database.write() as db:
        made = programmes.draft(db, world.shop.id, wanted, now)
        shop = shops.get(db, world.shop.id)
        words = disclosures.disclosures(shop, made, causes, now)
        return programmes.publish(db, world.shop.id, made.id, words, now)


def test_nothing_is_kept_where_nothing_is_asked(world, calls):
    work(world)
    assert asked(world) is None
    assert calls == []


def test_the_house_asks_in_three_languages_and_writes_only_what_changed(world, calls):
    one = cause(world)
    work(world)
    told = asked(world)
    assert [(one["key"], one["ways"]) for one in told["causes"]] == [
        ("riverbank", {"add_on": "riverbank", "round_up": "riverbank"})
    ]
    assert told["amounts_minor"] == [100, 200, 500]
    assert set(told["said"]) == set(told["causes"][0]["names"]) == set(TAGS)
    assert calls == ["metafieldsSet"]
    with world.service.database.write() as db:
        giving.change_cause(db, world.shop.id, replace(one, payee="Another"), clock.now())
    work(world)
    assert calls == ["metafieldsSet"], "who is paid is not printed"
    with world.service.database.write() as db:
        giving.change_cause(db, world.shop.id, replace(one, story="Cleaner."), clock.now())
    work(world)
    assert asked(world)["causes"][0]["stories"]["en"] == "Cleaner."
    assert calls == ["metafieldsSet"] * 2


def test_a_programme_is_told_when_it_is_published_and_taken_away_when_it_is_over(world, calls):
    one = cause(world)
    made = publish(world, AddOn((300, 700), 50, 5_000), one)
    work(world)
    told = asked(world)
    assert (told["amounts_minor"], told["round_up_to_minor"]) == ([300, 700], 0)
    assert told["causes"][0]["ways"] == {"add_on": f"riverbank@{made.id}"}
    assert told["times"]["add_on"]["until"] == int(made.ends_at.timestamp())
    with world.service.database.write() as db:
        programmes.end(db, world.shop.id, made.id, clock.now())
    work(world)
    assert asked(world) is None
    assert calls == ["metafieldsSet", "metafieldsDelete"]


def test_a_programme_published_for_later_is_told_when_it_begins_and_when_it_ends(
    world, calls, monkeypatch
):
    one = cause(world)
    publish(world, AddOn((300,)), one)
    later = publish(world, RoundUp(500), one, starts_in=timedelta(days=1))
    work(world)
    assert asked(world)["round_up_to_minor"] == 0
    with world.service.database.read() as db:
        due = db.scalars(select(outbox.c.due_at).where(outbox.c.kind == "asked")).all()
    assert due == [later.starts_at]
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1, seconds=1))
    work(world)
    assert asked(world)["round_up_to_minor"] == 500
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=10))
    work(world)
    assert asked(world) is None
    assert calls == ["metafieldsSet", "metafieldsSet", "metafieldsDelete"]


def test_who_comes_back_is_told_again(world, calls):
    cause(world)
    work(world)
    time.sleep(1)  # removals are told by the second, and one from before the installation is late
    world.control("POST", "/shopify/uninstall")
    world.control("POST", "/tick")
    work(world)
    assert asked(world) is None, "it goes with the installation"
    world.install()
    work(world)
    assert asked(world)
    assert calls.count("metafieldsSet") == 2


def test_many_causes_that_tell_much_fit_in_a_field():
    stories = dict.fromkeys(TAGS, "\u6c34" * 500)
    names = dict.fromkeys(TAGS, "\u6c34" * 80)
    causes = [{"key": str(n), "names": names, "stories": stories} for n in range(50)]
    told = liquid.fitting({"causes": causes})
    assert len(told) < 128_000
    assert json.loads(told)["causes"][49]["names"] == names
