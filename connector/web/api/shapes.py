"""What the API takes and gives. Ids are strings; points and money are integers; times are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from connector.rooms.points.service import MOST_ADJUSTED, REASON_LENGTH

Points = Annotated[int, Meta(description="Whole points")]


class Money(Struct):
    minor: Annotated[int, Meta(description="Minor units of the currency, e.g. cents")]
    currency: Annotated[str, Meta(description="ISO 4217 code")]


class Member(Struct):
    id: str
    customer_key: Annotated[str | None, Meta(description="The platform's own customer id")]
    state: Annotated[
        str, Meta(description="member, or guest: by an order's e-mail, or an account to join")
    ]
    name: str | None
    email: str | None
    available: Annotated[int, Meta(description="What can be used; below zero by the debt")]
    pending: Points
    held: Points
    debt: Annotated[int, Meta(description="Points owed after a refund of points already spent")]
    created_at: str
    joined_at: Annotated[str | None, Meta(description="null: known before us, or a guest")]
    blocked_at: Annotated[str | None, Meta(description="Earns and redeems nothing since then")]
    email_verified: Annotated[bool | None, Meta(description="null: the platform does not say")]
    accepts_marketing: bool | None
    tags: Annotated[list[str], Meta(description="The platform's own; a role as role:<name>")]


class MemberPage(Struct):
    members: list[Member]
    next: Annotated[str | None, Meta(description="Give it as ``before`` to read on")]


class Entry(Struct):
    id: str
    at: str
    kind: str
    points: Annotated[int, Meta(description="Signed, as the member sees it")]
    available: Annotated[int, Meta(description="Change of what can be used")]
    pending: Annotated[int, Meta(description="Change of what waits for the end of its hold")]
    order: Annotated[str | None, Meta(description="Order number")]
    note: Annotated[
        str | None, Meta(description="The reason of an adjustment, or where it was brought from")
    ]
    redemption_id: Annotated[str | None, Meta(description="The redemption it is of")]


class EntryPage(Struct):
    entries: list[Entry]
    next: str | None


class OrderLine(Struct):
    title: str
    kind: Annotated[str, Meta(description="goods, donation, gift_card, fee or tip")]
    product_key: str | None
    quantity: int
    total: Money


class Donation(Struct):
    cause: str
    given: Money
    pledged: Annotated[Money, Meta(description="Promised: the order is not paid or confirmed yet")]
    due: Annotated[Money, Meta(description="Owed to the cause")]


class Order(Struct):
    key: Annotated[str, Meta(description="The platform's own order id")]
    number: str
    state: str
    placed_at: str
    member_id: str | None
    total: Money
    refunded: Money
    points: Annotated[int, Meta(description="What the order has earned so far")]
    pending: Points
    available: Points
    available_on: Annotated[str | None, Meta(description="ISO date in the shop's zone")]
    donations: list[Donation]
    lines: list[OrderLine]


class DiagnosisLine(Struct):
    title: str
    kind: str
    counts: Annotated[Money, Meta(description="What of its price counts")]
    earned: Points
    kept: Annotated[int, Meta(description="After refunds")]


class DiagnosisRule(Struct):
    rule_id: Annotated[str | None, Meta(description="null: the rate, or a level's multiplier")]
    kind: Annotated[str, Meta(description="rate, tier, or a rule's kind")]
    sentence: Annotated[str, Meta(description="The rule in words, as it was frozen")]
    reason: Annotated[str, Meta(description="gave, or the code of why not or not all")]
    why: Annotated[str | None, Meta(description="The reason in words")]
    earned: Points
    kept: Annotated[int, Meta(description="After refunds; of a reward: 1 for given")]
    limit: Annotated[int | None, Meta(description="What its caps left")]
    gives_reward: bool


class Diagnosis(Struct):
    order: str
    points: Annotated[int, Meta(description="What it should have earned by now")]
    posted: Annotated[int, Meta(description="What is in the book")]
    reason: Annotated[str, Meta(description="earned, or the code of what stops it")]
    why: Annotated[str, Meta(description="The reason in words")]
    rule: Annotated[str, Meta(description="The rate in words, frozen when the order was seen")]
    rule_version: int
    is_confirmed: bool
    qualifying: Annotated[int, Meta(description="How many of the points count for levels")]
    available_at: str | None
    rules: list[DiagnosisRule]
    lines: list[DiagnosisLine]


class AdjustmentRequest(Struct, forbid_unknown_fields=True):
    points: Annotated[
        int, Meta(ge=-MOST_ADJUSTED, le=MOST_ADJUSTED, description="Give (> 0) or take (< 0)")
    ]
    reason: Annotated[str, Meta(min_length=1, max_length=REASON_LENGTH)]


class Adjustment(Struct):
    id: str
    member_id: str
    points: int
    reason: str
    available: Annotated[int, Meta(description="What the member can use afterwards")]


class Error(Struct):
    code: Annotated[str, Meta(description="Stable; program against this")]
    message: Annotated[str, Meta(description="For people")]
    request_id: str
    field: Annotated[str, Meta(description="What of the request")] | UnsetType = UNSET


def utc(at: datetime) -> str:
    """A time as the API tells it."""
    return at.isoformat().replace("+00:00", "Z")
