"""A page of members in one night ends as a page for each of them, and as each was told."""

from datetime import timedelta
from typing import cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from connector.core.facts import Fact, publish
from connector.ledger.models import ledger_lot
from connector.rooms.expiry import service as expiry
from connector.rooms.expiry.models import expiry_notice
from tests.rooms.expiry.test_expiry import LOT, REST, promise
from tests.world import HEARD, NOW, acme

PEOPLE = 4
NIGHTS = (0, 60, 70, 90, 95, 99, 130, 150, 160, 185, 215, 240, 260, 300)
gifts = st.tuples(st.integers(0, PEOPLE - 1), st.sampled_from([0, 0, 20, 45]), st.integers(1, 90))


def state(db):
    lots = db.execute(select(ledger_lot.c.id, ledger_lot.c.remaining).order_by(ledger_lot.c.id))
    told = db.execute(select(expiry_notice).order_by(*expiry_notice.primary_key.columns))
    return list(map(tuple, lots)), list(map(tuple, told))


def night(db, world, at, limit):
    clock = expiry.prepare(db, world.shop.id, at)
    facts, after = list[Fact](), cast("str | None", "")
    while after is not None:
        after, told = expiry.night(db, world.shop.id, clock, at, after, limit)
        facts += told
    return facts


@settings(
    max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(gifts, min_size=1, max_size=10), st.sampled_from([LOT, REST]))
def test_a_page_of_many_ends_as_pages_of_one(database, story, terms):
    world = acme(database)
    promise(world, terms)
    members = [world.member(str(number)) for number in range(PEOPLE)]
    for who, day, points in sorted(story, key=lambda one: one[1]):
        world.adjust(members[who], points, NOW + timedelta(days=day))
    given_to = {one: world.balance_of(one).available for one in members}
    for day in NIGHTS:
        at = NOW + timedelta(days=day)
        with database.write() as db:
            tried = db.begin_nested()
            alone = night(db, world, at, 1), state(db)
            tried.rollback()
            together = night(db, world, at, 100)
            assert (together, state(db)) == alone
            publish(db, HEARD, together, at)
            for one in members[1:]:
                expiry.show_notices(db, world.shop.id, one, at)
    assert world.balance_of(members[0]).available == given_to[members[0]], "who was never told"
    if terms == LOT:
        assert not any(world.balance_of(one).available for one in members[1:]), "who was"
    assert world.audit() == []
