"""Who came while a batch was taken over, and whose guest orders they may claim.

Members are met deep inside the order book; what follows from it is said once, at the batch's end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector.core.commerce import Person
from connector.core.db import known
from connector.core.facts import Fact
from connector.core.ids import new_id
from connector.members import merging, sides, store
from connector.shops import service as shops
from connector.shops import store as shop_store

_MET = "met"  # in ``known``


@dataclass(slots=True)
class Met:
    """What one transaction noticed of people.

    joined: accounts seen for the first time. mailboxes: e-mail hashes of guests who were seen, and
    of accounts the platform told anew.
    """

    joined: list[int] = field(default_factory=list)
    mailboxes: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Claim:
    """A guest whom an account turns out to be."""

    member_id: int
    guest_id: int


def row(
    shop_id: int,
    now: datetime,
    *,
    email_hash: str | None,
    key: str | None = None,
    joins: str = "before",
) -> dict[str, Any]:
    """Somebody new: a guest where there is no key. joins: ``now``, ``before`` us, or ``later``."""
    return {
        "shop_id": shop_id,
        "id": new_id(),
        "customer_key": key,
        "email_hash": email_hash,
        "state": "member" if key and joins != "later" else "guest",
        "created_at": now,
        "joined_at": now if joins == "now" else None,
    }


def seen_anew(
    told: Sequence[tuple[int, Person]], fresh: Collection[int]
) -> list[tuple[int, Person]]:
    """What orders tell of people that may be new: of who is known, no mailbox."""
    return [
        (one, person if one in fresh else Person(phone=person.phone, address=person.address))
        for one, person in told
        if one in fresh or person.phone or person.address
    ]


def met(db: Connection) -> Met:
    """What this transaction noticed so far."""
    found: Met = known(db).setdefault(_MET, Met())
    return found


def newcomers(db: Connection, shop_id: int) -> list[int]:
    """Accounts that joined in this transaction and are there still; each is told once."""
    joined, met(db).joined = met(db).joined, []
    return store.living(db, shop_id, joined) if joined else []


def join_first(db: Connection, shop_id: int, *, wanted: bool) -> None:
    """Say whether accounts are members only after they joined; who is one stays one."""
    shop_store.change(db, shop_id, joins_first=wanted)


def waits(row: Row[Any]) -> bool:
    """Whether this is an account that has not joined: a guest until it does."""
    return row.state == "guest" and row.customer_key is not None


def catch_up(db: Connection, shop_id: int, rows: Iterable[Row[Any]], now: datetime) -> set[int]:
    """Accounts heard of again that waited, where nobody has to join any more, join; which did."""
    waiting = [row.id for row in rows if waits(row)]
    if not waiting or shops.get(db, shop_id).joins_first:
        return set()
    joined = store.join(db, shop_id, waiting, now)
    met(db).joined += joined
    return set(joined)


def take(db: Connection, shop_id: int, found: Sequence[Claim], now: datetime) -> list[Fact]:
    """Let accounts have what they did as guests."""
    facts: list[Fact] = []
    for one in found:
        kept, gone = (store.get(db, shop_id, who) for who in (one.member_id, one.guest_id))
        if kept and gone and (kept.state, gone.state) == ("member", "guest"):
            facts += merging.merge(db, shop_id, kept, gone, now, cause=merging.CLAIM)
    return facts


def claims(db: Connection, shop_id: int) -> list[Claim]:
    """Guests that accounts may claim, of the mailboxes this transaction noticed; told once.

    An undone claim is not made again.
    """
    mailboxes, met(db).mailboxes = met(db).mailboxes, set()
    if not mailboxes:
        return []
    by_mailbox: dict[str, list[Row[Any]]] = {}
    for row in store.by_email_hashes(db, shop_id, sorted(mailboxes)):
        by_mailbox.setdefault(row.email_hash, []).append(row)
    found = []
    for rows in by_mailbox.values():
        owners = [row for row in rows if may_claim(row)]
        guests = [row for row in rows if row.state == "guest" and not waits(row)]
        if owners and guests:
            owner = min(owners, key=lambda row: (row.email_verified is None, row.id))
            found += [Claim(owner.id, guest.id) for guest in guests]
    return _without_undone(db, shop_id, found)


def may_claim(row: Row[Any]) -> bool:
    """Whether the mailbox is proven to be this account's.

    The platform says so; or it says nothing of it, but told us the account itself. An order alone
    proves nothing: anybody can type an address.
    """
    if row.state != "member" or row.email_verified is False:
        return False
    return row.email_verified is True or row.modified_at is not None


def _without_undone(db: Connection, shop_id: int, found: Sequence[Claim]) -> list[Claim]:
    undone = sides.undone_merges(db, shop_id, [one.guest_id for one in found])
    return [one for one in found if (one.member_id, one.guest_id) not in undone]
