"""The engine carries wake-ups: losing one costs a second, and one bad job costs no other."""

import json
import signal
import threading
import time
from functools import partial

import pytest

from adapters.woocommerce import api
from connector.core import clock, outbox
from connector.core.commerce import NeedsFetch
from connector.core.errors import PerennialError
from connector.rooms import recommend
from connector.shops import service as shops
from connector.worker import schedule
from connector.worker.engine import Engine
from tests.fakes import WooStore, woo_signed
from tests.flows.service import HOOK_SECRET, make_service
from tests.flows.test_bad_webhooks import WOO_ORDER

LOOK_SECONDS, HANG_SECONDS = 60, 120


@pytest.fixture
def run(tmp_path):
    """Run an engine until what is looked for is there; signals are as before afterwards."""
    kept = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

    def make(service, look):
        stop, began = threading.Event(), time.monotonic()
        came: list[bool] = []

        def watch():
            try:
                while not came and time.monotonic() - began < LOOK_SECONDS:
                    came.extend([True] if look() else [])
                    time.sleep(0.02)
            finally:
                stop.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        Engine(f"sqlite:///{tmp_path}/jobs.db").run(service.runtime, stop)
        watcher.join()
        assert came, "never came"

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


class Hung(WooStore):
    """A store that answers nobody until all of them are released."""

    release: threading.Event

    def answer(self, method, url, *_):
        self.asked.append(f"{method} {url}")
        self.release.wait(HANG_SECONDS)
        return 503, "late"


@pytest.fixture
def hung(monkeypatch):
    """Makes stores that hang longer than a test looks, and so long we wait for their answer."""
    release = threading.Event()
    for name in ("READ_SECONDS", "WRITE_SECONDS"):
        monkeypatch.setattr(api, name, HANG_SECONDS)

    def make():
        store = Hung()
        store.release = release
        return store

    yield make
    release.set()


def test_a_store_that_hangs_keeps_no_delivery_waiting(database, serve, hung, run):
    """On SQLite deliveries have one thread: nothing that calls a store may sit on it."""
    silent = hung()
    service = make_service(database, private=[serve(silent)])
    dead = service.install("woocommerce", silent.origin)
    living = service.install("woocommerce", "https://shop.example")
    with service.database.write() as db:
        outbox.ask(db, dead.id, [NeedsFetch("order", "1")], clock.now())

    def look():
        if silent.asked and not service.inbox(living):
            tell(service, living)
        done = bool(service.told(living).orders)
        if done:
            silent.release.set()
        return done

    run(service, look)


def test_two_stores_that_hang_keep_no_third_waiting(database, serve, hung, run):
    """Neither what is asked of it, nor its rounds."""
    silent = [hung(), hung()]
    third = WooStore(orders={"1": WOO_ORDER, "2": {**WOO_ORDER, "id": 2}})
    service = make_service(database, private=[serve(store) for store in (*silent, third)])
    three = [service.install("woocommerce", store.origin) for store in (*silent, third)]
    third_shop, now = three[2], clock.now()
    for shop in three:
        service.put_hook_secret(shop, "0f" * 32)
        with service.database.write() as db:
            outbox.ask(db, shop.id, [NeedsFetch("order", str(n)) for n in range(1, 50)], now)
            shops.note_problem(db, shop.id, "platform_busy", now, retry_seconds=0)

    def look():
        done = "1" in service.told(third_shop).orders and not service.shop(third_shop).problem
        if done:
            silent[0].release.set()
        return done

    run(service, look)


def test_a_lane_does_one_job_of_a_shop_at_a_time_and_forgets_none(service, run, monkeypatch):
    shop, busy, met, done = 7, threading.Event(), [], []

    def work(name, _runtime, _shop_id):
        if busy.is_set():
            met.append(name)
        busy.set()
        time.sleep(0.3)
        busy.clear()
        done.append(name)

    for name in ("reconcile", "nightly", "import"):
        monkeypatch.setitem(schedule.JOBS, name, schedule.Job("slow", partial(work, name)))
    asked = [(name, shop) for name in ("reconcile", "nightly", "import")]
    monkeypatch.setattr(schedule, "due", lambda _runtime: [asked.pop() for _ in asked[:]])
    run(service, lambda: len(done) == 3)
    assert (met, sorted(done)) == ([], ["import", "nightly", "reconcile"])


def test_a_job_that_fails_is_no_end_of_the_lane(service, run, monkeypatch):
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


def test_asking_again_within_a_second_is_asking_once(tmp_path, monkeypatch):
    now = [100.0]  # however long it takes
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    engine = Engine(f"sqlite:///{tmp_path}/jobs.db")
    for _ in range(50):
        engine.wake(1)
    engine.wake(2)
    assert engine._queues["live"].pending_count() == 2
    now[0] += 1
    engine.wake(1)
    assert engine._queues["live"].pending_count() == 3


def test_a_round_is_asked_for_whenever_it_is_claimed(tmp_path):
    """Another process may have done the one before: nobody else can ask for this one."""
    engine = Engine(f"sqlite:///{tmp_path}/jobs.db")
    for job in ("reconcile", "nightly", "import", "import"):
        engine.ask(job, 1)
    engine.ask("reconcile", 1)
    assert engine._queues["slow"].pending_count() == 4


def test_a_rebuild_is_one_task_a_shop(service, tmp_path):
    """Which any machine may take: shops spread over as many as there are."""
    engine, now = Engine(f"sqlite:///{tmp_path}/jobs.db"), clock.now()
    for number in range(3):
        shop = service.install("woocommerce", f"https://shop{number}.example")
        with service.database.write() as db:
            recommend.mark(db, shop.id, now, at_once=True)
    for _ in range(2):
        engine._poll(service.runtime)
    assert engine._queues["slow"].pending_count() == 3


def test_a_process_that_only_asks_does_not_work(tmp_path):
    engine = Engine(f"sqlite:///{tmp_path}/jobs.db")
    with pytest.raises(PerennialError, match="no_worker"):
        engine._worker_of("drain")(1)


def test_queues_live_where_we_know_how_to_keep_them():
    with pytest.raises(PerennialError, match="jobs_url"):
        Engine("mysql://h/x")
