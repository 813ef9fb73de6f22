"""What a platform tells of its accounts, laid over what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector.core.commerce import Customer, Person
from connector.core.facts import Fact, MemberChanged
from connector.members import joining, store

News = Mapping[str, Any]  # what is known of an account, by column
_HEARD = ("tags", "accepts_marketing", "email_verified")


def after(
    before: Mapping[str, Any], customer: Customer, email_hash: str | None, now: datetime
) -> dict[str, Any]:
    """What is known of an account after these news; what they do not tell stays.

    A verified e-mail says nothing of another one. News that do not tell who it is are no newer
    than those that do, which may still be on their way.
    """
    modified_at = customer.modified_at or now
    if customer.person == Person():
        email_hash, modified_at = before["email_hash"], before["modified_at"]
    verified = before["email_verified"] if email_hash == before["email_hash"] else None
    kept = {name: before[name] for name in _HEARD} | {"email_verified": verified}
    told = {
        "tags": None if customer.tags is None else sorted(set(customer.tags)),
        "accepts_marketing": customer.accepts_marketing,
        "email_verified": customer.email_verified,
    }
    known = {name: kept[name] if one is None else one for name, one in told.items()}
    return known | {"modified_at": modified_at, "email_hash": email_hash}


def take(db: Connection, shop_id: int, told: Sequence[tuple[Row[Any], News]]) -> list[Fact]:
    """Write what is known of accounts now; a fact for each of whom something is new."""
    met = joining.met(db)
    changed = {
        row.id: values
        for row, values in told
        if any(values[name] != getattr(row, name) for name in values)
    }
    store.change_all(db, shop_id, changed)
    for row, values in told:
        mailbox = values["email_hash"]
        is_told = row.modified_at is None and values["modified_at"] is not None
        is_proof = is_told or row.email_verified != values["email_verified"]
        if mailbox and (is_proof or row.email_hash != mailbox):
            met.mailboxes.add(mailbox)
    return [
        MemberChanged(shop_id, row.id, _became(row, values))
        for row, values in told
        if any(values[name] != getattr(row, name) for name in _HEARD)
    ]


def _became(row: Row[Any], values: News) -> tuple[str, ...]:
    """What turned true with these news; of who was here before us only what was known as false."""
    return tuple(
        name
        for name in ("accepts_marketing", "email_verified")
        if values[name] is True
        and getattr(row, name) is not True
        and (row.joined_at is not None or getattr(row, name) is False)
    )
