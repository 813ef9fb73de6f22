"""What a programme of giving promises, in words built from its terms, in every language.

They are frozen when it is published, so what was said is what is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connector.core.i18n import LANGUAGES
from connector.orders import store
from connector.rooms.giving import rules, service
from connector.rooms.giving.rules import Programme, Scope
from connector.rooms.giving.service import Cause
from connector.rooms.tiers import programs
from connector.rooms.tiers.rules import Level
from connector.shops.service import Shop
from connector.web.tongue import Tongue, ltr, mark, own

PROMISES = {
    "round_up": mark("Round your order up to the next {step}: the difference goes to {causes}."),
    "add_on": mark("Add {amounts} for {causes}."),
    "add_own": mark("Add from {least} to {most} for {causes}."),
    "share": mark(
        "Of each order {shop} gives {percent} of the price of the goods, after discounts and"
        " without taxes, to {causes}."
    ),
    "amount": mark("Of each order {shop} gives {amount} to {causes}."),
    "per_unit": mark("For each piece bought {shop} gives {amount} to {causes}: {unit}."),
    "in_kind": mark("For each order {shop} gives {amount} to {causes}: {unit}."),
    "match": mark("To each gift at checkout {shop} adds {percent} of it, for {causes}."),
    "points": mark(
        "For {points} that a member gives, {shop} pays {value} to {causes}. After 24 hours that is"
        " for good."
    ),
}

LEAST = mark(
    "Only orders count whose goods come to {least} or more, after discounts and without taxes."
)
LEAST_OF_THESE = mark(
    "Only orders count whose goods that count come to {least} or more, after discounts and without"
    " taxes."
)
WHOLE = mark("The whole amount goes to the cause.")
UNTITLED = mark("the product with the number {key}")
MOST_NAMED = 10  # goods or levels; more would be read by nobody


@dataclass(frozen=True, slots=True)
class Named:
    """How people call what a programme's scope names: titles by product, levels by their place."""

    titles: Mapping[str, str] = field(default_factory=dict)
    levels: Sequence[Level] = ()


def of(db: Connection, shop: Shop, programme: Programme, now: datetime) -> dict[str, str]:
    """The whole text by language tag, with causes, goods and levels as they are called now."""
    causes = service.causes(db, shop.id)
    return disclosures(shop, programme, causes, now, named(db, shop.id, programme))


def named(db: Connection, shop_id: int, programme: Programme) -> Named:
    """What the catalogue and the tiers call the goods and levels that count."""
    scope = programme.scope
    found = store.products(db, shop_id, scope.products) if scope.products else {}
    titles = {key: row.title for key, row in found.items() if row.title}
    tiers = programs.current(db, shop_id) if scope.levels else None
    return Named(titles, tiers.program.levels if tiers else ())


def disclosures(
    shop: Shop,
    programme: Programme,
    causes: Sequence[Cause],
    now: datetime,
    called: Named = Named(),
) -> dict[str, str]:
    """The whole text by language tag; only of a programme that lacks nothing."""
    return {
        tag: spoken.space.join(
            sentences(Tongue.of(shop, spoken, now), shop.name, programme, causes, called)
        )
        for tag, spoken in LANGUAGES.items()
    }


def sentences(
    say: Tongue, shop: str, programme: Programme, causes: Sequence[Cause], called: Named
) -> Iterator[str]:
    """What is given and for what; from when to when; how much at least and at most; who gives."""
    told = {"shop": own(shop)}
    yield promise(say, shop, programme, causes)
    yield from _counting(say, programme.scope, called)
    if programme.starts_at is not None and programme.ends_at is not None:
        last = programme.ends_at - timedelta(seconds=1)
        first, end = (_day(say, at) for at in (programme.starts_at, last))
        yield say.t("From {first} to {last}.", first=first, last=end)
    yield from _bounds(say, programme)
    if programme.kind in rules.ASKING:
        yield from _shopper_gives(say, shop)
    else:
        yield say.t("{shop} is the giver: it is no gift of yours to deduct.", **told)
        yield say.t(WHOLE)


def _counting(say: Tongue, scope: Scope, called: Named) -> Iterator[str]:
    """Which goods count and whose orders, each by its name."""
    goods = [
        own(called.titles[key]) if key in called.titles else say.t(UNTITLED, key=ltr(key))
        for key in scope.products
    ]
    products, categories = _listed(say, goods), _listed(say, [own(n) for n in scope.categories])
    if products and categories:
        yield say.t(
            "Only these products count: {products}; and all of these categories: {categories}.",
            products=products,
            categories=categories,
        )
    elif products:
        yield say.t("Only these products count: {products}.", products=products)
    elif categories:
        yield say.t(
            "Only products of these categories count: {categories}.", categories=categories
        )
    if scope.levels:
        levels = [
            own(called.levels[n - 1].name(say.language.tag))
            if n <= len(called.levels)
            else say.t("level {n}", n=ltr(say.number(n)))
            for n in scope.levels
        ]
        yield say.t("Only for members on these levels: {levels}.", levels=_listed(say, levels))


def _listed(say: Tongue, names: Sequence[str]) -> str:
    """All of them, or the first and how many more; two of one name are told as one."""
    told = list(dict.fromkeys(names))
    listed, more = ltr(" · ").join(told[:MOST_NAMED]), len(told) - MOST_NAMED
    return (
        say.t("{names} and {n} more", names=listed, n=ltr(say.number(more)))
        if more > 0
        else listed
    )


def at_the_ask(say: Tongue, shop: str, programmes: Iterable[Programme]) -> str:
    """What shoppers are asked, as it was published, and once who gives and who may deduct."""
    giver = say.language.space.join(_shopper_gives(say, shop))
    told = (one.disclosures[say.language.tag] for one in programmes)
    terms = (one.removesuffix(giver).strip() for one in told)
    return say.language.space.join([*filter(None, terms), giver])


def _shopper_gives(say: Tongue, shop: str) -> Iterator[str]:
    yield say.t(
        "You are the giver, and {shop} does not deduct your gift from its taxes.", shop=own(shop)
    )
    yield say.t(WHOLE)


def promise(say: Tongue, shop: str, programme: Programme, causes: Sequence[Cause]) -> str:
    """What is given, by whom and to which causes; of which orders, how much, and who gets what."""
    told = {"shop": own(shop), "causes": _names(say, programme, causes)}
    terms = programme.terms
    values = {
        name: say.money(getattr(terms, f"{name}_minor", 0), programme.currency)
        for name in ("step", "least", "most", "amount", "value")
    }
    amounts = getattr(terms, "amounts_minor", ())
    percent = getattr(terms, "percent_bps", 0) or getattr(terms, "ratio_bps", 0)
    given = say.t(
        PROMISES[_kind(programme)],
        **told,
        **values,
        amounts=ltr(" · ").join(say.money(one, programme.currency) for one in amounts),
        percent=_percent(say, percent),
        points=say.points(getattr(terms, "points", 0)),
        unit=_unit(say, getattr(terms, "names", {})),
    )
    return say.language.space.join(
        [given, *_limits(say, programme), *_shares(say, programme, causes)]
    )


def _limits(say: Tongue, programme: Programme) -> Iterator[str]:
    """Which orders are too small, and what is given of one order at most."""
    match programme.terms:
        case rules.Share(least_order_minor=least, most_each_minor=most, scope=scope):
            names_goods = scope.products or scope.categories
            if least:
                goods = say.money(least, programme.currency)
                yield say.t(LEAST_OF_THESE if names_goods else LEAST, least=goods)
            if most:
                yield say.t(
                    "Of one order at most {most}.", most=say.money(most, programme.currency)
                )


def _shares(say: Tongue, programme: Programme, causes: Sequence[Cause]) -> Iterator[str]:
    """Who decides between several causes, or how much of it each gets."""
    if len(programme.causes) < 2:  # noqa: PLR2004 - several
        return
    weights, kind = dict(programme.causes), programme.kind
    whole = sum(weights.values())
    parts = ltr(" · ").join(
        own(one.told(say.language.tag)[0])
        + "\N{NO-BREAK SPACE}"
        + ltr(_part(weights[one.id], whole))
        for one in causes
        if one.id in weights
    )
    if kind in rules.ASKING:
        yield say.t("You choose which of them.")
    elif kind == rules.MATCH:
        yield say.t("Each gets what is added to the gifts to it.")
        if programme.minimum_minor:
            yield say.t("What lacks of the least is shared out: {parts}.", parts=parts)
    elif kind != rules.POINTS:
        yield say.t("It is shared out: {parts}.", parts=parts)


def _part(weight: int, whole: int) -> str:
    share = Fraction(weight, whole)
    return f"{share.numerator}/{share.denominator}"


def _day(say: Tongue, at: datetime) -> str:
    """In the shop's zone and with its year: the words stay, whenever they are read."""
    return say.language.date(at.astimezone(ZoneInfo(say.zone)).date(), "long")


def _kind(programme: Programme) -> str:
    match programme.terms:
        case rules.AddOn(most_minor=most) if most:
            return "add_own"
        case rules.Share(amount_minor=amount) if amount:
            return "amount"
    return programme.kind


def _bounds(say: Tongue, programme: Programme) -> Iterator[str]:
    if programme.cap_minor is None:
        return
    cap = say.money(programme.cap_minor, programme.currency)
    if programme.minimum_minor:
        least = say.money(programme.minimum_minor, programme.currency)
        yield say.t("At least {least} and at most {most} altogether.", least=least, most=cap)
    else:
        yield say.t("At most {most} altogether; no minimum is promised.", most=cap)


def _names(say: Tongue, programme: Programme, causes: Sequence[Cause]) -> str:
    named = {cause_id for cause_id, _ in programme.causes}
    return ltr(" · ").join(own(one.told(say.language.tag)[0]) for one in causes if one.id in named)


def _percent(say: Tongue, bps: int) -> str:
    whole = bps % 100 == 0
    return ltr(say.language.percent(Decimal(bps) / rules.WHOLE, 0 if whole else 2))


def _unit(say: Tongue, names: Mapping[str, str]) -> str:
    return own(names.get(say.language.tag) or names.get("en", ""))
