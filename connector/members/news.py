"""What a platform tells of its accounts, laid over what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector.core.commerce import Customer, Person
from connector.core.facts import Fact, MemberChanged
from connector.members import joining, store

_HEARD = ("tags", "accepts_marketing", "email_verified")


def after(
    before: Mapping[str, Any], customer: Customer, email_hash: str | None, now: datetime
) -> dict[str, Any]:
    """What is known of an account after these news; what they do not tell stays.

    A verified e-mail says nothing of another one.
    """
    if customer.person == Person():  # a platform may tell of an account and not who it is
        email_hash = before["email_hash"]
    verified = before["email_verified"] if email_hash == before["email_hash"] else None
    kept = {name: before[name] for name in _HEARD} | {"email_verified": verified}
    told = {
        "tags": None if customer.tags is None else sorted(set(customer.tags)),
        "accepts_marketing": customer.accepts_marketing,
        "email_verified": customer.email_verified,
    }
    known = {name: kept[name] if one is None else one for name, one in told.items()}
    return known | {"modified_at": customer.modified_at or now, "email_hash": email_hash}


def take(db: Connection, row: Row[Any], values: Mapping[str, Any]) -> list[Fact]:
    """Write what is known of an account now; the fact of what is new in it."""
    store.change(db, row.shop_id, row.id, **values)
    mailbox = values["email_hash"]
    is_proof = row.modified_at is None or row.email_verified != values["email_verified"]
    if mailbox and (is_proof or row.email_hash != mailbox):
        joining.met(db).mailboxes.add(mailbox)
    is_new = any(values[name] != getattr(row, name) for name in _HEARD)
    return [MemberChanged(row.shop_id, row.id)] if is_new else []
