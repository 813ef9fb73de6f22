"""Rules as people read them: what a rule gives for what, and what holds for it, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations

from markupsafe import Markup
from sqlalchemy import Connection

from connector.core import clock
from connector.orders import store as order_store
from connector.program import rules
from connector.program.rules import Program, Rule, Scope
from connector.rooms.rewards import catalogue
from connector.web.admin.words import (
    count,
    day,
    isolated,
    mark,
    money,
    name,
    number,
    spoken,
    t,
)

SHOWN_NAMES = 3
KINDS: Mapping[str, str] = {
    rules.MULTIPLIER: mark("Multiply points on some goods, or for some days"),
    rules.SPEND: mark("More points for every amount spent on some goods"),
    rules.ORDER: mark("A gift for each order"),
    rules.FIRST_ORDER: mark("A gift for the first order"),
    rules.DONATION: mark("A gift for giving to a cause at checkout"),
    rules.JOINED: mark("A welcome gift for joining"),
    rules.VERIFIED: mark("A gift for a verified e-mail address"),
    rules.NEWSLETTER: mark("A gift for agreeing to the newsletter"),
    rules.OCCASION: mark("A gift on a birthday or another day of the year"),
    rules.STREAK: mark("A gift for visits on days in a row"),
    rules.SHARES: mark("A gift for visits by a member’s share link"),
    rules.VISIT: mark("A gift for opening a page"),
    rules.CUSTOM: mark("A gift for an event your own systems tell us"),
}
OCCASIONS: Mapping[str, str] = {
    "birthday": mark("birthday"),
    "wedding": mark("wedding day"),
    "anniversary": mark("anniversary"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What keys and ids of rules are called: products by key, rewards by id."""

    products: Mapping[str, str] = field(default_factory=dict)
    rewards: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """One rule as it reads. when: now, coming or over, by its window."""

    rule: Rule
    sentence: Markup
    details: Sequence[Markup]
    when: str


def names(db: Connection, shop_id: int, programs: Iterable[Program]) -> Names:
    """What these programmes' rules name."""
    return names_of(db, shop_id, [rule for one in programs for rule in one.rules])


def names_of(db: Connection, shop_id: int, own: Sequence[Rule]) -> Names:
    """What these rules name."""
    if not own:
        return Names()
    keys = {key for rule in own for key in rule.scope.products}
    found = order_store.products(db, shop_id, sorted(keys))
    return Names(
        {key: row.title for key, row in found.items()},
        {one.id: one.offer.name(spoken()) for one in catalogue.rewards(db, shop_id)},
    )


def told(program: Program, known: Names, currency: str) -> list[Told]:
    """Every rule of a programme."""
    now = clock.now()
    return [
        Told(
            rule,
            sentence(rule, known, currency),
            details(rule, currency),
            _when(rule, now),
        )
        for rule in program.rules
    ]


def base_sentence(program: Program, currency: str) -> Markup:
    """What everything earns, in one currency."""
    if currency not in program.rates:
        return t("Nothing yet for {currency}.", currency=isolated(currency))
    return rate_sentence(program.rates[currency], currency)


def rate_sentence(rate: tuple[int, int], currency: str) -> Markup:
    points_each, per_minor = rate
    return t(
        "{points} for every {money} spent.",
        points=count("point", points_each),
        money=money(per_minor, currency, whole=True),
    )


def sentence(rule: Rule, known: Names, currency: str) -> Markup:
    """What the rule gives, and for what."""
    goods = of_scope(rule.scope, known)
    if rule.kind == rules.SPEND:
        return _spend(rule, goods, currency)
    words = _OF_GOODS.get(rule.kind) if goods else None
    return t(
        words or _SENTENCES[rule.kind],
        gift=gift_of(rule, known),
        goods=goods,
        times=times(rule),
        days=count("day", rule.count),
        openings=count("time", rule.count),
        target=name(rule.target),
        day=t(OCCASIONS[rule.occasion]) if rule.occasion in OCCASIONS else name(rule.occasion),
    )


_OF_GOODS = {
    rules.MULTIPLIER: mark("Points {times} on {goods}."),
    rules.ORDER: mark("{gift} for each order with {goods}."),
    rules.FIRST_ORDER: mark("{gift} for a first order with {goods}."),
}
_SENTENCES = {
    rules.MULTIPLIER: mark("Points {times} on everything."),
    rules.ORDER: mark("{gift} for each order."),
    rules.FIRST_ORDER: mark("{gift} for a first order."),
    rules.DONATION: mark("{gift} for an order with a gift to a cause."),
    rules.JOINED: mark("{gift} for joining."),
    rules.VERIFIED: mark("{gift} for a verified e-mail address."),
    rules.NEWSLETTER: mark("{gift} for agreeing to the newsletter."),
    rules.OCCASION: mark("{gift} on a member’s day, once in 365 days: {day}."),
    rules.STREAK: mark("{gift} for visits on {days} in a row."),
    rules.SHARES: mark("{gift} whenever a share link was opened {openings}."),
    rules.VISIT: mark("{gift} for opening {target}, once."),
    rules.CUSTOM: mark("{gift} for the event {target}."),
}


def times(rule: Rule) -> Markup:
    """A multiplier as a factor."""
    return isolated(factor_text(rule.percent))


def factor_text(percent: int) -> str:
    """Isolated left to right: the sign is read before the number in either direction."""
    number_text = f"{(Decimal(percent) / 100).normalize():f}"
    return t("× {number}", number=number_text)


def gift_of(rule: Rule, known: Names) -> Markup:
    """What a rule with a fixed gift gives."""
    if rule.reward_id is not None:
        called = known.rewards.get(rule.reward_id)
        return name(called) if called else t("A reward that is gone")
    if rule.tier_days:
        return t("{days} on a VIP level", days=count("day", rule.tier_days))
    if rule.most > rule.points:
        return t("Up to {points}", points=count("point", rule.most))
    return Markup("{}").format(count("point", rule.points))


def of_scope(scope: Scope, known: Names) -> Markup | None:
    """What a scope names; None for everything."""
    called = [name(known.products.get(key, key)) for key in scope.products]
    called += [name(one) for part in (scope.categories, scope.collections) for one in part]
    called += [isolated(f"#{one}") for one in scope.tags]
    if not called:
        return None
    shown = t(", ").join(called[:SHOWN_NAMES])
    more = len(called) - SHOWN_NAMES
    return t("{names} and {n} more", names=shown, n=number(more)) if more > 0 else shown


def details(rule: Rule, currency: str) -> list[Markup]:
    """What holds for a rule beside its sentence."""
    found = [*_window(rule)]
    if currency in rule.minimum:
        found.append(t("From {money} on.", money=money(rule.minimum[currency], currency)))
    noun = "time" if rule.gives_reward else "point"
    for cap, words in _CAPS.items():
        most = getattr(rule.caps, cap)
        if most is not None:
            found.append(t(words, most=count(noun, most)))
    if rule.hold_days:
        found.append(t("Can be used after {days}.", days=count("day", rule.hold_days)))
    if not rule.gives_reward:
        if rule.qualifies:
            found.append(t("Counts for levels."))
        else:
            found.append(t("Does not count for levels."))
    return found


_CAPS = {
    "per_member": mark("At most {most} for one member."),
    "per_day": mark("At most {most} for a member in a day."),
    "per_month": mark("At most {most} for a member in a month."),
    "per_rule": mark("At most {most} for everybody together."),
}


def last_day(ends_at: datetime) -> datetime:
    """The last moment of a window whose end is exclusive."""
    return ends_at - timedelta(microseconds=1)


def overlaps(program: Program, known: Names) -> list[Markup]:
    """Rules that meet on the same goods: which of them counts."""
    many = [rule for rule in program.rules if rule.kind == rules.MULTIPLIER]
    found = [
        t(
            "{one} and {other} can be about the same goods on the same days. "
            "The better of the two counts; they are never multiplied together.",
            one=_short(one, known),
            other=_short(other, known),
        )
        for one, other in combinations(many, 2)
        if _meet(one, other)
    ]
    deeds = Counter(
        _deed(rule) for rule in program.rules if not (rule.is_of_orders or rule.gives_reward)
    )
    found += [
        t("“{rule}” is there twice: a member gets both.", rule=t(KINDS[kind]))
        for (kind, *_), times_said in deeds.items()
        if times_said > 1
    ]
    if many:
        found.append(
            t("A level’s multiplier takes part, too: on each line the best one counts, once.")
        )
    if sum(rule.kind != rules.MULTIPLIER and rule.is_of_orders for rule in program.rules) > 1:
        found.append(t("Gifts and extra points of several rules add up."))
    return found


def _deed(rule: Rule) -> tuple[str, str, str, int]:
    """What a member does for it."""
    return rule.kind, rule.occasion.casefold(), rule.target, rule.count


def _short(rule: Rule, known: Names) -> Markup:
    goods = of_scope(rule.scope, known) or t("everything")
    return t("“{times} on {goods}”", times=times(rule), goods=goods)


def _meet(one: Rule, other: Rule) -> bool:
    """Whether two rules may be about one line of one order."""
    is_later = one.ends_at and other.starts_at and one.ends_at <= other.starts_at
    is_earlier = other.ends_at and one.starts_at and other.ends_at <= one.starts_at
    if is_later or is_earlier:
        return False
    if not one.scope or not other.scope:
        return True
    kinds = ("products", "categories", "collections", "tags")
    both = [(set(getattr(one.scope, kind)), set(getattr(other.scope, kind))) for kind in kinds]
    is_unknown = all(not own or not theirs for own, theirs in both)
    return is_unknown or any(own & theirs for own, theirs in both)


def _spend(rule: Rule, goods: Markup | None, currency: str) -> Markup:
    points_each, per_minor = rule.rates.get(currency, (0, 0))
    if not per_minor:
        return t("Nothing yet for {currency}.", currency=isolated(currency))
    points, amount = count("point", points_each), money(per_minor, currency, whole=True)
    if goods:
        return t(
            "{points} more for every {money} spent on {goods}.",
            points=points,
            money=amount,
            goods=goods,
        )
    return t("{points} more for every {money} spent.", points=points, money=amount)


def _window(rule: Rule) -> Iterable[Markup]:
    if rule.starts_at and rule.ends_at:
        first, last = day(rule.starts_at), day(last_day(rule.ends_at))
        yield t("From {first} to {last}.", first=first, last=last)
    elif rule.starts_at:
        yield t("From {date}.", date=day(rule.starts_at))
    elif rule.ends_at:
        yield t("Until {date}.", date=day(last_day(rule.ends_at)))


def _when(rule: Rule, now: datetime) -> str:
    if rule.ends_at is not None and rule.ends_at <= now:
        return "over"
    return "now" if rule.is_open(now) else "coming"
