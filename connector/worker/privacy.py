"""Privacy requests of the platforms: tell, forget a customer, forget a shop."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import Connection

from connector.core import inbox
from connector.core.commerce import Customer, Person, PrivacyRequest
from connector.core.db import metadata
from connector.core.errors import NotFound
from connector.core.facts import Fact
from connector.core.ids import new_id
from connector.members import Members, store
from connector.shops import service as shops
from connector.shops.service import Shop

KEPT = ("ledger_entry", "ledger_seal")
_log = logging.getLogger("perennial.privacy")


def answer(
    db: Connection, members: Members, shop: Shop, request: PrivacyRequest, now: datetime
) -> list[Fact]:
    """Carry out one request; for people we do not know there is nothing to do.

    A request for data is kept for the merchant, who answers it with ``perennial member --export``.
    """
    _log.info("privacy shop=%d kind=%s", shop.id, request.kind)
    if request.kind == "redact_shop":
        if not shops.get(db, shop.id).is_live:  # the uninstall may be of this very batch
            forget_shop(db, shop.id)
        return []
    store.note_privacy(
        db,
        shop_id=shop.id,
        id=new_id(),
        kind=request.kind,
        reference=request.reference,
        member_id=_member(db, members, shop, request),
        received_at=now,
    )
    if request.kind == "redact_customer":
        return forget_customer(db, members, shop, request, now)
    return []


def forget_customer(
    db: Connection, members: Members, shop: Shop, request: PrivacyRequest, now: datetime
) -> list[Fact]:
    """Erase the account and any guest of the same e-mail, and the bytes that carry them."""
    facts: list[Fact] = []
    if request.customer_key:
        gone = Customer(request.customer_key, Person(), deleted=True)
        facts += members.record(db, shop.id, [gone], now)
        inbox.forget_customer(db, shop.id, request.customer_key)
    if request.email:
        facts += members.erase_email(db, shop.id, request.email, now)
        inbox.forget_customer(db, shop.id, members.email_hash(shop.id, request.email))
    return facts


def forget_shop(db: Connection, shop_id: int) -> None:
    """Delete every row of a shop that left; movements and seals stay, and name nobody."""
    for table in reversed(metadata.sorted_tables):
        if "shop_id" in table.c and table.name not in KEPT:
            db.execute(table.delete().where(table.c.shop_id == shop_id))
    shops.forget(db, shop_id)


def _member(db: Connection, members: Members, shop: Shop, request: PrivacyRequest) -> int | None:
    """Whom it is about, while we still know them."""
    if request.customer_key:
        found = members.by_customer_key(db, shop.id, request.customer_key)
        if found is not None:
            return found
    try:
        return members.by_email(db, shop.id, request.email) if request.email else None
    except NotFound:
        return None
