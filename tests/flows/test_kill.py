"""kill -9 of web and worker while deliveries flow in: nothing lost, nothing doubled.

PERENNIAL_KILLS=40 is the whole of it; PERENNIAL_SEED draws another trade and other moments.
"""

import logging
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests
from sqlalchemy import func, select, update

from connector.core import clock, inbox, outbox
from connector.worker import schedule
from tests.flows import oracle
from tests.flows.processes import wait_for
from tests.flows.service import make_service
from tests.flows.trade import season

KILLS = int(os.environ.get("PERENNIAL_KILLS", "6"))
SEED = int(os.environ.get("PERENNIAL_SEED", "20"))
DELIVERIES, DIFFERENT = 1000, 770
SENDERS = 4
QUIET_SECONDS = 300
_log = logging.getLogger("tests.kill")


class Sender:
    """Posts parcels until each is answered with 200, however often nobody is there."""

    def __init__(self, url):
        self._url = url
        self._counting = threading.Lock()
        self.answered = 0
        self.retries = 0

    def send(self, parcel):
        while True:
            try:
                answer = requests.post(
                    self._url, data=parcel.body, headers=parcel.headers, timeout=30
                )
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code < 500:
                assert answer.status_code == 200, answer.text
                break
            with self._counting:
                self.retries += 1
            time.sleep(0.05)
        with self._counting:
            self.answered += 1


def test_no_kill_loses_or_doubles_anything(database, serve, programs):
    _log.warning("seed %d, %d kills", SEED, KILLS)
    rng = random.Random(SEED)
    trade = season(SEED, DIFFERENT, clock.now())
    origin = serve(trade.store)
    service = make_service(database, private=[origin])
    shop = service.install("woocommerce", origin)
    parcels = [*trade.parcels, *rng.sample(trade.parcels, DELIVERIES - DIFFERENT)]
    rng.shuffle(parcels)

    started = programs(ALLOW_PRIVATE_STORES=origin)
    workers = 1 if database.is_sqlite else 2
    running = {"web": [started.web()], "worker": [started.worker() for _ in range(workers)]}
    wait_for(f"{started.url}/healthz", running["web"][0])
    sender = Sender(f"{started.url}/hooks/woocommerce/{shop.hook_path}")
    with ThreadPoolExecutor(SENDERS) as pool:
        sending = [pool.submit(sender.send, parcel) for parcel in parcels]
        kill_all(rng, started, running, sender)
        for one in sending:
            one.result()
    wait_until_quiet(service)
    started.end()

    kept = [row for row in service.inbox(shop) if row.source == "hook"]
    assert len(kept) == DIFFERENT
    assert {row.state for row in service.inbox(shop)} == {"done"}
    assert_as(service, shop, trade)
    _log.warning("%d sends had to be repeated", sender.retries)


def assert_as(service, shop, trade):
    """Every row is the oracle's; of what the store has erased we know that it is gone."""
    told, right = service.told(shop), oracle.expect(trade.sales(), clock.now())
    erased = {key: told.orders.pop(key) for key in trade.erased}
    assert {state for state, _ in erased.values()} <= {"deleted"}
    assert told.orders == {key: has for key, has in right.orders.items() if key not in erased}
    gone = {place: has for place, has in told.gifts.items() if place[0] in erased}
    assert {(pledged, due) for _, pledged, due in gone.values()} <= {(0, 0)}
    given = {place: has for place, has in right.gifts.items() if place[0] not in erased}
    assert told.gifts == given | gone
    nothing = dict.fromkeys(right.members, (0, 0))
    assert nothing | told.members == right.members
    assert service.audit(shop) == []


def kill_all(rng, started, running, sender):
    """Kill somebody each time another random number of deliveries has been answered."""
    victims = (["web", "worker"] * KILLS)[:KILLS]
    rng.shuffle(victims)
    moments = sorted(rng.sample(range(20, DELIVERIES - 20), KILLS))
    for name, moment in zip(victims, moments, strict=True):
        while sender.answered < moment:
            time.sleep(0.002)
        victim = rng.choice(running[name])
        started.kill(victim)
        running[name].remove(victim)
        running[name].append(started.web() if name == "web" else started.worker())


def wait_until_quiet(service):
    """Until the workers have nothing to do. What the dead had leased is given back at once."""
    now = clock.now()
    with service.database.write() as db:
        db.execute(update(outbox.outbox).values(due_at=now))
    deadline = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < deadline:
        with service.database.read() as db:
            waiting = db.scalar(
                select(func.count())
                .select_from(inbox.inbox)
                .where(inbox.inbox.c.due_at.is_not(None))
            )
            asked = db.scalar(select(func.count()).select_from(outbox.outbox))
        if not waiting and not asked and not list(schedule.due(service.runtime)):
            return
        time.sleep(0.2)
    raise AssertionError(f"after {QUIET_SECONDS} s {waiting} deliveries and {asked} fetches wait")
