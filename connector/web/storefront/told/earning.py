"""Ways to earn: the programme in force as sentences."""

from __future__ import annotations

from sqlalchemy import Connection

from connector.program import rules
from connector.program import service as programme
from connector.program.rules import Program, Rule
from connector.web.storefront.asker import Visitor
from connector.web.storefront.told.blocks import Block
from connector.web.tongue import Tongue, mark, own

READY = {
    ("paid", True): mark("Ready {days} after payment"),
    ("completed", True): mark("Ready {days} after the order is complete"),
    ("paid", False): mark("Ready as soon as you pay"),
    ("completed", False): mark("Ready when the order is complete"),
}
TITLES = {
    rules.ORDER: mark("Every order"),
    rules.FIRST_ORDER: mark("Your first order"),
    rules.DONATION: mark("An order with a gift to a cause"),
    rules.JOINED: mark("Join"),
    rules.VERIFIED: mark("Confirm your e-mail"),
    rules.NEWSLETTER: mark("Get our newsletter"),
    rules.VISIT: mark("Look at a page of ours"),
}
OCCASIONS = {
    "birthday": mark("Your birthday"),
    "wedding": mark("Your wedding day"),
    "anniversary": mark("Your anniversary"),
}


def ways(db: Connection, visitor: Visitor, say: Tongue) -> Block:
    """What earns now; what begins later is not told before it does."""
    program = programme.newest(db, visitor.shop.id)
    found = [_rate(program, say)] if program.rate(say.currency)[0] else []
    found += [_rule(one, say) for one in program.rules if one.is_open(say.now)]
    return Block(say.t("Ways to earn"), id="earn", tab=say.t("Earn"), items=tuple(found))


def _rate(program: Program, say: Tongue) -> Block:
    days = program.hold_days
    on = "completed" if program.terms.hold_from == "delivery" else program.award_on
    ready = say.t(READY[on, days > 0], days=say.count("day", days))
    return Block(say.t("Shop"), lines=(ready,), value=_per(program.rate(say.currency), say))


def _per(rate: tuple[int, int], say: Tongue) -> str:
    points_each, per_minor = rate
    return say.t(
        "{points} per {money}", points=say.points(points_each), money=say.money(per_minor)
    )


def _rule(rule: Rule, say: Tongue) -> Block:
    label = rule.labels.get(say.language.tag) or rule.labels.get(say.language.babel)
    until = (say.t("Until {date}", date=say.day(rule.ends_at)),) if rule.ends_at else ()
    return Block(
        own(label) if label else _title(rule, say),
        lines=(*_terms(rule, say), *until),
        value=_gives(rule, say),
    )


def _title(rule: Rule, say: Tongue) -> str:
    """What to do, for a rule that its merchant gave no words."""
    if rule.kind == rules.OCCASION:
        known = OCCASIONS.get(rule.occasion)
        return say.t(known) if known else own(rule.occasion)
    if rule.kind == rules.STREAK:
        return say.t("Visit us {days} in a row", days=say.count("day", rule.count))
    if rule.kind == rules.SHARES:
        times = say.count("time", rule.count)
        return say.t("Your link is opened {times}", times=times)
    if rule.kind == rules.CUSTOM:
        return own(rule.target)
    if rule.kind in TITLES:
        return say.t(TITLES[rule.kind])
    return say.t("Chosen products") if rule.scope else say.t("Every product")


def _terms(rule: Rule, say: Tongue) -> list[str]:
    found = []
    least = rule.minimum.get(say.currency)
    if least:
        found.append(say.t("Orders from {money}", money=say.money(least)))
    if rule.scope and rule.kind in (rules.ORDER, rules.FIRST_ORDER):
        found.append(say.t("With chosen products"))
    if rule.kind == rules.OCCASION:
        found.append(say.t("Once a year"))
    return found


def _gives(rule: Rule, say: Tongue) -> str:
    if rule.kind == rules.MULTIPLIER:
        return say.t("{times} points", times=say.times(rule.percent))
    if rule.kind == rules.SPEND:
        rate = rule.rates.get(say.currency)
        return _per(rate, say) if rate else ""
    if rule.points or rule.most:
        points = say.points(rule.points or rule.most)
        return str(points) if rule.points else say.t("up to {points}", points=points)
    if rule.tier_days:
        return say.t("{days} of VIP", days=say.count("day", rule.tier_days))
    return say.t("A reward")
