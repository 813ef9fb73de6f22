"""What is asked for is asked once, carried out by one, and never lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from connector.core import outbox
from connector.core.commerce import NeedsFetch
from connector.core.outbox import LEASE_SECONDS, MAX_DELAY_SECONDS
from tests.world import NOW

ORDER = NeedsFetch("order", "46")
SECOND = timedelta(seconds=1)


def ask(database, *wants, now=NOW, shop_id=7):
    with database.write() as db:
        outbox.ask(db, shop_id, wants, now)


def claim(database, now=NOW, limit=10, shop_id=7):
    with database.write() as db:
        return outbox.claim(db, shop_id, now, limit)


def rows(database):
    with database.read() as db:
        return db.execute(select(outbox.outbox)).all()


def test_asking_twice_is_asking_once(database):
    ask(database, ORDER, ORDER, NeedsFetch("order_refunds", "46"))
    ask(database, ORDER)
    ask(database)
    found = claim(database)
    assert sorted(task.payload["what"] for task in found) == ["order", "order_refunds"]
    assert {task.payload["key"] for task in found} == {"46"}


def test_shops_do_not_share_what_they_ask(database):
    ask(database, ORDER, shop_id=7)
    ask(database, ORDER, shop_id=8)
    with database.read() as db:
        assert sorted(outbox.shops_due(db, NOW)) == [7, 8]
    assert {task.shop_id for task in claim(database)} == {7}
    with database.read() as db:
        assert outbox.shops_due(db, NOW) == [8]


def test_a_claimed_task_is_ours_until_its_lease_ends(database):
    ask(database, ORDER)
    assert len(claim(database)) == 1
    assert claim(database) == []
    assert claim(database, NOW + timedelta(seconds=LEASE_SECONDS - 1)) == []
    (again,) = claim(database, NOW + timedelta(seconds=LEASE_SECONDS))
    assert again.attempts == 2


def test_a_finished_task_is_gone(database):
    ask(database, ORDER)
    (task,) = claim(database)
    with database.write() as db:
        assert outbox.shops_due(db, NOW) == []
        outbox.finish(db, task, NOW)
    assert rows(database) == []


def test_what_is_asked_again_meanwhile_runs_again(database):
    ask(database, ORDER)
    (task,) = claim(database)
    ask(database, ORDER)
    with database.write() as db:
        outbox.finish(db, task, NOW)
    (again,) = claim(database)
    assert again.attempts == 1
    with database.write() as db:
        outbox.finish(db, again, NOW)
    assert rows(database) == []


def test_what_failed_waits_longer_each_time_and_an_hour_at_most(database):
    ask(database, ORDER)
    now, waits = NOW, []
    for _ in range(15):
        (task,) = claim(database, now)
        with database.write() as db:
            outbox.postpone(db, task, now, "platform_unreachable")
        (row,) = rows(database)
        waits.append(row.due_at - now)
        now = row.due_at
    assert waits == sorted(waits)
    assert waits[-1] == MAX_DELAY_SECONDS * SECOND
    assert row.error == "platform_unreachable"


def test_what_was_given_up_is_tried_again_once_the_shop_answers(database):
    ask(database, ORDER)
    (task,) = claim(database)
    with database.write() as db:
        outbox.postpone(db, task, NOW, "forbidden", seconds=-1)
    assert claim(database, NOW + timedelta(days=9)) == []
    with database.write() as db:
        outbox.revive(db, 7, NOW)
    assert len(claim(database)) == 1


def test_a_platform_may_say_when_to_come_back_or_never(database):
    ask(database, ORDER)
    (task,) = claim(database)
    with database.write() as db:
        outbox.postpone(db, task, NOW, "throttled", seconds=7)
    assert rows(database)[0].due_at == NOW + 7 * SECOND
    with database.write() as db:
        outbox.postpone(db, task, NOW, "refused", seconds=-1)
    assert rows(database)[0].due_at is None
    ask(database, ORDER)
    assert len(claim(database)) == 1


def test_the_longest_waiting_goes_first(database):
    for number in range(5):
        ask(database, NeedsFetch("order", str(number)), now=NOW + number * SECOND)
    assert [task.payload["key"] for task in claim(database, NOW + 9 * SECOND, 3)] == [
        "0",
        "1",
        "2",
    ]


@pytest.mark.parametrize("limit", [1, 2])
def test_two_workers_never_hold_the_same_task(database, limit):
    ask(database, *(NeedsFetch("order", str(number)) for number in range(4)))
    first, second = claim(database, limit=limit), claim(database, limit=4)
    keys = [task.payload["key"] for task in (*first, *second)]
    assert sorted(keys) == ["0", "1", "2", "3"]


def test_a_silent_shop_waits_longer_each_time_and_all_its_tasks_with_it(database):
    ask(database, ORDER, *(NeedsFetch("order", str(n)) for n in range(30)))
    ask(database, ORDER, shop_id=8)
    now, waits = NOW, []
    for _ in range(14):
        task, *_rest = claim(database, now, limit=5)
        with database.write() as db:
            outbox.hush(db, task, now, "platform_busy")
        (due_at,) = {row.due_at for row in rows(database) if row.shop_id == 7}
        waits.append((due_at - now).total_seconds())
        now = due_at
    assert waits[:4] == [2, 4, 8, 16]
    assert waits[-1] == MAX_DELAY_SECONDS
    assert [row.due_at for row in rows(database) if row.shop_id == 8] == [NOW]


def test_what_waits_for_long_on_its_own_is_not_hurried_by_silence(database):
    ask(database, ORDER, NeedsFetch("order", "47"))
    first, second = claim(database)
    with database.write() as db:
        outbox.postpone(db, first, NOW, "dispatch_failed", seconds=MAX_DELAY_SECONDS)
        outbox.hush(db, second, NOW, "platform_busy")
    told = sorted((row.due_at - NOW).total_seconds() for row in rows(database))
    assert told == [2, MAX_DELAY_SECONDS]
