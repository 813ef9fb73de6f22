"""The program: tried before it is published; refused values stand beside their field."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from connector.core.db import Database
from connector.program.rules import Program
from connector.rooms.points import service as points
from connector.shops import store as shop_store
from tests.web.admin.conftest import HOME, Ada, signed_in, words_of
from tests.world import World, acme

FORM: dict[str, Any] = {
    "currency": ["USD"],
    "points_each": ["1"],
    "per": ["1"],
    "hold_days": "14",
    "award_on": "paid",
    "tried": "50",
}


def published(world: World) -> Program:
    with world.database.read() as db:
        return points.program(db, world.shop.id)


def test_the_suggestion_applies_until_it_is_published(ada: Ada, world: World):
    assert "This is our suggestion." in ada.see("program")
    assert ada.send("program", "program", **FORM).location.endswith("said=published")
    assert published(world).version == 1
    assert ada.send("program", "program", **FORM).location.endswith("said=unchanged")
    assert published(world).version == 1


def test_a_rule_is_what_its_sentence_says(ada: Ada, world: World):
    ada.send(
        "program",
        "program",
        **FORM
        | {
            "currency": ["USD", "kwd", "JPY", ""],
            "points_each": ["3", "5", "1", ""],
            "per": ["2.50", "1.125", "100", ""],
            "hold_days": "0",
            "award_on": "completed",
            "counts_tax": "on",
        },
    )
    rule = published(world)
    assert rule.rates == {"USD": (3, 250), "KWD": (5, 1125), "JPY": (1, 100)}
    assert (rule.hold_days, rule.award_on) == (0, "completed")
    assert (rule.counts_tax, rule.counts_fees, rule.counts_history) == (True, False, False)
    page = ada.see("program")
    assert 'value="2.50"' in page
    assert 'value="1.125"' in page


def test_trying_publishes_nothing(ada: Ada, world: World):
    answer = ada.send(
        "program", "program", **FORM | {"points_each": ["3"], "per": ["2"], "try": "yes"}
    )
    assert answer.status_code == 200
    assert "75 points for $50.00, to be used 14 days after payment." in words_of(answer.text)
    assert published(world).version == 0


def test_a_script_gets_the_answer_alone(ada: Ada, world: World):
    token = ada.see("program").split('name="csrf" value="')[1].split('"')[0]
    client: FlaskClient = ada.client
    answer = client.post(
        f"/admin/{ada.shop}/program",
        base_url=HOME,
        data={**FORM, "csrf": token},
        headers={"Origin": HOME, "HX-Request": "true"},
    )
    assert words_of(answer.text) == "50 points for $50.00, to be used 14 days after payment."
    assert published(world).version == 0


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"points_each": ["1000000000"]}, "points_each-0", "Points can be 0 to 1,000,000"),
    ({"points_each": ["0.1+0.2"]}, "points_each-0", "Give a whole number."),
    ({"points_each": ["1.5"]}, "points_each-0", "Give a whole number."),
    ({"points_each": ["-1"]}, "points_each-0", "Points can be 0 to 1,000,000"),
    ({"points_each": ["²"]}, "points_each-0", "Give a whole number."),
    ({"per": ["0"]}, "per-0", "the amount must be above zero"),
    ({"per": ["0.001"]}, "per-0", "no more decimals than USD has"),
    ({"per": ["0.1+0.2"]}, "per-0", "Write the amount in digits"),
    ({"per": ["9" * 15]}, "per-0", "Points can be 0 to 1,000,000"),
    ({"hold_days": "366"}, "hold_days", "Give 0 to 365 days."),
    ({"hold_days": "soon"}, "hold_days", "Give a whole number."),
    ({"award_on": "never"}, "award_on", "Choose paid or completed."),
    ({"currency": ["USD", "XXX"]}, "currency-1", "XXX is not a currency we know."),
    ({"currency": ["USD", " "]}, "currency-1", "Say which currency: three letters, such as EUR."),
    ({"currency": ["USD", "USD"]}, "currency-1", "Each currency can have one rate."),
    ({"currency": ["USD", "JPY"], "per": ["1", "1.5"]}, "per-1", "than JPY has"),
    ({"currency": ["EUR"]}, "points_each-0", "Say what USD earns."),
    ({"tried": "abc", "try": "yes"}, "tried", "Write the amount in digits"),
]


def test_a_rule_that_cannot_be_meant_is_refused_beside_its_field(ada: Ada, world: World):
    for change, field, sentence in REFUSED:
        form = FORM | {"points_each": ["1", "1"], "per": ["1", "1"]} | change
        rows = len(form["currency"])
        form |= {name: (form[name] * rows)[:rows] for name in ("points_each", "per")}
        answer = ada.send("program", "program", **form)
        assert answer.status_code == 422, change
        assert sentence in words_of(answer.text), change
        assert f'id="{field}-wrong"' in answer.text
        assert f'href="#{field}"' in answer.text
    assert published(world).version == 0


def test_digits_of_any_script_are_digits(ada: Ada, world: World):
    arabic = FORM | {"points_each": ["١٬٠٠٠"], "per": ["٢٫٥٠"], "hold_days": "٧"}
    assert ada.send("program", "program", **arabic).status_code == 303
    assert published(world).rates["USD"] == (1000, 250)
    assert published(world).hold_days == 7
    wide = FORM | {"points_each": ["１，２００"], "per": ["３．５０"], "hold_days": "\u200f１０"}
    assert ada.send("program", "program", **wide).status_code == 303
    assert published(world).rates["USD"] == (1200, 350)
    assert published(world).hold_days == 10


def test_all_that_is_wrong_is_said_at_once(ada: Ada):
    wrong = FORM | {"points_each": ["x"], "hold_days": "366"}
    answer = words_of(ada.send("program", "program", **wrong).text)
    assert "Give a whole number." in answer
    assert "Give 0 to 365 days." in answer


def test_a_shop_in_yen_has_no_decimals(app: Flask, database: Database):
    world = acme(database, currency="JPY", key="https://yen.example")
    ada = Ada(signed_in(app, world), world.shop.public_id)
    assert 'name="per" value="1"' in ada.see("program")
    answer = ada.send(
        "program", "program", **FORM | {"currency": ["JPY"], "per": ["100"], "tried": "250"}
    )
    assert answer.status_code == 303
    assert published(world).rates == {"JPY": (1, 100)}


def test_a_store_that_changed_its_currency_is_told_what_to_do(ada: Ada, world: World):
    ada.send("program", "program", **FORM)
    with world.database.write() as db:
        shop_store.change(db, world.shop.id, currency="EUR")
    told = "Your program gives nothing for EUR yet. Say what it earns."
    assert told in words_of(ada.see())
    page = ada.ask("program")
    assert (page.status_code, told in words_of(page.text)) == (200, True)
    assert 'name="currency" value="EUR"' in page.text
    assert 'value="USD"' in page.text, "the old rate stays, beside the other currencies"
    rates = {"currency": ["EUR", "USD"], "points_each": ["2", "1"], "per": ["1", "1"]}
    assert ada.send("program", "program", **FORM | rates).location.endswith("said=published")
    assert published(world).rates == {"EUR": (2, 100), "USD": (1, 100)}
    assert told not in words_of(ada.see())
