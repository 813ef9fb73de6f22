"""Signs of a person: keyed hashes of what two accounts may have in common, and nothing readable.

Kinds: ``mailbox`` (the e-mail without aliases), ``address``, ``phone``, ``device``, ``network``.
The last two wear off: who shared a network half a year ago shares nothing today.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from connector.core.bulk import insert_new
from connector.core.commerce import Person
from connector.core.db import upsert
from connector.core.keyring import KeyRing
from connector.members.models import member_sign

KINDS = ("mailbox", "address", "phone", "device", "network")
WEARS_OFF = ("device", "network")
WORN_DAYS = 90
_PHONE_DIGITS = 9  # the last ones: countries and leading zeros are written in many ways
_DOTLESS = {"gmail.com", "googlemail.com"}  # providers that read over dots


def note_signs(
    db: Connection,
    keys: KeyRing,
    shop_id: int,
    member_id: int,
    signs: Mapping[str, str],
    now: datetime,
) -> None:
    """Note what this member was seen with, as told: texts by kind. What says nothing is left."""
    rows = _rows(keys, shop_id, [(member_id, signs)], now)
    if rows:
        statement = upsert(db, member_sign)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["shop_id", "member_id", "kind", "sign_hash"],
                set_={"seen_at": statement.excluded.seen_at},
            ),
            rows,
        )


def note_people(
    db: Connection,
    keys: KeyRing,
    shop_id: int,
    people: Sequence[tuple[int, Person]],
    now: datetime,
) -> None:
    """Note what platforms tell of people; such signs never wear off, so the first time stays."""
    told = [
        (member_id, {"mailbox": one.email, "address": one.address, "phone": one.phone})
        for member_id, one in people
    ]
    insert_new(db, member_sign, _rows(keys, shop_id, told, now))


def _rows(
    keys: KeyRing,
    shop_id: int,
    told: Sequence[tuple[int, Mapping[str, str | None]]],
    now: datetime,
) -> list[dict[str, object]]:
    return [
        {
            "shop_id": shop_id,
            "member_id": member_id,
            "kind": kind,
            "sign_hash": hashed,
            "seen_at": now,
        }
        for member_id, signs in told
        for kind, text in signs.items()
        if text and (hashed := sign_hash(keys, shop_id, kind, text))
    ]


def sign_hash(keys: KeyRing, shop_id: int, kind: str, text: str) -> str | None:
    """How a sign is kept; None for a text that says nothing."""
    bare = _BARE.get(kind, _plain)(text)
    return keys.hash(shop_id, f"sign:{kind}", bare) if bare else None


def shared(
    db: Connection, shop_id: int, one_id: int, others: Collection[int], now: datetime
) -> set[str]:
    """Kinds of signs that a member has in common with one of the others."""
    fresh = member_sign.c.kind.not_in(WEARS_OFF) | (
        member_sign.c.seen_at > now - timedelta(days=WORN_DAYS)
    )
    own = select(member_sign.c.kind, member_sign.c.sign_hash).where(
        member_sign.c.shop_id == shop_id, member_sign.c.member_id == one_id, fresh
    )
    theirs = select(member_sign.c.kind, member_sign.c.sign_hash).where(
        member_sign.c.shop_id == shop_id, member_sign.c.member_id.in_(others), fresh
    )
    return {kind for kind, _ in {*map(tuple, db.execute(own))} & {*map(tuple, db.execute(theirs))}}


def with_same(db: Connection, shop_id: int, member_id: int, kinds: Collection[str]) -> set[int]:
    """Other members who have a sign of these kinds in common with this one."""
    own = select(member_sign.c.kind, member_sign.c.sign_hash).where(
        member_sign.c.shop_id == shop_id,
        member_sign.c.member_id == member_id,
        member_sign.c.kind.in_(kinds),
    )
    found: set[int] = set()
    for kind, hashed in db.execute(own).all():
        found.update(
            db.scalars(
                select(member_sign.c.member_id).where(
                    member_sign.c.shop_id == shop_id,
                    member_sign.c.sign_hash == hashed,
                    member_sign.c.kind == kind,
                )
            )
        )
    return found - {member_id}


def mailboxes(db: Connection, shop_id: int, member_ids: Collection[int]) -> list[str]:
    """The mailboxes these members were seen with, the newest first."""
    chosen = select(member_sign.c.sign_hash).where(
        member_sign.c.shop_id == shop_id,
        member_sign.c.member_id.in_(member_ids),
        member_sign.c.kind == "mailbox",
    )
    return list(db.scalars(chosen.order_by(member_sign.c.seen_at.desc())))


def drop_signs(db: Connection, shop_id: int, member_id: int) -> None:
    """Forget what a member was seen with."""
    db.execute(
        delete(member_sign).where(
            member_sign.c.shop_id == shop_id, member_sign.c.member_id == member_id
        )
    )


def mailbox(email: str) -> str:
    """The mailbox behind an e-mail: aliases after a plus, and dots where they are read over."""
    local, _, domain = email.strip().casefold().rpartition("@")
    local = local.partition("+")[0]
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}" if local and domain else ""


def _phone(text: str) -> str:
    digits = "".join(str(unicodedata.decimal(one)) for one in text if one.isdecimal())
    return digits[-_PHONE_DIGITS:] if len(digits) >= _PHONE_DIGITS else ""


def _plain(text: str) -> str:
    """Letters and digits alone, in one case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(one for one in folded if one.isalnum() or one in ".:")


def _address(text: str) -> str:
    return _plain(text).replace(".", "").replace(":", "")


_BARE = {"mailbox": mailbox, "phone": _phone, "address": _address}
