"""Privacy requests of the platforms: proof that they came, and nothing personal afterwards."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from connector.core import clock, inbox
from connector.core.commerce import Customer, CustomerMerge, Delivery, Person, PrivacyRequest
from connector.core.db import metadata
from connector.core.inbox import Outcome, Received
from connector.members import store as member_store
from connector.shops import service as shops
from connector.worker import drain, privacy, reconcile, schedule
from tests.fakes import woo_signed
from tests.flows.service import HOOK_SECRET, make_service
from tests.flows.test_bad_webhooks import WOO_ORDER
from tests.worker.test_drain import hearing, poison
from tests.world import MIA, NOOR, NOW, acme, goods, order

ASKED = PrivacyRequest("data_request", MIA, "mia@customers.example", "77")


def test_a_request_for_data_is_kept_and_says_whom_it_is_about(database):
    world = acme(database)
    world.tell(order("991", goods("1", 4800)))
    with database.write() as db:
        privacy.answer(db, world.members, world.shop, ASKED, NOW)
    with database.read() as db:
        (kept,) = member_store.privacy_requests(db, world.shop.id)
    assert (kept.kind, kept.reference, kept.member_id) == ("data_request", "77", world.member(MIA))


def test_a_request_for_somebody_we_never_saw_is_kept_too(database):
    world = acme(database)
    nobody = PrivacyRequest("redact_customer", "999", "nobody@customers.example", "78")
    with database.write() as db:
        assert privacy.answer(db, world.members, world.shop, nobody, NOW) == []
    with database.read() as db:
        (kept,) = member_store.privacy_requests(db, world.shop.id)
    assert kept.member_id is None


def test_a_shop_that_left_leaves_movements_and_nothing_else(database):
    world = acme(database)
    world.tell(order("991", goods("1", 4800)))
    gone = PrivacyRequest("redact_shop")
    with database.write() as db:
        privacy.answer(db, world.members, world.shop, gone, NOW)
        assert shops.get(db, world.shop.id).is_live, "a living shop is not forgotten"
        shops.uninstall(db, world.shop.id, NOW, NOW)
        privacy.answer(db, world.members, shops.get(db, world.shop.id), gone, NOW)
    with database.read() as db:
        left = {
            table.name
            for table in metadata.sorted_tables
            if "shop_id" in table.c and db.scalar(select(func.count()).select_from(table))
        }
    assert left == {"ledger_entry"}


# ------------------------------------------------------------------------------------- the bytes

CANARY = "mia@customers.example"
BILLING = {"email": CANARY, "first_name": "Mia", "last_name": "Canary"}


def parcel(key, **changes):
    return {**WOO_ORDER, "id": key, "customer_id": int(MIA), "billing": BILLING, **changes}


def deliver(service, shop, body, topic="order.updated", delivery="d1"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = woo_signed(raw, HOOK_SECRET, topic=topic, delivery=delivery)
    path = f"/hooks/woocommerce/{shop.hook_path}"
    assert service.http.post(path, data=raw, headers=headers).status_code == 200


def redact(service, shop, request):
    with service.database.write() as db:
        privacy.answer(db, service.runtime.members, shop, request, clock.now())


def bodies(service, shop):
    return [row.body for row in service.inbox(shop) if row.body is not None]


@pytest.fixture
def store(database):
    service = make_service(database)
    return service, service.install("woocommerce", "https://shop.example")


@pytest.mark.parametrize(
    "bad",
    [
        parcel(2, status="hacked"),
        parcel(2, status="hacked", customer_id=0),
        parcel(2, status="hacked", billing={}),
        b'{"billing": {"email": "mia@customers.exa',
    ],
)
def test_an_erasure_reads_what_could_not_be_read(store, bad):
    service, shop = store
    deliver(service, shop, parcel(1), delivery="d1")
    deliver(service, shop, bad, delivery="d2")
    noors = parcel(3, status="hacked", customer_id=int(NOOR), billing={"email": "noor@x.example"})
    deliver(service, shop, noors, delivery="d3")
    service.work(["drain"])
    assert [row.state for row in service.inbox(shop)] == ["done", "quarantined", "quarantined"]
    redact(service, shop, PrivacyRequest("redact_customer", MIA, CANARY, "1"))
    assert bodies(service, shop) == [json.dumps(noors).encode()]
    assert service.inbox(shop)[1].code == "erased"
    assert no_canary(service)


def no_canary(service):
    """Whether no row of any table says Mia's e-mail or name in the clear."""
    with service.database.read() as db:
        rows = [
            str(tuple(bytes(one) if isinstance(one, memoryview) else one for one in row))
            for table in metadata.sorted_tables
            for row in db.execute(select(table))
        ]
    return not [row for row in rows if CANARY in row or "Canary" in row]


def test_an_erasure_finds_what_is_parked(store):
    service, shop = store
    deliver(service, shop, parcel(3))
    drain.drain(hearing(service, poison("3")), shop.id)
    (row,) = service.inbox(shop)
    assert (row.state, row.customer_key) == ("parked", MIA)
    redact(service, shop, PrivacyRequest("redact_customer", MIA, None, "1"))
    assert bodies(service, shop) == []
    assert no_canary(service)


def test_what_is_ignored_keeps_no_bytes(store):
    service, shop = store
    with service.database.write() as db:
        shops.uninstall(db, shop.id, clock.now(), clock.now())
    deliver(service, shop, parcel(1))
    service.work(["drain"])
    assert [row.state for row in service.inbox(shop)] == ["ignored"]
    assert bodies(service, shop) == []


@pytest.mark.parametrize("status", ["processing", "hacked"])
@pytest.mark.parametrize("customer", [int(MIA), 0])
def test_bytes_that_come_after_the_erasure_do_not_stay(store, status, customer):
    service, shop = store
    redact(service, shop, PrivacyRequest("redact_customer", MIA, CANARY, "1"))
    deliver(service, shop, parcel(1, status=status, customer_id=customer))
    service.work(["drain"])
    assert bodies(service, shop) == []
    assert no_canary(service)


def test_a_customer_the_platform_deleted_leaves_no_bytes(store):
    service, shop = store
    deliver(service, shop, parcel(1), delivery="d1")
    service.work(["drain"])
    deliver(service, shop, {"id": int(MIA)}, topic="customer.deleted", delivery="d2")
    service.work(["drain"])
    assert bodies(service, shop) == []
    assert no_canary(service)


def test_bytes_of_an_account_that_was_merged_away_go_too(database):
    world = acme(database)
    world.tell(Customer(MIA, Person(email=CANARY)), Customer(NOOR, Person(email=CANARY)))
    world.tell(CustomerMerge(kept_key=MIA, gone_key=NOOR))
    with database.write() as db:
        delivery = Delivery("orders/paid", "k", {}, b"{}")
        inbox.keep(db, [Received(world.shop.id, "hook", delivery, NOW)])
        (row,) = inbox.waiting(db, world.shop.id, NOW, 1)
        inbox.finish(db, world.shop.id, [Outcome(row.id, "done", NOOR)], NOW)
        gone = PrivacyRequest("redact_customer", MIA, None, "1")
        privacy.answer(db, world.members, world.shop, gone, NOW)
        assert db.scalar(select(inbox.inbox.c.body)) is None


def test_bodies_of_a_shop_that_left_grow_too_old_as_well(store):
    service, shop = store
    deliver(service, shop, parcel(1))
    service.work(["drain"])
    with service.database.write() as db:
        shops.uninstall(db, shop.id, clock.now(), clock.now())
        table = inbox.inbox.c.received_at
        db.execute(update(inbox.inbox).values({table: clock.now() - timedelta(days=8)}))
    assert bodies(service, shop)
    assert ("nightly", shop.id) in list(schedule.due(service.runtime))
    reconcile.nightly(service.runtime, shop.id)
    assert bodies(service, shop) == []
