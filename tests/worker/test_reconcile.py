"""Nothing is trusted to arrive: rounds read what changed, and watch the webhooks."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from connector.core import clock
from connector.ledger.models import ledger_seal
from connector.shops import service as shops
from connector.shops import store as shop_store
from connector.shops.models import shop as shop_table
from connector.worker import reconcile, schedule
from tests.fakes import CONSUMER_KEY, WooStore
from tests.flows.service import HOOK_SECRET, make_service
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce


@pytest.fixture
def store(serve):
    made = WooStore(orders={"1": WOO_ORDER})
    serve(made)
    return made


@pytest.fixture
def world(database, store):
    """(service, shop): its webhook secret is one a store accepts."""
    service = make_service(database, private=[store.origin])
    shop = service.install("woocommerce", store.origin)
    service.put_hook_secret(shop, "0f" * 32)
    return service, shop


def test_a_round_reads_what_no_webhook_told(world):
    service, shop = world
    assert reconcile.reconcile(service.runtime, shop.id) == 1
    assert sum(service.told(shop).members["7"]) == 20
    assert [row.source for row in service.inbox(shop)] == ["poll"]
    after = service.shop(shop)
    assert (after.problem, after.reconciled_at > shop.reconciled_at) == (None, True)


def test_a_shop_that_changed_its_currency_is_known_by_it_the_next_day(world, store):
    service, shop = world
    store.currency = "EUR"
    reconcile.nightly(service.runtime, shop.id)
    assert service.shop(shop).currency == "EUR"
    store.currency, store.fail_next = "USD", 9
    reconcile.nightly(service.runtime, shop.id)
    after = service.shop(shop)
    assert (after.currency, after.problem) == ("EUR", "platform_busy")


def test_another_round_over_the_same_changes_nothing(world):
    service, shop = world
    for _ in range(3):
        reconcile.reconcile(service.runtime, shop.id)
    assert len(service.inbox(shop)) == 1
    assert service.entries(shop) == 1


def test_what_a_webhook_told_before_is_not_told_twice(world):
    service, shop = world
    woocommerce(service, shop, secret="0f" * 32)
    service.work()
    reconcile.reconcile(service.runtime, shop.id)
    assert service.entries(shop) == 1


def test_webhooks_that_are_missing_or_disabled_are_made_again(world, store):
    service, shop = world
    url = reconcile.hook_url(service.runtime, shop)
    assert url.endswith(f"/hooks/woocommerce/{shop.hook_path}")
    reconcile.reconcile(service.runtime, shop.id)
    made = [one["id"] for one in store.webhooks]
    assert {one["delivery_url"] for one in store.webhooks} == {url}
    assert {one["secret"] for one in store.webhooks} == {"0f" * 32}
    reconcile.reconcile(service.runtime, shop.id)
    assert [one["id"] for one in store.webhooks] == made
    store.webhooks[0]["status"] = "disabled"
    gone = store.webhooks.pop()
    reconcile.reconcile(service.runtime, shop.id)
    topics = [one["topic"] for one in store.webhooks]
    assert len(topics) == len(set(topics)) == len(made)
    assert gone["topic"] in topics
    assert {one["status"] for one in store.webhooks} == {"active"}
    assert all(HOOK_SECRET not in str(one) for one in store.webhooks)


def test_a_lost_key_is_told_and_heals_when_it_opens_again(world, store):
    service, shop = world
    store.opens.clear()
    assert reconcile.reconcile(service.runtime, shop.id) == 0
    assert service.shop(shop).problem == "platform_refused"
    store.opens.add(CONSUMER_KEY)
    assert reconcile.reconcile(service.runtime, shop.id) == 1
    assert service.shop(shop).problem is None


def test_a_store_that_is_down_is_asked_again_in_a_minute(world, store):
    service, shop = world
    store.fail_next = 1
    before = clock.now()
    reconcile.reconcile(service.runtime, shop.id)
    with service.database.read() as db:
        assert not shops.any_due(db, "reconcile_due_at", before + timedelta(seconds=59))
        assert shops.any_due(db, "reconcile_due_at", clock.now() + timedelta(seconds=61))
    assert service.shop(shop).problem == "platform_busy"


def test_a_store_that_stays_down_is_asked_less_and_less_often(world, store, monkeypatch):
    service, shop = world
    store.fail_next = 99
    now = began = clock.now()
    waits = []
    for _ in range(30):
        monkeypatch.setattr(clock, "now", lambda at=now: at)
        reconcile.reconcile(service.runtime, shop.id)
        with service.database.read() as db:
            due = db.scalar(select(shop_table.c.reconcile_due_at))
        waits.append(due - now)
        now = due
    assert waits[0] == timedelta(minutes=1)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)
    assert now - began < timedelta(days=1)


@pytest.mark.parametrize(("known", "level"), [(False, "INFO"), (True, "WARNING")])
def test_only_webhooks_made_again_are_worth_a_warning(world, caplog, known, level):
    service, shop = world
    with service.database.write() as db:
        shop_store.change(db, shop.id, reconciled_at=clock.now() if known else None)
    with caplog.at_level("INFO", "perennial.reconcile"):
        reconcile.reconcile(service.runtime, shop.id)
    (said,) = [one for one in caplog.records if "webhooks made" in one.message]
    assert said.levelname == level


def test_a_round_that_died_is_taken_up_by_another(world):
    service, shop = world
    now = clock.now()
    with service.database.write() as db:
        shops.note_reconciled(db, shop.id, now, now - timedelta(minutes=16))
        assert shops.claim_due(db, "reconcile_due_at", now) == [shop.id]
    with service.database.write() as db:
        assert shops.claim_due(db, "reconcile_due_at", now) == []
    with service.database.write() as db:
        assert shops.claim_due(db, "reconcile_due_at", now + timedelta(minutes=6)) == [shop.id]


def test_a_shop_that_left_in_the_middle_of_its_round_has_no_other(world, store):
    service, shop = world
    with service.database.write() as db:
        shops.uninstall(db, shop.id, clock.now(), clock.now())
        shops.note_problem(db, shop.id, "reconnect", clock.now(), retry_seconds=-1)
    assert [job for job, _ in schedule.due(service.runtime)] == ["nightly"]
    reconcile.nightly(service.runtime, shop.id)
    assert (store.asked, list(schedule.due(service.runtime))) == ([], [])


def test_every_night_the_book_is_sealed_and_a_week_read_again(world):
    service, shop = world
    reconcile.reconcile(service.runtime, shop.id)
    reconcile.nightly(service.runtime, shop.id)
    with service.database.read() as db:
        seals = db.execute(select(ledger_seal).where(ledger_seal.c.shop_id == shop.id)).all()
    assert len(seals) <= 1  # nothing is older than an hour yet
    assert service.audit(shop) == []
