"""Files that prove a payment to a cause, or its receipt: small, and what they say they are."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from connector.core.errors import BadInput, NotFound
from connector.core.ids import new_id
from connector.rooms.giving import remitting
from connector.rooms.giving.models import giving_proof

MAX_PROOFS = 10
MAX_PROOF_BYTES = 2_000_000
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


def add(
    db: Connection,
    shop_id: int,
    batch_id: int,
    name: str,
    content: bytes,
    *,
    by: str,
    now: datetime,
) -> int:
    """Keep a file that proves the payment or its receipt; what it is, its first bytes say.

    The same bytes again are the same proof.
    """
    remitting.batch(db, shop_id, batch_id)
    kind = next((kind for start, kind in SIGNATURES if content.startswith(start)), None)
    if kind is None:
        raise BadInput("proof_format", "a PDF, PNG or JPEG file", field="proof")
    if len(content) > MAX_PROOF_BYTES:
        raise BadInput("proof_size", f"at most {MAX_PROOF_BYTES:,} bytes", field="proof")
    known = of_batch(db, shop_id, batch_id)
    digest = hashlib.sha256(content).hexdigest()
    for one in known:
        if one.sha256 == digest:
            return int(one.id)
    if len(known) >= MAX_PROOFS:
        raise BadInput("too_many_proofs", f"at most {MAX_PROOFS}", field="proof")
    proof_id = new_id()
    stem = "".join(one for one in name if one.isalnum() or one in " ._-").strip(" .")
    db.execute(
        insert(giving_proof).values(
            shop_id=shop_id,
            id=proof_id,
            batch_id=batch_id,
            name=stem[-80:] or "proof",
            media_type=kind,
            content=content,
            sha256=digest,
            added_by=by,
            added_at=now,
        )
    )
    return proof_id


def of_batch(db: Connection, shop_id: int, batch_id: int) -> list[Row[Any]]:
    """A batch's proofs without their bytes, oldest first."""
    of = giving_proof.c
    size = func.length(of.content).label("size")
    told = (of.id, of.name, of.media_type, of.sha256, of.added_by, of.added_at, size)
    chosen = select(*told).where(of.shop_id == shop_id, of.batch_id == batch_id)
    return list(db.execute(chosen.order_by(of.id)))


def get(db: Connection, shop_id: int, batch_id: int, proof_id: int) -> Row[Any]:
    """One with its bytes; NotFound ``proof_not_found``."""
    of = giving_proof.c
    found = db.execute(
        select(giving_proof).where(
            of.shop_id == shop_id, of.batch_id == batch_id, of.id == proof_id
        )
    ).one_or_none()
    if found is None:
        raise NotFound("proof_not_found", "no such proof")
    return found
