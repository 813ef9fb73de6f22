"""A wish is carried out once, however often it is sent: its answer is kept and told again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from flask import request
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from connector.core import clock
from connector.core.errors import BadInput, Conflict
from connector.shops import store as shop_store
from connector.web.body import read_bytes
from connector.web.runtime import runtime

MAX_KEY_CHARS = 255


def key(given: str | None) -> str:
    """The key of a wish, as its sender names it; BadInput ``idempotency_key`` if that is none."""
    if not given or len(given) > MAX_KEY_CHARS:
        raise BadInput(
            "idempotency_key", f"give an Idempotency-Key of 1 to {MAX_KEY_CHARS}", status=400
        )
    return given


def carry_out(shop_id: int, key: str, work: Callable[[Connection], Any]) -> Any:
    """What ``work`` answered when this wish came first, as JSON; it works now if that is now.

    Raises Conflict ``idempotency_mismatch`` when the key was used for another request. What
    ``work`` refuses is not kept: the same wish may succeed later.
    """
    asked = f"{request.method}\n{request.path}\n".encode() + read_bytes()
    request_hash = hashlib.sha256(asked).hexdigest()

    def attempt(db: Connection) -> Any:
        kept = shop_store.reply(db, shop_id, key)
        if kept is None:
            told = msgspec.to_builtins(work(db))
            shop_store.keep_reply(
                db,
                shop_id=shop_id,
                key=key,
                request_hash=request_hash,
                status=200,
                body=told,
                created_at=clock.now(),
            )
            return told
        if kept.request_hash != request_hash:
            raise Conflict("idempotency_mismatch", "this key was used for another request")
        return kept.body

    database = runtime().database
    try:
        return database.run(attempt)
    except (IntegrityError, Conflict):  # perhaps the same wish at the same moment was first
        return database.run(attempt)
