"""Drafts: rules by form, tried out, published now or on a day, withdrawn and brought back."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from connector.orders.models import product
from connector.program import rules
from connector.program import service as programs
from connector.program.rules import Program, Rule
from connector.rooms.rewards import catalogue
from connector.web.admin import ways
from tests.web.admin.conftest import HOME, Ada, words_of
from tests.web.admin.test_program import FORM
from tests.world import World

DRAFT: dict[str, Any] = FORM | {
    "name": "Winter",
    "hold_from": "paid",
    "expiry": "off",
    "expiry_months": "12",
    "forgive_points": "0",
    "order_tags": "",
    "member_tags": "",
}
PLAIN: dict[str, Any] = {"qualifies": "on", "gift": "points", "points": "100"}


def every(world: World) -> list[Program]:
    with world.database.read() as db:
        return programs.every(db, world.shop.id)


def newest(world: World) -> Program:
    with world.database.read() as db:
        return programs.newest(db, world.shop.id)


def draft(world: World) -> Program:
    (found,) = [one for one in every(world) if one.state == "draft"]
    return found


def begun(ada: Ada, template: str = "") -> str:
    """The path of a new draft."""
    answer = ada.send("program/drafts", "program", template=template)
    assert answer.status_code == 303, answer.text
    return str(answer.location).partition(f"/admin/{ada.shop}/")[2]


def add(ada: Ada, path: str, kind: str, **form: Any) -> Any:
    """Fill in the page of a new rule of this kind."""
    page = ada.see(f"{path}/rules/new", kind=kind)
    action = re.search(rf'action="[^"]*/({kind}-\w+)"', page)
    assert action, page
    return ada.send(f"{path}/rules/{action[1]}", path, **(PLAIN | form))


def stock(world: World) -> None:
    rows = [
        ("p1", "Teapot", ["Teaware"], ["Gifts"], ["clay"]),
        ("p2", "Tall cup", ["Teaware"], None, None),
        ("p3", "Rake", ["Garden"], [], ["steel"]),
    ]
    with world.database.write() as db:
        for key, title, categories, collections, tags in rows:
            db.execute(
                insert(product).values(
                    shop_id=world.shop.id,
                    key=key,
                    title=title,
                    categories=categories,
                    collections=collections,
                    tags=tags,
                    in_stock=True,
                    published=True,
                )
            )


def test_a_draft_changes_nothing_until_it_is_published(ada: Ada, world: World):
    path = begun(ada)
    page = words_of(ada.see(path))
    assert "Nothing changes for anybody until you publish it." in page
    assert "No rules yet: everything earns the same." in page
    assert add(ada, path, "joined", points="250").status_code == 303
    assert newest(world).version == 0
    answer = ada.send(path, path, **DRAFT | {"points_each": "3", "then": "publish"})
    assert answer.location.endswith("said=published"), answer.text
    known = newest(world)
    assert known.rates == {"USD": (3, 100)}
    assert [(one.kind, one.points) for one in known.rules] == [("joined", 250)]
    assert (known.name, known.state) == ("Winter", "published")
    page = words_of(ada.see("program"))
    assert "250 points for joining." in page
    assert "Winter by" in page
    assert ada.ask(path).status_code == 404


def test_the_base_form_keeps_rules_and_terms(ada: Ada, world: World):
    path = begun(ada, "birthday")
    terms = {"forgive_points": "20", "member_tags": "staff، wholesale", "counts_b2b": "on"}
    ada.send(path, path, **DRAFT | terms | {"then": "publish"})
    ada.send("program", "program", **FORM | {"points_each": "2"})
    known = newest(world)
    assert known.rates == {"USD": (2, 100)}
    assert [one.kind for one in known.rules] == ["occasion"]
    assert known.terms.member_tags == ("staff", "wholesale")
    assert (known.terms.forgive_points, known.terms.counts_b2b) == (20, True)


TERMS = [
    ({"expiry": "lot", "no_time_expiry": "on"}, "expiry", "choose inactivity or never"),
    ({"expiry": "inactivity", "expiry_months": "0"}, "expiry_months", "Give 1 to 60 months."),
    ({"expiry_months": "soon"}, "expiry_months", "Give a whole number."),
    ({"forgive_points": "20000"}, "forgive_points", "Give 0 to 10,000 points."),
    ({"hold_from": "never"}, "hold_from", "Choose paid or delivered."),
    ({"starts_on": "2030-01-01", "then": "publish"}, "starts_on", "within a year"),
    ({"starts_on": "x", "then": "publish"}, "starts_on", "Give a day, such as"),
]


def test_terms_that_cannot_be_meant_are_refused_beside_their_field(ada: Ada, world: World):
    path = begun(ada)
    for form, field, sentence in TERMS:
        answer = ada.send(path, path, **DRAFT | form)
        assert answer.status_code == 422, form
        assert sentence in words_of(answer.text), form
        assert f'id="{field}-wrong"' in answer.text, form
    assert draft(world).terms == rules.PLAIN
    assert newest(world).version == 0


def test_an_order_is_tried_by_the_rules_of_the_draft(ada: Ada, world: World):
    stock(world)
    path = begun(ada)
    add(ada, path, "multiplier", factor="2", **{"categories-more": "Teaware"})
    add(ada, path, "first_order", points="75")
    add(ada, path, "order", points="10", per_member="4")

    def tried(**form: Any) -> str:
        return words_of(ada.send(path, path, **DRAFT | form | {"try": "yes"}).text)

    page = tried()
    assert "54 points for $50.00, to be used 14 days after payment." in page
    assert "10 points for each order. Its limit left 4 points. +4" in page
    assert "Nothing of its goods is in the order. 0" in page
    page = tried(tried_product="Teapot", tried_first="on")
    assert "179 points for $50.00" in page
    assert "Points × 2 on Teaware. +50" in page
    page = tried(tried_factor="1.5", tried_first="on")
    assert "154 points" in page
    assert "Points × 1.5 by the level. +25" in page
    assert "A higher multiplier counts instead." in tried(tried_factor="3", tried_product="Teapot")
    assert "No product is called so." in tried(tried_product="Unknown")
    assert newest(world).version == 0


def test_a_script_gets_the_tried_order_alone(ada: Ada):
    path = begun(ada)
    token = ada.see(path).split('name="csrf" value="')[1].split('"')[0]
    answer = ada.client.post(
        f"/admin/{ada.shop}/{path}",
        base_url=HOME,
        data={**DRAFT, "csrf": token, "points_each": "4"},
        headers={"Origin": HOME, "HX-Request": "true"},
    )
    assert words_of(answer.text) == "200 points for $50.00, to be used 14 days after payment."


def test_rules_change_places_and_go(ada: Ada, world: World):
    path = begun(ada)
    for kind in ("joined", "order", "newsletter"):
        add(ada, path, kind)
    first, second, third = (one.id for one in draft(world).rules)
    ada.send(path, path, **DRAFT | {"then": f"up:{third}"})
    assert [one.id for one in draft(world).rules] == [first, third, second]
    ada.send(path, path, **DRAFT | {"then": f"remove:{first}", "points_each": "7"})
    assert [one.id for one in draft(world).rules] == [third, second]
    assert draft(world).rates["USD"] == (7, 100), "the rest of the form is kept with it"
    answer = ada.send(path, path, **DRAFT | {"then": f"rule:{second}"})
    assert answer.location.endswith(f"/rules/{second}")
    answer = ada.send(path, path, **DRAFT | {"then": "add", "kind": "streak"})
    assert answer.location.endswith("rules/new?kind=streak")
    assert ada.ask(f"{path}/rules/{first}").status_code == 404
    assert ada.ask(f"{path}/rules/new", kind="gone").status_code == 404
    assert ada.send(path, path, **DRAFT | {"then": "discard"}).location.endswith("said=discarded")
    assert every(world) == []


def test_overlapping_multipliers_are_told(ada: Ada):
    path = begun(ada)
    add(ada, path, "multiplier", factor="2", **{"categories-more": "Teaware"})
    add(ada, path, "multiplier", factor="3", starts_on="2026-12-01", ends_on="2026-12-07")
    page = words_of(ada.see(path))
    assert "“× 2 on Teaware” and “× 3 on everything” can be about the same goods" in page
    assert "From 1 December to 7 December." in page
    assert "not yet" in page


def test_what_is_there_twice_or_behind_is_told(ada: Ada):
    path = begun(ada, "birthday")
    add(ada, path, "occasion", occasion="birthday", points="50")
    assert "is there twice: a member gets both." in words_of(ada.see(path))
    ada.send("program", "program", **FORM | {"points_each": "9"})
    assert "Publishing it takes those changes back." in words_of(ada.see(path))


def test_what_is_scheduled_waits_and_can_be_withdrawn(ada: Ada, world: World):
    path = begun(ada, "double")
    when = {"starts_on": "2026-12-01", "then": "publish"}
    assert ada.send(path, path, **DRAFT | when).location.endswith("said=scheduled")
    (version,) = every(world)
    assert version.starts_at == datetime(2026, 11, 30, 23, tzinfo=UTC), "midnight in Berlin"
    assert newest(world).version == 0
    assert "“Winter” takes over on 1 December 2026." in words_of(ada.see("program"))
    answer = ada.send(f"program/versions/{version.version}/withdraw", "program")
    assert answer.location.endswith("said=withdrawn")
    assert every(world)[0].state == "withdrawn"
    answer = ada.send(f"program/versions/{version.version}/withdraw", "program")
    assert answer.location.endswith("refused=already_started")
    assert "It has started already" in words_of(ada.see("program", refused="already_started"))


def test_an_older_version_comes_back(ada: Ada, world: World):
    ada.send("program", "program", **FORM | {"points_each": "5"})
    ada.send("program", "program", **FORM | {"points_each": "9"})
    assert newest(world).rates == {"USD": (9, 100)}
    page = words_of(ada.see("program"))
    assert "How it was before" in page
    ada.send("program/bring-back", "program", version="1")
    assert newest(world).rates == {"USD": (5, 100)}
    assert newest(world).version == 3
    ada.send("program/bring-back", "program", version="0")
    assert newest(world).rates == {"USD": (1, 100)}
    answer = ada.send("program/bring-back", "program", version="99")
    assert answer.status_code == 404


def test_the_welcome_ladder_gives_credit_and_two_codes(ada: Ada, world: World):
    path = begun(ada, "welcome")
    page = words_of(ada.see(path))
    assert "Welcome credit for joining." in page
    assert "A discount on your first order for joining." in page
    assert "A discount on your next order for a first order." in page
    begun(ada, "welcome")
    with world.database.read() as db:
        made = catalogue.rewards(db, world.shop.id)
    assert len(made) == 3, "a second click makes no second rewards"
    assert all(one.offer.is_gift_only for one in made)
    rule: Rule = every(world)[0].rules[0]
    assert rule.reward_id == made[0].id
    assert set(rule.labels) == {"en", "ar", "zh-Hant"}
    form = ada.see(f"{path}/rules/{every(world)[-1].rules[0].id}")
    assert f'<option value="reward:{made[0].id}" selected>Welcome credit</option>' in form


def test_templates_there_are_none_of_are_refused(ada: Ada, world: World):
    answer = ada.send("program/drafts", "program", template="gold")
    assert answer.location.endswith("refused=template")
    for _ in range(20):
        begun(ada)
    answer = ada.send("program/drafts", "program")
    assert answer.location.endswith("refused=too_many_drafts")
    page = words_of(ada.see("program", refused="too_many_drafts"))
    assert "There are 20 drafts already." in page


OURS = set(
    re.findall(
        r"\w+",
        "Perennial WooCommerce Acme English API B2B USD US EUR JPY VIP pages our story"
        " Welcome ladder",  # a draft keeps the name it was given
    )
)


@pytest.mark.parametrize("language", ["ar", "zh-Hant"])
def test_no_page_speaks_english_in_another_language(ada: Ada, world: World, language: str):
    path = begun(ada, "welcome")
    add(ada, path, "multiplier", factor="2", per_month="9")
    (rule, *_) = draft(world).rules
    pages = [("program", ""), (path, ""), (f"{path}/rules/{rule.id}", "")]
    pages += [(f"{path}/rules/new", kind) for kind in ways.KINDS]
    for where, kind in pages:
        spoken = words_of(ada.see(where, kind=kind, lang=language))
        assert not set(re.findall(r"[A-Za-z]{2,}", spoken)) - OURS, (where, kind)
