"""Privacy requests of the platforms: tell, forget a customer, forget a shop."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from connector.core import inbox
from connector.core.commerce import Customer, Person, PrivacyRequest
from connector.core.db import metadata
from connector.core.errors import NotFound
from connector.core.facts import Fact
from connector.core.ids import new_id
from connector.core.inbox import Outcome, Waiting
from connector.members import Members, store
from connector.shops import service as shops
from connector.shops.service import Shop

KEPT = ("ledger_entry", "ledger_seal")
_EMAIL = re.compile(r"[^\s<>()\"',;:]+@[^\s<>()\"',;:]+")
_NUMBER = re.compile(r"[0-9]+")
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
    keys = [request.customer_key] if request.customer_key else []
    known_by = names(db, members, shop.id, keys, request.email)
    for key in keys:
        facts += members.record(db, shop.id, [Customer(key, Person(), deleted=True)], now)
    if request.email:
        facts += members.erase_email(db, shop.id, request.email, now)
    forget_bytes(db, members, shop.id, known_by, now)
    return facts


def names(
    db: Connection, members: Members, shop_id: int, keys: Sequence[str], email: str | None
) -> set[str]:
    """All names the inbox may know these people by: their accounts and e-mails, merged ones too.

    Asked before they are erased, because afterwards nobody can tell.
    """
    found = set(keys)
    rows = list(store.by_customer_keys(db, shop_id, keys).values()) if keys else []
    if email:
        found.add(members.email_hash(shop_id, email))
        rows += store.by_email_hash(db, shop_id, members.email_hash(shop_id, email))
    for row in rows:
        for one in (row, *store.merged_into(db, shop_id, row.id)):
            found |= {name for name in (one.customer_key, one.email_hash) if name}
    return found


def forget_bytes(
    db: Connection, members: Members, shop_id: int, known_by: Collection[str], now: datetime
) -> None:
    """Erase what the inbox holds of people who were just erased, also what it could not read."""
    if not known_by:
        return
    inbox.forget_people(db, shop_id, known_by)
    unread = {
        row.id: _mentioned(members, shop_id, row.topic, row.body)
        for row in inbox.unread(db, shop_id)
    }
    _forget_buried(db, members, shop_id, unread, now)


def forget_late(
    db: Connection,
    members: Members,
    shop_id: int,
    told: Sequence[tuple[Waiting, Outcome]],
    now: datetime,
) -> None:
    """Bytes of somebody erased that were read only now go at once."""
    if store.any_buried(db, shop_id):
        found = {
            row.id: {outcome.customer_key}
            if outcome.customer_key
            else _mentioned(members, shop_id, row.topic, row.delivery.body)
            for row, outcome in told
            if outcome.keeps_bytes
        }
        _forget_buried(db, members, shop_id, found, now)


def _forget_buried(
    db: Connection,
    members: Members,
    shop_id: int,
    found: dict[int, set[str] | None],
    now: datetime,
) -> None:
    """Erase the rows whose names are of the erased; None, what nobody can read, is theirs too."""
    named = {name for names_ in found.values() for name in names_ or ()}
    gone = members.buried(db, shop_id, named, now)
    rows = [row_id for row_id, names_ in found.items() if names_ is None or names_ & gone]
    if rows:
        inbox.forget_rows(db, shop_id, rows)


def _mentioned(members: Members, shop_id: int, topic: str, body: bytes) -> set[str] | None:
    """Names in a body we could not take over: its e-mails, and its numbers of customers.

    None when it is not even JSON.
    """
    try:
        told = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    found = set()
    for text, of_customer in _texts(told, of_customer="customer" in topic):
        found |= {members.email_hash(shop_id, email) for email in _EMAIL.findall(text)}
        if of_customer:
            found |= set(_NUMBER.findall(text))
    return found


def _texts(told: Any, *, of_customer: bool) -> Iterator[tuple[str, bool]]:
    """Every text and number, and whether it stands under something called customer."""
    waiting = [(told, of_customer)]
    while waiting:
        value, under = waiting.pop()
        if isinstance(value, dict):
            waiting += [(one, under or "customer" in key.lower()) for key, one in value.items()]
        elif isinstance(value, list):
            waiting += [(one, under) for one in value]
        elif isinstance(value, str | int):
            yield str(value), under


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
