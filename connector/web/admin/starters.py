"""Templates of programmes: one click makes a draft of what is in force and a few rules more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta

from flask import g
from msgspec import structs
from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import BadInput
from connector.core.i18n import LANGUAGES
from connector.core.money import exponent
from connector.program import rules as kinds
from connector.program.rules import Program, Rule
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import Kind, Offer
from connector.web.admin import rule_form
from connector.web.admin.words import local, mark, plain

BIRTHDAY_POINTS = 200
CREDIT, CREDIT_WITHOUT_DECIMALS = 5, 500
FIRST_PERCENT, NEXT_PERCENT = 10, 15
GIFT_DAYS = 60


@dataclass(frozen=True, slots=True)
class Starter:
    """One template, as the merchant chooses it."""

    title: str
    words: str


STARTERS: Mapping[str, Starter] = {
    "welcome": Starter(
        mark("Welcome ladder"),
        mark(
            "Store credit on joining, a personal code for the first order, and another one for"
            " the next. Each code serves one person once."
        ),
    ),
    "double": Starter(
        mark("Double points week"),
        mark("Points × 2 on everything, from next Monday for seven days."),
    ),
    "birthday": Starter(
        mark("Birthday"),
        mark("Points on the day of a member’s birthday, once in 365 days."),
    ),
}


def applied(db: Connection, known: Program, template: str) -> Program:
    """What is in force, with the template's rules; BadInput for a template there is none of."""
    if not template:
        today = local(clock.now())
        name = plain("Draft of {date}", date=f"{today:%Y-%m-%d}")
        return replace(known, name=name, note="")
    if template not in STARTERS:
        raise BadInput("template", "no such template", field="template")
    added = {"welcome": _welcome, "double": _double, "birthday": _birthday}[template](db)
    name = plain(STARTERS[template].title)
    return replace(known, name=name, note="", rules=(*known.rules, *added))


def _double(_db: Connection) -> list[Rule]:
    today = local(clock.now()).date()
    monday = today + timedelta(days=7 - today.weekday())
    starts_at = rule_form.moment(monday.isoformat(), at=time())
    ends_at = rule_form.moment(monday.isoformat(), days=7)
    rule = structs.replace(
        rule_form.fresh(kinds.MULTIPLIER),
        starts_at=starts_at,
        ends_at=ends_at,
        labels=_everywhere(mark("Double points this week")),
    )
    return [rule]


def _birthday(_db: Connection) -> list[Rule]:
    rule = rule_form.fresh(kinds.OCCASION)
    labels = _everywhere(mark("A gift on your birthday"))
    return [structs.replace(rule, points=BIRTHDAY_POINTS, qualifies=False, labels=labels)]


def _welcome(db: Connection) -> list[Rule]:
    currency = g.shop.currency
    digits = exponent(currency)
    worth = CREDIT * 10**digits if digits else CREDIT_WITHOUT_DECIMALS
    credit = _gift(
        db,
        Offer(
            Kind.CREDIT,
            _everywhere(mark("Welcome credit")),
            currency,
            value_minor=worth,
        ),
    )
    first = _gift(db, _discount(mark("A discount on your first order"), FIRST_PERCENT))
    following = _gift(db, _discount(mark("A discount on your next order"), NEXT_PERCENT))
    return [
        _giving(kinds.JOINED, credit, mark("Store credit for joining")),
        _giving(kinds.JOINED, first, mark("A code for your first order")),
        _giving(kinds.FIRST_ORDER, following, mark("A code for your next order")),
    ]


def _giving(kind: str, reward_id: int, label: str) -> Rule:
    rule = rule_form.fresh(kind)
    return structs.replace(rule, points=0, reward_id=reward_id, labels=_everywhere(label))


def _discount(name: str, percent: int) -> Offer:
    return Offer(
        Kind.PERCENT,
        _everywhere(name),
        g.shop.currency,
        percent=percent,
        valid_days=GIFT_DAYS,
    )


def _gift(db: Connection, wanted: Offer) -> int:
    """A reward that is only given, never bought: the one there is, or a new one."""
    for one in catalogue.rewards(db, g.shop.id):
        if one.state == "on" and one.offer == wanted:
            return one.id
    return catalogue.publish(db, g.shop.id, wanted, clock.now()).id


def _everywhere(message: str) -> dict[str, str]:
    """A message in all languages, by tag."""
    return {one.tag: one.text(message) for one in LANGUAGES.values()}
