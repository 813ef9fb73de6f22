"""The door keeps what it answered for, also over connections that died while they rested."""

import pytest
from sqlalchemy import event, func, select, text

from connector.core import db as core_db
from connector.core.commerce import Delivery
from connector.core.db import Database
from connector.core.inbox import Received, inbox, keep
from connector.core.keeper import Keeper
from tests.world import NOW


@pytest.fixture
def postgres(postgres_url):
    database = Database(postgres_url)
    yield database
    database.dispose()


def received(key="d1", body=b'{"id":1}'):
    return Received(1, "hook", Delivery("order.created", key, {"X-WC-Webhook-ID": "1"}, body), NOW)


def rows(database):
    with database.read() as db:
        return db.execute(select(inbox)).all()


def test_a_kept_delivery_reads_back_as_it_came(database):
    Keeper(database).keep(received())
    (row,) = rows(database)
    assert (row.body, row.headers, row.received_at) == (b'{"id":1}', {"X-WC-Webhook-ID": "1"}, NOW)
    assert (row.due_at, row.state, row.attempts) == (NOW, "new", 0)


def test_the_same_delivery_again_changes_nothing(database):
    keeper = Keeper(database)
    keeper.keep(received())
    keeper.keep(received(body=b"other bytes under the same key"))
    assert [row.body for row in rows(database)] == [b'{"id":1}']


def test_postgresql_keeps_a_delivery_in_one_statement(postgres):
    said = []
    event.listen(postgres.engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    Keeper(postgres).keep(received())
    assert [one.split()[0] for one in said] == ["INSERT"]
    assert len(rows(postgres)) == 1


def test_after_an_autocommitted_statement_transactions_are_transactions_again(postgres):
    def fail(db):
        keep(db, [received()])
        raise InterruptedError

    postgres.run(lambda db: db.execute(text("SELECT 1")), one_statement=True)
    with pytest.raises(InterruptedError):
        postgres.run(fail)
    with postgres.read() as db:
        assert db.scalar(select(func.count()).select_from(inbox)) == 0


def test_a_connection_that_died_while_it_rested_is_replaced(postgres, monkeypatch):
    monkeypatch.setattr(core_db, "_TRUSTED_SECONDS", 0)
    with postgres.read() as db:
        mine = db.scalar(text("SELECT pg_backend_pid()"))
    other = Database(postgres.url)
    with other.write() as db:
        db.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})
    other.dispose()
    with postgres.read() as db:
        assert db.scalar(text("SELECT pg_backend_pid()")) != mine


def test_a_delivery_is_kept_although_the_connection_died_a_moment_ago(postgres):
    with postgres.read() as db:
        mine = db.scalar(text("SELECT pg_backend_pid()"))
    other = Database(postgres.url)
    with other.write() as db:
        db.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})
    other.dispose()
    Keeper(postgres).keep(received())
    assert len(rows(postgres)) == 1
