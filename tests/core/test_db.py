"""Transactions begin where we say, on both databases, and writers take turns."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from sqlalchemy import Column, MetaData, Table, insert, literal, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from connector.core.db import Database, Json, Turnstile, Utc, is_transient, try_shop_lock

NOW = datetime(2026, 11, 22, 12, 30, 15, 123456, tzinfo=UTC)
things = Table("thing", MetaData(), Column("at", Utc), Column("told", Json))


@pytest.fixture
def thing(database):
    """One empty table, in this test alone."""
    with database.write() as db:
        db.execute(text("CREATE TABLE thing (at timestamp with time zone, told text)"))
    yield things
    with database.write() as db:
        db.execute(text("DROP TABLE thing"))


def rows(database):
    with database.read() as db:
        return db.execute(select(things.c.told)).scalars().all()


def put(db, told):
    db.execute(insert(things), {"at": NOW, "told": told})


def put_and_fail(db, told):
    put(db, told)
    raise ZeroDivisionError


def test_a_write_is_committed_at_its_end_and_undone_by_an_error(database, thing):
    with database.write() as db:
        put(db, 1)
    with pytest.raises(ZeroDivisionError), database.write() as db:
        put_and_fail(db, 2)
    assert rows(database) == [1]


def release_and_fail(db):
    with db.begin_nested():
        put(db, 1)
    raise ZeroDivisionError


def test_a_released_savepoint_commits_nothing_by_itself(database, thing):
    with pytest.raises(ZeroDivisionError), database.write() as db:
        release_and_fail(db)
    assert rows(database) == []


def test_a_savepoint_undone_leaves_the_rest(database, thing):
    with database.write() as db:
        put(db, 1)
        with pytest.raises(ZeroDivisionError), db.begin_nested():
            put_and_fail(db, 2)
        put(db, 3)
    assert rows(database) == [1, 3]


def test_a_read_never_becomes_a_write(database, thing):
    with pytest.raises(DBAPIError, match=r"(?i)read.?only"), database.read() as db:
        put(db, 1)
    with database.write() as db:
        put(db, 2)
    assert rows(database) == [2]


def test_a_read_sees_one_moment(sqlite_url):
    database = Database(sqlite_url)
    with database.write() as db:
        db.execute(text("CREATE TABLE thing (at, told)"))
    with database.read() as db:
        assert db.execute(select(things.c.told)).all() == []
        with database.write() as other:
            put(other, 1)
        assert db.execute(select(things.c.told)).all() == []
    assert rows(database) == [1]
    database.dispose()


def test_times_are_utc_wherever_they_were_told(database, thing):
    berlin = NOW.astimezone(timezone(timedelta(hours=1)))
    with database.write() as db:
        db.execute(insert(thing), [{"at": berlin}, {"at": None}])
    with database.read() as db:
        found = db.execute(select(thing.c.at).where(thing.c.at.is_not(None))).scalar()
        assert db.scalar(select(thing.c.at).where(thing.c.at < NOW)) is None
    assert found == NOW
    assert found.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(database, thing):
    with pytest.raises(StatementError, match="naive time"), database.write() as db:
        db.execute(insert(thing), {"at": NOW.replace(tzinfo=None)})


def test_documents_keep_whole_numbers_and_scripts(database, thing):
    told = {"big": 2**62, "name": "نور 王小明", "none": None, "list": [1, 2.5, True]}
    with database.write() as db:
        put(db, told)
    (found,) = rows(database)
    assert found == told
    assert type(found["big"]) is int


def test_work_is_tried_again_after_a_deadlock_and_only_then(database):
    calls = []

    def fail(problem):
        def work(_db):
            calls.append(problem)
            if len(calls) < 3:
                raise problem

        return work

    deadlock = OperationalError("", {}, Exception("database is locked"))
    database.run(fail(deadlock))
    assert len(calls) == 3
    calls.clear()
    with pytest.raises(ValueError, match="bad"):
        database.run(fail(ValueError("bad")))
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("problem", "transient"),
    [
        (OperationalError("", {}, Exception("database is locked")), True),
        (OperationalError("", {}, Exception("database or disk is full")), True),
        (OperationalError("", {}, Exception("no such table: x")), False),
        (OSError("no space left"), True),
        (ValueError("x"), False),
    ],
)
def test_only_what_passes_by_itself_is_transient(problem, transient):
    assert is_transient(problem) is transient


def test_one_worker_a_shop(postgres_url):
    database = Database(postgres_url)
    with database.write() as first, database.write() as second:
        assert try_shop_lock(first, 7)
        assert not try_shop_lock(second, 7)
        assert try_shop_lock(second, 8)
    with database.write() as again:
        assert try_shop_lock(again, 7)
    database.dispose()


def test_a_writer_of_sqlite_is_alone_anyway(sqlite_url):
    database = Database(sqlite_url)
    with database.write() as db:
        assert try_shop_lock(db, 7)
    database.dispose()


def test_many_writers_lose_nothing(database, thing):
    def work(number):
        database.run(lambda db: put(db, number))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(80)))
    assert sorted(rows(database)) == list(range(80))


def test_a_busy_writer_does_not_starve_another(tmp_path):
    turnstile, other = Turnstile(tmp_path / "x.db"), Turnstile(tmp_path / "x.db")
    stop = threading.Event()
    turns, waited = count(), []

    def greedy():
        while not stop.is_set():
            with turnstile.turn():
                next(turns)
                time.sleep(0.002)

    busy = threading.Thread(target=greedy)
    busy.start()
    try:
        for _ in range(20):
            began = next(turns)
            with other.turn():
                waited.append(next(turns) - began)
    finally:
        stop.set()
        busy.join()
    assert max(waited) < 400, "turns meanwhile: one, and what a slow machine takes to wake"


def test_a_turn_ends_with_an_error(tmp_path):
    turnstile = Turnstile(tmp_path / "x.db")
    with pytest.raises(ZeroDivisionError), turnstile.turn():
        raise ZeroDivisionError
    with turnstile.turn():
        pass


def test_values_are_bound_and_never_pasted(database, thing):
    hostile = "'); DROP TABLE thing; --"
    with database.write() as db:
        put(db, hostile)
        assert db.scalar(select(literal(hostile))) == hostile
    assert rows(database) == [hostile]
