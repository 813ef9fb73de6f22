"""Nothing is trusted to arrive: read what changed, and watch the webhooks."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from connector import ledger, mirror
from connector.core import clock, inbox, outbox
from connector.core.commerce import ShopClient
from connector.core.errors import Conflict, PlatformBusy, PlatformError
from connector.core.inbox import Received
from connector.members import exchange, merging
from connector.rooms.recommend.learning import retention
from connector.runtime import Runtime
from connector.shops import service as shops
from connector.shops.service import Shop
from connector.worker import access, drain

OVERLAP = timedelta(minutes=10)
DEEP = timedelta(days=7)
WHAT = ("products", "orders")
SHORTEST_SECONDS, LONGEST_SECONDS = 60.0, 3600.0
REFUSED_SECONDS = 900.0  # the merchant has to reconnect first
_log = logging.getLogger("perennial.reconcile")


def reconcile(runtime: Runtime, shop_id: int) -> int:
    """Read what changed since the last round into the inbox; returns how many things."""
    with runtime.database.read() as db:
        shop = shops.get(db, shop_id)
    since = (shop.reconciled_at or shop.installed_at or clock.now()) - OVERLAP
    return _round(runtime, shop, since)


def nightly(runtime: Runtime, shop_id: int) -> None:
    """Once a day: ask what the shop is, read seven days back, seal the book, forget what is old.

    A shop that left is asked nothing; its book is sealed, and its bodies go, all the same.
    """
    with runtime.database.read() as db:
        shop = shops.get(db, shop_id)
    if shop.is_live:
        _refresh(runtime, shop)
        _round(runtime, shop, clock.now() - DEEP)
    now = clock.now()
    while _seal(runtime, shop_id, now):
        pass
    with runtime.database.write() as db:
        inbox.drop_bodies(db, shop_id, now)
        retention.forget(db, shop_id, now)
        merging.forget_undoable(db, shop_id, now)
        exchange.forget_undecided(db, shop_id, now)
        shops.note_nightly(db, shop_id, now)


def _refresh(runtime: Runtime, shop: Shop) -> None:
    """Its name, currency, zone and version may have changed, which no webhook tells."""
    try:
        facts = access.client(runtime, shop).shop_facts()
    except (PlatformBusy, PlatformError, Conflict):
        return  # the round that follows asks too, and notes what is wrong
    with runtime.database.write() as db:
        shops.note_facts(db, shop.id, facts)
        if (facts.name, facts.currency) != (shop.name, shop.currency):
            mirror.note_asked(db, shop.id, clock.now())  # the giver's name, and which amounts


def _seal(runtime: Runtime, shop_id: int, now: datetime) -> int:
    with runtime.database.write() as db:
        return ledger.seal(db, shop_id, now)


def hook_url(runtime: Runtime, shop: Shop) -> str:
    """Where this shop's platform delivers to; its path is a secret."""
    return f"{runtime.settings.public_url}/hooks/{shop.platform}/{shop.hook_path}"


def watch_webhooks(runtime: Runtime, shop: Shop, client: ShopClient) -> None:
    """Make webhooks that are missing or disabled anew."""
    with runtime.database.read() as db:
        secret = shops.secret(db, runtime.keys, shop.id, "hook_secret") or b""
    made = client.ensure_webhooks(hook_url(runtime, shop), secret.decode())
    if made:
        # The first time it is the installation; later on, somebody has removed or disabled them.
        level = logging.WARNING if shop.reconciled_at else logging.INFO
        _log.log(level, "webhooks made shop=%d topics=%s", shop.id, ",".join(made))


def _round(runtime: Runtime, shop: Shop, since: datetime) -> int:
    until = clock.now()
    try:
        client = access.client(runtime, shop)
        watch_webhooks(runtime, shop, client)
        count = sum(_read(runtime, shop, client, what, since, until) for what in WHAT)
    except PlatformBusy as problem:
        _fail(runtime, shop, problem.code, max(problem.retry_after_seconds, _patience(shop)))
        return 0
    except (PlatformError, Conflict) as problem:
        _fail(runtime, shop, problem.code, max(REFUSED_SECONDS, _patience(shop)))
        return 0
    drain.drain(runtime, shop.id)
    with runtime.database.write() as db:
        shops.note_reconciled(db, shop.id, until, clock.now())
        outbox.revive(db, shop.id, clock.now())
    _log.info("reconciled shop=%d read=%d", shop.id, count)
    return count


def _read(
    runtime: Runtime, shop: Shop, client: ShopClient, what: str, since: datetime, until: datetime
) -> int:
    count, cursor = 0, None
    while True:
        page = client.changed(what, since, until, cursor)
        now = clock.now()
        received = [Received(shop.id, "poll", one, now) for one in page.deliveries]
        with runtime.database.write() as db:
            inbox.keep(db, received)
        count += len(received)
        cursor = page.cursor
        if cursor is None:
            return count


def _patience(shop: Shop) -> float:
    """A quarter of the time that nothing could be read, between a minute and an hour."""
    since = shop.reconciled_at or shop.installed_at or clock.now()
    silent = (clock.now() - since).total_seconds()
    return min(max(silent / 4, SHORTEST_SECONDS), LONGEST_SECONDS)


def _fail(runtime: Runtime, shop: Shop, code: str, seconds: float) -> None:
    _log.warning("reconcile failed shop=%d code=%s", shop.id, code)
    with runtime.database.write() as db:
        shops.note_problem(db, shop.id, code, clock.now(), retry_seconds=seconds)
