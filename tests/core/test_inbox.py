"""Bytes first: kept once, handed out until done, forgotten when asked."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from connector.core import inbox
from connector.core.commerce import Delivery
from connector.core.inbox import (
    KEEP_READ_DAYS,
    KEEP_UNREAD_DAYS,
    MAX_ATTEMPTS,
    Outcome,
    Received,
)
from connector.core.keeper import Keeper
from tests.world import NOW

SHOP = 7
SECOND = timedelta(seconds=1)


def received(key="k", body=b"{}", shop_id=SHOP, source="hook"):
    headers = {"X-Topic": "order.updated"}
    return Received(shop_id, source, Delivery("order.updated", key, headers, body), NOW)


def keep(database, *messages):
    with database.write() as db:
        inbox.keep(db, messages)


def waiting(database, now=NOW, shop_id=SHOP):
    with database.read() as db:
        return inbox.waiting(db, shop_id, now, 100)


def finish(database, *outcomes):
    with database.write() as db:
        inbox.finish(db, SHOP, outcomes, NOW)


def stored(database):
    with database.read() as db:
        return db.execute(select(inbox.inbox).order_by(inbox.inbox.c.id)).all()


def test_a_message_is_kept_once_and_as_it_came(database):
    keep(database, received(body=b"\x00\xff not json"), received(body=b"other"))
    keep(database, received(body=b"again"))
    (row,) = waiting(database)
    assert row.delivery.body == b"\x00\xff not json"
    assert row.delivery.headers == {"X-Topic": "order.updated"}
    assert (row.topic, row.source, row.received_at) == ("order.updated", "hook", NOW)


def test_the_same_key_in_another_shop_is_another_message(database):
    keep(database, received(), received(shop_id=8))
    assert len(waiting(database)) == len(waiting(database, shop_id=8)) == 1
    with database.read() as db:
        assert sorted(inbox.shops_due(db, NOW)) == [7, 8]
        assert inbox.shops_due(db, NOW - SECOND) == []


def test_messages_are_handed_out_in_the_sequence_they_came(database):
    keep(database, *(received(str(n), str(n).encode()) for n in range(20)))
    assert [row.delivery.body for row in waiting(database)] == [b"%d" % n for n in range(20)]


def test_a_finished_message_is_not_handed_out_again(database):
    keep(database, received("a"), received("b"), received("c"))
    a, b, c = (row.id for row in waiting(database))
    finish(
        database,
        Outcome(a, "done", customer_key="1001"),
        Outcome(b, "quarantined", code="unknown_status", error="x" * 900),
    )
    finish(database)
    assert [row.id for row in waiting(database)] == [c]
    with database.read() as db:
        assert inbox.still_waiting(db, SHOP, [a, b, c]) == {c}
    done, held, _ = stored(database)
    assert (done.state, done.customer_key, done.processed_at) == ("done", "1001", NOW)
    assert (held.state, held.code, len(held.error)) == ("quarantined", "unknown_status", 500)


def test_a_failed_message_comes_back_later_and_in_the_end_waits_for_a_person(database):
    keep(database, received())
    now = NOW
    for attempt in range(1, MAX_ATTEMPTS):
        (row,) = waiting(database, now)
        with database.write() as db:
            inbox.park(db, SHOP, row, now, "handler_failed", "ValueError")
        assert waiting(database, now) == []
        now += timedelta(seconds=2**attempt)
    (row,) = waiting(database, now)
    with database.write() as db:
        inbox.park(db, SHOP, row, now, "handler_failed", "ValueError")
    assert waiting(database, now + timedelta(days=99)) == []
    with database.read() as db:
        assert [one.id for one in inbox.need_a_look(db, SHOP, 5)] == [row.id]


def test_what_failed_can_be_replayed(database):
    keep(database, *(received(str(n)) for n in range(3)))
    first, second, third = waiting(database)
    finish(database, Outcome(first.id, "quarantined", code="x"), Outcome(third.id, "done", "1001"))
    with database.write() as db:
        inbox.park(db, SHOP, second, NOW, "x", "y")
        assert inbox.replay(db, SHOP, NOW) == 2
    assert [(row.id, row.attempts) for row in waiting(database)] == [(first.id, 0), (second.id, 0)]
    with database.write() as db:
        assert inbox.replay(db, SHOP, NOW, [third.id]) == 1
        assert inbox.replay(db, SHOP + 1, NOW, [third.id]) == 0
    assert len(waiting(database)) == 3


def test_bytes_that_name_nobody_are_not_kept(database):
    keep(database, *(received(str(n)) for n in range(4)))
    named, nameless, ignored, bad = (row.id for row in waiting(database))
    finish(
        database,
        Outcome(named, "done", "1001"),
        Outcome(nameless, "done"),
        Outcome(ignored, "ignored", "1001"),
        Outcome(bad, "quarantined", code="x"),
    )
    assert [row.body for row in stored(database)] == [b"{}", None, None, b"{}"]
    assert [bool(row.headers) for row in stored(database)] == [True, False, False, True]


def test_bodies_grow_too_old_and_what_could_not_be_read_later(database):
    keep(database, *(received(str(n)) for n in range(4)))
    read, bad, failed, _waits = waiting(database)
    finish(database, Outcome(read.id, "done", "1001"), Outcome(bad.id, "quarantined"))
    with database.write() as db:
        row = replace(failed, attempts=MAX_ATTEMPTS)
        inbox.park(db, SHOP, row, NOW, "x", "y", customer_key="1002")
        assert inbox.drop_bodies(db, SHOP, NOW + timedelta(days=KEEP_READ_DAYS)) == 0
        assert inbox.drop_bodies(db, SHOP, NOW + timedelta(days=KEEP_READ_DAYS) + SECOND) == 1
        assert inbox.replay(db, SHOP, NOW, [read.id]) == 0
        assert inbox.drop_bodies(db, SHOP, NOW + timedelta(days=KEEP_UNREAD_DAYS) + SECOND) == 2
        assert inbox.need_a_look(db, SHOP, 5) == []
    assert [row.body for row in stored(database)] == [None, None, None, b"{}"]
    assert [row.code for row in stored(database)] == [None, "too_old", "too_old", None]


def test_what_is_held_of_people_is_erased(database):
    keep(database, received("a"), received("b"), received("c"))
    a, b, c = waiting(database)
    finish(database, Outcome(a.id, "done", "1001"), Outcome(b.id, "done", "1002"))
    with database.write() as db:
        inbox.park(db, SHOP, c, NOW, "handler_failed", "y", customer_key="1001")
        inbox.forget_people(db, SHOP, ["1001"])
    gone, left, parked = stored(database)
    assert (gone.body, gone.headers, gone.customer_key, gone.state) == (None, {}, None, "done")
    assert (left.body, left.customer_key) == (b"{}", "1002")
    assert (parked.body, parked.due_at, parked.state, parked.code) == (
        None,
        None,
        "ignored",
        "erased",
    )


def test_a_keeper_returns_once_the_message_is_committed(database):
    keeper = Keeper(database)

    def work(number):
        keeper.keep(received(str(number)))
        with database.read() as db:
            key = inbox.inbox.c.dedupe_key
            return db.scalar(select(func.count()).where(key == str(number)))

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(work, range(200))) == {1}


def test_one_bad_message_of_a_batch_hurts_only_itself(database):
    keeper = Keeper(database)

    def work(number):
        try:
            keeper.keep(received(str(number), shop_id=None if number % 5 == 0 else SHOP))
        except IntegrityError:
            return 0
        return 1

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(work, range(50))) == 40
    assert len(stored(database)) == 40


def test_a_keeper_says_why_it_could_not_keep(sqlite_url):
    from connector.core.db import Database

    database = Database(sqlite_url)
    with pytest.raises(Exception, match="NOT NULL"):
        Keeper(database).keep(received(shop_id=None))
    database.dispose()
