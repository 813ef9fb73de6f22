"""Introductions in words, for merchants and shoppers alike."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from connector.rooms.referrals.rules import Program
from connector.rooms.rewards import store as rewards
from connector.shops.service import Shop
from connector.web import offers
from connector.web.runtime import runtime
from connector.web.tongue import Tongue, mark

STATES = {
    "waiting": mark("waiting"),
    "held": mark("held for review"),
    "kept": mark("kept"),
    "refused": mark("refused"),
    "void": mark("does not count"),
}
WHYS = {
    "cancelled": mark("The order was cancelled."),
    "refunded": mark("Half of the order or more was refunded."),
    "test_order": mark("It was a test order."),
    "below_minimum": mark("The order is below the minimum."),
    "other_currency": mark("The order is in another currency than the minimum."),
    "prior_buyer": mark("The friend had bought here before."),
    "duplicate": mark("The friend was introduced before."),
    "mutual": mark("The two introduced each other; the first one counts."),
    "self": mark("Advocate and friend are the same person."),
    "advocate_gone": mark("The advocate is no longer a member."),
    "erased": mark("The friend’s data was erased a short time ago."),
    "off": mark("Introductions were not rewarded then."),
    "unconfirmed": mark("It waits until the store has confirmed the order."),
}
REASONS = {
    "mailbox_alias": mark("the same mailbox under two names"),
    "mailbox_similar": mark("very similar e-mail addresses"),
    "same_phone": mark("the same phone number"),
    "same_address": mark("the same street address"),
    "same_device": mark("the same device"),
    "same_network": mark("the same network"),
    "network_velocity": mark("more than 10 claims a week from one network"),
    "link_velocity": mark("more than 10 claims a week by one link"),
    "same_name": mark("the same name"),
    "prior_buyer": mark("phone or mailbox of somebody who bought before"),
    "self_pay": mark("paid with a reward of the advocate’s"),
}


@dataclass(frozen=True, slots=True)
class Promise:
    """What each side gets, in a few words; None: nothing."""

    friend: str | None
    advocate: str | None


def promise(db: Connection, shop: Shop, program: Program, say: Tongue) -> Promise:
    """What this program promises."""
    ids = [one for one in (program.friend_reward_id, program.advocate_reward_id) if one]
    found = {one.id: one.offer for one in rewards.rewards(db, shop.id, ids)} if ids else {}
    known = offers.names(db, shop.id, list(found.values()), say.language.tag)

    def side(points: int, reward_id: int | None) -> str | None:
        offer = found.get(reward_id or 0)
        reward = offers.gives(offer, known, say.language) if offer else None
        if reward and points:
            return say.t("{reward} and {points}", reward=reward, points=say.points(points))
        return reward or (str(say.points(points)) if points else None)

    return Promise(
        side(program.friend_points, program.friend_reward_id),
        side(program.advocate_points, program.advocate_reward_id),
    )


def sentence(told: Promise, say: Tongue) -> str:
    """Both sides in one line."""
    if told.friend and told.advocate:
        return say.t("Give {money}, get {points}.", money=told.friend, points=told.advocate)
    if told.friend:
        return say.t("Give {money}.", money=told.friend)
    return say.t("Get {points} for a friend’s first order.", points=told.advocate or "")


def link(shop: Shop, code: str) -> str:
    """Where a friend lands: the store's own address, which we have proven."""
    elsewhere = runtime().settings.shopify_origin
    origin = shop.key if "://" in shop.key else elsewhere.format(shop=shop.key)
    return f"{origin.rstrip('/')}/?ref={code}"
