"""Programmes and goals in the admin: refusals beside their field, words as published, accounts."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from connector.core.commerce import Uninstalled
from connector.rooms.giving import programmes, service
from connector.rooms.giving.rules import AddOn, PerUnit, PointsGiven, Scope, Share
from connector.web.runtime import runtime
from connector.worker import drain
from tests.rooms.giving.offers import papered, publish
from tests.web.admin.conftest import Ada, words_of
from tests.world import NOW, World, donation, goods, order, refund, took

NEW = "giving/programmes/new?kind="
TERMS = {
    "name": "Five for the river",
    "currency": "usd",
    "percent_bps": "5",
    "starts_at": "2026-11-22",
    "ends_at": "2026-12-31",
    "minimum_minor": "10",
    "cap_minor": "1000.00",
}


def kept(world: World):
    with world.database.read() as db:
        return programmes.programmes(db, world.shop.id)


def test_a_draft_lacks_things_and_each_is_told_beside_its_field(ada: Ada, world: World):
    answer = ada.send(f"{NEW}share", "giving", name="", currency="USD", then="publish")
    assert answer.status_code == 422
    for field in ("name", "starts_at", "ends_at", "percent_bps", "cap_minor", "causes"):
        assert f'id="{field}-wrong"' in answer.text, field
    (draft,) = kept(world)
    where = f"giving/programmes/{draft.id}"
    part = {f"cause-{world.riverbank.id}": "1"}
    answer = ada.send(where, where, **TERMS, **part, then="publish")
    assert "Riverbank lacks papers." in words_of(answer.text)
    assert "A signed contract with each cause on file missing" in words_of(answer.text)
    papered(world)
    page = re.sub("[\u2066-\u2069]", "", words_of(ada.see(where)))
    said = (
        "Of each order Acme gives 5% of the price of the goods, after discounts and without taxes"
    )
    assert said in page
    assert "missing" not in page.partition("What the law asks for")[2]
    assert ada.send(where, where, **TERMS, **part, then="publish").status_code == 303
    (one,) = kept(world)
    assert (one.terms, one.cap_minor, one.minimum_minor) == (Share(percent_bps=500), 100_000, 1000)
    assert one.ends_at
    assert one.ends_at.isoformat().startswith("2026-12-3")
    page = ada.see(where)
    assert all(text in page for text in one.disclosures.values())
    assert "until 31 Dec" in words_of(ada.see("giving/programmes"))
    assert ada.send(where, "giving", **TERMS).status_code == 422  # its terms stay
    assert ada.send(f"{where}/close", where).status_code == 303
    assert "finished" in words_of(ada.see(where))
    assert ada.send(f"{where}/close", "giving").status_code == 422


@pytest.mark.parametrize(
    ("kind", "form", "field"),
    [
        ("share", {"percent_bps": "101"}, "percent_bps"),
        ("share", {"percent_bps": "NaN"}, "percent_bps"),
        ("match", {"ratio_bps": "1001"}, "ratio_bps"),
        ("share", {"amount_minor": "-1"}, "amount_minor"),
        ("share", {"amount_minor": "1.001"}, "amount_minor"),
        ("share", {"currency": "XXX"}, ""),
        ("share", {"starts_at": "tomorrow"}, "starts_at"),
        ("share", {"cap_minor": "9" * 18}, "cap_minor"),
        ("round_up", {"cap_minor": "5"}, "cap_minor"),
        ("points", {"minimum_minor": "5"}, "minimum_minor"),
        ("points", {"points": "-5"}, "points"),
        ("add_on", {"amounts_minor": "1 2 3 4 5 6 7"}, "amounts_minor"),
        ("share", {"campaign_id": "7"}, "campaign_id"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(ada: Ada, world: World, kind, form, field):
    answer = ada.send(f"{NEW}{kind}", "giving", **({"currency": "USD"} | form))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'href="#{field}"' in answer.text or not field
    assert kept(world) == []


@pytest.mark.parametrize(
    ("kind", "form", "terms"),
    [
        ("add_on", {"amounts_minor": "1 2.50", "least_minor": "1", "most_minor": "9"}, AddOn),
        ("per_unit", {"amount_minor": "0.30", "names-en": "a meal", "names-ar": "وجبة"}, PerUnit),
        ("points", {"points": "١٠٠", "value_minor": "1"}, PointsGiven),
        ("share", {"amount_minor": "1", "products": "11, 12،13", "categories": "Tea"}, Share),
    ],
)
def test_each_kind_is_kept_as_written_and_shown_again(ada: Ada, world: World, kind, form, terms):
    sent = ada.send(f"{NEW}{kind}", "giving", name="X", currency="USD", then="save", **form)
    assert sent.status_code == 303
    (one,) = kept(world)
    assert isinstance(one.terms, terms)
    if kind == "add_on":
        assert one.terms == AddOn((100, 250), 100, 900)
    if kind == "share":
        assert one.scope == Scope(products=("11", "12", "13"), categories=("Tea",))
    where = f"giving/programmes/{one.id}"
    page = ada.see(where)
    assert form.get("amounts_minor", "1.00 2.50").split()[-1] in page
    assert ada.send(f"{where}/discard", where).status_code == 303
    assert kept(world) == []
    assert ada.ask("giving/programmes/new", kind="bribe").status_code == 404


def test_a_goal_tells_its_states_apart_and_accounts_by_the_piece(ada: Ada, world: World):
    cause = papered(world)
    new = "giving/campaigns/new"
    assert ada.send(new, new, currency="USD", goal_minor="0").status_code == 422
    told = {"currency": "USD", "goal_minor": "20.00", "names-en": "Meals", "names-ar": "وجبات"}
    assert ada.send(new, new, **told).status_code == 303
    with world.database.read() as db:
        (goal,) = programmes.campaigns(db, world.shop.id)
    meals = PerUnit(30, {"en": "a meal"})
    publish(world, meals, cause, campaign_id=goal.id, name="Meals each")
    cups = goods("a", 1000, 3)
    world.tell(order("1", cups, refunds=(refund("r", took(cups, 1)),)), order("2", cups))
    where = f"giving/campaigns/{goal.id}"
    page = words_of(ada.see(where))
    assert "$1.50 of $20.00" in page
    assert "Ready to be sent $1.50" in page
    assert "For each piece · Riverbank 5 $0.30 each $1.80 −$0.30" in page
    csv = ada.ask(f"{where}/account.csv").text
    assert "Meals each,2026-11-12,2026-12-02,per_unit,Riverbank,Riverbank e.V.,1048," in csv
    assert ",USD,2,0.30,5,1.80,0.30,0.00,1.50,0.00,0.00,1.50" in csv
    assert ada.send(where, where, **(told | {"goal_minor": "30"})).status_code == 303
    assert "of $30.00" in words_of(ada.see(where))
    assert "$1.50 of $30.00" in words_of(ada.see("giving/programmes"))
    refused = ada.send(f"{where}/close", where)
    assert "Close its programs first." in words_of(refused.text)


def test_the_report_is_by_month_and_cause_with_its_table(ada: Ada, world: World):
    assert "Figures appear here" in ada.see("giving/report")
    gift = donation("d", 250)
    world.tell(
        order("1", gift, refunds=(refund("r", took(gift, total_minor=50)),)),
        order("2", donation("d", 100), placed_at=NOW - timedelta(days=40)),
        order("3", donation("d", 100), currency="EUR"),
    )
    page = ada.see("giving/report")
    assert 'class="plot bars"' in page
    words = words_of(page)
    assert "November 2026 $2.50" in words or "November 2026 $2.00" in words
    assert "the oldest waits 40 days" in words
    assert "€1.00" in words_of(ada.see("giving/report", currency="EUR"))
    rows = ada.ask("giving/report.csv").text.splitlines()
    assert rows[0].endswith("month,cause,currency,gross,matched,refunded,net,remitted,fee")
    assert "2026-10,Riverbank,USD,1.00,0.00,0.00,1.00,0.00,0" in rows


def test_who_left_can_still_fetch_what_is_owed(ada: Ada, app: Flask, world: World):
    papered(world)
    world.tell(order("1", donation("d", 250)))
    with app.app_context(), world.database.write() as db:
        gone = [Uninstalled(NOW), Uninstalled(NOW)]
        drain.take_snapshots(db, runtime(), world.shop, "poll", gone, NOW)
        drain.take_snapshots(db, runtime(), world.shop, "poll", gone, NOW)
    page = ada.see("giving/report")
    assert page.count("giving/left/") == 1
    path = page.partition("giving/left/")[2].partition('"')[0]
    csv = ada.ask(f"giving/left/{path}").text
    assert "Riverbank,Riverbank e.V.,1048,,gift,USD,1,,,2.50,0.00,0.00,2.50,0.00,0.00,2.50" in csv
    assert ada.ask("giving/left/1.csv").status_code == 404


def test_a_draft_says_what_the_law_asks_for_and_a_contract_should_say(ada: Ada, world: World):
    page = words_of(ada.see("giving/programmes/new", kind="per_unit"))
    for words in ("What is given, exactly missing", "First and last day missing"):
        assert words in page
    assert "What the contract should say" in page
    late = papered(world)
    with world.database.write() as db:
        told = replace(late, agreed_on="2026-11-20")
        service.change_cause(db, world.shop.id, told, NOW)
    where = f"{NEW}share"
    part = {f"cause-{world.riverbank.id}": "1"}
    assert ada.send(where, "giving", **TERMS, **part).status_code == 303
    page = words_of(ada.see(f"giving/programmes/{kept(world)[0].id}"))
    assert "Signed ten days before the first day, as some places want missing" in page
    assert "What the contract should say" not in words_of(
        ada.see("giving/programmes/new", kind="round_up")
    ), "a shopper's own gift is no sale that gives"
