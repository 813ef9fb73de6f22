"""Keys by which merchants' own programs use the API: shown once, kept as hashes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from connector.core import keyring
from connector.core.errors import BadInput, NotFound, Unauthenticated
from connector.core.ids import new_id
from connector.shops import service as shops
from connector.shops import store
from connector.shops.service import Shop

LABEL_CHARS = 80


def new(db: Connection, shop_id: int, label: str, now: datetime) -> str:
    """A key, shown this once."""
    if not label.strip() or len(label) > LABEL_CHARS:
        raise BadInput("label_length", "name the key with 1 to 80 characters", field="label")
    key = f"pk_{keyring.token()}"
    store.insert_api_key(
        db,
        shop_id=shop_id,
        id=new_id(),
        token_hash=keyring.token_hash(key),
        label=label.strip(),
        created_at=now,
    )
    return key


def every(db: Connection, shop_id: int) -> Sequence[Row[Any]]:
    """The shop's keys, revoked ones too."""
    return store.api_keys(db, shop_id)


def revoke(db: Connection, shop_id: int, key_id: int, now: datetime) -> None:
    if not store.revoke_api_key(db, shop_id, key_id, now):
        raise NotFound("api_key_not_found", "no such living key")


def opened_by(db: Connection, key: str) -> tuple[Shop, int]:
    """The shop a key opens, and the key's id; Unauthenticated ``invalid_api_key``."""
    row = store.by_api_key(db, keyring.token_hash(key))
    if row is None:
        raise Unauthenticated("invalid_api_key", "no living key like this")
    return shops.shop_of(row), row.api_key_id
