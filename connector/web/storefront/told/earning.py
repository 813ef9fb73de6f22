"""Ways to earn: the programme in force as sentences."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urljoin

from msgspec import structs
from sqlalchemy import Connection

from connector.orders import store as order_store
from connector.program import rules
from connector.program import service as programme
from connector.program.rules import Program, Rule
from connector.rooms.actions import service as actions
from connector.rooms.actions.service import Way
from connector.shops.service import Shop
from connector.web.storefront.asker import Asker, Visitor
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
TASKS = (
    rules.VISIT,
    rules.VERIFIED,
    rules.NEWSLETTER,
    rules.STREAK,
    rules.OCCASION,
    rules.SHARES,
)
MOST_TASKS = 3
OCCASIONS = {
    "birthday": mark("Your birthday"),
    "wedding": mark("Your wedding day"),
    "anniversary": mark("Your anniversary"),
}


def ways(db: Connection, visitor: Visitor, say: Tongue) -> Block:
    """What earns now, and what of it is done; what begins later is not told before it does."""
    program = programme.newest(db, visitor.shop.id)
    found = [_rate(program, say)] if program.rate(say.currency)[0] else []
    member_id = visitor.member_id if isinstance(visitor, Asker) else None
    told = actions.ways(db, visitor.shop.id, member_id, say.now)
    found += [_way(one, say) for one in told if member_id is None or one.rule.kind != rules.JOINED]
    return Block(say.t("Ways to earn"), id="earn", tab=say.t("Earn"), items=tuple(found))


def tasks(db: Connection, visitor: Visitor, now: datetime) -> Block:
    """A few things to do on a product's page, none of which is to buy more."""
    say = Tongue.of(visitor.shop, visitor.language, now)
    member_id = visitor.member_id if isinstance(visitor, Asker) else None
    told = [
        one
        for one in actions.ways(db, visitor.shop.id, member_id, now)
        if one.rule.kind in TASKS and not one.is_done
    ][:MOST_TASKS]
    keys = [one.rule.target for one in told if one.rule.kind == rules.VISIT]
    products = order_store.products(db, visitor.shop.id, keys) if keys else {}
    items = []
    for one in told:
        known = products.get(one.rule.target)
        href = known.url if known else page(visitor.shop, one.rule)
        items.append(structs.replace(_way(one, say), href=href or ""))
    return Block(say.t("Earn here"), items=tuple(items))


def page(shop: Shop, rule: Rule) -> str:
    """The shop's page that a rule is about; "" where it names none."""
    if rule.kind != rules.VISIT or not rule.target.startswith(("/", "https://")):
        return ""
    origin = shop.key if "://" in shop.key else f"https://{shop.key}"
    return urljoin(origin + "/", rule.target)


def occasion(name: str, say: Tongue) -> str:
    """A day of the year by its name."""
    known = OCCASIONS.get(name)
    return say.t(known) if known else own(name)


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


def _way(way: Way, say: Tongue) -> Block:
    rule = way.rule
    until = (say.t("Until {date}", date=say.day(rule.ends_at)),) if rule.ends_at else ()
    if way.is_done:
        return Block(title(rule, say), value=say.t("Done"))
    return Block(title(rule, say), lines=(*_terms(rule, say), *until), value=_gives(rule, say))


def title(rule: Rule, say: Tongue) -> str:
    """What to do: in its merchant's words, or else in ours."""
    label = rule.labels.get(say.language.tag)
    return own(label) if label else _title(rule, say)


def _title(rule: Rule, say: Tongue) -> str:
    if rule.kind == rules.OCCASION:
        return occasion(rule.occasion, say)
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
