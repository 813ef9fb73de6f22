"""Rewards as a member reads them: what her points buy, and what she has that is still open."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import Connection

from connector.core.money import exponent
from connector.rooms.points import service as points
from connector.rooms.rewards import catalogue, rules, service
from connector.rooms.rewards.catalogue import Standing
from connector.rooms.rewards.rules import CODED, Kind, Offer, Redemption, State
from connector.shops import plugin
from connector.web import offers, vip
from connector.web.offers import Names
from connector.web.storefront.asker import Asker, Visitor
from connector.web.storefront.rewards import offered
from connector.web.storefront.told.blocks import Act, Block, Field
from connector.web.tongue import Tongue, mark, own

MOST_CHOICES = 8
REFUSALS = {
    "insufficient_points": mark("You do not have enough points for this now."),
    "below_zero": mark("Your points are below zero. New ones count first."),
    "out_of_stock": mark("None is left. Your points are still here."),
    "budget_spent": mark("None is left. Your points are still here."),
    "reward_paused": mark("The shop has paused this. Your points are still here."),
    "per_member": mark("You had it already."),
    "tier_needed": mark("For higher levels only."),
    "too_late": mark("It is used already, or over."),
    "being_made": mark("The shop is making it at this moment. Try again in a minute."),
    "code_in_use": mark("An order has this code. Cancel the order first."),
}
DONE = {
    Kind.CREDIT: mark("Done. The credit is on its way."),
    Kind.DONATION: mark("Done. Thank you."),
    Kind.VIP: mark("Done. It begins now."),
}
_STEPS = (1, 2, 5)


def worth(db: Connection, asker: Asker, available: int, say: Tongue) -> str:
    """What so many points come to, where the shop sells by the point; "" where it does not."""
    found = [
        rules.affordable_minor(one.reward.offer, available)
        for one in catalogue.standing(db, asker.shop.id, asker.member_id, max(available, 0))
        if one.reward.offer.is_flexible and one.reward.offer.kind is not Kind.DONATION
    ]
    best = max(found, default=0)
    return say.money(best) if best else ""


def to_buy(db: Connection, asker: Asker, say: Tongue) -> Block | None:
    """What points buy, the cheapest first."""
    shop_id = asker.shop.id
    available = points.balance(db, shop_id, asker.member_id).available
    found = offered(db, asker, available, say.now)
    if not found:
        return None
    known = offers.names(db, shop_id, [one.reward.offer for one in found], say.language.tag)
    items = tuple(_offer(one, known, available, say) for one in found)
    return Block(say.t("Use your points"), id="rewards", tab=say.t("Rewards"), items=items)


def to_see(db: Connection, visitor: Visitor, say: Tongue) -> Block | None:
    """The same for who has no points yet."""
    found = [
        one.offer
        for one in catalogue.rewards(db, visitor.shop.id)
        if one.state == "on" and not one.offer.is_gift_only
        if one.offer.currency == say.currency and not one.offer.tier_level
        if vip.is_sold(db, visitor.shop.id, 0, one.offer, say.now)
    ]
    if not found:
        return None
    known = offers.names(db, visitor.shop.id, found, say.language.tag)
    cheapest = sorted(found, key=rules.least_points)
    items = tuple(
        Block(own(one.name(say.language)), lines=tuple(_terms(one, known, say)))
        for one in cheapest
    )
    return Block(say.t("What points buy"), id="rewards", tab=say.t("Rewards"), items=items)


def to_use(db: Connection, asker: Asker, say: Tongue) -> tuple[Block | None, bool]:
    """What she has and can use or undo; and whether something of it is under way."""
    own_ones = catalogue.open_of(db, asker.shop.id, asker.member_id)
    if not own_ones:
        return None, False
    known = offers.names(db, asker.shop.id, own_ones, say.language.tag)
    cart = _cart(db, asker)
    items = tuple(_redemption(one, known, say, cart) for one in own_ones)
    soon = any(one.state is State.RESERVED or one.ending for one in own_ones)
    return Block(say.t("Yours to use"), id="yours", items=items), soon


def brief(block: Block, shown: int, say: Tongue) -> Block:
    """So many of its items; the others at a tap."""
    rest = block.items[shown:]
    if not rest:
        return block
    more = say.t("More ({n})", n=say.number(len(rest)))
    return structs.replace(block, items=block.items[:shown], rest=Block(more, items=rest))


def _terms(offer: Offer, known: Names, say: Tongue) -> list[str]:
    """What it is worth unless its name says so, its price, and what its merchant notes."""
    name, gives = offer.name(say.language), offers.gives(offer, known, say.language)
    found = [gives] if offers.adds(name, gives) else []
    least = say.points(rules.least_points(offer))
    found.append(say.t("from {points}", points=least) if offer.is_flexible else str(least))
    if offer.minimum_minor:
        found.append(say.t("Orders from {money}", money=say.money(offer.minimum_minor)))
    note = offer.note(say.language)
    return [*found, own(note)] if note else found


def _offer(one: Standing, known: Names, available: int, say: Tongue) -> Block:
    offer = one.reward.offer
    lines = _terms(offer, known, say)
    if one.reason:
        lines.append(offers.reason(one.reason, one.missing, say.language))
    return Block(
        own(offer.name(say.language)),
        id=str(one.reward.id),
        lines=tuple(lines),
        acts=tuple(_acts(one, available, say)),
    )


def _acts(one: Standing, available: int, say: Tongue) -> list[Act]:
    offer = one.reward.offer
    if one.reason == "insufficient_points":
        return [Act(say.t("Soon"), off=True)]
    if one.reason:
        return []
    label = say.t("Donate") if offer.kind is Kind.DONATION else say.t("Use")
    done = DONE.get(offer.kind, "") if offer.kind not in CODED else ""
    name = own(offer.name(say.language))
    use = Act(
        label,
        name="redeem",
        body={"reward": str(one.reward.id)},
        done=say.t(done or mark("Done. Your code is being made.")),
    )
    if not offer.is_flexible:
        price = say.points(rules.least_points(offer))
        ask = say.t("Use {points} for {reward}?", points=price, reward=name)
        return [_but(use, ask=ask)]
    choices = tuple((minor, _choice(offer, minor, say)) for minor in _amounts(offer, available))
    field = Field("amount", say.t("How much?"), options=choices)
    return [_but(use, fields=(field,))]


def _but(act: Act, **changes: object) -> Act:
    return structs.replace(act, **changes)


def _choice(offer: Offer, minor: int, say: Tongue) -> str:
    price = say.points(rules.points_for(offer, minor))
    money = say.money(minor, offer.currency)
    return say.t("{money} for {points}", money=money, points=price)


def _amounts(offer: Offer, available: int) -> Sequence[int]:
    """Round amounts from the least to the most she can have, and that one itself."""
    least, most = offer.least_minor or 1, rules.affordable_minor(offer, available)
    unit = 10 ** exponent(offer.currency)
    steps = (one * unit * 10**power for power in range(9) for one in _STEPS)
    step = next(one for one in steps if (most - least) // one < MOST_CHOICES - 1)
    rounds = range(-(-least // step) * step, most, step)
    return sorted({least, *rounds, most})


def _cart(db: Connection, asker: Asker) -> str:
    """Where the store's own cart takes a code; "" where the shopper types it."""
    shop = asker.shop
    is_taken = shop.platform == "woocommerce" and plugin.is_paired(db, shop.id)
    return f"{shop.key}/?perennial-code=" if is_taken else ""


def _redemption(one: Redemption, known: Names, say: Tongue, cart: str) -> Block:
    is_open = one.state is State.ISSUED and one.ending is None
    shows_code = (is_open or one.has_balance) and one.kind is not Kind.DONATION
    name = rules.spoken(one.names, say.language)
    gives = offers.gives(one, known, say.language)
    lines = [gives] if offers.adds(name, gives) else []
    if one.note:
        lines.append(own(one.note))
    lines += _standing(one, say)
    code = one.code or "" if shows_code else ""
    acts = [Act(say.t("Use in the cart"), href=f"{cart}{code}")] if cart and code else []
    if service.can_cancel(one, say.now):
        acts.append(_cancel(one, name, say))
    return Block(
        own(name),
        id=str(one.id),
        lines=tuple(lines),
        code=code,
        acts=tuple(acts),
    )


def _standing(one: Redemption, say: Tongue) -> list[str]:
    if one.ending:
        return [say.t("It is being cancelled.")]
    if one.state is State.PARKED:
        return [say.t("The shop is checking this. Nothing is lost.")]
    if one.state is State.RESERVED:
        return [say.t("It is being made. This takes a moment.")]
    found = []
    if one.has_balance:
        found.append(say.t("{money} left", money=say.money(one.left_minor, one.currency)))
    if one.expires_at is not None:
        found.append(say.t("Until {date}", date=say.day(one.expires_at)))
    elif one.kind is Kind.DONATION:
        found.append(say.t("You can undo it for a day."))
    return found


def _cancel(one: Redemption, name: str, say: Tongue) -> Act:
    count = say.points(one.points)
    sentence = (
        mark("Cancel {reward}? {points} come back.") if one.points else mark("Cancel {reward}?")
    )
    return Act(
        say.t("Cancel"),
        name="cancel_redemption",
        body={"redemption": str(one.id)},
        ask=say.t(sentence, reward=own(name), points=count),
        done=say.t("Cancelled. Your points come back.") if one.points else say.t("Cancelled."),
    )
