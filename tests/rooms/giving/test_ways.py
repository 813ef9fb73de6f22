"""Whatever is asked, a gift given by a way of its is that question's; against an own oracle."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connector.core.db import Database
from connector.rooms.giving import asking, programmes, service
from connector.rooms.giving.rules import AddOn, RoundUp
from tests.rooms.giving.offers import papered, publish
from tests.world import NOW, World, acme, donation, goods, order

DAY = timedelta(days=1)


class Made(NamedTuple):
    """A programme that was published some time, as the oracle knows it."""

    kind: str
    step: int
    causes: frozenset[str]
    starts: int  # days from now
    ends: int
    is_closed: bool
    is_foreign: bool

    @property
    def asks(self) -> bool:
        return self.starts <= 0 < self.ends and not self.is_closed and not self.is_foreign


MADE = st.builds(
    Made,
    kind=st.sampled_from(["round_up", "add_on"]),
    step=st.sampled_from([50, 100, 1000]),
    causes=st.sampled_from([frozenset("a"), frozenset("b"), frozenset("ab")]),
    starts=st.sampled_from([-9, -1, 0, 1]),
    ends=st.sampled_from([2, 5]),
    is_closed=st.sampled_from([False, False, True]),
    is_foreign=st.sampled_from([False, False, False, True]),
)


def expected(made: list[Made]) -> dict[str, dict[str, int]] | None:
    """By cause and kind which of them asks, by its place; None: nobody."""
    found: dict[str, dict[str, int]] = {"a": {}, "b": {}}
    for kind in ("round_up", "add_on"):
        newest = max(
            (n for n, one in enumerate(made) if one.kind == kind and one.asks), default=-1
        )
        if newest >= 0:
            for cause in made[newest].causes:
                found[cause][kind] = newest
    if not made:
        return {cause: {"round_up": -1, "add_on": -1} for cause in found}
    return {cause: ways for cause, ways in found.items() if ways} or None


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
@settings(
    max_examples=12,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(made=st.lists(MADE, max_size=4), gift=st.integers(1, 10**6))
def test_a_gift_by_any_way_is_of_the_question_and_cause_that_asked(
    sqlite_url, currency, made, gift
):
    database = Database(sqlite_url)
    world = acme(database, currency=currency)
    with database.write() as db:
        db.exec_driver_sql("UPDATE giving_cause SET is_offered = false, is_default = false")
    causes = {name: papered(world, name) for name in "ab"}
    ids = [publish_one(world, one, causes, currency) for one in made]
    with database.read() as db:
        asked = asking.asked(db, world.shop.id, NOW)
    right = expected(made)
    assert (asked and {one.key for one in asked.causes}) == (right and set(right))
    told_ways = [(one, asked.ways(one)) for one in asked.causes] if asked else []
    ways = [(one, *way) for one, named in told_ways for way in named.items()]
    wanted = {}
    for number, (cause, kind, mark) in enumerate(ways):
        place = (right or {})[cause.key].pop(kind)
        line = donation("d", gift, mark)
        told = order(str(number), goods("g", 955), line, currency=currency, placed_at=NOW)
        world.tell(told)
        wanted[str(number)] = (cause.id, ids[place] if place >= 0 else 0, gift)
    assert not any((right or {}).values()), "every way is told"
    with database.read() as db:
        rows = service.log(db, world.shop.id, 99)
    assert {row.number: (row.cause_id, row.programme_id, row.due_minor) for row in rows} == wanted
    assert world.audit() == []
    database.dispose()


def publish_one(world: World, one: Made, causes: dict[str, Any], currency: str) -> int:
    terms = RoundUp(one.step) if one.kind == "round_up" else AddOn((one.step,))
    made = publish(
        world,
        terms,
        *(causes[name] for name in sorted(one.causes)),
        currency="USD" if one.is_foreign else currency,
        starts_at=NOW + one.starts * DAY,
        ends_at=NOW + one.ends * DAY,
    )
    if one.is_closed:
        with world.database.write() as db:
            programmes.end(db, world.shop.id, made.id, NOW)
    return made.id
