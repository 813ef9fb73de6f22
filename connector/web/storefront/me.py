"""What a signed-in shopper sees of her own, from every room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connector.web.storefront import members, points, referrals, rewards, tiers
from connector.web.storefront.asker import Asker, Part, Visitor

PARTS: tuple[Part, ...] = (
    points.part,
    members.part,
    rewards.part,
    tiers.part,
    referrals.part,
)  # each gives top-level names of its own


def me(db: Connection, visitor: Visitor, now: datetime) -> dict[str, Any]:
    """All parts together; ``member`` None for who is not a member we know."""
    if not isinstance(visitor, Asker):
        return {"member": None}
    told: dict[str, Any] = {}
    for part in PARTS:
        told |= part(db, visitor, now)
    return told
