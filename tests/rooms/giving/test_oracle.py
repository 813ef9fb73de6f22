"""Whatever happens to orders, what is given is what an oracle of its own works out.

The oracle knows no room, no row and no difference: from all orders as they are now, told in the
sequence in which they came, it says what stands, in fractions, rounded once. Batches are made in
between; caps are met from several threads at once.
"""

from __future__ import annotations

import threading
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connector import orders
from connector.core.commerce import OrderState
from connector.core.db import Database
from connector.core.errors import Conflict
from connector.rooms.giving import remitting, service, settling
from connector.rooms.giving.rules import Match, PerUnit, Share
from tests.rooms.giving.offers import papered, publish, used
from tests.world import NOW, acme, donation, goods, order, refund, took

CAP = 400
STATES = [OrderState.OPEN, OrderState.PAID, OrderState.COMPLETED, OrderState.CANCELLED]
CHANGES = st.tuples(
    st.sampled_from("123"),  # which order
    st.sampled_from(STATES),
    st.integers(0, 5000),  # price of two cups
    st.integers(0, 300),  # gift
    st.integers(0, 2),  # cups that came back
    st.integers(0, 300),  # of the gift, given back
    st.booleans(),  # a batch is made afterwards
)


def half_up(amount: Fraction) -> int:
    return int(amount + Fraction(1, 2))


class Oracle:
    """The newest state of each order, and what a cap left when it came."""

    def __init__(self) -> None:
        self.newest: dict[str, tuple[Any, ...]] = {}
        self.allowance: dict[str, int] = {}
        self.shared: dict[str, int] = {}

    def hear(self, change: tuple[Any, ...]) -> None:
        key, state, price, _, back, _, _ = change
        self.newest[key] = change
        stands = state is not OrderState.CANCELLED
        left = price - price * back // 2
        want = half_up(Fraction(left * 5, 100)) if stands else 0
        room = CAP - sum(self.shared.values())
        if key not in self.allowance:
            if not want:
                return
            self.allowance[key] = room
        had = self.shared.get(key, 0)
        self.shared[key] = max(min(want, self.allowance[key], had + room), 0)

    def standing(self) -> Counter[tuple[str, str]]:
        """(kind, state) to minor units."""
        found: Counter[tuple[str, str]] = Counter()
        for key, (_, state, price, gift, back, returned, _) in self.newest.items():
            if state is OrderState.CANCELLED:
                continue
            where = "pledged" if state is OrderState.OPEN else "due"
            kept = max(gift - returned, 0)
            found["gift", where] += kept
            found["match", where] += half_up(Fraction(kept, 2))
            left = price - price * back // 2
            found["per_unit", where] += 30 * (2 - back) if left else 0
            found["share", where] += self.shared.get(key, 0)
        return found


def told(minute: int, change: tuple[Any, ...], currency: str) -> Any:
    key, state, price, gift, back, returned, _ = change
    cups, given = goods("a", price, 2), donation("d", gift)
    lines = [cups, given] if gift else [cups]
    taken = [took(cups, back)] if back else []
    if gift and returned:
        taken.append(took(given, total_minor=min(returned, gift)))
    refunds = (refund("r", *taken),) if taken else ()
    return order(key, *lines, minute=minute, state=state, refunds=refunds, currency=currency)


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
@settings(
    max_examples=5,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.lists(CHANGES, min_size=1, max_size=8))
def test_what_is_given_is_what_the_oracle_works_out(sqlite_url, currency, changes):
    database = Database(sqlite_url)
    world = acme(database, currency=currency)
    cause = papered(world)
    values: dict[str, Any] = {"currency": currency}
    share = publish(world, Share(percent_bps=500), cause, cap_minor=CAP, **values)
    publish(world, PerUnit(30, {"en": "a meal"}), cause, **values)
    publish(world, Match(5000), cause, **values)
    oracle = Oracle()
    for minute, change in enumerate(changes):
        world.tell(told(minute, change, currency))
        oracle.hear(change)
        if change[-1]:
            _remit(world, currency)
        with database.read() as db:
            tallies = service.tallies(db, world.shop.id)
        found: Counter[tuple[str, str]] = Counter()
        for row in tallies:
            found[row.kind, "pledged"] += row.pledged_minor
            found[row.kind, "due"] += row.due_minor
        assert +found == +oracle.standing()
        assert used(world, share) == sum(oracle.shared.values()) <= CAP
        due = sum(amount for (_, state), amount in oracle.standing().items() if state == "due")
        with database.read() as db:
            locked = sum(one.net_minor for one in remitting.batches(db, world.shop.id))
            waits = sum(one.ready_minor for one in remitting.waiting(db, world.shop.id))
        assert locked + waits == due
    assert world.audit() == []
    database.dispose()


def _remit(world: Any, currency: str) -> None:
    shop_id, day = world.shop.id, "2026-11-22"
    try:
        with world.database.write() as db:
            made = remitting.lock(
                db, shop_id, world.riverbank.id, currency, by="a", now=NOW, through=day
            )
    except Conflict:
        return
    with world.database.write() as db:
        remitting.approve(db, shop_id, made.id, by="b", now=NOW)
        remitting.send(db, shop_id, made.id, reference="R", sent_on=day, by="a", now=NOW)


def test_parallel_orders_never_overrun_a_cap_and_the_last_gets_the_remainder(postgres_url):
    database = Database(postgres_url)
    world = acme(database)
    one = publish(world, Share(percent_bps=1000), papered(world), cap_minor=1050)
    world.tell(*(order(str(n), goods("a", 1000), is_test=True) for n in range(16)))
    with database.read() as db:
        known = orders.store.by_keys(db, world.shop.id, [str(n) for n in range(16)])
    with database.write() as db:
        db.exec_driver_sql("UPDATE orders SET is_test = false")
    together = threading.Barrier(8)

    def settle(first: int) -> None:
        together.wait()
        for n in (first, first + 8):
            order_id = known[str(n)].id
            with database.write() as db:
                settling.settle(db, world.shop.id, [order_id], NOW)

    threads = [threading.Thread(target=settle, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as db:
        rows = service.log(db, world.shop.id, 100)
    amounts = Counter(row.due_minor for row in rows)
    assert amounts == {100: 10, 50: 1}
    assert used(world, one) == 1050
    assert world.audit() == []
    database.dispose()
