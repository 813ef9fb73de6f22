"""The cause a member gives to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from connector.core.errors import NotFound
from connector.rooms.giving import service as giving
from connector.web.storefront.asker import Asker, Visitor


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    """A cause by its key."""

    cause: str


def remembered(db: Connection, visitor: Visitor, _now: datetime) -> dict[str, Any]:
    """``cause``: the one a member chose last, or the shop's default; None for anybody else."""
    if not isinstance(visitor, Asker):
        return {"cause": None}
    found = giving.remembered(db, visitor.shop.id, visitor.member_id)
    return {"cause": found.key if found else None}


def choose(db: Connection, asker: Asker, wish: Choice, now: datetime) -> dict[str, Any]:
    """Their next gifts are for this cause, unless they say otherwise."""
    for one in giving.offered(db, asker.shop.id):
        if one.key == wish.cause:
            giving.remember(db, asker.shop.id, asker.member_id, one.id)
            return remembered(db, asker, now)
    raise NotFound("cause_not_found", "no such cause to choose")
