"""A client for one shop, with a credential that still serves.

Expiring tokens are renewed by one process at a time, a few minutes early; the lease is a
conditional update, because no transaction may stay open while the platform is asked.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from connector.core import clock
from connector.core.commerce import Credentials, ShopClient
from connector.core.errors import PlatformBusy
from connector.runtime import Runtime
from connector.shops import service as shops
from connector.shops.service import Shop

EARLY = timedelta(minutes=5)
LEASE = timedelta(seconds=60)
_WAIT_SECONDS = 15.0


def client(runtime: Runtime, shop: Shop) -> ShopClient:
    """A client of the shop; Conflict ``reconnect`` when there is no credential any more."""
    return runtime.platforms[shop.platform].client(credentials(runtime, shop))


def credentials(runtime: Runtime, shop: Shop) -> Credentials:
    """The shop's credential, renewed first when it is about to end."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        now = clock.now()
        with runtime.database.read() as db:
            have = shops.credentials(db, runtime.keys, shop.id)
        if not _ends_soon(have, now):
            return have
        with runtime.database.write() as db:
            mine = shops.lease_credentials(db, shop.id, now, now + LEASE)
        if mine:
            return _renew_once(runtime, shop, now)
        if time.monotonic() > deadline:
            raise PlatformBusy("token_refresh_busy", "another process is renewing the token")
        time.sleep(0.2)


def _renew_once(runtime: Runtime, shop: Shop, now: datetime) -> Credentials:
    """Renew under the lease, unless somebody did between our look and our lease."""
    with runtime.database.read() as db:
        have = shops.credentials(db, runtime.keys, shop.id)
    if _ends_soon(have, now):
        return _renew(runtime, shop, have)
    with runtime.database.write() as db:
        shops.end_lease(db, shop.id)
    return have


def _renew(runtime: Runtime, shop: Shop, have: Credentials) -> Credentials:
    """Ask for newer credentials and save them before anybody uses them."""
    try:
        fresh = runtime.platforms[shop.platform].refresh(have)
    except Exception:
        with runtime.database.write() as db:
            shops.end_lease(db, shop.id)
        raise
    with runtime.database.write() as db:
        shops.put_credentials(db, runtime.keys, shop.id, fresh, clock.now())
    return fresh


def _ends_soon(have: Credentials, now: datetime) -> bool:
    return have.expires_at is not None and have.expires_at - EARLY <= now
