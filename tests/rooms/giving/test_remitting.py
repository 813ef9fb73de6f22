"""Batches: locked, approved, sent, receipted; refunds before and after the lock."""

from dataclasses import replace as changed
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from connector.core.commerce import OrderState
from connector.core.errors import BadInput, Conflict, NotFound
from connector.rooms.giving import programmes, remitting, service
from connector.rooms.giving.remitting import proofs
from connector.rooms.giving.rules import Match, RoundUp
from tests.rooms.giving.offers import papered, publish
from tests.world import NOW, acme, donation, goods, order, refund, took

GIFT = donation("d", 250)
LATER = NOW + timedelta(days=3)
TODAY = "2026-11-22"


def lock(world, currency="USD", **values):
    told: dict[str, Any] = {"by": "staff:1", "now": NOW, "through": TODAY, **values}
    with world.database.write() as db:
        return remitting.lock(db, world.shop.id, world.riverbank.id, currency, **told)


def send(world, batch, **values):
    told: dict[str, Any] = {
        "reference": "RF18",
        "sent_on": TODAY,
        "by": "staff:1",
        "now": NOW,
        **values,
    }
    with world.database.write() as db:
        remitting.approve(db, world.shop.id, batch.id, by="staff:2", now=NOW)
        return remitting.send(db, world.shop.id, batch.id, **told)


def lines(world, batch):
    with world.database.read() as db:
        found = remitting.lines(db, world.shop.id, batch.id)
        return [(row.number, row.kind, row.gross_minor, row.refunded_minor) for row in found]


def sums(batch):
    return batch.gross_minor, batch.matched_minor, batch.refunded_minor, batch.net_minor


def test_a_batch_goes_from_lock_to_receipt_and_the_book_says_so(database):
    world = acme(database)
    cause = papered(world)
    one = publish(world, Match(10_000), cause)
    back = refund("r", took(GIFT, total_minor=50))
    world.tell(
        order("1", GIFT),
        order("2", GIFT, refunds=(back,)),
        order("3", GIFT, state=OrderState.OPEN),
        order("4", GIFT, currency="JPY"),
    )
    first = lock(world)
    assert sums(first) == (500, 500, 100, 900)
    assert (first.number, first.gifts, first.payee) == (None, 4, "Riverbank e.V.")
    assert sorted(lines(world, first)) == [
        ("1", "gift", 250, 0),
        ("1", "match", 250, 0),
        ("2", "gift", 250, 50),
        ("2", "match", 250, 50),
    ]
    sent = send(world, first)
    assert (sent.state, sent.reference) == ("remitted", "RF18")
    with database.write() as db:
        done = remitting.receipt(db, world.shop.id, first.id, "2026/77", NOW)
        assert (done.state, done.receipt) == ("receipted", "2026/77")
        parts = remitting.parts(db, world.shop.id, first.id)
        assert {(row.programme_id, row.kind): row.gross_minor for row in parts} == {
            (0, "gift"): 500,
            (one.id, "match"): 500,
        }
        ready = {row.currency: row.ready_minor for row in remitting.waiting(db, world.shop.id)}
    assert ready == {"USD": 0, "JPY": 250}
    assert world.audit() == []


def test_what_is_refunded_after_the_lock_is_a_line_of_the_next_batch(database):
    world = acme(database)
    papered(world)
    world.tell(order("1", GIFT), order("2", GIFT))
    first = lock(world)
    send(world, first)
    back = refund("r", took(GIFT, total_minor=100))
    world.tell(order("1", GIFT, minute=1, refunds=(back,)))
    with pytest.raises(Conflict, match="nothing_to_remit"):
        lock(world)  # carried
    world.tell(order("3", GIFT))
    second = lock(world)
    assert (sums(second), send(world, second).number) == ((250, 0, 100, 150), 2)
    assert sorted(lines(world, second)) == [("1", "gift", 0, 100), ("3", "gift", 250, 0)]
    assert lines(world, first) == [("1", "gift", 250, 0), ("2", "gift", 250, 0)]
    world.tell(order("2", GIFT, minute=1, state=OrderState.CANCELLED))
    world.tell(order("2", GIFT, minute=2))
    with pytest.raises(Conflict, match="nothing_to_remit"):
        lock(world)  # as it was
    assert world.audit() == []


def test_a_gift_locked_in_one_currency_is_taken_back_in_it(database):
    world = acme(database)
    papered(world)
    world.tell(order("1", GIFT))
    lock(world)
    world.tell(order("1", donation("d", 300), minute=1, currency="JPY"), order("2", GIFT))
    world.tell(order("3", donation("d", 1)))
    assert sums(lock(world)) == (251, 0, 250, 1)
    assert sums(lock(world, "JPY")) == (300, 0, 0, 300)
    world.tell(order("1", GIFT, minute=2))
    assert sums(lock(world)) == (250, 0, 0, 250)
    assert world.audit() == []


def test_a_batch_nobody_approved_is_taken_apart(database):
    world = acme(database)
    papered(world)
    world.tell(order("1", GIFT))
    first = lock(world)
    with database.write() as db:
        remitting.unlock(db, world.shop.id, first.id)
    assert world.audit() == []
    again = lock(world)
    assert sums(again) == (250, 0, 0, 250)
    assert send(world, again).number == 1, "what was taken apart left no gap"
    with database.write() as db, pytest.raises(Conflict, match="batch_state"):
        remitting.unlock(db, world.shop.id, again.id)
    assert world.audit() == []


def test_gifts_after_the_last_day_wait_for_the_next_batch(sqlite_world):
    world, _ = sqlite_world
    world.tell(order("1", GIFT))
    with pytest.raises(Conflict, match="nothing_to_remit"):
        lock(world, through="")  # yesterday
    assert lock(world, now=LATER, through="").through == "2026-11-24"


def test_states_follow_one_another_and_say_why_not(sqlite_world):
    world, _ = sqlite_world
    world.tell(order("1", GIFT))
    shop_id, batch = world.shop.id, lock(world)
    with world.database.write() as db:
        with pytest.raises(Conflict, match="batch_state"):
            remitting.receipt(db, shop_id, batch.id, "7", NOW)
        remitting.approve(db, shop_id, batch.id, by="staff:1", now=NOW)
        with pytest.raises(Conflict, match="batch_state"):
            remitting.approve(db, shop_id, batch.id, by="staff:1", now=NOW)
        for wrong, field in (
            ({"reference": " "}, "reference"),
            ({"sent_on": ""}, "sent_on"),
            ({"sent_on": "soon"}, "sent_on"),
            ({"sent_on": "2026-11-21"}, "sent_on"),
            ({"sent_on": "2026-11-23"}, "sent_on"),
        ):
            told: dict[str, Any] = {
                "reference": "R",
                "sent_on": TODAY,
                "by": "a",
                "now": NOW,
            } | wrong
            with pytest.raises(BadInput) as refused:
                remitting.send(db, shop_id, batch.id, **told)
            assert refused.value.field == field
        for number in ("", "x" * 141):
            with pytest.raises(BadInput):
                remitting.receipt(db, shop_id, batch.id, number, NOW)
        with pytest.raises(NotFound):
            remitting.batch(db, shop_id, 7)


def test_money_that_was_sent_before_the_lock_keeps_its_own_day(sqlite_world):
    world, _ = sqlite_world
    world.tell(order("1", GIFT, placed_at=NOW - timedelta(days=90)))
    batch = lock(world, through="2026-08-31")
    with pytest.raises(BadInput, match="date_range"):
        send(world, batch, sent_on="2026-08-30")
    assert send(world, batch, sent_on="2026-09-02").sent_on == "2026-09-02"
    assert world.audit() == []


def test_a_cause_nobody_can_pay_gets_no_batch(sqlite_world):
    world, cause = sqlite_world
    world.tell(order("1", GIFT))
    with world.database.write() as db:
        service.change_cause(db, world.shop.id, changed(cause, payee=""), NOW)
    for wrong in ({}, {"through": "2026-11-23"}, {"through": "x"}, {"currency": "XXX"}):
        with pytest.raises(BadInput):
            lock(world, **wrong)


def test_a_proof_is_what_it_says_and_small(sqlite_world):
    world, _ = sqlite_world
    world.tell(order("1", GIFT))
    shop_id, batch = world.shop.id, lock(world)
    keep: dict[str, Any] = {"by": "staff:1", "now": NOW}
    with world.database.write() as db:
        for content in (b"", b"<svg>", b"MZ", b"%PDF-" + bytes(proofs.MAX_PROOF_BYTES)):
            with pytest.raises(BadInput):
                proofs.add(db, shop_id, batch.id, "a.pdf", content, **keep)
        for start in (b"%PDF-1.7", b"\x89PNG\r\n\x1a\n.", b"\xff\xd8\xff."):
            proofs.add(db, shop_id, batch.id, "../a\r\n/b.pdf", start, **keep)
        found = proofs.of_batch(db, shop_id, batch.id)
        assert {row.name for row in found} == {"ab.pdf"}
        assert [row.media_type.split("/")[1] for row in found] == ["pdf", "png", "jpeg"]
        assert proofs.get(db, shop_id, batch.id, found[0].id).content == b"%PDF-1.7"
        with pytest.raises(NotFound):
            proofs.get(db, shop_id, 7, found[0].id)
        for number in range(proofs.MAX_PROOFS - 3):
            proofs.add(db, shop_id, batch.id, "", b"%%PDF-%d" % number, **keep)
        with pytest.raises(BadInput, match="too_many_proofs"):
            proofs.add(db, shop_id, batch.id, "", b"%PDF-", **keep)


def test_a_goal_tells_each_state_apart(sqlite_world):
    world, cause = sqlite_world
    shop_id = world.shop.id
    goal = programmes.Campaign(0, "", {"en": "Trees"}, {}, "USD", 1000)
    with world.database.write() as db:
        found = programmes.add_campaign(db, shop_id, goal, NOW)
    publish(world, RoundUp(100), cause, campaign_id=found.id)
    told: list[programmes.Progress] = []

    def look():
        with world.database.read() as db:
            mine = programmes.member_progress(db, shop_id, found, mia)
            told.append(programmes.progress(db, shop_id, found))
            assert mine == told[-1]

    mia = world.member()
    cup, gift = goods("a", 960), donation("d", 40)
    world.tell(order("1", cup, gift, state=OrderState.OPEN))
    look()
    world.tell(order("1", cup, gift, minute=1))
    look()
    batch = lock(world)
    look()
    send(world, batch)
    look()
    states = ("pledged_minor", "ready_minor", "reconciled_minor", "paid_minor")
    for progress, state in zip(told, states, strict=True):
        assert {name: getattr(progress, name) for name in states} == {
            name: 40 if name == state else 0 for name in states
        }
    assert all(one != two for one, two in pairwise(told))
