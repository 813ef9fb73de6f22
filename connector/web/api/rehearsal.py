"""Back-tests of programme versions: started, followed, and what they found."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import NotFound
from connector.rooms.rehearsal import service as rehearsals
from connector.rooms.rehearsal.found import Person, Result
from connector.shops.service import Shop
from connector.web import addresses
from connector.web.api import shapes
from connector.web.api.openapi import Operation


class BackTestMonth(Struct):
    month: Annotated[str, Meta(description="2026-11")]
    orders: int
    now: Annotated[int, Meta(description="Points by the programme in force")]
    draft: Annotated[int, Meta(description="Points by this version")]


class BackTestMember(Struct):
    member_id: str
    now: int
    draft: int


class BackTestRule(Struct):
    rule_id: Annotated[str | None, Meta(description="null: the rate")]
    given: Annotated[int, Meta(description="Points, or times of a reward")]


class BackTestGap(Struct):
    kind: Annotated[str, Meta(description="The kind of rule that nothing is known about")]
    name: Annotated[str, Meta(description="The page, event or occasion; empty where none")]
    known_days: int
    days: int


class BackTestResult(Struct):
    since: str
    orders: int
    actions: Annotated[int, Meta(description="What members did without an order")]
    now: int
    draft: int
    gain: Annotated[
        int,
        Meta(description="Members who would have got more points, or as many and more rewards"),
    ]
    lose: int
    same: int
    gifted_now: Annotated[int, Meta(description="Members whom rules give a reward")]
    gifted_draft: Annotated[int, Meta(description="The same by this version")]
    outstanding_now: Annotated[
        int,
        Meta(description="Points owed at the back-test, as in the liability: no pending ones"),
    ]
    outstanding_draft: Annotated[
        int,
        Meta(
            description="The same, had this version given instead of what was really booked since"
            " then; what is used or lapsed stays so, and what the book never had is in neither"
        ),
    ]
    months: list[BackTestMonth]
    top_gain: list[BackTestMember]
    top_lose: list[BackTestMember]
    rules: list[BackTestRule]
    gaps: Annotated[
        list[BackTestGap],
        Meta(description="What was not written down on all days; on the others it counts 0"),
    ]


class BackTest(Struct):
    version: int
    against: Annotated[int, Meta(description="The version in force when it was asked for")]
    state: Annotated[str, Meta(description="waiting, done or failed")]
    asked_at: str
    orders_done: int
    orders_total: int
    result: BackTestResult | None


def start_back_test(db: Connection, shop: Shop, version: str) -> BackTest:
    """Judge the orders of the last twelve months by a version; asking again does it anew."""
    rehearsals.ask(db, shop.id, addresses.version(version), clock.now())
    return get_back_test(db, shop, version)


def get_back_test(db: Connection, shop: Shop, version: str) -> BackTest:
    """How far a back-test is, and what it found."""
    told = rehearsals.read(db, shop.id, addresses.version(version))
    if told is None:
        raise NotFound("back_test_not_found", "nobody asked for one of this version")
    state = "waiting" if told.is_waiting else "done" if told.result else "failed"
    return BackTest(
        version=told.version,
        against=told.against,
        state=state,
        asked_at=shapes.utc(told.asked_at),
        orders_done=told.done,
        orders_total=told.total,
        result=_result(told.result) if state == "done" and told.result else None,
    )


def _result(found: Result) -> BackTestResult:
    return BackTestResult(
        since=found.since,
        orders=found.orders,
        actions=found.deeds,
        now=found.now,
        draft=found.draft,
        gain=found.gain,
        lose=found.lose,
        same=found.same,
        gifted_now=found.gifted_now,
        gifted_draft=found.gifted,
        outstanding_now=found.owed_now,
        outstanding_draft=found.owed_draft,
        months=[BackTestMonth(one.month, one.orders, one.now, one.draft) for one in found.months],
        top_gain=_people(found.top_gain),
        top_lose=_people(found.top_lose),
        rules=[
            BackTestRule(rule_id or None, given) for rule_id, given in sorted(found.rules.items())
        ],
        gaps=[BackTestGap(one.kind, one.name, one.known_days, one.days) for one in found.gaps],
    )


def _people(told: tuple[Person, ...]) -> list[BackTestMember]:
    return [BackTestMember(str(one.member_id), one.now, one.draft) for one in told]


OPERATIONS = (
    Operation("POST", "/program/versions/<version>/back-test", start_back_test, BackTest),
    Operation("GET", "/program/versions/<version>/back-test", get_back_test, BackTest),
)
