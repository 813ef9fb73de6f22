"""What badges are given for: what a member's confirmed gifts come to, and goals that are reached.

Facts tell where sums stand by now, so hearing one twice, or a refund's, adds up nothing wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, func, select, update

from connector.core.bulk import among
from connector.core.facts import CampaignReached, Fact, MemberGave
from connector.rooms.giving import programmes, rules
from connector.rooms.giving.models import giving_campaign, giving_donation, giving_programme

BY_MEMBERS = (rules.GIFT, rules.POINTS)


def of_members(db: Connection, shop_id: int, member_ids: Collection[int]) -> list[MemberGave]:
    """What these members gave each cause and goal, also where nothing stands any more."""
    of, by = giving_donation.c, giving_programme.c
    names = (of.member_id, of.cause_id, of.kind, of.currency)
    asked = and_(by.shop_id == of.shop_id, by.id == of.programme_id)
    stands = func.count().filter(of.due_minor > 0)
    chosen = (
        select(*names, stands, func.sum(of.due_minor), by.campaign_id)
        .outerjoin(giving_programme, asked)
        .where(of.shop_id == shop_id, of.kind.in_(BY_MEMBERS))
        .group_by(*names, by.campaign_id)
    )
    told = [
        MemberGave(shop_id, member_id, cause_id, kind, currency, gifts, int(minor), campaign_id)
        for member_id, cause_id, kind, currency, gifts, minor, campaign_id in db.execute(
            among(db, chosen, of.member_id, member_ids)
        )
    ]
    return sorted(told, key=_place)


def _place(one: MemberGave) -> tuple[int, int, str, str, int]:
    return one.member_id, one.cause_id, one.kind, one.currency, one.campaign_id or 0


def of_goals(
    db: Connection, shop_id: int, programme_ids: Collection[int], now: datetime
) -> list[Fact]:
    """Goals of these programmes that are reached, each told once."""
    worked_for = {
        one.campaign_id
        for one in programmes.programmes(db, shop_id)
        if one.id in programme_ids and one.campaign_id is not None
    }
    told: list[Fact] = []
    for one in programmes.campaigns(db, shop_id) if worked_for else ():
        is_open = one.id in worked_for and one.reached_at is None
        if is_open and programmes.progress(db, shop_id, one).confirmed_minor >= one.goal_minor:
            of = giving_campaign.c
            first = db.execute(
                update(giving_campaign)
                .where(of.shop_id == shop_id, of.id == one.id, of.reached_at.is_(None))
                .values(reached_at=now)
                .returning(of.id)
            ).first()
            if first is not None:
                told.append(CampaignReached(shop_id, one.id))
    return told
