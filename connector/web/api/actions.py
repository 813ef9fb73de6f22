"""What members do, told by the merchant's own systems; and the ways to earn there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from flask import g
from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import clock, noticed
from connector.core.errors import BadInput
from connector.core.facts import Fact, GiftGiven
from connector.core.i18n import SOURCE
from connector.program import rules as kinds
from connector.rooms.actions import service as actions
from connector.shops.service import Shop
from connector.web.admin import ways
from connector.web.api import members, shapes
from connector.web.api.openapi import Operation
from connector.web.body import read_json
from connector.web.runtime import runtime

TOLD = (kinds.VERIFIED, kinds.NEWSLETTER, kinds.STREAK, kinds.SHARES, kinds.VISIT)


class Event(Struct, forbid_unknown_fields=True):
    event: Annotated[str, Meta(min_length=1, max_length=200, description="As the rule names it")]
    key: Annotated[
        str, Meta(min_length=1, max_length=200, description="Yours: it counts once for each")
    ]
    member_id: str | None = None
    customer_key: Annotated[str | None, Meta(description="The platform's own customer id")] = None
    points: Annotated[int | None, Meta(description="Where the event says how many")] = None


class Action(Struct, forbid_unknown_fields=True):
    kind: Annotated[str, Meta(description=", ".join(TOLD))]
    key: Annotated[
        str, Meta(max_length=200, description="It counts once for each; of shares the visit's")
    ] = ""
    target: Annotated[str, Meta(max_length=200, description="visit: the page")] = ""


class GivenByRule(Struct):
    rule_id: str
    points: int
    reward_id: str | None
    tier_days: int
    waits_until: str | None


class Given(Struct):
    given: Annotated[
        list[GivenByRule],
        Meta(description="Empty: it counted before, limits are used up, or nobody earns by it"),
    ]


class WayToEarn(Struct):
    rule_id: str
    kind: str
    sentence: Annotated[str, Meta(description="In English")]
    details: Annotated[list[str], Meta(description="Its days, smallest order and limits")]
    labels: Annotated[dict[str, str], Meta(description="The merchant's words, by language")]
    is_done: bool
    times: Annotated[int, Meta(description="How often this member was given for it")]
    left: Annotated[int | None, Meta(description="What limits leave now; null: no limit")]


class WaysToEarn(Struct):
    ways: list[WayToEarn]


def tell_event(db: Connection, shop: Shop) -> Given:
    """Something happened in your own systems; rules about this event give for it, once a key."""
    sent = read_json(Event)
    now = clock.now()
    told = actions.event(
        db, shop.id, _member(db, shop, sent), sent.event, sent.key, now, points=sent.points
    )
    noticed.notice(db, told, now)
    return _given(told)


def tell_action(db: Connection, shop: Shop, member_id: str) -> Given:
    """A member did something that your own systems saw."""
    sent = read_json(Action)
    if sent.kind not in TOLD:
        raise BadInput("action_kind", f"one of {', '.join(TOLD)}", field="kind")
    row = members.found(db, shop, member_id)
    now = clock.now()
    told = actions.act(db, shop.id, row.id, sent.kind, sent.key or "once", now, target=sent.target)
    noticed.notice(db, told, now)
    return _given(told)


def list_ways(db: Connection, shop: Shop) -> WaysToEarn:
    """The ways to earn beside spending that are open to everybody."""
    return _ways(db, shop, None)


def list_ways_of_member(db: Connection, shop: Shop, member_id: str) -> WaysToEarn:
    """The same for one member: what is done, and what limits leave."""
    return _ways(db, shop, members.found(db, shop, member_id).id)


def _member(db: Connection, shop: Shop, sent: Event) -> int:
    if (sent.member_id is None) == (sent.customer_key is None):
        raise BadInput("member_missing", "member_id or customer_key", field="member_id")
    if sent.member_id is not None:
        return int(members.found(db, shop, sent.member_id).id)
    known = runtime().members.by_customer_key(db, shop.id, sent.customer_key or "")
    return int(members.found(db, shop, str(known or 0)).id)


def _given(told: Sequence[Fact]) -> Given:
    return Given(
        [
            GivenByRule(
                rule_id=one.source.split(":")[1],
                points=one.points,
                reward_id=None if one.reward_id is None else str(one.reward_id),
                tier_days=one.tier_days,
                waits_until=shapes.utc(one.waits_until) if one.waits_until else None,
            )
            for one in told
            if isinstance(one, GiftGiven)
        ]
    )


def _ways(db: Connection, shop: Shop, member_id: int | None) -> WaysToEarn:
    g.language = SOURCE  # the API speaks English
    found = actions.ways(db, shop.id, member_id, clock.now())
    known = ways.names_of(db, shop.id, [one.rule for one in found])
    return WaysToEarn(
        [
            WayToEarn(
                rule_id=one.rule.id,
                kind=one.rule.kind,
                sentence=ways.sentence(one.rule, known, shop.currency).striptags(),
                details=[said.striptags() for said in ways.details(one.rule, shop.currency)],
                labels=dict(one.rule.labels),
                is_done=one.is_done,
                times=one.times,
                left=one.left,
            )
            for one in found
        ]
    )


OPERATIONS = (
    Operation("POST", "/events", tell_event, Given, body=Event),
    Operation("POST", "/members/<member_id>/actions", tell_action, Given, body=Action),
    Operation("GET", "/ways", list_ways, WaysToEarn),
    Operation("GET", "/members/<member_id>/ways", list_ways_of_member, WaysToEarn),
)
