"""A back-test of the rules in force gives what the book holds, of a shop that lived by them.

Orders with edits, refunds and cancellations, levels that come and go, and what members did.
Not part of it, as the room says: caps of rules whose orders are undone later, members who are
excluded since, and orders from before the install.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import select

from connector import orders
from connector.core.commerce import Customer, Order, OrderState, Product
from connector.core.facts import TierChanged, publish
from connector.members import occasions
from connector.program import service as programs
from connector.program.rules import Caps, Program, Rule, Scope
from connector.rooms import insight
from connector.rooms.actions import service as actions
from connector.rooms.actions.models import member_action
from connector.rooms.points import service as points
from connector.rooms.points.models import points_order
from connector.rooms.rehearsal import service as rehearsals
from connector.rooms.rehearsal.found import Result
from tests.world import HEARD, MIA, NOOR, NOW, World, acme, goods, order, refund, took

DAY = timedelta(days=1)
BEGAN = NOW - 29 * DAY
PEOPLE = (MIA, NOOR)
CATALOGUE = (
    Product("cup", categories=("Tea",), modified_at=NOW),
    Product("bowl", modified_at=NOW),
)
ORDER_RULES = (
    Rule(id="first", kind="first_order", points=100),
    Rule(id="each", kind="order", points=7, minimum={"USD": 2000}),
    Rule(id="tea", kind="spend", rates={"USD": (1, 300)}, scope=Scope(categories=("Tea",))),
    Rule(
        id="week",
        kind="multiplier",
        percent=200,
        starts_at=NOW - 20 * DAY,
        ends_at=NOW - 9 * DAY,
    ),
)
MEMBER_RULES = (
    Rule(id="hello", kind="joined", points=40),
    Rule(id="mail", kind="verified_email", points=11),
    Rule(id="page", kind="visit", target="/story", points=5),
    Rule(id="again", kind="streak", count=2, points=3, caps=Caps(per_month=6)),
    Rule(id="links", kind="shares", count=2, points=9, caps=Caps(per_member=18)),
    Rule(id="event", kind="custom", target="review", points=4, most=30, caps=Caps(per_rule=45)),
)
events = st.tuples(
    st.sampled_from(["order", "order", "edit", "refund", "cancel", "level", "act", "act"]),
    st.integers(0, 5),
    st.integers(0, 9000),
    st.sampled_from(PEOPLE),
)


def promise(world: World, rules: tuple[Rule, ...]) -> int:
    with world.database.write() as db:
        wanted = replace(points.program(db, world.shop.id), rules=rules)
        return points.publish_program(db, world.shop.id, wanted, BEGAN - DAY).version


def live(world: World, told: list[tuple[str, int, int, str]]) -> None:
    """One event after the other, eight hours apart."""
    known: dict[str, Order] = {}
    for number, (what, which, minor, key) in enumerate(told):
        at = BEGAN + timedelta(hours=8 * number + 1)
        if what == "order":
            lines = (
                goods("a", minor, 2, product_key="cup"),
                goods("b", minor // 3, product_key="bowl"),
            )
            made = order(
                str(number), *lines, placed_at=at, paid_at=at, modified_at=at, customer_key=key
            )
            known[made.key] = made
            world.tell(made, at=at)
        elif what in ("edit", "refund", "cancel") and known:
            old = known[sorted(known)[which % len(known)]]
            known[old.key] = changed(old, what, minor, at)
            world.tell(known[old.key], at=at)
        elif what == "level":
            percent = (100, 125, 150)[which % 3]
            heard(world, TierChanged(world.shop.id, world.member(key), which, percent), at)
        elif what == "act":
            do(world, world.member(key), which, minor, number, at)


def changed(old: Order, what: str, minor: int, at: datetime) -> Order:
    if what == "cancel":
        return structs.replace(old, state=OrderState.CANCELLED, modified_at=at)
    if what == "refund":
        back = refund(f"r{len(old.refunds)}", took(old.lines[0], 1), other_minor=minor // 9)
        return structs.replace(old, refunds=(*old.refunds, back), modified_at=at)
    lines = (*old.lines, goods(f"c{len(old.lines)}", minor, product_key="cup"))
    return structs.replace(old, lines=lines, modified_at=at)


def do(world: World, member_id: int, which: int, minor: int, number: int, at: datetime) -> None:
    shop_id = world.shop.id
    with world.database.write() as db:
        if which == 0:
            facts = actions.act(db, shop_id, member_id, "visit", "", at, target="/story")
        elif which <= 2:
            facts = actions.act(db, shop_id, member_id, "streak", "", at)
        elif which == 3:
            facts = actions.act(db, shop_id, member_id, "shares", str(number), at)
        else:
            own = 1 + minor % 30 if which == 4 else None
            facts = actions.event(db, shop_id, member_id, "review", str(number), at, points=own)
        publish(db, HEARD, facts, at)


def heard(world: World, fact: Any, at: datetime) -> None:
    with world.database.write() as db:
        publish(db, {TierChanged: HEARD[TierChanged][:1]}, [fact], at)


def posted(world: World) -> Counter[int]:
    """What the book holds of orders and of what members did, by member."""
    found: Counter[int] = Counter()
    mine, did = points_order.c, member_action.c
    with world.database.read() as db:
        for chosen in (
            select(mine.member_id, mine.posted).where(mine.shop_id == world.shop.id),
            select(did.member_id, did.points).where(did.shop_id == world.shop.id),
        ):
            for member_id, given_points in db.execute(chosen):
                found[member_id] += given_points
    return +found


def back_tested(world: World, version: int) -> Result:
    with world.database.write() as db:
        rehearsals.ask(db, world.shop.id, version, NOW)
    rehearsals.rehearse(world.database, world.shop.id, NOW)
    with world.database.read() as db:
        found = rehearsals.read(db, world.shop.id, version)
    assert found is not None
    assert found.result is not None, found.code
    return found.result


def owed(world: World) -> int:
    with world.database.read() as db:
        return insight.points_outstanding(db, world.shop.id).outstanding


def drafted(world: World, **changes: Any) -> Program:
    with world.database.write() as db:
        wanted = replace(points.program(db, world.shop.id), **changes)
        return programs.save_draft(db, world.shop.id, wanted, NOW)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(events, min_size=4, max_size=40))
def test_the_rules_in_force_give_what_the_book_holds(database, told):
    world = acme(database)
    with world.database.write() as db:
        orders.record_products(db, world.shop.id, CATALOGUE, BEGAN)
    version = promise(world, (*ORDER_RULES, *MEMBER_RULES))
    for key in PEOPLE:
        told_at = BEGAN + timedelta(minutes=1)
        world.tell(Customer(key, modified_at=told_at, email_verified=key == MIA), at=told_at)
    live(world, told)
    found = back_tested(world, version)
    by_member = posted(world)
    assert found.now == found.draft == sum(by_member.values())
    assert (found.gain, found.lose, found.same) == (0, 0, len(by_member))
    assert found.owed_now == found.owed_draft == owed(world)
    assert found.gaps == ()
    assert world.audit() == []


def test_what_nobody_wrote_down_is_told_and_counts_nothing(database):
    world = acme(database)
    for key, days in ((MIA, 10), (NOOR, 200)):
        at = NOW - days * DAY
        told = order(key, goods("a", 1000), placed_at=at, paid_at=at, customer_key=key)
        world.tell(told, at=max(at, BEGAN))
    with world.database.write() as db:
        wanted = replace(points.program(db, world.shop.id), rules=MEMBER_RULES)
        version = programs.save_draft(db, world.shop.id, wanted, NOW).version
    found = back_tested(world, version)
    known = {(one.kind, one.name): one.known_days for one in found.gaps}
    assert known["visit", "/story"] == known["custom", "review"] == known["shares", ""] == 0
    assert known["joined", ""] == 30, "before the install nobody said who joined"
    assert found.rules["hello"] == 40
    assert set(found.rules) <= {"", "hello", "mail"}


def test_occasions_are_celebrated_as_the_calendar_tells(database):
    world = acme(database)
    mia = world.member()
    with world.database.write() as db:
        days = {mia: f"{NOW - 3 * DAY:%m-%d}"}
        occasions.put_new(db, world.shop.id, "birthday", days, NOW - 90 * DAY)
        rule = Rule(id="day", kind="occasion", occasion="birthday", points=50)
        wanted = replace(points.program(db, world.shop.id), rules=(rule,))
        version = programs.save_draft(db, world.shop.id, wanted, NOW).version
    found = back_tested(world, version)
    assert (found.now, found.draft, found.deeds, found.gain) == (0, 50, 1, 1)


def bought(world: World, key: str, minor: int, days: int, who: str = MIA) -> None:
    at = NOW - days * DAY
    told = order(
        key, goods("a", minor), placed_at=at, paid_at=at, modified_at=at, customer_key=who
    )
    world.tell(told, at=at)


def test_points_owed_begin_with_what_was_booked_whatever_the_rules_were(database):
    """Booked at one point a dollar, ten today: three would be three times what was booked."""
    world = acme(database)
    bought(world, "1", 10_000, 25)
    bought(world, "2", 4_000, 24, NOOR)
    world.release(NOW)
    with world.database.write() as db:
        wanted = replace(points.program(db, world.shop.id), rates={"USD": (10, 100)})
        points.publish_program(db, world.shop.id, wanted, NOW - DAY)
    bought(world, "3", 1_000, 0)
    assert owed(world) == 140, "the newest is pending"
    found = back_tested(world, drafted(world, rates={"USD": (3, 100)}).version)
    assert (found.now, found.draft) == (1500, 450)
    assert (found.owed_now, found.owed_draft) == (140, 420)


def test_who_used_more_than_a_draft_gives_owes_nothing_for_it(database):
    world = acme(database)
    bought(world, "1", 10_000, 25)
    bought(world, "2", 4_000, 24, NOOR)
    world.release(NOW)
    world.adjust(world.member(), -90)
    found = back_tested(world, drafted(world, rates={"USD": (1, 200)}).version)
    assert (found.owed_now, found.owed_draft) == (50, 20)


def test_points_owed_leave_out_what_the_book_never_had(database):
    """Orders from before the install: neither booked nor owed by a draft."""
    world = acme(database)
    bought(world, "1", 10_000, 200)
    bought(world, "2", 4_000, 24)
    world.release(NOW)
    found = back_tested(world, drafted(world, rates={"USD": (2, 100)}).version)
    assert found.draft == 280
    assert (found.owed_now, found.owed_draft) == (40, 80)


def test_points_owed_know_what_members_did_and_rules_that_are_no_more(database):
    world = acme(database)
    mia = world.member()
    version = promise(world, MEMBER_RULES)
    do(world, mia, 0, 0, 1, NOW - 3 * DAY)
    do(world, mia, 5, 0, 2, NOW - 3 * DAY)
    assert owed(world) == 9
    same = back_tested(world, version)
    assert (same.owed_now, same.owed_draft) == (9, 9)
    double = Rule(id="page2", kind="visit", target="/story", points=50)
    found = back_tested(world, drafted(world, rules=(double,)).version)
    assert (found.owed_now, found.owed_draft) == (9, 50)
