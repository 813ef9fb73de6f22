"""What the practice shops promise: rules, rewards, levels and introductions a visitor can try.

A plain order of somebody new earns by the rate alone, so that a visitor can reckon along.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.core.money import exponent
from connector.program import service as programme
from connector.program.rules import Rule, Terms
from connector.rooms.giving.service import Cause
from connector.rooms.referrals import service as referrals
from connector.rooms.referrals.rules import Program as Introductions
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import Kind, Offer
from connector.rooms.tiers import programs as tiers
from connector.rooms.tiers.rules import Level, Perks, Trial
from connector.rooms.tiers.rules import Program as Tiers
from connector.shops.service import Shop

MADE_BY = "practice"
LEVELS = {
    "en": ("Seed", "Sprout", "Bloom", "Evergreen"),
    "ar": ("بذرة", "برعم", "زهرة", "دائم الخضرة"),
    "zh-Hant": ("種子", "新芽", "綻放", "長青"),
}
THRESHOLDS = (0, 200, 600, 1500)


def promise(db: Connection, shop: Shop, cause: Cause, now: datetime) -> None:
    """Publish all of it for a new practice shop, whose history earns, too."""
    unit = 10 ** exponent(shop.currency)
    friend = _rewards(db, shop, cause, unit, now)
    _rules(db, shop, now)
    _levels(db, shop, now)
    _introductions(db, shop, friend, now)


def _rules(db: Connection, shop: Shop, now: datetime) -> None:
    week = now + timedelta(days=14)
    rules = (
        Rule("welcome", "joined", points=100, labels=_said("Join", "انضم", "加入會員")),
        Rule("mail", "verified_email", points=50),
        Rule("news", "newsletter", points=50),
        Rule("birthday", "occasion", points=200, occasion="birthday"),
        Rule("week", "multiplier", percent=200, starts_at=week, ends_at=week + timedelta(days=7)),
        Rule("streak", "streak", points=30, count=7),
    )
    wanted = replace(
        programme.newest(db, shop.id),
        counts_history=True,
        rules=rules,
        terms=Terms(member_tags=("staff",)),
        made_by=MADE_BY,
    )
    programme.publish(db, shop.id, wanted, now)


def _rewards(db: Connection, shop: Shop, cause: Cause, unit: int, now: datetime) -> int:
    """What points buy; the id of the one that friends of members get."""
    off = Offer(
        kind=Kind.AMOUNT,
        names=_said("Money off an order", "خصم على طلب", "訂單折抵"),
        currency=shop.currency,
        points=250,
        value_minor=5 * unit,
    )
    offers = (
        off,
        replace(
            off,
            kind=Kind.PERCENT,
            names=_said("10% off", "خصم 10%", "九折"),
            points=400,
            value_minor=0,
            percent=10,
            tier_level=2,
        ),
        replace(
            off,
            kind=Kind.SHIPPING,
            names=_said("Free shipping", "شحن مجاني", "免運費"),
            points=150,
            value_minor=0,
        ),
        replace(
            off,
            kind=Kind.CREDIT,
            names=_said("Store credit", "رصيد المتجر", "購物金"),
            points=None,
            points_each=100,
            per_minor=2 * unit,
            least_minor=2 * unit,
            most_minor=50 * unit,
            value_minor=0,
        ),
        replace(
            off,
            kind=Kind.DONATION,
            names=_said("Give to Riverbank", "تبرع لضفة النهر", "捐給河岸"),
            points=100,
            value_minor=2 * unit,
            cause_id=cause.id,
        ),
    )
    for offer in offers:
        catalogue.publish(db, shop.id, offer, now)
    welcome = replace(off, names=_said("For your first order", "لأول طلب", "首購禮"), points=None)
    return catalogue.publish(db, shop.id, welcome, now).id


def _introductions(db: Connection, shop: Shop, friend_reward_id: int, now: datetime) -> None:
    wanted = Introductions(
        0,
        shop.currency,
        is_on=True,
        friend_reward_id=friend_reward_id,
        advocate_points=250,
        cap_per_month=10,
    )
    referrals.publish_program(db, shop.id, wanted, MADE_BY, now)


def _levels(db: Connection, shop: Shop, now: datetime) -> None:
    perks = (
        Perks(),
        Perks(discount_percent=3),
        Perks(discount_percent=5, free_shipping=True),
        Perks(discount_percent=10, free_shipping=True),
    )
    levels = tuple(
        Level(
            id=number,
            names={tag: names[number - 1] for tag, names in LEVELS.items()},
            threshold=THRESHOLDS[number - 1],
            multiplier_percent=150 if number == len(THRESHOLDS) else 100,
            gift_points=50 * (number - 1),
            perks=perks[number - 1],
        )
        for number in range(1, len(THRESHOLDS) + 1)
    )
    wanted = Tiers(levels=levels, trial=Trial(days=14, level_id=3))
    named = tiers.with_ids(wanted, beyond=len(levels))  # so far levels go by their places
    tiers.save_draft(db, shop.id, named, MADE_BY, now)
    tiers.publish(db, shop.id, now, has_standing=shop.platform == "shopify")


def _said(english: str, arabic: str, chinese: str) -> dict[str, str]:
    return {"en": english, "ar": arabic, "zh-Hant": chinese}
