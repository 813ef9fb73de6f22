"""The month's cap of an advocate: never more are paid, and the first that stand are."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from connector.core.commerce import OrderState, Person
from connector.rooms.referrals import service
from tests.rooms.referrals.meeting import HOLD, Meeting, noted
from tests.world import NOW, goods, refund, took

DAY = timedelta(days=1)
OVER = NOW + HOLD + DAY


@pytest.fixture
def capped(meeting: Meeting) -> Meeting:
    meeting.program(cap_per_month=2)
    return meeting


def friend(meeting: Meeting, number: int, at: datetime = NOW, **values):
    """The first order of the so manieth friend, so many minutes later."""
    at += timedelta(minutes=number)
    told = {"customer_key": f"200{number}", "person": Person(), "placed_at": at, "paid_at": at}
    return noted(meeting, str(number), **told, **values)


def paid(meeting: Meeting) -> list[int]:
    """Which introductions, counted from one, an advocate has something for."""
    rows = [row.id for row in meeting.rows()]
    sources = [one.split(":") for one in meeting.has]
    return sorted(rows.index(int(one[1])) + 1 for one in sources if one[2] == "advocate")


def refunded(meeting: Meeting, number: int):
    return friend(meeting, number, refunds=(refund("r", took(goods("1", 5000), 1)),), minute=5)


def test_one_that_is_refunded_in_its_hold_leaves_its_place(capped: Meeting):
    for number in (1, 2, 3, 4):
        capped.tell(friend(capped, number))
    assert [row.is_capped for row in capped.rows()] == [False, False, True, True]
    capped.tell(refunded(capped, 2), at=NOW + DAY)
    assert [row.is_capped for row in capped.rows()] == [False, False, False, True]
    capped.tell(refunded(capped, 4), at=NOW + DAY)
    capped.look(OVER)
    assert [row.state for row in capped.rows()] == ["kept", "void", "kept", "void"]
    assert paid(capped) == [1, 3]


def test_one_that_is_refunded_after_its_hold_leaves_its_place_too(capped: Meeting):
    for number in (1, 2, 3, 4):
        capped.tell(friend(capped, number))
    capped.look(OVER)
    assert paid(capped) == [1, 2]
    capped.tell(refunded(capped, 1), at=OVER)
    assert paid(capped) == [2, 3]
    assert sum(one.points for one in capped.has.values()) == 1000
    capped.tell(friend(capped, 1, minute=9), at=OVER)
    assert capped.rows()[0].state == "kept"
    assert paid(capped) == [2, 3], "what was paid stays"
    capped.tell(refunded(capped, 4), at=OVER)
    capped.tell(refunded(capped, 3), at=OVER)
    assert paid(capped) == [1, 2]


def test_a_refusal_leaves_its_place_until_it_is_taken_back(capped: Meeting):
    for number in (1, 2, 3):
        capped.tell(friend(capped, number))
    first = capped.rows()[0].id
    for approve in (False, True):
        with capped.world.database.write() as db:
            decided = partial(service.decide, db, capped.shop_id, first, reason="known", now=NOW)
            decided(approve=approve, made_by="staff:1")
        capped.look()
        assert [row.is_capped for row in capped.rows()][1:] == [False, approve]
    capped.look(OVER)
    assert paid(capped) == [1, 2]


def test_a_month_ends_where_the_shop_is(capped: Meeting):
    edge = datetime(2026, 11, 30, 22, 50, tzinfo=UTC)  # in Berlin ten minutes before December
    for number in (1, 2, 5, 11, 12, 13):
        capped.tell(friend(capped, number, at=edge), at=edge + DAY)
    capped.look(edge + HOLD + DAY)
    assert [row.local_date[:7] for row in capped.rows()] == ["2026-11"] * 3 + ["2026-12"] * 3
    assert paid(capped) == [1, 2, 4, 5]


def test_a_cancelled_order_of_one_month_frees_no_place_in_another(capped: Meeting):
    edge = datetime(2026, 11, 30, 22, 50, tzinfo=UTC)
    for number in (1, 2, 11, 12, 13):
        capped.tell(friend(capped, number, at=edge), at=edge + DAY)
    gone = friend(capped, 1, at=edge, state=OrderState.CANCELLED, minute=9)
    capped.tell(gone, at=edge + DAY)
    capped.look(edge + HOLD + DAY)
    assert paid(capped) == [2, 3, 4]
