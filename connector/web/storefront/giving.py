"""The cause a member gives to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from connector.core.errors import NotFound
from connector.rooms.giving import asking
from connector.rooms.giving.givers import listing
from connector.web.storefront.asker import Asker, Visitor


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    """A cause by its key."""

    cause: str


class Name(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody wants to be called in public."""

    name: str


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing to say but yes."""


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


def enter(db: Connection, asker: Asker, wish: Name, _now: datetime) -> dict[str, Any]:
    """They may be seen among those who gave most, under this name."""
    listing.enter(db, asker.shop.id, asker.member_id, wish.name)
    return {"listed_as": listing.listed_as(db, asker.shop.id, asker.member_id)}


def leave(db: Connection, asker: Asker, _wish: Nothing, _now: datetime) -> dict[str, Any]:
    """They are seen no more."""
    listing.leave(db, asker.shop.id, asker.member_id)
    return {"listed_as": None}
