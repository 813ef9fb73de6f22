"""Seals prove that what was booked is still there, unchanged, and nothing was slipped in."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from connector import ledger
from connector.core.ids import first_id, new_id
from connector.ledger import seals
from connector.ledger.models import ledger_entry, ledger_seal
from tests.ledger.test_audit import spoil

SHOP = 1
START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def fill(database, count, start=START):
    """One movement a minute from ``start`` on."""
    rows = [
        {
            "shop_id": SHOP,
            "id": first_id(start + timedelta(minutes=n)) + n,
            "unit": "USD",
            "amount": n + 1,
            "from_account": "donors",
            "to_account": "cause:1",
            "source": f"test:{start}:{n}",
            "kind": "donation",
            "occurred_at": start + timedelta(minutes=n, microseconds=n),
            "local_date": "2026-11-01",
            "expires_at": start if n % 2 else None,
            "rule_version": None,
        }
        for n in range(count)
    ]
    with database.write() as db:
        db.execute(insert(ledger_entry), rows)
    return [row["id"] for row in rows]


def seal(database, now):
    with database.write() as db:
        return ledger.seal(db, SHOP, now)


def problems(database):
    with database.read() as db:
        return [(one.what, one.place) for one in ledger.differences(db, SHOP)]


def test_movements_are_sealed_an_hour_after_they_were_booked(database):
    ids = fill(database, 90)
    assert seal(database, START + HOUR) == 0
    assert seal(database, START + HOUR + timedelta(minutes=30)) == 30
    assert seal(database, START + 4 * HOUR) == 60
    assert seal(database, START + 4 * HOUR) == 0
    with database.read() as db:
        rows = db.execute(select(ledger_seal).order_by(ledger_seal.c.number)).mappings().all()
    assert [(row["number"], row["last_id"], row["count"]) for row in rows] == [
        (1, ids[29], 30),
        (2, ids[89], 60),
    ]
    assert problems(database) == []


def test_one_seal_covers_a_limited_number(database, monkeypatch):
    monkeypatch.setattr(seals, "BATCH", 40)
    fill(database, 90)
    assert [seal(database, START + 9 * HOUR) for _ in range(4)] == [40, 40, 10, 0]
    assert problems(database) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE ledger_entry SET amount = 999 WHERE amount = 7", "seal_sha256"),
        ("UPDATE ledger_entry SET kind = 'gift' WHERE amount = 7", "seal_sha256"),
        ("UPDATE ledger_entry SET local_date = '2026-01-01' WHERE amount = 7", "seal_sha256"),
        ("UPDATE ledger_entry SET expires_at = NULL WHERE amount = 8", "seal_sha256"),
        ("UPDATE ledger_entry SET id = id + 1 WHERE amount = 7", "seal_sha256"),
        ("DELETE FROM ledger_entry WHERE amount = 7", "seal_count"),
        ("DELETE FROM ledger_entry WHERE amount = 30", "seal_count"),
    ],
)
def test_a_changed_movement_breaks_its_seal_and_no_other(database, statement, found):
    fill(database, 30)
    seal(database, START + 2 * HOUR)
    fill(database, 30, START + 3 * HOUR)
    seal(database, START + 5 * HOUR)
    spoil(database, f"{statement} AND id <= {first_id(START + 2 * HOUR)}", 0)
    assert problems(database) == [(found, "seal 1")]


def test_a_movement_slipped_in_below_a_seal_is_found(database):
    fill(database, 30)
    seal(database, START + 2 * HOUR)
    fill(database, 1, START + timedelta(minutes=5, seconds=30))
    assert problems(database) == [("seal_count", "seal 1")]


def test_a_missing_seal_is_found(database, monkeypatch):
    monkeypatch.setattr(seals, "BATCH", 10)
    fill(database, 30)
    while seal(database, START + 2 * HOUR):
        pass
    spoil(database, "DELETE FROM ledger_seal WHERE number = 2", 0)
    assert problems(database) == [("seal_number", "seal 2")]


def test_a_seal_can_be_computed_by_anybody(database):
    (entry_id,) = fill(database, 1)
    seal(database, START + 2 * HOUR)
    movement = (
        f'[1,{entry_id},"USD",1,"donors","cause:1","test:{START}:0","donation",'
        '"2026-11-01 00:00:00.000000","2026-11-01",null,null]'
    )
    with database.read() as db:
        found = db.scalar(select(ledger_seal.c.sha256))
    assert found == hashlib.sha256(f"{'0' * 64}\n{movement}".encode()).hexdigest()


def test_ids_of_a_moment_are_below_those_given_after_it():
    before = datetime.now(UTC) - timedelta(milliseconds=2)
    given = new_id()
    assert first_id(before) <= given < first_id(datetime.now(UTC) + timedelta(seconds=1))
