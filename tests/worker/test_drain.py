"""What fails is parked alone, what cannot be read is kept aside, and the rest goes on."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from connector.core import clock, inbox, noticed
from connector.core.facts import OrderChanged
from connector.orders import service as orders
from connector.worker import drain
from tests.fakes import woo_signed
from tests.flows.service import HOOK_SECRET
from tests.flows.test_bad_webhooks import WOO_ORDER


@pytest.fixture
def shop(service):
    return service.install("woocommerce", "https://shop.example")


def tell(service, shop, *keys):
    """Deliver paid orders of twenty dollars."""
    for key in keys:
        body = json.dumps({**WOO_ORDER, "id": key}).encode()
        headers = woo_signed(body, HOOK_SECRET, delivery=str(key))
        path = f"/hooks/woocommerce/{shop.hook_path}"
        assert service.http.post(path, data=body, headers=headers).status_code == 200


def states(service, shop):
    return [(row.state, row.code) for row in service.inbox(shop)]


def hearing(service, handler):
    """The service's parts, with one more listener to changed orders."""
    heard = dict(service.runtime.subscriptions)
    heard[OrderChanged] = (*heard[OrderChanged], handler)
    return replace(service.runtime, subscriptions=heard)


def poison(key):
    """A listener that stumbles over one order."""

    def listen(db, facts, _now):
        loaded = orders.load(db, facts[0].shop_id, [fact.order_id for fact in facts])
        if any(order.key == key for _, order in loaded):
            raise ZeroDivisionError("stumbled")
        return []

    return listen


def test_one_bad_row_is_parked_and_the_others_go_on(service, shop):
    tell(service, shop, 1, 2, 3, 4, 5)
    drain.drain(hearing(service, poison("3")), shop.id)
    done = ("done", None)
    assert states(service, shop) == [done, done, ("parked", "handler_failed"), done, done]
    told = service.told(shop)
    assert sorted(told.orders) == ["1", "2", "4", "5"]  # nothing of the third
    assert service.entries(shop) == 4
    assert service.audit(shop) == []
    (row,) = [row for row in service.inbox(shop) if row.state == "parked"]
    assert row.error == "ZeroDivisionError"  # what kind, and no word of what it said
    assert row.due_at > clock.now()


def test_a_parked_row_is_tried_again_and_at_last_left_to_a_person(service, shop):
    tell(service, shop, 3)
    runtime = hearing(service, poison("3"))
    (row,) = service.inbox(shop)
    while row.due_at is not None:
        make_due(service, shop)
        drain.drain(runtime, shop.id)
        (row,) = service.inbox(shop)
        assert row.state == "parked"
    assert row.attempts == inbox.MAX_ATTEMPTS
    with service.database.read() as db:
        assert len(inbox.need_a_look(db, shop.id, 10)) == 1
    with service.database.write() as db:
        assert inbox.replay(db, shop.id, clock.now()) == 1  # the mistake was mended
    service.work(["drain"])
    assert states(service, shop) == [("done", None)]
    assert service.entries(shop) == 1


def make_due(service, shop):
    with service.database.write() as db:
        table = inbox.inbox
        due_at = clock.now() - timedelta(seconds=1)
        db.execute(table.update().where(table.c.shop_id == shop.id).values(due_at=due_at))


def test_a_reader_that_breaks_keeps_nobody_waiting(service, shop):
    class Clumsy:
        """The real platform, but for one body."""

        def __getattr__(self, name):
            return getattr(service.runtime.platforms["woocommerce"], name)

        def normalise(self, delivery):
            if json.loads(delivery.body)["id"] == 2:
                raise KeyError("a field with somebody's name")
            return service.runtime.platforms["woocommerce"].normalise(delivery)

    tell(service, shop, 1, 2, 3)
    clumsy = replace(service.runtime, platforms={"woocommerce": Clumsy()})
    drain.drain(clumsy, shop.id)
    done = ("done", None)
    assert states(service, shop) == [done, ("quarantined", "reader_failed"), done]
    assert "somebody" not in str([row.error for row in service.inbox(shop)])
    with service.database.write() as db:
        inbox.replay(db, shop.id, clock.now())
    service.work(["drain"])
    assert service.entries(shop) == 3


def test_trouble_with_the_database_parks_nothing(service, shop):
    tell(service, shop, 1, 2)
    trouble = [True]

    def listen(_db, _facts, _now):
        if trouble.pop() if trouble else False:
            raise OperationalError("COMMIT", {}, Exception("database is locked"))
        return []

    runtime = hearing(service, listen)
    try:
        drain.drain(runtime, shop.id)
    except OperationalError:
        assert states(service, shop) == [("new", None), ("new", None)]
        drain.drain(runtime, shop.id)
    assert states(service, shop) == [("done", None), ("done", None)]
    assert service.entries(shop) == 2


def test_two_workers_share_a_shop_without_doing_anything_twice(service, shop):
    tell(service, shop, *range(1, 61))
    together = threading.Barrier(4)

    def work(_):
        together.wait()
        drain.drain(service.runtime, shop.id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    service.work(["drain"])
    assert {state for state, _ in states(service, shop)} == {"done"}
    assert service.entries(shop) == 60
    assert service.audit(shop) == []


def test_a_shop_with_much_to_do_gives_way_and_asks_for_its_next_turn(service, shop):
    tell(service, shop, *range(1, 121))
    service.woken.clear()
    first = drain.drain(service.runtime, shop.id, 0)
    assert 0 < first <= drain.BATCH
    assert service.woken == [shop.id]
    assert first + drain.drain(service.runtime, shop.id) == 120
    assert service.woken == [shop.id]


def test_a_shop_hears_when_somebody_last_spoke(service, shop):
    assert service.shop(shop).last_event_at is None
    tell(service, shop, 1)
    service.work(["drain"])
    (row,) = service.inbox(shop)
    assert service.shop(shop).last_event_at == row.received_at


def test_a_noticed_fact_that_a_room_fails_on_is_set_aside_and_the_others_are_heard(service, shop):
    heard: list[int] = []

    def listen(_db, facts, _now):
        if any(fact.order_id == 1 for fact in facts):
            message = "cannot"
            raise ValueError(message)
        heard.extend(fact.order_id for fact in facts)
        return []

    told = [OrderChanged(shop.id, order_id) for order_id in (2, 1, 3)]
    with service.database.write() as db:
        noticed.notice(db, told, clock.now())
    drain.drain(hearing(service, listen), shop.id)
    assert heard == [2, 3]
    with service.database.read() as db:
        assert not noticed.waits(db, shop.id)
        assert db.scalar(select(func.count()).select_from(noticed.fact_noticed)) == 1
