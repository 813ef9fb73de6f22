"""Rewards: what is offered, and what members made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from flask import request
from msgspec import Meta, Struct, structs
from sqlalchemy import Connection

from connector.core import clock, noticed
from connector.core.errors import BadInput, NotFound
from connector.core.facts import GiftGiven
from connector.core.points import LIMIT
from connector.rooms.giving import service as giving
from connector.rooms.rewards import catalogue, rules, service
from connector.rooms.rewards.rules import Kind, Offer, Redemption, State
from connector.rooms.rewards.rules import Reward as Offered
from connector.shops.service import Shop
from connector.web import addresses, vip
from connector.web.api import members, shapes
from connector.web.api.openapi import MAX_PAGE, PAGE, Operation, Parameter
from connector.web.body import read_json

Minor = Annotated[int, Meta(ge=0, le=rules.MAX_MINOR, description="Minor units")]
Words = Annotated[dict[str, str], Meta(description="By language: en, ar, zh-Hant")]


class Terms(Struct, forbid_unknown_fields=True, omit_defaults=False):
    """A reward as the merchant means it; money in the shop's currency."""

    kind: Annotated[
        str, Meta(description="amount, percent, shipping, product, credit, donation or vip")
    ]
    names: Words
    points: (
        Annotated[int, Meta(ge=1, le=LIMIT, description="The price; null: flexible, or a gift")]
        | None
    ) = None
    points_each: (
        Annotated[int, Meta(ge=1, description="Of a flexible one: so many for per_minor")] | None
    ) = None
    per_minor: Minor | None = None
    least_minor: Minor | None = None
    most_minor: Minor | None = None
    value_minor: Annotated[int, Meta(description="Of amount, credit and donation")] = 0
    percent: Annotated[int, Meta(ge=0, le=100)] = 0
    product_key: str | None = None
    cause: Annotated[str, Meta(description="The cause's key")] | None = None
    tier_days: int = 0
    cost_minor: Annotated[int, Meta(description="What one costs, where its worth is none")] = 0
    notes: Words = {}
    minimum_minor: Annotated[int, Meta(description="Goods the cart must hold")] = 0
    valid_days: int = rules.DEFAULT_DAYS
    stock: int | None = None
    budget_minor: int | None = None
    per_member: int | None = None
    tier_level: Annotated[int, Meta(description="From this level on; 0: for everybody")] = 0
    returns_whole: Annotated[
        bool, Meta(description="Points return only when the whole order is undone")
    ] = False


class Reward(Struct):
    id: str
    state: Annotated[str, Meta(description="on or paused")]
    problem: Annotated[str | None, Meta(description="Why it was paused for you: a store's code")]
    currency: str
    terms: Terms
    taken: int
    spent_minor: Annotated[int, Meta(description="What the taken ones cost, as far as known")]
    made_at: str


class Rewards(Struct):
    rewards: list[Reward]


class Switch(Struct, forbid_unknown_fields=True):
    state: Annotated[str, Meta(description="on or paused")]


class RedemptionOf(Struct):
    id: str
    member_id: str
    reward_id: str
    kind: str
    state: Annotated[
        str,
        Meta(description="reserved, issued, used, expired, cancelled, failed or parked"),
    ]
    ending: Annotated[
        str | None, Meta(description="The state it gets once the store has no code any more")
    ]
    problem: str | None
    points: int
    held: int
    returned: Annotated[int, Meta(description="Points that came back")]
    value: shapes.Money
    left: Annotated[shapes.Money | None, Meta(description="Of a code that holds a balance")]
    code: str | None
    note: str
    reserved_at: str
    expires_at: str | None
    used_at: str | None


class RedemptionPage(Struct):
    redemptions: list[RedemptionOf]
    next: Annotated[str | None, Meta(description="Give it as ``before`` to read on")]


class Redeem(Struct, forbid_unknown_fields=True):
    reward_id: Annotated[str, Meta(max_length=20)]
    amount: (
        Annotated[int, Meta(ge=1, le=rules.MAX_MINOR, description="Of a flexible one, in minor")]
        | None
    ) = None


class Resolve(Struct, forbid_unknown_fields=True):
    given: Annotated[bool, Meta(description="The member has it; else the points return")]


class GiftRequest(Struct, forbid_unknown_fields=True):
    reward_id: Annotated[str, Meta(max_length=20)]
    note: Annotated[str, Meta(max_length=rules.NOTE_LENGTH)] = ""


class GiftsRequest(GiftRequest):
    from_level: Annotated[
        int, Meta(ge=0, description="This level and those above it; 0: everybody with an account")
    ] = 0


class Gifts(Struct):
    members: Annotated[int, Meta(description="How many it goes to")]
    cost_at_most: Annotated[shapes.Money | None, Meta(description="null: nobody knows")]


class Gift(Struct):
    source: Annotated[str, Meta(description="What the gift is known by")]


def list_rewards(db: Connection, shop: Shop) -> Rewards:
    """Everything the shop offers."""
    keys = {cause.id: cause.key for cause in giving.causes(db, shop.id)}
    return Rewards([_reward(one, keys) for one in catalogue.rewards(db, shop.id)])


def get_reward(db: Connection, shop: Shop, reward_id: str) -> Reward:
    """One of them."""
    return _told(db, shop, catalogue.reward(db, shop.id, _reward_id(reward_id)))


def create_reward(db: Connection, shop: Shop) -> Reward:
    """Offer something new."""
    offer = _offer(db, shop, read_json(Terms))
    return _told(db, shop, catalogue.publish(db, shop.id, offer, clock.now()))


def change_reward(db: Connection, shop: Shop, reward_id: str) -> Reward:
    """Offer it otherwise from now on; redemptions made keep what was agreed."""
    found = _reward_id(reward_id)
    offer = _offer(db, shop, read_json(Terms))
    return _told(db, shop, catalogue.change(db, shop.id, found, offer, clock.now()))


def switch_reward(db: Connection, shop: Shop, reward_id: str) -> Reward:
    """Pause it, or offer it again."""
    wanted = read_json(Switch)
    if wanted.state not in ("on", "paused"):
        raise BadInput("invalid_field", "on or paused", field="state")
    is_on = wanted.state == "on"
    found = catalogue.turn(db, shop.id, _reward_id(reward_id), clock.now(), on=is_on)
    return _told(db, shop, found)


def list_redemptions(db: Connection, shop: Shop) -> RedemptionPage:
    """Redemptions, newest first."""
    limit = addresses.number("limit", 50, MAX_PAGE)
    state = addresses.text("state") or None
    if state is not None and state not in tuple(State):
        raise BadInput("invalid_parameter", "no such state", field="state")
    member_id = None
    if "member_id" in request.args:
        member_id = members.found(db, shop, addresses.text("member_id")).id
    rows = catalogue.redemptions(
        db, shop.id, addresses.before(), limit, state=state, member_id=member_id
    )
    told = [_redemption(one) for one in rows]
    return RedemptionPage(told, told[-1].id if len(rows) == limit else None)


def get_redemption(db: Connection, shop: Shop, redemption_id: str) -> RedemptionOf:
    """One redemption, with where it stands."""
    return _redemption(catalogue.redemption(db, shop.id, _redemption_id(redemption_id)))


def redeem_for_member(db: Connection, shop: Shop, member_id: str) -> RedemptionOf:
    """Exchange a member's points for a reward; the code follows when the store has it."""
    wanted, now = read_json(Redeem), clock.now()
    row = members.found(db, shop, member_id)
    reward_id = _reward_id(wanted.reward_id)
    vip.check(db, shop.id, row.id, catalogue.reward(db, shop.id, reward_id).offer, now)
    one, facts = service.redeem(db, shop.id, row.id, reward_id, now, amount_minor=wanted.amount)
    noticed.notice(db, facts, now)
    return _redemption(one)


def give_reward(db: Connection, shop: Shop, member_id: str) -> Gift:
    """Give a member a reward without a price, with a note."""
    wanted, now = read_json(GiftRequest), clock.now()
    row = members.found(db, shop, member_id)
    reward_id = _reward_id(wanted.reward_id)
    facts = catalogue.gifts(db, shop.id, [row.id], note=wanted.note, reward_id=reward_id)
    noticed.notice(db, facts, now)
    return Gift(facts[0].source)


def count_gifts(db: Connection, shop: Shop) -> Gifts:
    """Whom a gift to many would reach, and what it costs at most; nothing is sent."""
    return _gifts(db, shop, read_json(GiftsRequest))[0]


def give_to_many(db: Connection, shop: Shop) -> Gifts:
    """Give a reward to a level and those above it, or to everybody."""
    told, facts = _gifts(db, shop, read_json(GiftsRequest))
    noticed.notice(db, facts, clock.now())
    return told


def cancel_redemption(db: Connection, shop: Shop, redemption_id: str) -> RedemptionOf:
    """Undo what is not used; points return once the store has no code of it any more."""
    now = clock.now()
    one, facts = service.cancel(db, shop.id, _redemption_id(redemption_id), now)
    noticed.notice(db, facts, now)
    return _redemption(one)


def resolve_redemption(db: Connection, shop: Shop, redemption_id: str) -> RedemptionOf:
    """Decide a parked one: the member has it, or gets the points back."""
    wanted, now = read_json(Resolve), clock.now()
    one, facts = service.resolve(
        db, shop.id, _redemption_id(redemption_id), now, given=wanted.given
    )
    noticed.notice(db, facts, now)
    return _redemption(one)


def _reward_id(text: str) -> int:
    found = addresses.row_id(text)
    if found is None:
        raise NotFound("reward_not_found", "no such reward")
    return found


def _redemption_id(text: str) -> int:
    found = addresses.row_id(text)
    if found is None:
        raise NotFound("redemption_not_found", "no such redemption")
    return found


def _gifts(db: Connection, shop: Shop, wanted: GiftsRequest) -> tuple[Gifts, Sequence[GiftGiven]]:
    found = catalogue.reward(db, shop.id, _reward_id(wanted.reward_id))
    ids = catalogue.members_from(db, shop.id, wanted.from_level)
    facts = catalogue.gifts(db, shop.id, ids, note=wanted.note, reward_id=found.id)
    cost = rules.gift(found.offer).cost_minor * len(facts)
    return Gifts(len(facts), shapes.Money(cost, shop.currency) if cost else None), facts


def _offer(db: Connection, shop: Shop, wanted: Terms) -> Offer:
    if wanted.kind not in tuple(Kind):
        raise BadInput("invalid_field", "no such kind", field="kind")
    told = structs.asdict(wanted)
    key = told.pop("cause")
    causes = {cause.key: cause.id for cause in giving.causes(db, shop.id)}
    if key is not None and key not in causes:
        raise BadInput("cause_unknown", "no such cause", field="cause")
    told |= {"kind": Kind(wanted.kind), "cause_id": causes.get(key), "currency": shop.currency}
    return Offer(**told)


def _told(db: Connection, shop: Shop, one: Offered) -> Reward:
    return _reward(one, {cause.id: cause.key for cause in giving.causes(db, shop.id)})


def _reward(one: Offered, causes: dict[int, str]) -> Reward:
    offer = one.offer
    named = [field for field in Terms.__struct_fields__ if field not in ("kind", "cause")]
    told = {field: getattr(offer, field) for field in named}
    cause = causes.get(offer.cause_id or 0)
    return Reward(
        id=str(one.id),
        state=one.state,
        problem=one.problem,
        currency=offer.currency,
        terms=Terms(kind=offer.kind, cause=cause, **told),
        taken=one.taken,
        spent_minor=one.spent_minor,
        made_at=shapes.utc(one.made_at),
    )


def _redemption(one: Redemption) -> RedemptionOf:
    return RedemptionOf(
        id=str(one.id),
        member_id=str(one.member_id),
        reward_id=str(one.reward_id),
        kind=one.kind,
        state=one.state,
        ending=one.ending,
        problem=one.problem,
        points=one.points,
        held=one.held,
        returned=one.returned,
        value=shapes.Money(one.value_minor, one.currency),
        left=shapes.Money(one.left_minor, one.currency) if one.has_balance else None,
        code=one.code if one.discount_key else None,
        note=one.note,
        reserved_at=shapes.utc(one.reserved_at),
        expires_at=shapes.utc(one.expires_at) if one.expires_at else None,
        used_at=shapes.utc(one.used_at) if one.used_at else None,
    )


OPERATIONS = (
    Operation("GET", "/rewards", list_rewards, Rewards),
    Operation("POST", "/rewards", create_reward, Reward, body=Terms),
    Operation("GET", "/rewards/<reward_id>", get_reward, Reward),
    Operation("PUT", "/rewards/<reward_id>", change_reward, Reward, body=Terms),
    Operation("PUT", "/rewards/<reward_id>/state", switch_reward, Reward, body=Switch),
    Operation(
        "GET",
        "/redemptions",
        list_redemptions,
        RedemptionPage,
        parameters=(
            Parameter("state", "Only those that stand so"),
            Parameter("member_id", "Only this member's"),
            *PAGE,
        ),
    ),
    Operation("GET", "/redemptions/<redemption_id>", get_redemption, RedemptionOf),
    Operation(
        "POST", "/members/<member_id>/redemptions", redeem_for_member, RedemptionOf, body=Redeem
    ),
    Operation("POST", "/members/<member_id>/gifts", give_reward, Gift, body=GiftRequest),
    Operation("POST", "/gifts/count", count_gifts, Gifts, body=GiftsRequest, changes=False),
    Operation("POST", "/gifts", give_to_many, Gifts, body=GiftsRequest),
    Operation(
        "POST", "/redemptions/<redemption_id>/cancellation", cancel_redemption, RedemptionOf
    ),
    Operation(
        "POST",
        "/redemptions/<redemption_id>/resolution",
        resolve_redemption,
        RedemptionOf,
        body=Resolve,
    ),
)
