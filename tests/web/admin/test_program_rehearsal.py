"""The back-test page: started, followed, and what it found in figures, months and people."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.program import service as programs
from connector.program.rules import Rule
from connector.rooms import insight
from connector.rooms.rehearsal import service as rehearsals
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import Kind, Offer
from connector.web.admin import bars
from tests.web.admin.conftest import Ada, words_of
from tests.web.admin.test_program_drafts import DRAFT, add, begun, draft
from tests.world import NOOR, NOW, World, goods, order

VOUCHER = Offer(Kind.AMOUNT, {"en": "Three off"}, "USD", value_minor=300)


def placed(world: World, key: str, minor: int, days: int, **values: Any) -> None:
    at = NOW - timedelta(days=days)
    told = order(key, goods("1", minor), **values)
    world.tell(
        type(told)(
            **{name: getattr(told, name) for name in told.__struct_fields__}
            | {"placed_at": at, "paid_at": at, "modified_at": at}
        )
    )


def finish(world: World) -> None:
    rehearsals.rehearse(world.database, world.shop.id, NOW)


def test_a_back_test_is_started_and_followed(ada: Ada, world: World):
    path = begun(ada)
    placed(world, "1", 5000, 40)
    page = words_of(ada.see(f"{path}/back-test"))
    assert "It reads the orders of the last 12 months and changes nothing." in page
    answer = ada.send(f"{path}/back-test", path)
    assert answer.location.endswith("back-test?asked=yes")
    page = ada.see(f"{path}/back-test", asked="yes")
    assert 'hx-trigger="load delay' in page
    assert '<meta http-equiv="refresh"' in page, "without a script it reloads"
    assert "It begins in a moment." in words_of(page)
    finish(world)
    page = ada.see(f"{path}/back-test")
    assert "http-equiv" not in page
    assert "Few orders to judge by: 1 of the 200" in words_of(page)


def test_what_it_found_is_told_against_todays_rules(ada: Ada, world: World):
    placed(world, "1", 5000, 70)
    placed(world, "2", 3000, 40, customer_key=NOOR)
    with world.database.write() as db:
        insight.set_worth(db, world.shop.id, 1000, 100, NOW)
    path = begun(ada)
    add(ada, path, "first_order", points="100")
    add(ada, path, "order", points="10")
    assert ada.send(path, path, **DRAFT | {"then": "rehearse"}).location.endswith("back-test")
    ada.send(f"{path}/back-test", path)
    finish(world)
    page = words_of(ada.see(f"{path}/back-test"))
    assert "If “Winter” had run for the last 12 months" in page
    assert "Points given Today’s rules 80 Draft 300 Change by the draft +220" in page
    assert (
        "Expected cost Today’s rules $0.80 Draft $3.00 Change by the draft +$2.20"
        " if 100.0% of points get used" in page
    )
    owed = "Points owed Today 30 Draft 140 Change by the draft +110 What members would hold"
    assert owed in page, "as at home and in the liability; orders from before are in neither"
    assert "Pending apart: 0 points. Liability: $0.30, then $1.40" in page
    assert "Orders judged 2" in page
    assert "2 members get more, 0 members get less, 0 members the same." in page
    assert "October 2026" in page
    assert "100 points for a first order. 200" in page
    members = f"/admin/{ada.shop}/members/{world.member()}"
    assert members in ada.see(f"{path}/back-test")


def test_a_draft_that_gives_less_shows_who_loses(ada: Ada, world: World):
    placed(world, "1", 5000, 70)
    path = begun(ada)
    ada.send(path, path, **DRAFT | {"per": "2", "then": "rehearse"})
    ada.send(f"{path}/back-test", path)
    finish(world)
    page = words_of(ada.see(f"{path}/back-test"))
    assert "Points given Today’s rules 50 Draft 25 Change by the draft −25" in page
    assert "Lose most" in page
    assert "Gain most" not in page
    assert "Say what points are worth" in page


def test_a_changed_draft_is_tested_anew(ada: Ada, world: World):
    placed(world, "1", 5000, 70)
    path = begun(ada)
    ada.send(f"{path}/back-test", path)
    finish(world)
    ada.send(path, path, **DRAFT | {"then": "rehearse"})
    assert "Orders judged 1" in words_of(ada.see(f"{path}/back-test"))
    ada.send(path, path, **DRAFT | {"points_each": "4"})
    assert "It reads the orders of the last 12 months" in words_of(ada.see(f"{path}/back-test"))


def test_without_orders_there_is_nothing_to_judge(ada: Ada, world: World):
    path = begun(ada)
    ada.send(f"{path}/back-test", path)
    finish(world)
    assert "There are no orders" in words_of(ada.see(f"{path}/back-test"))
    assert draft(world).version == 1
    assert ada.ask("program/drafts/99/back-test").status_code == 404


@pytest.mark.parametrize("language", ["ar", "zh-Hant"])
def test_it_speaks_every_language(ada: Ada, world: World, language: str):
    placed(world, "1", 5000, 70)
    path = begun(ada)
    ada.send(f"{path}/back-test", path)
    finish(world)
    page = ada.see(f"{path}/back-test", lang=language)
    assert "Points given" not in page


def test_bars_stand_on_zero_and_are_mirrored():
    months = [("Oct", 0, 12), ("Nov", 40, 38)]
    told = bars.bars(months, is_mirrored=False)
    assert told is not None
    assert [value for _, value in told.rules] == [10, 20, 30, 40]
    assert told.pairs[0].before.height == 0
    assert told.pairs[1].before.y == bars.TOP
    mirrored = bars.bars(months, is_mirrored=True)
    assert mirrored is not None
    for one, other in zip(told.pairs, mirrored.pairs, strict=True):
        assert one.before.x + one.before.width == pytest.approx(100 - other.before.x, abs=0.02)
    assert bars.bars([("Nov", 0, 0)], is_mirrored=False) is None
    assert bars.bars([], is_mirrored=False) is None


def test_rewards_that_rules_give_cost_what_they_are_worth(ada: Ada, world: World):
    """And what nobody wrote down is said, not guessed."""
    placed(world, "1", 5000, 20)
    with world.database.write() as db:
        insight.set_worth(db, world.shop.id, 1000, 100, NOW)
        reward_id = catalogue.publish(db, world.shop.id, VOUCHER, NOW).id
        known = programs.newest(db, world.shop.id)
        rules = (
            Rule(id="gift", kind="first_order", reward_id=reward_id),
            Rule(id="page", kind="visit", target="/story", points=5),
            Rule(id="run", kind="streak", count=3, points=5),
            Rule(id="hello", kind="joined", points=5),
        )
        drafted = programs.save_draft(db, world.shop.id, replace(known, rules=rules), NOW)
    path = f"program/drafts/{drafted.version}"
    ada.send(f"{path}/back-test", path)
    finish(world)
    page = words_of(ada.see(f"{path}/back-test"))
    assert "Expected cost Today’s rules $0.50 Draft $3.55 Change by the draft +$3.05" in page
    assert "Rewards from rules: 0 members get one today, 1 member by the draft." in page
    assert "Rewards given by rules: $0.00 today, $3.00 by the draft" in page
    assert "We have no record of openings of /story before today, so it counts 0 here." in page
    assert "Visits on days in a row were not always written down" in page
    assert page.count("We have no record") == 1, "when members joined is known"
    for language in ("ar", "zh-Hant"):
        other = words_of(ada.see(f"{path}/back-test", lang=language))
        assert "We have no record" not in other
        assert "/story" in other


def test_what_has_no_price_is_said_and_who_gets_it_gains(ada: Ada, world: World):
    placed(world, "1", 5000, 1)
    tenth = Offer(Kind.PERCENT, {"en": "Ten"}, "USD", percent=10)
    parcel = Offer(Kind.SHIPPING, {"en": "Free parcel"}, "USD")
    with world.database.write() as db:
        insight.set_worth(db, world.shop.id, 1000, 100, NOW)
        known = programs.newest(db, world.shop.id)
        rules = tuple(
            Rule(id=key, kind="order", reward_id=catalogue.publish(db, world.shop.id, one, NOW).id)
            for key, one in (("tenth", tenth), ("parcel", parcel))
        )
        drafted = programs.save_draft(db, world.shop.id, replace(known, rules=rules), NOW)
    path = f"program/drafts/{drafted.version}"
    ada.send(f"{path}/back-test", path)
    finish(world)
    page = words_of(ada.see(f"{path}/back-test"))
    assert "Change by the draft $0.00" in page
    assert "Points owed Today 0 Draft 0 Change by the draft 0" in page
    assert "Pending apart: 50" in page
    assert (
        "Discounts of 10%: 0 times today, 1 time by the draft. They are not in this cost" in page
    )
    assert "“Free parcel”: 0 times today, 1 time by the draft. Not in this cost" in page
    assert "1 member get more, 0 members get less, 0 members the same." in page
