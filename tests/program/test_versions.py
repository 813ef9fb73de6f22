"""Drafts, versions that come into force, and the way back; and what cannot be meant."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from connector.core.errors import BadInput, Conflict, NotFound
from connector.program import limits
from connector.program import rules as kinds
from connector.program import service as programs
from connector.program.rules import Caps, Program, Rule, Scope, Terms
from tests.world import NOW, World, acme

DAY = timedelta(days=1)
RULE = Rule(
    id="tea",
    kind="spend",
    rates={"USD": (2, 100)},
    scope=Scope(tags=("tea",)),
    starts_at=NOW,
    ends_at=NOW + DAY,
    minimum={"USD": 500},
    caps=Caps(per_day=5),
    labels={"en": "Tea week", "zh_Hant": "茶週"},
)


def known(world: World) -> Program:
    with world.database.read() as db:
        return programs.newest(db, world.shop.id)


def test_a_draft_is_kept_whole_changed_published_and_never_changes_again(database):
    world = acme(database)
    terms = Terms(order_tags=("x",), expiry="inactivity", forgive_points=9)
    wanted = replace(known(world), rules=(RULE,), terms=terms, name="Tea", made_by="staff:1")
    with database.write() as db:
        draft = programs.save_draft(db, world.shop.id, wanted, NOW)
        assert (draft.version, draft.state, draft.rules, draft.terms) == (
            1,
            "draft",
            (RULE,),
            terms,
        )
        changed = replace(draft, name="Green tea")
        assert programs.save_draft(db, world.shop.id, changed, NOW, 1).name == "Green tea"
    assert known(world).version == 0
    with database.write() as db:
        programs.publish_draft(db, world.shop.id, 1, NOW)
        with pytest.raises(Conflict):
            programs.save_draft(db, world.shop.id, wanted, NOW, 1)
        with pytest.raises(Conflict):
            programs.discard_draft(db, world.shop.id, 1)
        with pytest.raises(NotFound):
            programs.numbered(db, world.shop.id, 2)
    assert (known(world).version, known(world).rules) == (1, (RULE,))


def test_a_scheduled_version_starts_when_it_should_or_is_withdrawn(database):
    world = acme(database)
    with database.write() as db:
        wanted = replace(known(world), hold_days=3)
        later = programs.publish(db, world.shop.id, wanted, NOW, starts_at=NOW + DAY)
        other = programs.publish(db, world.shop.id, wanted, NOW, starts_at=NOW + 2 * DAY)
        with pytest.raises(BadInput):
            programs.publish(db, world.shop.id, wanted, NOW, starts_at=NOW + 400 * DAY)
        with pytest.raises(BadInput, match="starts_past"):
            programs.publish(db, world.shop.id, wanted, NOW, starts_at=NOW - DAY)
        programs.withdraw(db, world.shop.id, other.version, NOW)
    assert (later.state, known(world).version) == ("scheduled", 0)
    with database.read() as db:
        assert programs.shops_starting(db, NOW + DAY) == [world.shop.id]
        history = programs.history(db, world.shop)
        assert (history.at(NOW).version, history.at(NOW + DAY).version) == (0, later.version)
    with database.write() as db:
        programs.start_due(db, world.shop.id, NOW + DAY)
        with pytest.raises(Conflict):
            programs.withdraw(db, world.shop.id, later.version, NOW + 2 * DAY)
    assert known(world).version == later.version
    with database.read() as db:
        assert programs.shops_starting(db, NOW + 9 * DAY) == []
        states = [one.state for one in programs.every(db, world.shop.id)]
    assert states == ["withdrawn", "published"]


def test_an_older_version_comes_back_as_a_copy(database):
    world = acme(database)
    with database.write() as db:
        first = programs.publish(db, world.shop.id, replace(known(world), hold_days=3), NOW)
        programs.publish(db, world.shop.id, replace(first, hold_days=9), NOW + DAY)
        back = programs.roll_back(db, world.shop.id, first.version, NOW + 2 * DAY, made_by="x")
        assert (back.version, back.hold_days, back.made_by) == (3, 3, "x")
        beginning = programs.roll_back(db, world.shop.id, 0, NOW + 3 * DAY)
        assert (beginning.version, beginning.hold_days) == (4, kinds.DEFAULT_HOLD_DAYS)
        draft = programs.save_draft(db, world.shop.id, first, NOW)
        with pytest.raises(Conflict):
            programs.roll_back(db, world.shop.id, draft.version, NOW)


BAD_RULES: list[tuple[dict[str, Any], str, str]] = [
    ({"id": "Tea!"}, "rule_id", "id"),
    ({"kind": "wish"}, "rule_kind", "kind"),
    ({"rates": {}}, "rate_missing", "rates"),
    ({"rates": {"USD": (10**9, 100)}}, "rate_range", "rates"),
    ({"rates": {"USD": (1.5, 100)}}, "rate_range", "rates"),
    ({"rates": {"USD": (1, True)}}, "rate_range", "rates"),
    ({"rates": {"XXXX": (1, 100)}}, "unknown_currency", "rates"),
    ({"points": 5}, "gift_kind", "points"),
    ({"minimum": {"USD": 0}}, "minimum_range", "minimum"),
    ({"caps": Caps(per_day=0)}, "cap_range", "caps.per_day"),
    ({"caps": Caps(per_rule=10**10)}, "cap_range", "caps.per_rule"),
    ({"ends_at": NOW}, "window", "ends_at"),
    ({"starts_at": NOW.replace(tzinfo=None), "ends_at": None}, "window", "starts_at"),
    ({"scope": Scope(tags=("x" * 300,))}, "text_length", "scope.tags"),
    ({"scope": Scope(tags=("x",) * 300)}, "too_many_names", "scope.tags"),
    ({"labels": {"!": "x"}}, "language", "labels"),
    ({"kind": "multiplier", "rates": {}, "percent": 100}, "percent_range", "percent"),
    ({"kind": "multiplier", "rates": {}, "percent": 200.0}, "percent_range", "percent"),
    ({"kind": "joined", "rates": {}}, "gift_one", "points"),
    ({"kind": "joined", "points": 5, "reward_id": 3}, "gift_one", "points"),
    ({"kind": "joined", "points": 5, "most": 9}, "gift_most", "most"),
    ({"kind": "joined", "points": 10**9}, "points_range", "points"),
    ({"kind": "occasion", "points": 5}, "text_length", "occasion"),
    ({"kind": "occasion", "points": 5, "occasion": "name/day"}, "occasion_name", "occasion"),
    ({"kind": "occasion", "points": 5, "occasion": ".."}, "occasion_name", "occasion"),
    ({"kind": "occasion", "points": 5, "occasion": "x" * 41}, "occasion_name", "occasion"),
    ({"kind": "visit", "points": 5}, "text_length", "target"),
    ({"kind": "custom", "points": 5, "most": 4, "target": "x"}, "gift_most", "most"),
    ({"kind": "streak", "points": 5, "count": 0}, "count_range", "count"),
]


@pytest.mark.parametrize(("changes", "code", "field"), BAD_RULES)
def test_a_rule_that_cannot_be_meant_is_refused_by_name(changes, code, field):
    wrong = structs.replace(RULE, **changes)
    program = replace(kinds.beginning("USD"), rules=(RULE, structs.replace(wrong)))
    if "id" not in changes:
        program = replace(program, rules=(structs.replace(RULE, id="other"), wrong))
    with pytest.raises(BadInput) as caught:
        limits.check(program, "USD")
    assert caught.value.field == f"rules.1.{field}"
    if code != "unknown_currency":
        assert caught.value.code == code


def test_what_is_doubled_or_too_much_is_refused():
    for rules, code in (((RULE, RULE), "rule_doubled"), ((RULE,) * 61, "too_many_rules")):
        with pytest.raises(BadInput) as caught:
            limits.check(replace(kinds.beginning("USD"), rules=rules), "USD")
        assert caught.value.code == code
    for terms, code in (
        (Terms(hold_from="never"), "hold_from"),
        (Terms(expiry="some"), "expiry"),
        (Terms(expiry_months=0), "expiry_range"),
        (Terms(forgive_points=-1), "forgive_range"),
        (Terms(expiry="lot", no_time_expiry=True), "expiry_region"),
    ):
        with pytest.raises(BadInput) as caught:
            limits.check(replace(kinds.beginning("USD"), terms=terms), "USD")
        assert caught.value.code == code


def test_rules_are_read_from_json_strictly():
    told = [{"id": "a", "kind": "order", "points": 5, "starts_at": "2026-11-22T12:00:00Z"}]
    assert limits.read_rules(told) == (Rule(id="a", kind="order", points=5, starts_at=NOW),)
    assert limits.read_terms({"forgive_points": 5}) == Terms(forgive_points=5)
    for wrong in (
        [{"id": "a", "kind": "order", "points": 5.0}],
        [{"id": "a", "kind": "order", "point": 5}],
        [{"id": "a"}],
        {"id": "a"},
        [{"id": "a", "kind": "spend", "rates": {"USD": [1]}}],
    ):
        with pytest.raises(BadInput) as caught:
            limits.read_rules(wrong)
        assert (caught.value.code, caught.value.field) == ("rules_unreadable", "rules")
