"""A rehearsal says what the order engine would post, for any programme and any orders."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector import orders
from connector.core.commerce import Customer, OrderState, Product
from connector.core.errors import NotFound
from connector.core.facts import TierChanged, publish
from connector.program import service as programs
from connector.program.rules import Caps, Rule, Scope, Terms
from connector.rooms.points import service as points
from connector.rooms.rehearsal import service as rehearsals
from tests.world import HEARD, MIA, NOOR, NOW, acme, donation, goods, order, refund, took

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PEOPLE = (MIA, NOOR, "1003")
CATALOGUE = (
    Product("cup", categories=("Tea",), modified_at=NOW),
    Product("bowl", tags=("sale",), modified_at=NOW),
    Product("spoon", categories=("Tea",), tags=("sale",), modified_at=NOW),
)
SCOPES = (Scope(), Scope(categories=("tea",)), Scope(tags=("Sale",)), Scope(products=("cup",)))
GONE = (NOW - 20 * DAY, NOW - DAY)  # a window that is over

caps = st.builds(
    Caps,
    per_member=st.none() | st.integers(1, 300),
    per_day=st.none() | st.integers(1, 150),
    per_month=st.none() | st.integers(1, 200),
    per_rule=st.none() | st.integers(1, 400),
)
rates = st.tuples(st.integers(0, 7), st.sampled_from([1, 30, 100, 700]))


@st.composite
def rules(draw: Any, name: str) -> Rule:
    kind = draw(st.sampled_from(["spend", "order", "first_order", "donation", "multiplier"]))
    told: dict[str, Any] = {
        "spend": {"rates": {"USD": draw(rates)}},
        "multiplier": {"percent": draw(st.sampled_from([120, 150, 200]))},
    }.get(kind, {"points": draw(st.integers(1, 90))})
    if draw(st.booleans()):
        told["caps"] = draw(caps)
    if draw(st.booleans()):
        told["minimum"] = {"USD": draw(st.sampled_from([1, 500, 3000]))}
    if draw(st.integers(0, 3)) == 0:
        told["starts_at"], told["ends_at"] = GONE
    scope = draw(st.sampled_from(SCOPES))
    return Rule(id=name, kind=kind, scope=scope, priority=draw(st.integers(0, 2)), **told)


@st.composite
def programmes(draw: Any) -> dict[str, Any]:
    count = draw(st.integers(0, 4))
    return {
        "rates": {"USD": draw(rates)},
        "counts_tax": draw(st.booleans()),
        "counts_fees": draw(st.booleans()),
        "rules": tuple(draw(rules(f"r{number}")) for number in range(count)),
        "terms": Terms(
            order_tags=draw(st.sampled_from([(), ("Trade",)])),
            member_tags=draw(st.sampled_from([(), ("Staff",)])),
        ),
    }


@st.composite
def sales(draw: Any) -> list[Any]:
    found = []
    for number in range(draw(st.integers(1, 8))):
        lines = [
            goods(
                str(at),
                draw(st.integers(0, 9000)),
                draw(st.integers(1, 3)),
                tax_minor=draw(st.integers(0, 300)),
                product_key=draw(st.sampled_from(["cup", "bowl", "spoon", "ghost"])),
            )
            for at in range(draw(st.integers(1, 3)))
        ]
        backs = []
        if draw(st.integers(0, 2)) == 0:
            backs = [refund("r", took(lines[0], 1), other_minor=draw(st.sampled_from([0, 200])))]
        if draw(st.integers(0, 2)) == 0:
            lines.append(donation("d", 500))
        placed_at = NOW - 28 * DAY + number * 30 * HOUR
        found.append(
            order(
                str(number),
                *lines,
                placed_at=placed_at,
                paid_at=placed_at,
                modified_at=placed_at,
                refunds=tuple(backs),
                customer_key=draw(st.sampled_from(PEOPLE)),
                tags=draw(st.sampled_from([(), (), ("trade",), ("b2b",)])),
                state=draw(st.sampled_from([OrderState.PAID] * 4 + [OrderState.CANCELLED])),
            )
        )
    return found


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=programmes(),
    sold=sales(),
    percent=st.sampled_from([100, 150]),
    tag=st.sampled_from(["staff", "role:staff"]),
)
def test_a_rehearsal_says_what_the_engine_posts(database, told, sold, percent, tag):
    world = acme(database)
    mia, noor = world.member(MIA), world.member(NOOR)
    with database.write() as db:
        orders.record_products(db, world.shop.id, CATALOGUE, NOW - 30 * DAY)
        fact = TierChanged(world.shop.id, mia, 2, percent)
        publish(db, {TierChanged: HEARD[TierChanged][:1]}, [fact], NOW)
        wanted = replace(points.program(db, world.shop.id), **told)
        published = points.publish_program(db, world.shop.id, wanted, NOW - 29 * DAY)
        rehearsals.ask(db, world.shop.id, published.version, NOW)
    world.tell(Customer(NOOR, tags=(tag,)))
    world.tell(*sold)
    rehearsals.rehearse(database, world.shop.id, NOW)
    with database.read() as db:
        found = rehearsals.read(db, world.shop.id, published.version)
        rows = orders.store.by_keys(db, world.shop.id, [one.key for one in sold])
        posted = points.diagnose_all(db, world.shop.id, [row.id for row in rows.values()])
    assert found is not None
    assert found.result is not None
    assert found.result.draft == found.result.now == sum(one.posted for one in posted)
    by_rule: dict[str, int] = {}
    for one in posted:
        for part in one.trace.rules:
            by_rule[part.rule_id] = by_rule.get(part.rule_id, 0) + part.kept
    assert {k: v for k, v in found.result.rules.items() if v} == {
        k: v for k, v in by_rule.items() if v
    }
    assert (found.done, found.is_waiting) == (found.total, False)
    assert noor
    assert world.audit() == []


def test_a_draft_is_compared_with_the_programme_in_force(database):
    world = acme(database)
    for number, key in enumerate((MIA, MIA, NOOR)):
        placed_at = NOW - (40 * number + 1) * DAY
        told = order(str(number), goods("a", 5000), placed_at=placed_at, paid_at=placed_at)
        world.tell(type(told)(**{**fields_of(told), "customer_key": key}))
    with database.write() as db:
        known = points.program(db, world.shop.id)
        first = Rule(id="first", kind="first_order", points=100)
        wanted = replace(known, rates={"USD": (1, 200)}, rules=(first,))
        draft = programs.save_draft(db, world.shop.id, wanted, NOW)
        rehearsals.ask(db, world.shop.id, draft.version, NOW)
    assert rehearsals_due(database) == [world.shop.id]
    rehearsals.rehearse(database, world.shop.id, NOW)
    assert rehearsals_due(database) == []
    with database.read() as db:
        found = rehearsals.read(db, world.shop.id, draft.version)
    assert found is not None
    result = found.result
    assert result is not None
    assert (result.orders, result.now, result.draft) == (3, 150, 275)
    assert (result.gain, result.lose, result.same) == (2, 0, 0)
    assert [(one.month, one.now, one.draft) for one in result.months] == [
        ("2026-09", 50, 125),
        ("2026-10", 50, 125),
        ("2026-11", 50, 25),
    ]
    assert [(one.now, one.draft) for one in result.top_gain] == [(50, 125), (100, 150)]
    assert result.rules == {"first": 200, "": 75}


def fields_of(told):
    return {name: getattr(told, name) for name in told.__struct_fields__}


def rehearsals_due(database):
    with database.read() as db:
        return rehearsals.shops_due(db, NOW)


def test_a_bonus_week_to_come_is_tried_a_year_earlier(database):
    world = acme(database)
    last_year = NOW - 360 * DAY
    world.tell(order("1", goods("a", 5000), placed_at=last_year, paid_at=last_year))
    with database.write() as db:
        week = (NOW + 3 * DAY, NOW + 10 * DAY)
        double = Rule(id="d", kind="multiplier", percent=200, starts_at=week[0], ends_at=week[1])
        wanted = replace(points.program(db, world.shop.id), rules=(double,))
        draft = programs.save_draft(db, world.shop.id, wanted, NOW)
        rehearsals.ask(db, world.shop.id, draft.version, NOW)
    rehearsals.rehearse(database, world.shop.id, NOW)
    with database.read() as db:
        found = rehearsals.read(db, world.shop.id, draft.version)
    assert found is not None
    assert found.result is not None
    assert (found.result.now, found.result.draft) == (50, 100)


def test_only_a_version_there_is_can_be_rehearsed_and_a_discarded_one_ends(database):
    world = acme(database)
    with database.write() as db:
        with pytest.raises(NotFound):
            rehearsals.ask(db, world.shop.id, 7, NOW)
        draft = programs.save_draft(db, world.shop.id, points.program(db, world.shop.id), NOW)
        rehearsals.ask(db, world.shop.id, draft.version, NOW)
        programs.discard_draft(db, world.shop.id, draft.version)
    rehearsals.rehearse(database, world.shop.id, NOW)
    with database.read() as db:
        found = rehearsals.read(db, world.shop.id, draft.version)
    assert found is not None
    assert (found.code, found.is_waiting) == ("version_not_found", False)
