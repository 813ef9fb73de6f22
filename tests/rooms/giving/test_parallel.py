"""Orders of all currencies that come, change and are undone at once: no cap is overrun.

Threads settle what another transaction recorded, each in an order of its own, as workers do whose
locks are taken late. What a cap cut depends on who was first; the sums do not, nor does what a
gift gives. Then everything is settled once more, and nothing moves.
"""

from __future__ import annotations

import random
import threading
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from connector import orders
from connector.core.commerce import Order, OrderState
from connector.core.db import Database
from connector.core.facts import OrderChanged, publish
from connector.core.money import exponent
from connector.rooms.giving import remitting, service, settling
from connector.rooms.giving.rules import AddOn, Match, RoundUp, Share
from tests.rooms.giving.offers import given, papered, used
from tests.rooms.giving.offers import publish as publish_programme
from tests.world import HEARD, NOW, World, acme, donation, goods, order, refund, took

THREADS, ORDERS = 6, 18


def half_up(amount: Fraction) -> int:
    return int(amount + Fraction(1, 2))


class Sale:
    """One order as its shopper placed it, and what became of it."""

    def __init__(self, dice: random.Random, number: int, unit: int) -> None:
        self.key = str(number)
        self.price = dice.randrange(1, 40 * unit)
        self.gift = dice.choice(
            [0, dice.randrange(1, unit), 3 * unit, dice.randrange(1, 9 * unit)]
        )
        self.end = dice.choice(["stays", "stays", "goods", "gift", "part", "undone"])

    def told(self, minute: int, currency: str) -> Order:
        cup, gift = goods("a", self.price), donation("d", self.gift)
        lines = [cup, gift] if self.gift else [cup]
        changes: dict[str, Any] = {}
        if minute and self.end == "undone":
            changes["state"] = OrderState.CANCELLED
        taken = [took(cup, 1)] if minute and self.end == "goods" else []
        if minute and self.gift and self.end in ("gift", "part"):
            taken.append(took(gift, total_minor=self.gift - self.kept))
        if taken:
            changes["refunds"] = (refund("r", *taken),)
        return order(self.key, *lines, minute=minute, currency=currency, **changes)

    @property
    def kept(self) -> int:
        """What stands of the gift in the end."""
        return {"undone": 0, "gift": 0, "part": self.gift // 3}.get(self.end, self.gift)

    @property
    def left(self) -> int:
        """What stands of the goods."""
        return 0 if self.end in ("undone", "goods") else self.price


@pytest.mark.parametrize(
    ("currency", "seed", "is_locked"),
    [("JPY", 1, False), ("EUR", 2, False), ("KWD", 3, True), ("EUR", 4, True)],
)
def test_whoever_is_first_no_cap_is_overrun_and_gifts_are_what_was_paid(
    postgres_url, currency, seed, is_locked
):
    dice, unit = random.Random(seed), 10 ** (exponent(currency) or 2)
    sales = [Sale(dice, number, unit) for number in range(ORDERS)]
    database = Database(postgres_url)
    world = acme(database, currency=currency)
    cause = papered(world)
    values: dict[str, Any] = {"currency": currency}
    publish_programme(world, RoundUp(unit), cause, **values)
    publish_programme(world, AddOn((3 * unit,), 1, 5 * unit), cause, **values)
    shared = sum(half_up(Fraction(one.price, 10)) for one in sales)
    matched = sum(one.gift for one in sales)
    share = publish_programme(
        world, Share(percent_bps=1000), cause, cap_minor=shared * 2 // 3, **values
    )
    match = publish_programme(world, Match(10_000), cause, cap_minor=matched // 2, **values)

    record(world, [one.told(0, currency) for one in sales], dice)
    assert given(world, "gift") == {"riverbank gift": (0, matched)}
    assert used(world, share) == shared * 2 // 3, "the last order got the remainder"
    assert used(world, match) == matched // 2
    for row in rows(world, "match"):
        assert row.due_minor <= row.basis["allowance"]
    if is_locked:
        remit(world, currency)

    record(world, [one.told(1, currency) for one in sales], dice)
    assert given(world, "gift") == {"riverbank gift": (0, sum(one.kept for one in sales))}
    wanted = {one.key: half_up(Fraction(one.left, 10)) for one in sales}
    for row in rows(world, "share"):
        assert row.due_minor == min(wanted[row.number], row.basis["allowance"])
    for row in rows(world, "match"):
        assert row.due_minor <= next(one.kept for one in sales if one.key == row.number)
    for programme in (share, match):
        assert programme.cap_minor
        standing = sum(row.due_minor for row in rows(world, programme.kind))
        assert used(world, programme) == standing <= programme.cap_minor
    before = given(world)
    record(world, [one.told(1, currency) for one in sales], dice)
    assert given(world) == before, "what is settled is settled"
    due = sum(amount for _, amount in before.values())
    with database.read() as db:
        locked = sum(one.net_minor for one in remitting.batches(db, world.shop.id))
        waits = sum(one.ready_minor for one in remitting.waiting(db, world.shop.id))
    assert locked + waits == due
    assert bool(locked) is is_locked
    assert world.audit() == []
    database.dispose()


def record(world: World, told: list[Order], dice: random.Random) -> None:
    """The book takes them over first; then threads settle them, each in its own sequence."""
    context = orders.Context(world.shop.id, world.shop.timezone, "fetch", trusted=True)
    with world.database.write() as db:
        facts = orders.record(db, context, world.members, told, NOW)
        others = {kind: heard for kind, heard in HEARD.items() if kind is not OrderChanged}
        publish(db, others, facts, NOW)
        keys = [one.key for one in told]
        ids = [row.id for row in orders.store.by_keys(db, world.shop.id, keys).values()]
    parts: list[list[int]] = [[] for _ in range(THREADS)]
    for order_id in dice.sample(ids, len(ids)):
        dice.choice(parts).append(order_id)
    together, failed = threading.Barrier(THREADS), []

    def settled(order_id: int, db: Connection) -> None:
        settling.settle(db, world.shop.id, [order_id], NOW)

    def settle(part: list[int]) -> None:
        together.wait()
        try:
            for order_id in part:
                world.database.run(partial(settled, order_id))
        except Exception as problem:  # noqa: BLE001 - told by the test's own thread
            failed.append(problem)

    threads = [threading.Thread(target=settle, args=(part,)) for part in parts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed


def remit(world: World, currency: str) -> None:
    with world.database.write() as db:
        by: dict[str, Any] = {"by": "staff:1", "now": NOW}
        made = remitting.lock(
            db, world.shop.id, world.riverbank.id, currency, through="2026-11-22", **by
        )
        remitting.approve(db, world.shop.id, made.id, **by)
        remitting.send(db, world.shop.id, made.id, reference="R", sent_on="2026-11-22", **by)


def rows(world: World, kind: str) -> list[Any]:
    with world.database.read() as db:
        return [row for row in service.log(db, world.shop.id, 1000) if row.kind == kind]
