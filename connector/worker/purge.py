"""Delete what has outlived its use, and installations that nobody finished."""

from __future__ import annotations

from connector.core import clock
from connector.core.db import try_shop_lock
from connector.orders import imports
from connector.runtime import Runtime
from connector.shops import lapsing
from connector.shops import service as shops
from connector.worker import privacy

BATCH = 50


def purge(runtime: Runtime, _shop_id: int) -> None:
    """Everything whose life is over, in short transactions."""
    now = clock.now()
    dropped = BATCH
    while dropped == BATCH:
        with runtime.database.write() as db:
            dropped = lapsing.drop(db, now, BATCH)
    with runtime.database.read() as db:
        given_up = lapsing.given_up(db, now, BATCH)
    for shop_id in given_up:
        with runtime.database.write() as db:
            if not (try_shop_lock(db, shop_id) and lapsing.give_up(db, shop_id, now)):
                continue
            if not imports.newest(db, shop_id):  # a confirmed shop has always begun to be read
                business_id = shops.get(db, shop_id).business_id
                privacy.forget_shop(db, shop_id)
                lapsing.drop_empty_business(db, business_id)
