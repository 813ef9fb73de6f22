"""The engine carries wake-ups: losing one costs a second, and one bad job costs no other."""

import json
import signal
import threading
import time

import pytest

from connector.core import clock, outbox
from connector.core.commerce import NeedsFetch
from connector.core.errors import PerennialError
from connector.worker.engine import Engine
from tests.fakes import WooStore, woo_signed
from tests.flows.service import HOOK_SECRET, make_service
from tests.flows.test_bad_webhooks import WOO_ORDER


@pytest.fixture
def run(tmp_path):
    """Run an engine until what is looked for is there; signals are as before afterwards."""
    kept = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

    def make(service, look, seconds=20):
        stop, began = threading.Event(), time.monotonic()
        took = []

        def watch():
            while time.monotonic() - began < seconds:
                if look():
                    took.append(time.monotonic() - began)
                    break
                time.sleep(0.02)
            stop.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        Engine(f"sqlite:///{tmp_path}/jobs.db").run(service.runtime, stop)
        watcher.join()
        assert took, "never came"
        return took[0]

    yield make
    for name, handler in kept.items():
        signal.signal(name, handler)


def tell(service, shop, key=1):
    body = json.dumps({**WOO_ORDER, "id": key}).encode()
    path = f"/hooks/woocommerce/{shop.hook_path}"
    headers = woo_signed(body, HOOK_SECRET, delivery=str(key))
    assert service.http.post(path, data=body, headers=headers).status_code == 200


def test_a_lost_wake_up_costs_a_second(service, run):
    shop = service.install("woocommerce", "https://shop.example")
    tell(service, shop)  # this process's wake goes nowhere
    run(service, lambda: service.told(shop).orders)


def test_a_store_that_hangs_keeps_no_delivery_waiting(database, serve, run):
    """On SQLite deliveries have one thread: nothing that calls a store may sit on it."""
    hung, release = WooStore(), threading.Event()
    hung.answer = lambda *_: (release.wait(30), (503, "late"))[1]  # type: ignore[method-assign]
    service = make_service(database, private=[serve(hung)])
    dead = service.install("woocommerce", hung.origin)
    living = service.install("woocommerce", "https://shop.example")
    with service.database.write() as db:
        outbox.ask(db, dead.id, [NeedsFetch("order", "1")], clock.now())
    began = time.monotonic()

    def look():
        if time.monotonic() - began > 2 and not service.inbox(living):
            tell(service, living)  # once the call hangs
        done = bool(service.told(living).orders)
        if done:
            release.set()
        return done

    assert run(service, look) < 10


def test_a_job_that_fails_is_no_end_of_the_lane(service, run, monkeypatch):
    from connector.worker import schedule

    shop = service.install("woocommerce", "https://shop.example")
    tell(service, shop)
    real, failures = schedule.JOBS["drain"].work, [RuntimeError("once")]

    def once(runtime, shop_id):
        if failures:
            raise failures.pop()
        return real(runtime, shop_id)

    monkeypatch.setitem(schedule.JOBS, "drain", schedule.Job("live", once))
    run(service, lambda: service.told(shop).orders)
    assert failures == []


def test_asking_again_within_a_second_is_asking_once(tmp_path):
    engine = Engine(f"sqlite:///{tmp_path}/jobs.db")
    for _ in range(50):
        engine.wake(1)
    engine.wake(2)
    assert engine._queues["live"].pending_count() == 2


def test_a_process_that_only_asks_does_not_work(tmp_path):
    engine = Engine(f"sqlite:///{tmp_path}/jobs.db")
    with pytest.raises(PerennialError, match="no_worker"):
        engine._worker_of("drain")(1)


def test_queues_live_where_we_know_how_to_keep_them():
    with pytest.raises(PerennialError, match="jobs_url"):
        Engine("mysql://h/x")
