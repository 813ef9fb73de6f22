"""Who gave most for a goal: members who ask to be listed, under the name they choose.

Nobody is listed by default. A goal lists givers only where the merchant wants it; who is blocked
is left out while that lasts, who is erased is gone with their row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, and_, func, select

from connector.core.errors import BadInput
from connector.core.i18n import without_bidi_controls
from connector.members.models import member
from connector.rooms.giving import store
from connector.rooms.giving.models import giving_campaign, giving_donation, giving_member
from connector.rooms.giving.programmes import Campaign
from connector.rooms.giving.rules import GIFT

MOST = 10
NAME_LENGTH = 30
_ADDRESS = re.compile(r"@|//|www\.|\d{6}", re.IGNORECASE)  # of mail, of a page, of a telephone


def switch(db: Connection, shop_id: int, campaign_id: int, *, is_on: bool) -> None:
    """Let a goal list its givers, or no more."""
    store.change_campaign(db, shop_id, campaign_id, lists_givers=is_on)


def listing(db: Connection, shop_id: int) -> set[int]:
    """The goals that list givers."""
    of = giving_campaign.c
    chosen = select(of.id).where(of.shop_id == shop_id, of.lists_givers.is_(True))
    return set(db.scalars(chosen))


def enter(db: Connection, shop_id: int, member_id: int, name: str) -> None:
    """List a member from now on, or under another name; BadInput ``listed_name``."""
    name = " ".join(without_bidi_controls(name).split())
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable() or _ADDRESS.search(name):
        raise BadInput(
            "listed_name", f"1 to {NAME_LENGTH} characters, and no address", field="name"
        )
    store.put_member(db, shop_id, member_id, listed_as=name)


def leave(db: Connection, shop_id: int, member_id: int) -> None:
    """List a member no more, at once."""
    store.put_member(db, shop_id, member_id, listed_as=None)


def listed_as(db: Connection, shop_id: int, member_id: int) -> str | None:
    """The name a member chose; None: is not listed."""
    row = store.members(db, shop_id, [member_id]).get(member_id)
    return None if row is None else row.listed_as


def top(
    db: Connection, shop_id: int, campaign: Campaign, programme_ids: Sequence[int]
) -> list[tuple[str, int]]:
    """(name, minor units) of what the listed gave for good, most first."""
    of, given = giving_member.c, giving_donation.c
    minor = func.sum(given.due_minor)
    rows = db.execute(
        select(of.listed_as, minor.label("minor"))
        .join(member, and_(member.c.shop_id == of.shop_id, member.c.id == of.member_id))
        .join(
            giving_donation,
            and_(given.shop_id == of.shop_id, given.member_id == of.member_id),
        )
        .where(
            of.shop_id == shop_id,
            of.listed_as.is_not(None),
            member.c.blocked_at.is_(None),
            given.kind == GIFT,
            given.currency == campaign.currency,
            given.programme_id.in_(list(programme_ids)),
        )
        .group_by(of.member_id, of.listed_as)
        .having(minor > 0)
        .order_by(minor.desc(), of.member_id)
        .limit(MOST)
    )
    return [(row.listed_as, int(row.minor)) for row in rows]
