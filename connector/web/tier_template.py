"""Four levels in one click, with the welcome points that belong to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from connector.core.ids import new_id
from connector.program import service as program
from connector.program.rules import Rule
from connector.rooms.tiers import programs
from connector.rooms.tiers.rules import Level, Perks, Program, Trial, Weights

WELCOME_POINTS = 5_000
_JOINED = "joined"
_LEVELS = (
    ({"en": "Seed", "ar": "بذرة", "zh-Hant": "種子"}, 0, 100, 0, Perks()),
    ({"en": "Sprout", "ar": "برعم", "zh-Hant": "新芽"}, 500, 110, 100, Perks()),
    ({"en": "Bloom", "ar": "زهرة", "zh-Hant": "綻放"}, 2000, 125, 250, Perks(free_shipping=True)),
    (
        {"en": "Evergreen", "ar": "دائم الخضرة", "zh-Hant": "長青"},
        5000,
        150,
        500,
        Perks(free_shipping=True, discount_percent=5),
    ),
)


def four_levels() -> Program:
    """By all a member does: points, money, orders and gifts; two weeks of the third to try."""
    levels = tuple(
        Level(new_id(), names, threshold, multiplier, gift, None, perks)
        for names, threshold, multiplier, gift, perks in _LEVELS
    )
    return Program(
        measure="score",
        weights=Weights(point=1, money=1, order=50, gift=50),
        levels=levels,
        trial=Trial(14, levels[2].id),
    )


def publish(
    db: Connection, shop_id: int, now: datetime, *, has_standing: bool, has_welcome: bool
) -> None:
    """Put the levels' draft in force; with welcome points if they are wanted and not there."""
    programs.publish(db, shop_id, now, has_standing=has_standing)
    if has_welcome and not earns_welcome(db, shop_id):
        _publish_welcome(db, shop_id, now)


def earns_welcome(db: Connection, shop_id: int) -> bool:
    """Whether joining earns something already."""
    return any(rule.kind == _JOINED for rule in program.newest(db, shop_id).rules)


def _publish_welcome(db: Connection, shop_id: int, now: datetime) -> None:
    """Let joining earn the welcome points, which lift nobody to a level."""
    known = program.newest(db, shop_id)
    welcome = Rule(id=_JOINED, kind=_JOINED, points=WELCOME_POINTS, qualifies=False)
    program.publish(db, shop_id, replace(known, rules=(*known.rules, welcome)), now)
