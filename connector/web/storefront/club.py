"""What the panel shows, ready to be read: from every room, in the shopper's language."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from connector.web.storefront.asker import Asker, Visitor
from connector.web.storefront.told import earning, points
from connector.web.storefront.told.blocks import Block, Club
from connector.web.tongue import Tongue, mark

REFUSALS = {
    "insufficient_points": mark("You do not have enough points for this now."),
    "too_many_requests": mark("That was a lot at once. Try again in a minute."),
    "sign_in_needed": mark("You are not logged in any more. Log in, then try again."),
}


def club(db: Connection, visitor: Visitor, now: datetime) -> Club:
    """A member's own, or what anybody may know."""
    say = Tongue.of(visitor.shop, visitor.language, now)
    says = {code: say.t(sentence) for code, sentence in REFUSALS.items()}
    if not isinstance(visitor, Asker):
        return Club(
            points.guests_head(visitor, say), _filled(earning.ways(db, visitor, say)), says
        )
    sections = _filled(
        earning.ways(db, visitor, say),
        points.history(db, visitor, say),
    )
    return Club(points.head(db, visitor, say), sections, says)


def _filled(*sections: Block | None) -> tuple[Block, ...]:
    """Those that have something to say."""
    return tuple(one for one in sections if one is not None)
