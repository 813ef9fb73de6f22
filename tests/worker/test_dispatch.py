"""What we ask of a store: once where it is silent, never twice where it answered."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from connector.core import clock, outbox
from connector.core.commerce import NeedsFetch
from connector.shops import service as shops
from connector.worker import dispatch
from tests.fakes import WooStore
from tests.flows.service import make_service
from tests.flows.test_bad_webhooks import WOO_ORDER

ORDER = {**WOO_ORDER, "date_completed_gmt": None, "fee_lines": [], "refunds": []}


@pytest.fixture
def store(serve):
    made = WooStore(orders={str(key): {**ORDER, "id": key} for key in range(1, 6)})
    serve(made)
    return made


@pytest.fixture
def world(database, store):
    """(service, shop): the store holds five orders that nobody has told us of."""
    service = make_service(database, private=[store.origin])
    return service, service.install("woocommerce", store.origin)


def ask(service, shop, *keys, what="order"):
    with service.database.write() as db:
        outbox.ask(db, shop.id, [NeedsFetch(what, str(key)) for key in keys], clock.now())


def waiting(service):
    with service.database.read() as db:
        return list(db.execute(select(outbox.outbox).order_by(outbox.outbox.c.id)))


def an_hour_later(service):
    with service.database.write() as db:
        due = outbox.outbox.c.due_at.is_not(None)
        db.execute(update(outbox.outbox).where(due).values(due_at=clock.now()))


def test_an_answer_becomes_a_row_of_bytes_and_the_question_is_gone(world):
    service, shop = world
    ask(service, shop, 1, 2)
    dispatch.dispatch(service.runtime, shop.id)
    assert waiting(service) == []
    rows = service.inbox(shop)
    assert [(row.source, row.topic, row.state) for row in rows] == [
        ("fetch", "fetch/order", "new")
    ] * 2
    assert json.loads(rows[0].body)["id"] == 1
    assert service.woken == [shop.id, shop.id]
    service.work()
    assert sorted(service.told(shop).orders) == ["1", "2"]


def test_asking_twice_before_it_happens_is_asking_once(world, store):
    service, shop = world
    for _ in range(3):
        ask(service, shop, 1)
    service.work()
    assert store.asked.count("GET /wp-json/wc/v3/orders/1") == 1


def test_asked_again_while_it_happens_it_happens_again(world, store):
    service, shop = world
    ask(service, shop, 1)
    with service.database.write() as db:
        (task,) = outbox.claim(db, shop.id, clock.now(), 1)
    ask(service, shop, 1)
    with service.database.write() as db:
        outbox.finish(db, task, clock.now())
    assert len(waiting(service)) == 1
    service.work()
    assert waiting(service) == []


def test_a_silent_store_is_asked_once_a_round(world, store):
    service, shop = world
    ask(service, shop, 1, 2, 3, 4, 5)
    store.fail_next = 99
    dispatch.dispatch(service.runtime, shop.id)
    assert len(store.asked) == 1
    rows = waiting(service)
    assert {row.error for row in rows} == {"platform_busy"}
    assert all(row.due_at > clock.now() for row in rows)
    store.fail_next = 0
    an_hour_later(service)
    service.work()
    assert waiting(service) == []
    assert len(service.told(shop).orders) == 5


def test_a_silent_store_keeps_no_other_waiting(database, store, serve):
    dead = WooStore(fail_next=99)
    service = make_service(database, private=[store.origin, serve(dead)])
    quiet = service.install("woocommerce", dead.origin)
    living = service.install("woocommerce", store.origin)
    ask(service, quiet, *range(1, 60))
    ask(service, living, 1)
    service.work()
    assert list(service.told(living).orders) == ["1"]
    assert [row.shop_id for row in waiting(service)] == [quiet.id] * 59
    assert len(dead.asked) == 1


def test_a_question_that_cannot_be_asked_stops_no_other(world):
    service, shop = world
    ask(service, shop, "no-number")
    ask(service, shop, 1, what="nonsense")
    ask(service, shop, 1)
    service.work()
    assert list(service.told(shop).orders) == ["1"]
    assert [row.error for row in waiting(service)] == ["invalid_key", "dispatch_failed"]


def test_a_key_that_no_longer_opens_waits_for_the_merchant(world, store):
    service, shop = world
    store.opens.clear()
    ask(service, shop, 1)
    dispatch.dispatch(service.runtime, shop.id)
    (row,) = waiting(service)
    assert (row.due_at, row.error) == (None, "platform_refused")
    assert service.shop(shop).problem == "platform_refused"


def test_a_shop_that_left_is_asked_nothing(world, store):
    service, shop = world
    ask(service, shop, 1)
    with service.database.write() as db:
        shops.uninstall(db, shop.id, clock.now(), clock.now())
    service.work()
    assert store.asked == []
    (row,) = waiting(service)
    assert (row.due_at, row.error) == (None, "not_installed")


def test_what_a_dead_worker_had_is_given_back_by_time(world):
    service, shop = world
    ask(service, shop, 1)
    now = clock.now()
    with service.database.write() as db:
        assert len(outbox.claim(db, shop.id, now, 10)) == 1
    with service.database.write() as db:
        assert outbox.claim(db, shop.id, now + timedelta(seconds=60), 10) == []
    with service.database.write() as db:
        assert len(outbox.claim(db, shop.id, now + timedelta(seconds=121), 10)) == 1


def test_an_order_the_store_does_not_have_is_deleted(world, store):
    service, shop = world
    ask(service, shop, 1)
    service.work()
    assert sum(service.told(shop).members["7"]) == 20
    del store.orders["1"]
    ask(service, shop, 1)
    service.work()
    told = service.told(shop)
    assert (told.orders["1"][0], told.members["7"]) == ("deleted", (0, 0))
