"""What a shopper can do: each wish once, a few a minute, by who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, current_app, request
from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import NotFound, Unauthenticated
from connector.web import addresses, once
from connector.web.body import read_json
from connector.web.pace import Pace
from connector.web.storefront import giving, members, occasions, referrals, rewards, tiers, visits
from connector.web.storefront.asker import Act, Asker, Visitor

ACTS: Mapping[str, Act[Asker, Any]] = {  # for members
    "preferences": Act(members.PreferenceWish, members.answer),
    "choose_cause": Act(giving.Choice, giving.choose),
    "list_giver": Act(giving.Name, giving.enter),
    "unlist_giver": Act(giving.Nothing, giving.leave),
    "redeem": Act(rewards.Redeem, rewards.redeem),
    "referral_share": Act(referrals.Share, referrals.share),
    "cancel_redemption": Act(rewards.Cancel, rewards.cancel_redemption),
    "start_trial": Act(tiers.Wish, tiers.start_trial),
    "set_occasion": Act(occasions.Day, occasions.put),
    "remove_occasion": Act(occasions.Name, occasions.remove),
    "close_summary": Act(tiers.Wish, tiers.close_summary),
}
GUEST_ACTS: Mapping[str, Act[Visitor, Any]] = {  # for everybody, members too
    "join": Act(members.Join, members.join),
    "visit": Act(visits.Visit, visits.visit),
    "referral_visit": Act(referrals.Follow, referrals.visit),
    "referral_claim": Act(referrals.Claim, referrals.claim),
    "referral_code": Act(referrals.Ask, referrals.claimed),
}
ACTS_A_MINUTE = 30  # by one member, or by guests from one address
_EXTENSION = "perennial_acts"


@dataclass(frozen=True, slots=True)
class _Offer:
    acts: Mapping[str, Act[Asker, Any]]
    guest_acts: Mapping[str, Act[Visitor, Any]]
    pace: Pace


def offer(
    app: Flask,
    acts: Mapping[str, Act[Asker, Any]] = ACTS,
    guest_acts: Mapping[str, Act[Visitor, Any]] = GUEST_ACTS,
) -> None:
    """Say what can be done at this application's storefront doors."""
    app.extensions[_EXTENSION] = _Offer(acts, guest_acts, Pace(ACTS_A_MINUTE))


def carry_out(name: str, visitor: Visitor) -> dict[str, Any]:
    """Do the act of this name as the request's body says, once for each wish.

    A wish is the Idempotency-Key of one member, or of guests together, for one act; where that
    header is lost on the way, ``once`` of the query.
    """
    offered = cast("_Offer", current_app.extensions[_EXTENSION])
    act = _act(offered, name, visitor)
    if isinstance(visitor, Asker):
        actor = str(visitor.member_id)
        offered.pace.check(f"member {visitor.shop.id} {actor}")
    else:
        actor = "guest"
        offered.pace.check(visitor.address)
    key = once.key(request.headers.get("Idempotency-Key") or addresses.text("once"))
    body = read_json(act.shape)

    def work(db: Connection) -> dict[str, Any]:
        return act.work(db, visitor, body, clock.now())

    told = once.carry_out(visitor.shop.id, f"act:{actor}:{name}:{key}", work)
    return cast("dict[str, Any]", told)


def _act(offered: _Offer, name: str, visitor: Visitor) -> Act[Any, Any]:
    if name in offered.acts and isinstance(visitor, Asker):
        return offered.acts[name]
    if name in offered.guest_acts:
        return offered.guest_acts[name]
    if name not in offered.acts:
        raise NotFound("not_found", "no such act")
    if visitor.customer_key is None:
        raise Unauthenticated("sign_in_needed", "sign in at the store first")
    raise NotFound("member_not_found", "we have not heard of this account yet")
