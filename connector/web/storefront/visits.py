"""A signed-in shopper is here: it counts for days in a row, and for pages the programme names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import clock, noticed
from connector.core.errors import Unauthenticated
from connector.program import rules
from connector.rooms.actions import service as actions
from connector.rooms.actions.service import Way
from connector.web.storefront.asker import Asker, Visitor

MOST_PLACES = 4
_Place = Annotated[str, Meta(max_length=200)]


class Visit(Struct, forbid_unknown_fields=True):
    """Where she is: the path of the page, and the product's key if it shows one."""

    seen: Annotated[tuple[_Place, ...], Meta(max_length=MOST_PLACES)]


def visit(db: Connection, visitor: Visitor, wanted: Visit, now: datetime) -> dict[str, Any]:
    """Count it. ``watch``: places that give something still; others need not be told again.

    An account is new before the shop has told us of it: nothing counts yet, and an empty ``day``
    has the page tell again.
    """
    if visitor.customer_key is None:
        raise Unauthenticated("sign_in_needed", "sign in at the store first")
    if not isinstance(visitor, Asker):
        return {"watch": [], "day": ""}
    shop, member_id = visitor.shop, visitor.member_id
    facts = actions.act(
        db, shop.id, member_id, rules.STREAK, clock.local_date(now, shop.timezone), now
    )
    here = {place(one) for one in wanted.seen}
    for way in _open(actions.ways(db, shop.id, member_id, now)):
        if place(way.rule.target) in here:
            facts += actions.act(
                db, shop.id, member_id, rules.VISIT, "", now, target=way.rule.target
            )
    noticed.notice(db, facts, now)
    left = _open(actions.ways(db, shop.id, member_id, now))
    return {"watch": sorted({place(way.rule.target) for way in left})}


def place(target: str) -> str:
    """A product's key, or an address's path as browsers tell it, without its last slash."""
    path = urlsplit(target).path if "://" in target else target
    return path.rstrip("/") or path


def _open(ways: Iterable[Way]) -> list[Way]:
    return [way for way in ways if way.rule.kind == rules.VISIT and not way.is_done]
