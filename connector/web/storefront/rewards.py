"""Rewards at the storefront: what points buy, what is open, redeem and undo."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct
from sqlalchemy import Connection

from connector.core import clock, noticed
from connector.core.errors import NotFound
from connector.rooms.points import service as points
from connector.rooms.rewards import catalogue, rules, service
from connector.rooms.rewards.catalogue import Standing
from connector.rooms.rewards.rules import Kind, Redemption, State
from connector.web import addresses, offers, vip
from connector.web.offers import Names
from connector.web.storefront.asker import Asker


class Redeem(Struct, forbid_unknown_fields=True):
    """A wish. amount: of a flexible reward, in minor units of the shop's currency."""

    reward: Annotated[str, Meta(max_length=20)]
    amount: Annotated[int, Meta(ge=1, le=rules.MAX_MINOR)] | None = None


class Cancel(Struct, forbid_unknown_fields=True):
    """Undo what is not used yet."""

    redemption: Annotated[str, Meta(max_length=20)]


def part(db: Connection, asker: Asker, now: datetime) -> dict[str, Any]:
    """``rewards``: offers with what stands in the way, the cheapest first; and what is open."""
    shop_id, member_id = asker.shop.id, asker.member_id
    available = points.balance(db, shop_id, member_id).available
    found = offered(db, asker, available, now)
    own = catalogue.open_of(db, shop_id, member_id)
    tag = asker.language.tag
    known = offers.names(db, shop_id, [one.reward.offer for one in found], tag)
    owned = offers.names(db, shop_id, own, tag)
    return {
        "rewards": {
            "offers": [_offer(one, known, asker, available) for one in found],
            "open": [_redemption(one, owned, asker, now) for one in own],
        }
    }


def offered(db: Connection, asker: Asker, available: int, now: datetime) -> list[Standing]:
    """What is offered to this shopper: no days that would give her nothing."""
    shop_id, member_id = asker.shop.id, asker.member_id
    found = catalogue.standing(db, shop_id, member_id, available)
    return [one for one in found if vip.is_sold(db, shop_id, member_id, one.reward.offer, now)]


def redeem(db: Connection, asker: Asker, wanted: Redeem, now: datetime) -> dict[str, Any]:
    """Exchange points; the code follows within seconds, in the part."""
    reward_id = addresses.row_id(wanted.reward)
    if reward_id is None:
        raise NotFound("reward_not_found", "no such reward")
    shop_id, member_id = asker.shop.id, asker.member_id
    vip.check(db, shop_id, member_id, catalogue.reward(db, shop_id, reward_id).offer, now)
    one, facts = service.redeem(db, shop_id, member_id, reward_id, now, amount_minor=wanted.amount)
    noticed.notice(db, facts, now)
    return _answer(db, asker, one, now)


def cancel_redemption(
    db: Connection, asker: Asker, wanted: Cancel, now: datetime
) -> dict[str, Any]:
    """Undo it; points return at once, or when the store no longer has the code."""
    redemption_id = addresses.row_id(wanted.redemption)
    if redemption_id is None:
        raise NotFound("redemption_not_found", "no such redemption")
    one, facts = service.cancel(db, asker.shop.id, redemption_id, now, member_id=asker.member_id)
    noticed.notice(db, facts, now)
    return _answer(db, asker, one, now)


def _answer(db: Connection, asker: Asker, one: Redemption, now: datetime) -> dict[str, Any]:
    known = offers.names(db, asker.shop.id, [one], asker.language.tag)
    available = points.balance(db, asker.shop.id, asker.member_id).available
    return {"redemption": _redemption(one, known, asker, now), "available": available}


def _offer(one: Standing, known: Names, asker: Asker, available: int) -> dict[str, Any]:
    offer, language = one.reward.offer, asker.language
    told: dict[str, Any] = {
        "id": str(one.reward.id),
        "kind": offer.kind,
        "name": offer.name(language),
        "note": offer.note(language),
        "gives": offers.gives(offer, known, language),
        "points": rules.least_points(offer),
        "missing": one.missing,
        "reason": one.reason,
        "reason_text": one.reason and offers.reason(one.reason, one.missing, language),
        "flexible": None,
    }
    if offer.is_flexible:
        told["flexible"] = {
            "currency": offer.currency,
            "points_each": offer.points_each,
            "per_minor": offer.per_minor,
            "least_minor": offer.least_minor,
            "most_minor": offer.most_minor,
            "affordable_minor": rules.affordable_minor(offer, max(available, 0)),
        }
    return told


def _redemption(one: Redemption, known: Names, asker: Asker, now: datetime) -> dict[str, Any]:
    """``state`` ends with what comes next: a code that is being cancelled says so."""
    shop = asker.shop
    is_open = one.state is State.ISSUED and one.ending is None
    undo = one.due_at if one.kind is Kind.DONATION and is_open else None
    shows_code = is_open or one.has_balance
    return {
        "id": str(one.id),
        "kind": one.kind,
        "name": rules.spoken(one.names, asker.language),
        "gives": offers.gives(one, known, asker.language),
        "note": one.note,
        "points": one.points,
        "state": "ending" if one.ending else one.state,
        "code": one.code if shows_code and one.kind is not Kind.DONATION else None,
        "left": {"minor": one.left_minor, "currency": one.currency} if one.has_balance else None,
        "expires_on": clock.local_date(one.expires_at, shop.timezone) if one.expires_at else None,
        "undo_until": undo.isoformat().replace("+00:00", "Z") if undo else None,
        "can_cancel": service.can_cancel(one, now),
    }
