"""VIP days: whether to sell them, and what they were worth from every room that knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from connector.core.errors import Conflict
from connector.program.earning import PLAIN_PERCENT, TIER
from connector.rooms import insight
from connector.rooms.points import timeline
from connector.rooms.rewards.rules import Kind, Offer
from connector.rooms.tiers import perks, programs
from connector.rooms.tiers.rules import Program
from connector.shops.service import Shop


@dataclass(frozen=True, slots=True)
class Summary:
    """points: what the level's multiplier added; discount_minor: what its discounts took off.

    Only what goes beyond the level the member had when ordering. free_deliveries: those whose
    price is not known. points_minor: what the points are worth, where the merchant said.
    """

    name: str
    level_id: int
    ended_on: Any
    points: int = 0
    points_minor: int = 0
    discount_minor: int = 0
    delivery_minor: int = 0
    free_deliveries: int = 0
    orders: int = 0

    @property
    def total_minor(self) -> int:
        """All that has a price."""
        return self.points_minor + self.discount_minor + self.delivery_minor


def check(db: Connection, shop_id: int, member_id: int, offer: Offer, now: datetime) -> None:
    """Refuse to sell days that would give the member nothing, as free ones are refused.

    Member 0 is somebody who has no account yet.
    """
    if offer.kind is Kind.VIP:
        published = programs.current(db, shop_id)
        program = published.given if published else Program()
        until = now + timedelta(days=offer.tier_days)
        perks.check_days(db, shop_id, member_id, program, now, until)


def is_sold(db: Connection, shop_id: int, member_id: int, offer: Offer, now: datetime) -> bool:
    """Whether to offer it."""
    try:
        check(db, shop_id, member_id, offer, now)
    except Conflict:
        return False
    return True


def summary(db: Connection, shop: Shop, member_id: int, vip: Row[Any], tag: str) -> Summary | None:
    """What these days were worth to this member, by the orders as they stand now."""
    published = programs.current(db, shop.id)
    if published is None:
        return None
    program = published.given
    level = program.numbered(program.number_of(vip.level_id))
    if level is None:
        return None
    base = perks.Base(db, shop.id, member_id, program)
    worth = perks.worth(db, shop.id, member_id, program, vip, base, shop.currency)
    ids = perks.order_ids(db, shop.id, member_id, vip)
    extra = 0
    for told in timeline.diagnose_all(db, shop.id, ids):
        context = told.basis.context
        own = program.multiplier(base.at(told.order.placed_at or vip.starts_at))
        if context is None or context.tier <= max(own, PLAIN_PERCENT):
            continue
        added = sum(rule.kept for rule in told.trace.rules if rule.kind == TIER)
        extra += added * (context.tier - own) // (context.tier - PLAIN_PERCENT)
    each = insight.worth(db, shop.id)
    return Summary(
        name=level.name(tag),
        level_id=level.id,
        ended_on=vip.ends_at,
        points=extra,
        points_minor=extra * each.value_minor // insight.PER_POINTS if each else 0,
        discount_minor=worth.discount_minor,
        delivery_minor=worth.delivery_minor,
        free_deliveries=worth.free_deliveries,
        orders=worth.orders,
    )
