"""The audit finds every way we could think of to spoil a book, and nothing in a sound one."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from connector import ledger
from connector.core.commerce import OrderState
from connector.core.db import Database
from connector.rooms.points import service as points
from tests.world import NOOR, NOW, acme, donation, goods, order, refund, took

# What an operator with SQL could do (the triggers of movements switched off), and what the audit
# calls it. :s is the shop.
SEEDS = {
    "a balance": "UPDATE ledger_account SET balance = balance + 1 WHERE name LIKE 'member:%'",
    "a version": "UPDATE ledger_account SET version = version + 1 WHERE name LIKE 'pending:%'",
    "an account": "DELETE FROM ledger_account WHERE name LIKE 'member:%'",
    "an account of the shop": (
        "INSERT INTO ledger_account VALUES (:s, 'PTS', 'program', 5, 1)",
        "cached",
    ),
    "a lot": "UPDATE ledger_lot SET remaining = remaining - 1 WHERE remaining > 1",
    "a grant": "UPDATE ledger_lot SET granted = granted + 1",
    "a lost lot": "DELETE FROM ledger_lot",
    "a lost consumption": "DELETE FROM ledger_consumption",
    "a changed consumption": "UPDATE ledger_consumption SET amount = amount + 1",
    "a lost movement": "DELETE FROM ledger_entry WHERE kind = 'released'",
    "an amount": "UPDATE ledger_entry SET amount = amount + 1 WHERE kind = 'earned'",
    "a redirected movement": (
        "UPDATE ledger_entry SET to_account = 'member:77' WHERE to_account LIKE 'member:%'",
        "owner",
    ),
    "an unknown account": (
        "UPDATE ledger_entry SET to_account = 'pocket' WHERE to_account = 'program'",
        "move",
    ),
    "an unknown unit": ("UPDATE ledger_entry SET unit = 'XXX' WHERE unit = 'USD'", "unit"),
    "a donation paid back twice": (
        "UPDATE ledger_entry SET amount = 100000 WHERE kind = 'donation_refund'",
        "sign",
    ),
    "posted points": ("UPDATE points_order SET posted = posted + 1", "points_posted"),
    "counted entries": ("UPDATE points_order SET entries = entries + 1", "points_entries"),
    "pending points": ("UPDATE points_order SET pending = posted", "points_pending"),
    "a donation due": (
        "UPDATE giving_donation SET due_minor = due_minor - 1 WHERE due_minor > 1",
        "giving_due",
    ),
    "a donation pledged": (
        "UPDATE giving_donation SET pledged_minor = 1, due_minor = 199 WHERE due_minor = 200",
        "giving_pledged",
    ),
    "a lost donation": ("DELETE FROM giving_donation", "giving_due"),
}


def lived_in(database):
    """A world with a little of everything in its book."""
    world = acme(database)
    cup, bowl = goods("a", 5000, 5), goods("b", 1250)
    world.tell(order("1", cup, bowl, donation("d", 300)), order("2", bowl, customer_key=NOOR))
    world.release(NOW + timedelta(days=20))
    gift = donation("d", 300)
    back = refund("r", took(cup, 2), took(gift, total_minor=100))
    world.tell(order("1", cup, bowl, gift, minute=5, refunds=(back,)))
    world.tell(
        order("3", cup), order("4", donation("d", 100), state=OrderState.OPEN, paid_at=None)
    )
    world.adjust(world.member(), -7)
    return world


def test_a_sound_book_has_no_difference(database):
    assert lived_in(database).audit() == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_audit_finds(seed, database):
    world = lived_in(database)
    told = SEEDS[seed]
    statement, what = (told, "") if isinstance(told, str) else told
    spoil(world.database, statement, world.shop.id)
    found = world.audit()
    assert found
    assert any(one.startswith(what) for one in found), found


def test_a_difference_is_one_line_a_script_can_read(database):
    world = lived_in(database)
    spoil(database, "UPDATE ledger_account SET balance = 99 WHERE name LIKE 'pending:%'", 0)
    mia = world.member()
    assert f"balance  PTS pending:{mia}  stored 99  recomputed 50" in world.audit()


def test_another_shop_is_another_book(database):
    world, neighbour = lived_in(database), lived_in(database)
    spoil(
        database,
        "UPDATE ledger_account SET balance = balance + 1 WHERE shop_id = :s",
        neighbour.shop.id,
    )
    assert world.audit() == []
    assert neighbour.audit() != []


def test_the_wrong_side_of_zero_is_told_even_if_the_cache_agrees(database):
    world = acme(database)
    with database.write() as db:
        why = ledger.Voucher("test", "test", NOW)
        ledger.append(db, world.shop.id, "USD", "UTC", [("cause:1", "donors", 5, why)])
    assert "sign  USD cause:1  stored -5  recomputed 0" in world.audit()


def test_rooms_check_what_they_keep_themselves(database):
    world = lived_in(database)
    spoil(database, "UPDATE points_order SET posted = posted + 1", 0)
    with database.read() as db:
        assert list(ledger.differences(db, world.shop.id)) == []
        assert {one.what for one in points.check(db, world.shop.id)} == {"points_posted"}


def spoil(database: Database, statement: str, shop_id: int) -> None:
    """Change rows the way only somebody with the keys of the database can."""
    with database.write() as db:
        if database.is_sqlite:
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for name in db.scalars(text(triggers)).all():
                db.execute(text(f"DROP TRIGGER {name}"))
        else:
            db.execute(text("SET LOCAL session_replication_role = replica"))
        values = {"s": shop_id} if ":s" in statement else {}
        assert db.execute(text(statement), values).rowcount > 0
