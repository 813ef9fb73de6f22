"""Rules of a draft: a form and a sentence for every kind, refused beside the field."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.web.admin.conftest import HOME, Ada, words_of
from tests.web.admin.test_program_drafts import PLAIN, add, begun, draft, stock
from tests.world import World

RULES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "spend",
        {"each-USD": "2", "per-USD": "1.50"},
        {"rates": {"USD": (2, 150)}},
        "2 points more for every $1.50 spent.",
    ),
    (
        "order",
        {"points": "30", "least-USD": "20"},
        {"points": 30, "minimum": {"USD": 2000}},
        "30 points for each order. From $20.00 on.",
    ),
    ("first_order", {}, {"points": 100}, "100 points for a first order."),
    (
        "donation",
        {"per_day": "100"},
        {"points": 100},
        "gift to a cause. At most 100 points for a member in a day.",
    ),
    (
        "multiplier",
        {"factor": "1.5", "priority": "3"},
        {"percent": 150, "priority": 3},
        "Points × 1.5 on everything.",
    ),
    ("joined", {"hold_days": "7"}, {"hold_days": 7}, "for joining. Can be used after 7 days."),
    ("verified_email", {}, {}, "for a verified e-mail address."),
    ("newsletter", {}, {}, "for agreeing to the newsletter."),
    (
        "occasion",
        {"occasion": "wedding"},
        {"occasion": "wedding"},
        "once in 365 days: wedding day.",
    ),
    (
        "occasion",
        {"occasion": "other", "occasion_name": "Name day"},
        {"occasion": "Name day"},
        "365 days: Name day.",
    ),
    ("streak", {"count": "5"}, {"count": 5}, "for visits on 5 days in a row."),
    ("shares", {"count": "3"}, {"count": 3}, "opened 3 times."),
    (
        "visit",
        {"target": "/pages/story"},
        {"target": "/pages/story"},
        "for opening /pages/story, once.",
    ),
    (
        "custom",
        {"target": "survey", "most": "500"},
        {"target": "survey", "most": 500},
        "Up to 500 points for the event survey.",
    ),
]


@pytest.mark.parametrize(("kind", "form", "fields", "sentence"), RULES)
def test_every_kind_of_rule_has_a_form_and_a_sentence(
    ada: Ada, world: World, kind: str, form: dict[str, Any], fields: dict[str, Any], sentence: str
):
    path = begun(ada)
    assert add(ada, path, kind, **form).status_code == 303
    (rule,) = draft(world).rules
    assert rule.kind == kind
    assert {name: getattr(rule, name) for name in fields} == fields
    assert sentence in words_of(ada.see(path))
    page = ada.see(f"{path}/rules/{rule.id}")
    again = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', page))
    again.pop("more", None)
    assert ada.send(f"{path}/rules/{rule.id}", path, **PLAIN | again | form).status_code == 303
    assert draft(world).rules == (rule,), "what a form shows is what it keeps"


def test_a_rule_of_consent_says_where_the_platform_never_tells_it(ada: Ada, world: World):
    path = begun(ada)
    for kind, is_said in (("newsletter", True), ("verified_email", True), ("joined", False)):
        page = words_of(ada.see(f"{path}/rules/new", kind=kind))
        assert ("platform never tells this" in page) is is_said, kind
    assert world.shop.platform == "woocommerce"


REFUSED = [
    ("multiplier", {"factor": "1"}, "factor", "Give a factor such as 2 or 1.5, at most 10."),
    ("multiplier", {"factor": "x"}, "factor", "Give a factor such as 2 or 1.5, at most 10."),
    ("multiplier", {"priority": "200"}, "priority", "Give −100 to 100."),
    ("spend", {"each-USD": "", "per-USD": ""}, "each-USD", "Give a whole number."),
    ("spend", {"each-USD": "1", "per-USD": "0"}, "per-USD", "the amount must be above zero"),
    ("order", {"points": "0"}, "points", "Say what it gives"),
    ("order", {"points": "2000000"}, "points", "Give 0 to 1,000,000 points."),
    ("order", {"least-USD": "1.234"}, "least-USD", "no more decimals than USD has"),
    ("order", {"per_rule": "0"}, "per_rule", "Give 1 to 1,000,000,000, or nothing."),
    ("order", {"starts_on": "2026-12-08", "ends_on": "2026-12-01"}, "ends_on", "The last day"),
    ("order", {"starts_on": "tomorrow"}, "starts_on", "Give a day, such as"),
    ("order", {"products-more": "Nothing"}, "products-more", "No product is called so."),
    ("occasion", {"occasion": "other"}, "occasion_name", "Write 1 to 200 characters."),
    ("streak", {"count": "0"}, "count", "Give 1 to 365."),
    ("visit", {"target": ""}, "target", "Write 1 to 200 characters."),
    ("custom", {"target": "x", "most": "5"}, "most", "The most must not be below"),
    ("joined", {"hold_days": "500"}, "hold_days", "Give 0 to 365 days."),
]


def test_a_rule_that_cannot_be_meant_is_refused_beside_its_field(ada: Ada, world: World):
    path = begun(ada)
    for kind, form, field, sentence in REFUSED:
        answer = add(ada, path, kind, **form)
        assert answer.status_code == 422, (kind, form)
        assert sentence in words_of(answer.text), (kind, form)
        assert f'id="{field}-wrong"' in answer.text, (kind, form)
        assert f'id="{field}"' in answer.text, (kind, form)
    assert draft(world).rules == ()


def test_goods_are_named_by_the_shops_own_catalogue(ada: Ada, world: World):
    stock(world)
    path = begun(ada)
    page = ada.see(f"{path}/rules/new", kind="multiplier")
    for name in ("Teaware", "Garden", "Gifts", "clay", "Tall cup"):
        assert f'<option value="{name}">' in page
    answer = add(
        ada, path, "multiplier", **{"factor": "2", "products-more": "tall cup", "more": "products"}
    )
    assert answer.status_code == 200, "only taken over"
    assert 'name="products" value="p2" checked' in answer.text
    named = {"products": ["p2"], "categories-more": "Garden", "tags-more": "gold"}
    assert add(ada, path, "multiplier", factor="2", **named).status_code == 303
    (rule,) = draft(world).rules
    assert (rule.scope.products, rule.scope.categories) == (("p2",), ("Garden",))
    page = words_of(ada.see(path))
    assert "Points × 2 on Tall cup, Garden, #gold." in page
    assert "No product has “gold” yet." in page
    listed = ada.client.get(
        f"/admin/{ada.shop}/program/products?products-more=cup",
        base_url=HOME,
        headers={"HX-Request": "true"},
    )
    assert "Tall cup" in listed.text
    assert "Teapot" not in listed.text


@pytest.mark.parametrize(
    ("day", "begins", "hours"),
    [
        ("2027-03-28", datetime(2027, 3, 27, 23, tzinfo=UTC), 23),
        ("2027-10-31", datetime(2027, 10, 30, 22, tzinfo=UTC), 25),
    ],
)
def test_a_window_is_as_long_as_its_day_in_the_shops_zone(
    ada: Ada, world: World, day: str, begins: datetime, hours: int
):
    path = begun(ada)
    assert add(ada, path, "multiplier", factor="2", starts_on=day, ends_on=day).status_code == 303
    (rule,) = draft(world).rules
    second = timedelta(seconds=1)
    end = begins + timedelta(hours=hours)
    edges = (begins - second, begins, end - second, end)
    assert [rule.is_open(at) for at in edges] == [False, True, True, False]
