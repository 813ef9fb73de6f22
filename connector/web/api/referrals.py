"""Referrals: what is given, a member's link, introductions and the merchant's word on them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from flask import g
from msgspec import Meta, Struct
from sqlalchemy import Connection, Row

from connector.core import clock
from connector.core.errors import BadInput, NotFound
from connector.rooms.referrals import service
from connector.rooms.referrals.rules import Program
from connector.rooms.rewards import catalogue
from connector.shops.service import Shop
from connector.web import addresses, invitations
from connector.web.api import members, shapes
from connector.web.api.openapi import MAX_PAGE, PAGE, Operation, Parameter
from connector.web.body import read_json

MOST_DAYS = 366


class ReferralProgram(Struct):
    version: Annotated[int, Meta(description="0: never published")]
    is_on: bool
    friend_points: shapes.Points
    friend_reward_id: Annotated[str | None, Meta(description="Given when it is claimed")]
    advocate_points: shapes.Points
    advocate_reward_id: str | None
    minimum: Annotated[shapes.Money, Meta(description="Goods of the friend's order")]
    hold_days: Annotated[int, Meta(description="From the payment until both are rewarded")]
    window_days: Annotated[int, Meta(description="From the claim to the order")]
    cap_per_month: Annotated[int | None, Meta(description="For one advocate; null: no cap")]
    held_from: Annotated[int, Meta(description="The score from which a person looks first")]


class ReferralProgramRequest(Struct, forbid_unknown_fields=True):
    is_on: bool
    friend_points: int = 0
    friend_reward_id: str | None = None
    advocate_points: int = 0
    advocate_reward_id: str | None = None
    minimum_minor: Annotated[int, Meta(description="In the shop's currency")] = 0
    hold_days: int = 14
    window_days: int = 30
    cap_per_month: int | None = None
    held_from: int = 50


class ReferralLink(Struct):
    member_id: str
    code: str
    url: str
    kept: int
    waiting: int
    held: int


class Referral(Struct):
    id: str
    advocate_id: str
    friend_id: str
    order: Annotated[str, Meta(description="Order number")]
    state: Annotated[str, Meta(description="waiting, held, kept, refused or void")]
    why: Annotated[str | None, Meta(description="Why it is void, or waits: unconfirmed")]
    via: Annotated[str, Meta(description="What fixed it: code, note or claim")]
    score: int | None
    reasons: Annotated[list[str], Meta(description="Codes of what looks like one person")]
    is_capped: Annotated[bool, Meta(description="Above the month's cap: no advocate's reward")]
    decision: Annotated[str | None, Meta(description="approved or refused, by a person")]
    decided_because: str | None
    ordered_at: str


class ReferralPage(Struct):
    referrals: list[Referral]
    next: Annotated[str | None, Meta(description="Give it as ``before`` to read on")]


class ReferralNumbers(Struct):
    days: int
    visits: int
    shares: int
    claims: int
    orders: int
    waiting: int
    held: int
    kept: Annotated[int, Meta(description="Not undone at the end of the hold")]
    advocates: Annotated[int, Meta(description="Whose link was passed on, opened, or ordered by")]
    conversion: Annotated[float | None, Meta(description="kept / visits")]
    k: Annotated[float | None, Meta(description="kept / advocates")]
    refused: Annotated[
        dict[str, int],
        Meta(
            description="Claims that were given nothing, by why: prior_buyer, self, duplicate,"
            " advocate_gone, erased or off"
        ),
    ]


class DecisionRequest(Struct, forbid_unknown_fields=True):
    approve: bool
    reason: Annotated[str, Meta(max_length=service.REASON_LENGTH)] = ""


def get_referral_program(db: Connection, shop: Shop) -> ReferralProgram:
    """What is given for introductions now."""
    return _program(service.program(db, shop.id))


def put_referral_program(db: Connection, shop: Shop) -> ReferralProgram:
    """Publish what is given from now on; what was promised before is kept."""
    wanted = read_json(ReferralProgramRequest)
    values = msgspec.structs.asdict(wanted)
    for name in ("friend_reward_id", "advocate_reward_id"):
        values[name] = _reward(db, shop, values[name], name)
    values["min_minor"] = values.pop("minimum_minor")
    program = Program(0, shop.currency, **values)
    made_by = f"api:{g.api_key_id}"
    return _program(service.publish_program(db, shop.id, program, made_by, clock.now()))


def make_referral_link(db: Connection, shop: Shop, member_id: str) -> ReferralLink:
    """The member's link, made if there is none, and what came of it."""
    row = members.found(db, shop, member_id)
    code = service.make_link(db, shop.id, row.id, clock.now())
    states = [one.state for one in service.of_advocate(db, shop.id, row.id)]
    return ReferralLink(
        str(row.id),
        code,
        invitations.link(shop, code),
        states.count("kept"),
        states.count("waiting"),
        states.count("held"),
    )


def list_referrals(db: Connection, shop: Shop) -> ReferralPage:
    """Introductions, newest first; all, or in one state."""
    limit, state = addresses.number("limit", 50, MAX_PAGE), addresses.text("state")
    if state and state not in service.STATES:
        raise BadInput("invalid_parameter", f"one of {', '.join(service.STATES)}", field="state")
    rows = service.page(db, shop.id, (state,) if state else (), addresses.before(), limit)
    found = [_referral(row) for row in rows]
    return ReferralPage(found, found[-1].id if len(rows) == limit else None)


def get_referral(db: Connection, shop: Shop, referral_id: str) -> Referral:
    """One introduction."""
    return _found(db, shop, referral_id)


def decide_referral(db: Connection, shop: Shop, referral_id: str) -> Referral:
    """Approve or refuse one that is held; it is carried out within a second."""
    wanted = read_json(DecisionRequest)
    service.decide(
        db,
        shop.id,
        int(_found(db, shop, referral_id).id),
        approve=wanted.approve,
        reason=wanted.reason,
        made_by=f"api:{g.api_key_id}",
        now=clock.now(),
    )
    return _found(db, shop, referral_id)


def get_referral_numbers(db: Connection, shop: Shop) -> ReferralNumbers:
    """What introductions brought in the last days."""
    days = addresses.number("days", 90, MOST_DAYS)
    told = service.numbers(db, shop, days, clock.now())
    return ReferralNumbers(
        days,
        told.visits,
        told.shares,
        told.claims,
        told.orders,
        told.waiting,
        told.held,
        told.kept,
        told.advocates,
        told.conversion,
        told.k,
        dict(told.refused),
    )


def _found(db: Connection, shop: Shop, referral_id: str) -> Referral:
    known = addresses.row_id(referral_id)
    if known is not None:
        service.get(db, shop.id, known)
        (row,) = service.page(db, shop.id, (), known + 1, 1)
        return _referral(row)
    raise NotFound("referral_not_found", "no such referral")


def _referral(row: Row[Any]) -> Referral:
    return Referral(
        id=str(row.id),
        advocate_id=str(row.advocate_id),
        friend_id=str(row.friend_id),
        order=row.number,
        state=row.state,
        why=row.why,
        via=row.via,
        score=row.score,
        reasons=row.reasons,
        is_capped=row.is_capped,
        decision=row.decision,
        decided_because=row.decided_because,
        ordered_at=shapes.utc(row.ordered_at),
    )


def _program(known: Program) -> ReferralProgram:
    return ReferralProgram(
        version=known.version,
        is_on=known.is_on,
        friend_points=known.friend_points,
        friend_reward_id=_text(known.friend_reward_id),
        advocate_points=known.advocate_points,
        advocate_reward_id=_text(known.advocate_reward_id),
        minimum=shapes.Money(known.min_minor, known.currency),
        hold_days=known.hold_days,
        window_days=known.window_days,
        cap_per_month=known.cap_per_month,
        held_from=known.held_from,
    )


def _text(row_id: int | None) -> str | None:
    return None if row_id is None else str(row_id)


def _reward(db: Connection, shop: Shop, given: str | None, field: str) -> int | None:
    if given is None:
        return None
    known = addresses.row_id(given)
    if known not in {one.id for one in catalogue.rewards(db, shop.id)}:
        raise BadInput("reward_not_found", "no such reward", field=field)
    return known


OPERATIONS = (
    Operation("GET", "/referral-program", get_referral_program, ReferralProgram),
    Operation(
        "PUT",
        "/referral-program",
        put_referral_program,
        ReferralProgram,
        body=ReferralProgramRequest,
    ),
    Operation("POST", "/members/<member_id>/referral-link", make_referral_link, ReferralLink),
    Operation(
        "GET",
        "/referrals",
        list_referrals,
        ReferralPage,
        parameters=(Parameter("state", f"One of {', '.join(service.STATES)}"), *PAGE),
    ),
    Operation(
        "GET",
        "/referrals/numbers",
        get_referral_numbers,
        ReferralNumbers,
        parameters=(Parameter("days", f"1 to {MOST_DAYS}, 90 if not given"),),
    ),
    Operation("GET", "/referrals/<referral_id>", get_referral, Referral),
    Operation(
        "POST",
        "/referrals/<referral_id>/decision",
        decide_referral,
        Referral,
        body=DecisionRequest,
    ),
)
