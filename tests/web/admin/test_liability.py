"""Liability: opening to closing adds up, money only once a value is known, CSV for finance."""

import csv
import io
from datetime import timedelta

import pytest

from connector.rooms.insight import Flow, store
from connector.web.admin.liability import waterfall
from tests.web.admin.conftest import Ada, words_of
from tests.world import NOW, World, goods, order


def test_a_waterfall_ends_where_its_parts_lead():
    steps = waterfall(100, Flow(earned=50, redeemed=-120, expired=-40))
    assert [one.name for one in steps] == ["opening", "earned", "redeemed", "expired", "closing"]
    assert steps[-1].points == -10
    assert (steps[0].start, steps[1].end) == (6.25, 100.0)
    assert steps[-1].end == 0.0


def test_a_new_shop_says_what_will_appear(ada: Ada):
    page = words_of(ada.see("program/liability"))
    assert "Points appear here with the first order that earns." in page
    assert "Say what points are worth first." in page


def test_points_owed_are_told_and_worth_changes_the_money(ada: Ada, world: World):
    world.tell(order("1", goods("1", 50_000)))
    world.release(NOW + timedelta(days=15))
    page = words_of(ada.see("program/liability"))
    assert "Earned +500" in page
    assert "Closing 500" in page
    sent = ada.send(
        "program/liability", "program/liability", value="10.00", redemption_percent="80"
    )
    assert sent.location.endswith("said=worth")
    page = words_of(ada.see("program/liability"))
    assert "$4.00 of $5.00, were every point used" in page
    ada.send("program/liability", value="10.00", margin_percent="40", redemption_percent="80")
    page = words_of(ada.see("program/liability"))
    assert "$2.40 of $3.00, were every point used" in page
    assert "So 1,000 points cost you $6.00." in page
    assert "$3.96" in page, "revenue is deferred by their worth, whatever they cost"


def test_what_cannot_be_meant_is_refused_beside_its_field(ada: Ada):
    for form, said in (
        ({"value": "1.234", "redemption_percent": ""}, "no more decimals"),
        ({"value": "-1", "redemption_percent": ""}, "Give a number"),
        ({"value": "1", "margin_percent": "101"}, "Give 0 to 100 percent."),
        ({"value": "1", "redemption_percent": "101"}, "Give 0 to 100 percent."),
        ({"value": "1", "redemption_percent": "x"}, "Give a whole number."),
    ):
        answer = ada.send("program/liability", "program/liability", **form)
        assert answer.status_code == 422
        assert said in words_of(answer.text)


def test_csv_has_every_month_and_adds_up(ada: Ada, world: World):
    world.tell(order("1", goods("1", 50_000)))
    world.release(NOW + timedelta(days=15))
    answer = ada.ask("program/liability/points.csv")
    assert answer.mimetype == "text/csv"
    (row,) = csv.DictReader(io.StringIO(answer.text))
    lines = [int(value) for name, value in row.items() if name not in ("month", "closing")]
    assert sum(lines) == int(row["closing"]) == 500
    assert ada.ask("program/liability/deferral.csv").text.startswith('"month","currency"')
    assert ada.ask("program/liability/others.csv").status_code == 404


def test_a_view_asks_for_what_was_granted_once(
    ada: Ada, world: World, monkeypatch: pytest.MonkeyPatch
):
    world.tell(order("1", goods("1", 50_000)))
    world.release(NOW + timedelta(days=15))
    ada.send("program/liability", "program/liability", value="10.00")
    real, asked = store.cohorts, list[int]()

    def cohorts(db, shop_id):
        asked.append(shop_id)
        return real(db, shop_id)

    monkeypatch.setattr(store, "cohorts", cohorts)
    ada.see("program/liability")
    assert asked == [world.shop.id]
    assert ada.ask("program/liability/deferral.csv").status_code == 200
    assert len(asked) == 2
