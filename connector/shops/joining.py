"""Installations under way: one state for one shop, one browser and ten minutes, used once."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from connector.core import keyring
from connector.core.errors import Forbidden, NotFound
from connector.shops import lapsing, store
from connector.shops import service as shops
from connector.shops.service import Shop

INTENT_MINUTES = 10


def begin_install(
    db: Connection,
    platform: str,
    shop_key: str,
    browser: str,
    now: datetime,
    *,
    business_id: int | None,
    knock: bytes | None = None,
) -> str:
    """A single-use state for this shop, this browser and the next ten minutes.

    ``knock``: sealed; what the store's plugin sent the browser with.
    """
    state = keyring.token()
    store.insert_intent(
        db,
        state_hash=keyring.token_hash(state),
        platform=platform,
        shop_key=shop_key,
        browser_hash=keyring.token_hash(browser),
        business_id=business_id,
        knock=knock,
        expires_at=now + timedelta(minutes=INTENT_MINUTES),
    )
    return state


def open_intent(db: Connection, state: str, platform: str, now: datetime) -> Row[Any]:
    """The intent while it can still be used; NotFound for unknown, used and expired ones alike."""
    row = store.intent(db, keyring.token_hash(state))
    if row is None or row.platform != platform or row.used_at or row.expires_at <= now:
        raise NotFound("intent_not_found", "start the installation again")
    return row


def use_intent(db: Connection, state: str, platform: str, now: datetime) -> Row[Any]:
    """The intent behind ``state``, once; NotFound for unknown, used and expired ones alike."""
    row = store.use_intent(db, keyring.token_hash(state), now)
    if row is None or row.platform != platform:
        raise NotFound("intent_not_found", "start the installation again")
    return row


def finish_intent(db: Connection, state: str, shop_id: int) -> None:
    store.finish_intent(db, keyring.token_hash(state), shop_id)


def intent_of_browser(db: Connection, state: str, browser: str) -> Row[Any]:
    """The intent, for the browser that began it; Forbidden ``state_mismatch`` for any other."""
    row = store.intent(db, keyring.token_hash(state))
    if row is None:
        raise NotFound("intent_not_found", "start the installation again")
    if not hmac.compare_digest(row.browser_hash, keyring.token_hash(browser)):
        raise Forbidden("state_mismatch", "continue in the browser that began the installation")
    return row


def activate(db: Connection, shop: Shop, business_id: int | None, now: datetime) -> Shop:
    """The merchant confirmed which account a keyed shop joins, None: its own. Work begins.

    A shop that was here before leaves the account it had, which is not proven to be theirs.
    """
    joined = business_id or shop.business_id
    if shop.uninstalled_at and business_id is None:
        joined = shops.found_business(db, shop.name, now)
    store.change(
        db,
        shop.id,
        business_id=joined,
        state="unpaired",
        installed_at=now,
        uninstalled_at=None,
        reconcile_due_at=now,
        nightly_due_at=now + timedelta(hours=6),
    )
    if joined != shop.business_id:
        lapsing.drop_empty_business(db, shop.business_id)
    return shops.get(db, shop.id)


def close_intent(db: Connection, state: str) -> None:
    """The installation is complete; its state opens nothing any more."""
    store.drop_intent(db, keyring.token_hash(state))
