"""Ways to earn: the programme in force as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import urljoin

from msgspec import structs
from sqlalchemy import Connection

from connector.orders import store as order_store
from connector.program import rules
from connector.program import service as programme
from connector.program.rules import Program, Rule, Scope
from connector.rooms.actions import service as actions
from connector.rooms.actions.service import Way
from connector.shops.service import Shop
from connector.web.runtime import runtime
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
DONE = {
    rules.JOINED: mark("You joined"),
    rules.VERIFIED: mark("E-mail confirmed"),
    rules.NEWSLETTER: mark("Newsletter"),
    rules.VISIT: mark("A look at a page of ours"),
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
OF_GOODS = (rules.SPEND, rules.MULTIPLIER)
OF_CONSENT = (rules.VERIFIED, rules.NEWSLETTER)
HOW = {
    rules.VERIFIED: mark("Log in to the shop with the code it sends you"),
    rules.NEWSLETTER: mark("Agree to it at the checkout or in your account"),
}
CAPS = {
    "per_day": mark("At most {most} a day"),
    "per_month": mark("At most {most} a month"),
    "per_member": mark("At most {most} in all"),
}
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
    told = [
        one
        for one in _told(db, visitor, say.now)
        if member_id is None or one.rule.kind != rules.JOINED
    ]
    titles = _titles(db, visitor.shop, told, say.language.tag)
    found += [_way(one, say, titles) for one in told]
    return Block(say.t("Ways to earn"), id="earn", tab=say.t("Earn"), items=tuple(found))


def tasks(db: Connection, visitor: Visitor, now: datetime) -> Block:
    """A few things to do on a product's page, none of which is to buy more."""
    say = Tongue.of(visitor.shop, visitor.language, now)
    told = [one for one in _told(db, visitor, now) if one.rule.kind in TASKS and not one.is_done][
        :MOST_TASKS
    ]
    keys = [one.rule.target for one in told if one.rule.kind == rules.VISIT]
    products = order_store.products(db, visitor.shop.id, keys) if keys else {}
    items = []
    for one in told:
        known = products.get(one.rule.target)
        href = known.url if known else page(visitor.shop, one.rule)
        items.append(structs.replace(_way(one, say, {}), href=href or ""))
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


def _told(db: Connection, visitor: Visitor, now: datetime) -> list[Way]:
    """What a shopper can do here: what the platform tells of, and events with words."""
    member_id = visitor.member_id if isinstance(visitor, Asker) else None
    tells_consent = runtime().platforms[visitor.shop.platform].tells_consent
    return [
        one
        for one in actions.ways(db, visitor.shop.id, member_id, now)
        if tells_consent or one.rule.kind not in OF_CONSENT
        if one.rule.kind != rules.CUSTOM or one.rule.labels
    ]


def _titles(db: Connection, shop: Shop, ways: Sequence[Way], tag: str) -> dict[str, str]:
    """The first product of each way's scope by its key."""
    keys = sorted({one.rule.scope.products[0] for one in ways if one.rule.scope.products})
    found = order_store.products(db, shop.id, keys)
    return {key: order_store.title_in(row, tag) for key, row in found.items()}


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


def _way(way: Way, say: Tongue, titles: Mapping[str, str]) -> Block:
    rule = way.rule
    until = (say.t("Until {date}", date=say.day(rule.ends_at)),) if rule.ends_at else ()
    if way.is_done:
        return Block(title(rule, say), value=say.t("Done"))
    goods = _goods(rule.scope, titles, say)
    terms = _terms(rule, goods, say)
    return Block(title(rule, say, goods), lines=(*terms, *until), value=gives(rule, say))


def title(rule: Rule, say: Tongue, goods: str = "") -> str:
    """What to do: in its merchant's words, or else in ours. ``goods``: the names of its scope."""
    label = rule.labels.get(say.language.tag)
    return own(label) if label else _title(rule, goods, say)


def done(rule: Rule, say: Tongue) -> str:
    """The same once it is done: what earned, where ``title`` says what to do."""
    if rule.kind in DONE and not rule.labels.get(say.language.tag):
        return say.t(DONE[rule.kind])
    return title(rule, say)


def _goods(scope: Scope, titles: Mapping[str, str], say: Tongue) -> str:
    """The first name of a scope, and how many more; "" where we know none."""
    called = [titles.get(key, "") for key in scope.products[:1]]
    called += [*scope.categories, *scope.collections, *scope.tags]
    first = next(filter(None, called), "")
    if not first:
        return ""
    parts = (scope.products, scope.categories, scope.collections, scope.tags)
    more = sum(map(len, parts)) - 1
    if not more:
        return own(first)
    return say.t("{names} and {n} more", names=own(first), n=say.number(more))


def _title(rule: Rule, goods: str, say: Tongue) -> str:
    if rule.kind == rules.OCCASION:
        return occasion(rule.occasion, say)
    if rule.kind == rules.STREAK:
        return say.t("Visit us {days} in a row", days=say.count("day", rule.count))
    if rule.kind == rules.SHARES:
        times = say.count("time", rule.count)
        return say.t("Your link is opened {times}", times=times)
    if rule.kind == rules.CUSTOM:
        return own(next(iter(rule.labels.values()), rule.target))
    if rule.kind in TITLES:
        return say.t(TITLES[rule.kind])
    return goods or (say.t("Chosen products") if rule.scope else say.t("Every product"))


def _terms(rule: Rule, goods: str, say: Tongue) -> list[str]:
    found = [say.t(HOW[rule.kind])] if rule.kind in HOW else []
    if goods and rule.labels.get(say.language.tag) and rule.kind in OF_GOODS:
        found.append(goods)
    least = rule.minimum.get(say.currency)
    if least:
        found.append(say.t("Orders from {money}", money=say.money(least)))
    if rule.scope and rule.kind in (rules.ORDER, rules.FIRST_ORDER):
        with_goods = say.t("With {names}", names=goods) if goods else ""
        found.append(with_goods or say.t("With chosen products"))
    if rule.kind == rules.OCCASION:
        found.append(say.t("Once a year"))
    return [*found, *_caps(rule, say)]


def _caps(rule: Rule, say: Tongue) -> Iterator[str]:
    """How much of it one member is given at most."""
    for cap, words in CAPS.items():
        most = getattr(rule.caps, cap)
        if most is not None:
            times = say.count("time", most)
            yield say.t(words, most=times if rule.gives_reward else say.points(most))


def gives(rule: Rule, say: Tongue) -> str:
    """What it brings: points, days on a level or a reward."""
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
