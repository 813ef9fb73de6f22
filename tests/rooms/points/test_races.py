"""A person's hand and the worker meet in the same book, at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

from connector import orders
from connector.core.commerce import OrderState
from connector.core.errors import InsufficientPoints
from tests.world import NOW, acme, goods, order

AFTER = NOW + timedelta(days=15)


def test_hands_and_worker_together_leave_a_sound_book(database):
    world = acme(database)
    mia = world.member()
    world.tell(*(order(str(n), goods("a", 1000)) for n in range(5)))
    world.release(AFTER)
    wanted = Random(7)

    def worker():
        for minute in range(1, 9):
            key = str(wanted.randrange(5))
            state = wanted.choice([OrderState.CANCELLED, OrderState.PAID])
            world.tell(order(key, goods("a", 1000), minute=minute, state=state), at=AFTER)

    def hand(number):
        done = 0
        for step in range(12):
            amount = -(step % 7 + 1) if (step + number) % 2 else step % 5 + 1
            try:
                world.adjust(mia, amount, AFTER)
            except InsufficientPoints:
                continue
            done += amount
        return done

    with ThreadPoolExecutor(4) as threads:
        work = threads.submit(worker)  # one worker a shop, any number of hands
        given = sum(threads.map(hand, range(3)))
        work.result()
    assert world.audit() == []
    left = world.balance_of(mia)
    paid = sum(10 for n in range(5) if is_paid(world, str(n)))
    assert left.available + left.pending == paid + given


def is_paid(world, key):
    with world.database.read() as db:
        return orders.store.by_keys(db, world.shop.id, [key])[key].state == OrderState.PAID
