"""Seconds: stores date orders to the whole one, and programmes are published amidst it."""

from datetime import datetime, timedelta

import pytest

from connector.rooms.giving import service
from connector.rooms.giving.rules import AddOn, Programme, Share
from connector.rooms.giving.settling import close
from tests.rooms.giving.offers import given, papered, publish
from tests.world import NOW, acme, donation, goods, order

SECOND = timedelta(seconds=1)
AMIDST = NOW.replace(microsecond=500_000)
LATER = NOW + timedelta(minutes=1)


@pytest.mark.parametrize("terms", [Share(percent_bps=1000), AddOn((250,))])
def test_the_seconds_of_publishing_and_of_closing_count_and_none_beside_them(database, terms):
    world = acme(database)
    cause = papered(world)
    one = publish(world, terms, cause, at=AMIDST)
    with world.database.write() as db:
        close(db, world.shop.id, one.id, LATER + timedelta(milliseconds=500))
    placed = (NOW - SECOND, NOW, LATER, LATER + SECOND)
    lines = [goods("a", 1000), donation("d", 250, f"riverbank@{one.id}")]
    world.tell(*(order(str(n), *lines, placed_at=at) for n, at in enumerate(placed)))
    kind = one.kind if isinstance(terms, Share) else "gift"
    with world.database.read() as db:
        rows = [row for row in service.log(db, world.shop.id, 99) if row.kind == kind]
    assert {row.number for row in rows if row.programme_id == one.id} == {"1", "2"}
    assert given(world)["riverbank gift"] == (0, 1000), "what was paid is owed, asked or not"
    assert world.audit() == []


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (LATER - SECOND, True),
        (LATER - timedelta(microseconds=1), True),
        (LATER, False),
    ],
)
def test_an_end_on_a_whole_second_is_exclusive(sqlite_world, at, counts):
    world, cause = sqlite_world
    publish(world, Share(percent_bps=1000), cause, at=AMIDST, ends_at=LATER)
    world.tell(order("1", goods("a", 1000), placed_at=at))
    assert given(world) == ({"riverbank share": (0, 100)} if counts else {})


def test_a_start_amidst_a_second_is_the_whole_of_it():
    def begins(starts_at: datetime, published_at: datetime) -> datetime | None:
        return Programme(
            1, "", "USD", AddOn(), starts_at=starts_at, published_at=published_at
        ).begins_at

    assert begins(AMIDST, NOW - SECOND) == NOW
    assert begins(NOW - SECOND, AMIDST) == NOW
    assert begins(NOW, NOW) == NOW
