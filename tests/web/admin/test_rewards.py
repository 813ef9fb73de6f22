"""Rewards: offered, changed and paused, who has one, what needs a decision, and gifts."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from connector.core import noticed
from connector.core.commerce import CodeUse
from connector.core.facts import GiftGiven, TierChanged, publish
from connector.rooms.rewards import catalogue, service
from connector.rooms.rewards.models import redemption
from connector.rooms.tiers import programs
from connector.rooms.tiers.rules import Level, Program
from tests.rooms.rewards.counter import COFFEE
from tests.web.admin.conftest import Ada, words_of
from tests.world import HEARD, NOOR, NOW, World, goods, order

FORM = {
    "price": "fixed",
    "points": "100",
    "value_minor": "5",
    "valid_days": "90",
    "tier_level": "0",
    "name-en": "Coffee",
    "name-ar": "قهوة",
}


def offered(world: World):
    with world.database.read() as db:
        return catalogue.rewards(db, world.shop.id)


@pytest.fixture
def coffee(world: World):
    with world.database.write() as db:
        return catalogue.publish(db, world.shop.id, COFFEE, NOW)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("shipping", "only where a shipping zone has the method “Free shipping”"),
        ("credit", "What is left of a code can be used once the orders it was used in are paid."),
    ],
)
def test_what_a_woocommerce_store_asks_of_a_reward_is_said(ada: Ada, kind: str, told: str):
    assert told in plain(ada.see("rewards/new", kind=kind))
    assert told not in plain(ada.see("rewards/new", kind="amount"))


def redeemed(world: World, coffee, *, parked=False):
    mia = world.member()
    world.adjust(mia, 250)
    with world.database.write() as db:
        one, _ = service.redeem(db, world.shop.id, mia, coffee.id, NOW)
        if parked:
            service.park(db, world.shop.id, one.id, "two_candidates")
    return one


def plain(page: str) -> str:
    """The words of a page, without the marks that keep their side."""
    return re.sub("[\u2066-\u2069]", "", words_of(page))


def test_an_empty_shop_is_shown_the_way(ada: Ada, world: World):
    page = words_of(ada.see("rewards"))
    assert "Begin with money off" in page
    assert "Nobody has redeemed anything yet." in page
    for kind in ("amount", "percent", "shipping", "product", "credit", "donation", "vip"):
        assert ada.ask("rewards/new", kind=kind).status_code == 200
    assert ada.ask("rewards/new", kind="car").status_code == 200
    assert offered(world) == []


def test_a_reward_is_made_changed_and_paused(ada: Ada, world: World):
    sent = ada.send("rewards/new?kind=amount", "rewards/new", **FORM)
    assert sent.location.endswith("said=reward_kept")
    (one,) = offered(world)
    assert (one.offer.points, one.offer.value_minor, one.offer.names["ar"]) == (100, 500, "قهوة")
    page = words_of(ada.see("rewards"))
    assert "Coffee" in page
    assert "100 points" in page
    assert "no limit" in page
    path = f"rewards/{one.id}"
    changed = FORM | {
        "points": "1,200",
        "stock": "10",
        "budget_minor": "40",
        "returns_whole": "on",
    }
    ada.send(path, path, **changed)
    (one,) = offered(world)
    assert (one.offer.points, one.offer.stock, one.offer.budget_minor) == (1200, 10, 4000)
    assert one.offer.returns_whole
    assert 'value="1200"' in ada.see(path)
    ada.send(f"{path}/state", "rewards", state="paused")
    assert "paused" in words_of(ada.see("rewards"))
    ada.send(f"{path}/state", "rewards", state="on")
    assert offered(world)[0].state == "on"


def test_members_can_choose_how_much(ada: Ada, world: World):
    form = FORM | {
        "price": "flexible",
        "points_each": "10",
        "per_minor": "1",
        "least_minor": "2",
        "most_minor": "20",
    }
    ada.send("rewards/new?kind=credit", "rewards/new", **form)
    (one,) = offered(world)
    assert (one.offer.points, one.offer.points_each, one.offer.most_minor) == (None, 10, 2000)
    assert "10 points per $1" in words_of(ada.see("rewards"))
    ada.send("rewards/new?kind=vip", "rewards/new", **(FORM | {"price": "gift", "tier_days": "7"}))
    assert offered(world)[1].offer.is_gift_only
    assert "gifts only" in words_of(ada.see("rewards"))


@pytest.mark.parametrize(
    ("kind", "wrong", "field"),
    [
        ("amount", {"points": "0"}, "points"),
        ("amount", {"points": "1.5"}, "points"),
        ("amount", {"points": ""}, "points"),
        ("amount", {"value_minor": "x"}, "value_minor"),
        ("amount", {"value_minor": "5.001"}, "value_minor"),
        ("amount", {"name-en": "", "name-ar": ""}, "name-en"),
        ("amount", {"name-en": "x" * 81}, "name-en"),
        ("amount", {"price": "flexible"}, "points_each"),
        ("percent", {"percent": "101"}, "percent"),
        ("product", {"product_key": "77"}, "product_key"),
        ("donation", {"cause_id": ""}, "cause_id"),
        ("shipping", {"budget_minor": "5"}, "cost_minor"),
        ("vip", {"tier_days": "0"}, "tier_days"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(ada: Ada, world: World, kind, wrong, field):
    answer = ada.send(f"rewards/new?kind={kind}", "rewards/new", **(FORM | wrong))
    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.text
    assert offered(world) == []


def test_what_members_have_is_listed_and_can_be_undone(ada: Ada, world: World, coffee):
    one = redeemed(world, coffee)
    page = words_of(ada.see("rewards"))
    assert "on its way" in page
    ada.send(f"redemptions/{one.id}", "rewards", wanted="cancel")
    assert "ending" in words_of(ada.see("rewards"))
    again = ada.send(f"redemptions/{one.id}", "rewards", wanted="given")
    assert again.location.endswith("said=redemption_over")


@pytest.mark.parametrize(("wanted", "left"), [("given", "ready"), ("not_given", "failed")])
def test_what_is_parked_waits_for_a_decision(ada: Ada, world: World, coffee, wanted, left):
    one = redeemed(world, coffee, parked=True)
    assert "Please decide" in words_of(ada.see("rewards"))
    ada.send(f"redemptions/{one.id}", "rewards", wanted=wanted)
    page = words_of(ada.see("rewards"))
    assert "Please decide" not in page
    assert left in page


def test_a_reward_that_fails_is_told(ada: Ada, world: World, coffee):
    one = redeemed(world, coffee)
    with world.database.write() as db:
        for _ in range(3):
            service.refused(db, world.shop.id, one.id, "discounts_closed", NOW)
            db.execute(update(redemption).values(ending=None))
    page = words_of(ada.see("rewards"))
    assert "The store refused three codes, so we paused it." in page
    assert "discounts_closed" in page


def test_a_gift_reaches_one_a_level_or_everybody(ada: Ada, world: World, coffee):
    mia, noor = world.member(), world.member(NOOR)
    shop_id = world.shop.id
    levels = (Level(1, {"en": "Friend"}, 0), Level(2, {"en": "Family"}, 100))
    with world.database.write() as db:
        programs.save_draft(db, shop_id, Program(levels=levels), "x", NOW)
        programs.publish(db, shop_id, NOW, has_standing=True)
        publish(db, HEARD, [TierChanged(shop_id, noor, 2, 100)], NOW)
    page = plain(ada.see("rewards"))
    assert "Friend and above" in page
    assert "Family and above" in page
    assert "level 3" not in page
    editor = plain(ada.see(f"rewards/{coffee.id}"))
    assert "every member Friend and above Family and above" in editor
    with world.database.write() as db:
        catalogue.change(db, shop_id, coffee.id, replace(COFFEE, tier_level=2), NOW)
    assert "Family and above" in plain(ada.see("rewards")).partition("Redeemed")[0]
    with world.database.write() as db:
        catalogue.change(db, shop_id, coffee.id, replace(COFFEE, tier_level=5), NOW)
    assert "a level there is no more" in plain(ada.see(f"rewards/{coffee.id}"))
    with world.database.write() as db:
        catalogue.change(db, shop_id, coffee.id, COFFEE, NOW)
    for to, who in (("all", {mia, noor}), ("2", {noor}), ("1", {noor})):
        form = {"reward": str(coffee.id), "to": to, "email": "", "note": "Thank you"}
        asked = ada.send("rewards/gifts", "rewards", **form)
        number = len(who)
        assert asked.status_code == 200
        words = plain(asked.text)
        assert f"To {number} member" in words
        assert f"It costs you ${5 * number}.00 at most." in words
        with world.database.write() as db:
            assert noticed.take(db, shop_id, 10) == []
        form["sure"] = f"{coffee.id}:{to}:{number}"
        sent = ada.send("rewards/gifts", "rewards", **form)
        assert "said=gift_" in sent.location
        with world.database.write() as db:
            told = noticed.take(db, shop_id, 10)
        gifts = [fact for fact in told if isinstance(fact, GiftGiven)]
        assert {fact.member_id for fact in gifts} == who
        assert {fact.note for fact in gifts} == {"Thank you"}
    form = {"reward": str(coffee.id), "to": "one", "email": "nobody@x.example", "note": ""}
    wrong = ada.send("rewards/gifts", "rewards", **form)
    assert (wrong.status_code, 'id="email-wrong"' in wrong.text) == (422, True)
    wrong = ada.send("rewards/gifts", "rewards", **(form | {"to": "5"}))
    assert (wrong.status_code, 'id="members-wrong"' in wrong.text) == (422, True)


def test_three_languages_and_no_word_of_another_shop(ada: Ada, world: World, coffee):
    redeemed(world, coffee)
    assert "المكافآت" in ada.see("rewards", lang="ar")
    assert "獎勵" in ada.see("rewards", lang="zh-Hant")
    assert "退回" in ada.see(f"rewards/{coffee.id}", lang="zh-Hant")
    assert ada.ask("rewards/77").status_code == 404


def test_a_members_ledger_names_the_reward_its_order_and_what_gifts_were_for(
    ada: Ada, world: World, coffee
):
    one = redeemed(world, coffee)
    world.tell(order("1", goods("a", 500), codes=(CodeUse(one.code or "", 500),), number="#77"))
    with world.database.write() as db:
        soon = NOW + timedelta(days=9)
        gifts = [
            GiftGiven(world.shop.id, one.member_id, "tiers:entry:1", points=7),
            GiftGiven(world.shop.id, one.member_id, "referrals:a:1", points=8, waits_until=soon),
        ]
        publish(db, HEARD, gifts, NOW)
    page = words_of(ada.see(f"members/{one.member_id}"))
    assert "Used for a reward Coffee · Order #77" in page
    assert "Gift for reaching a level" in page
    assert "Gift for an introduction pending" in page


def test_a_paused_reward_is_not_sent(ada: Ada, world: World, coffee):
    world.member()
    with world.database.write() as db:
        catalogue.turn(db, world.shop.id, coffee.id, NOW, on=False)
    form = {"reward": str(coffee.id), "to": "all", "email": "", "note": ""}
    wrong = ada.send("rewards/gifts", "rewards", **form)
    assert (wrong.status_code, 'id="reward-wrong"' in wrong.text) == (422, True)
    assert "This reward is paused." in words_of(wrong.text)


def test_what_the_name_says_is_not_said_twice(ada: Ada, world: World):
    for name in ("5 off", "15 off"):
        with world.database.write() as db:
            offer = replace(COFFEE, names={"en": name})
            catalogue.publish(db, world.shop.id, offer, NOW)
    assert plain(ada.see("rewards")).count("$5 off") == 1


def test_tables_begin_with_name_and_amount_and_scroll_by_themselves(
    ada: Ada, world: World, coffee
):
    redeemed(world, coffee)
    page = ada.see("rewards")
    assert page.count('class="scroll" role="group" aria-label=') == page.count("<table") == 2
    rules = Path("static/admin/admin.css").read_text(encoding="utf-8")
    # Else what only readers hear of a row, set apart from it, widens the whole page.
    assert ".scroll { position: relative;" in rules
    words = words_of(page)
    assert "Reward Price Costs you" in words
    assert "Reward Points Member" in words


def test_an_empty_form_names_all_it_lacks_and_gifts_stand_by_themselves(ada: Ada, world: World):
    answer = ada.send("rewards/new?kind=amount", "rewards/new", price="fixed")
    summary = answer.get_data(as_text=True).partition('<div class="two">')[0]
    for name in ("name-en", "value_minor", "points"):
        assert f'href="#{name}"' in summary
    ada.send("rewards/new?kind=vip", "rewards/new", **(FORM | {"price": "gift", "tier_days": "7"}))
    page = words_of(ada.see("rewards"))
    assert page.index("Points need something to be spent on") < page.index("Only as gifts")
