"""A shop whose accounts are members only after they joined: until then they are guests by key."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.core.commerce import Customer, CustomerMerge, Person
from connector.core.facts import MemberJoined, publish
from connector.members import joining, store
from connector.orders import claiming
from connector.program import service as programs
from connector.program.rules import Rule
from tests.world import HEARD, MIA, NOOR, NOW, acme, goods, order

LATE = NOW + timedelta(days=2)


def switch(world, *, wanted):
    with world.database.write() as db:
        joining.join_first(db, world.shop.id, wanted=wanted)


@pytest.fixture
def world(database):
    """Acme, where accounts join first and get 100 points for it."""
    made = acme(database)
    welcome = Rule(id="w", kind="joined", points=100)
    with database.write() as db:
        program = replace(programs.newest(db, made.shop.id), hold_days=0, rules=(welcome,))
        programs.publish(db, made.shop.id, program, NOW - timedelta(days=60))
    switch(made, wanted=True)
    return made


def row(world, key=MIA):
    with world.database.read() as db:
        return store.by_customer_keys(db, world.shop.id, [key])[key]


def join(world, at=LATE, key=MIA):
    with world.database.write() as db:
        waiting = world.members.waiting(db, world.shop.id, key)
        facts = claiming.join(db, world.shop.id, world.members, waiting or 0, at)
        publish(db, HEARD, facts, at)
    return facts


def test_an_account_that_buys_waits_and_has_what_it_earned_when_it_joins(world):
    world.tell(order("1", goods("a", 5_000)))
    before = row(world)
    assert (before.state, before.joined_at) == ("guest", None)
    with world.database.read() as db:
        assert world.members.by_customer_key(db, world.shop.id, MIA) is None
    assert world.balance_of(before.id).available == 50
    assert not [one for one in world.facts if isinstance(one, MemberJoined)]
    (joined,) = join(world)
    assert joined == MemberJoined(world.shop.id, before.id)
    assert (row(world).state, row(world).joined_at) == ("member", LATE)
    assert world.balance_of(before.id).available == 150, "and the welcome"
    assert join(world) == [], "joining twice is joining once"
    assert world.audit() == []


def test_what_was_bought_too_long_ago_is_not_kept_for_it(world):
    old = NOW - timedelta(days=29)
    told: dict[str, Any] = {"placed_at": old, "paid_at": old, "modified_at": old}
    world.tell(
        Customer(MIA, Person("mia@b.example", "Mia"), old), order("1", goods("a", 5_000), **told)
    )
    before = row(world)
    join(world, old + timedelta(days=181))
    after = row(world)
    assert (after.id != before.id, after.state) == (True, "member")
    assert (world.balance_of(before.id).available, world.balance_of(after.id).available) == (
        50,
        100,
    )
    with world.database.read() as db:
        people = world.members.people(db, world.shop.id, [before.id, after.id])
    assert people == {after.id: Person("mia@b.example", "Mia")}
    world.tell(order("2", goods("b", 1_000)))
    assert world.balance_of(after.id).available == 110
    assert world.audit() == []


def test_an_account_that_joins_may_claim_what_it_bought_as_a_guest(world):
    person = Person("mia@b.example")
    world.tell(order("1", goods("a", 3_000), customer_key=None, person=person))
    world.tell(Customer(MIA, person, NOW, email_verified=True))
    waiting = row(world).id
    assert world.balance_of(waiting).available == 0
    join(world)
    assert world.balance_of(waiting).available == 130


def test_what_the_platform_tells_of_who_waits_is_taken_over(world):
    world.tell(Customer(MIA, Person("mia@b.example"), NOW, accepts_marketing=False))
    world.tell(Customer(MIA, Person("m@b.example"), LATE, accepts_marketing=True), at=LATE)
    found = row(world)
    assert (found.state, found.accepts_marketing) == ("guest", True)
    with world.database.read() as db:
        assert world.members.person(db, world.shop.id, found.id).email == "m@b.example"
    world.tell(Customer(MIA, Person(), LATE, deleted=True), at=LATE)
    with world.database.read() as db:
        gone = store.get(db, world.shop.id, found.id)
    assert gone is not None
    assert gone.state == "erased"


def test_two_accounts_with_one_mailbox_may_both_wait_beside_its_guest(world):
    person = Person("mia@b.example")
    world.tell(order("1", goods("a", 1_000), customer_key=None, person=person))
    world.tell(*(Customer(key, person, NOW, email_verified=True) for key in (MIA, NOOR)))
    assert {row(world, key).state for key in (MIA, NOOR)} == {"guest"}
    world.tell(order("2", goods("b", 1_000), customer_key=None, person=person))
    assert len({row(world, key).id for key in (MIA, NOOR)}) == 2


def test_where_nobody_has_to_join_any_more_who_waits_joins_with_the_next_news(world):
    world.tell(order("1", goods("a", 5_000)))
    switch(world, wanted=False)
    assert row(world).state == "guest"
    world.tell(order("2", goods("b", 1_000)), at=LATE)
    assert (row(world).state, row(world).joined_at) == ("member", LATE)
    assert world.balance_of(row(world).id).available == 160


def test_who_joined_stays_joined_in_a_merge(world):
    world.tell(
        Customer(MIA, Person("a@b.example"), NOW), Customer(NOOR, Person("n@b.example"), NOW)
    )
    join(world, key=MIA)
    world.tell(CustomerMerge(kept_key=NOOR, gone_key=MIA), at=LATE)
    assert (row(world, NOOR).state, row(world).state) == ("member", "merged")
    assert row(world, NOOR).joined_at == LATE
