"""The cause a member gives to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from connector.core.errors import NotFound
from connector.rooms.giving import asking
from connector.web.storefront.asker import Asker, Visitor


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    """A cause by its key."""

    cause: str


def remembered(db: Connection, visitor: Visitor, now: datetime) -> dict[str, Any]:
    """``cause``: the one a member chose last, or the first asked for; None for anybody else."""
    if not isinstance(visitor, Asker):
        return {"cause": None}
    found = asking.remembered(db, visitor.shop.id, visitor.member_id, now)
    return {"cause": found.key if found else None}


def choose(db: Connection, asker: Asker, wish: Choice, now: datetime) -> dict[str, Any]:
    """Their next gifts are for this cause, unless they say otherwise."""
    for one in asking.causes(db, asker.shop.id, now):
        if one.key == wish.cause:
            asking.remember(db, asker.shop.id, asker.member_id, one.id, now)
            return remembered(db, asker, now)
    raise NotFound("cause_not_found", "no such cause to choose")
