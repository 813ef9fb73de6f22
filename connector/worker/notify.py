"""Tell merchants' own programs what happened: HTTP first, then its result in a transaction.

What a message says is read from the rooms at the moment it is sent, by one writer a topic.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

import msgspec
from sqlalchemy import Connection

from connector.core import clock
from connector.core.errors import NotFound, PerennialError
from connector.core.http import Http, retry_after
from connector.listeners import rules
from connector.listeners import service as listeners
from connector.listeners.service import Outcome, Parcel
from connector.members import store as member_store
from connector.rooms.giving import programmes, remitting
from connector.rooms.giving import service as giving
from connector.rooms.giving.accounts import marks
from connector.rooms.points import service as points
from connector.rooms.referrals import store as referral_store
from connector.rooms.rewards import store as reward_store
from connector.rooms.tiers import service as tiers
from connector.runtime import Runtime
from connector.shops import service as shops
from connector.shops.service import Shop

BATCH = 20
STEP_SECONDS = 5.0  # then it is another shop's turn
TIMEOUT_SECONDS = 10.0
MOST_BYTES = 65_536  # of an answer, which nobody reads
_LATER = {408, 425, 429}  # and 5xx: the others had better wait, too
_log = logging.getLogger("perennial.notify")

Writer = Callable[[Connection, int, str], dict[str, Any] | None]


def notify(runtime: Runtime, shop_id: int) -> None:
    """Send what is due of this shop, for a while."""
    deadline = time.monotonic() + STEP_SECONDS
    while time.monotonic() < deadline:
        parcels = runtime.database.run(partial(_claim, runtime, shop_id))
        if not parcels:
            return
        with runtime.database.read() as db:
            shop = shops.get(db, shop_id)
        resting: set[int] = set()
        for parcel in parcels:
            if parcel.listener_id in resting:
                runtime.database.run(partial(_put_back, parcel))
            elif _send(runtime, shop, parcel).rests:
                resting.add(parcel.listener_id)


def _claim(runtime: Runtime, shop_id: int, db: Connection) -> list[Parcel]:
    return listeners.claim(db, runtime.keys, shop_id, clock.now(), BATCH)


def _put_back(parcel: Parcel, db: Connection) -> None:
    listeners.put_back(db, parcel, clock.now())


def _send(runtime: Runtime, shop: Shop, parcel: Parcel) -> Outcome:
    """One try, and what came of it."""
    with runtime.database.read() as db:
        data = WRITERS[parcel.topic](db, shop.id, parcel.about)
    if data is None:
        runtime.database.run(lambda db: listeners.drop(db, parcel))
        return Outcome(0, None, "nothing_to_tell")
    body = msgspec.json.encode(
        {
            "id": str(parcel.id),
            "topic": parcel.topic,
            "shop": shop.key,
            "at": parcel.made_at.isoformat().replace("+00:00", "Z"),
            "data": data,
        }
    )
    outcome = _post(_http(runtime.settings.allow_private_stores), parcel, body)
    _log.info(
        "told shop=%d listener=%d message=%d topic=%s status=%s code=%s took_ms=%d",
        shop.id,
        parcel.listener_id,
        parcel.id,
        parcel.topic,
        outcome.status,
        outcome.code,
        outcome.took_ms,
    )
    runtime.database.run(lambda db: listeners.finish(db, parcel, outcome, clock.now()))
    return outcome


def _post(http: Http, parcel: Parcel, body: bytes) -> Outcome:
    timestamp = int(clock.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "Perennial-Id": str(parcel.id),
        "Perennial-Timestamp": str(timestamp),
        "Perennial-Signature": rules.signature(parcel.secrets, timestamp, body),
    }
    began = time.monotonic()

    def took() -> int:
        return round((time.monotonic() - began) * 1000)

    try:
        answer = http.request(
            "POST",
            parcel.url,
            headers=headers,
            data=body,
            timeout_seconds=TIMEOUT_SECONDS,
            max_bytes=MOST_BYTES,
        )
    except PerennialError as problem:
        code = "unreachable" if problem.code == "platform_unreachable" else problem.code
        return Outcome(took(), None, code, rests=problem.code != "response_too_large")
    status = answer.status_code
    if status // 100 == 2:  # noqa: PLR2004 - HTTP's own number
        return Outcome(took(), status, None)
    rests = status in _LATER or status >= 500  # noqa: PLR2004 - the same
    return Outcome(took(), status, f"http_{status}", rests, retry_after(answer))


_http = lru_cache(maxsize=4)(Http)


# ---------------------------------------------------------------------------------------- writers


def _member(db: Connection, shop_id: int, about: str) -> int | None:
    """Who the member is by now; None when erased."""
    row = member_store.get(db, shop_id, int(about))
    if row is None or row.state == "erased":
        return None
    return int(row.merged_into or row.id)


def _points(db: Connection, shop_id: int, about: str) -> dict[str, Any] | None:
    member_id = _member(db, shop_id, about)
    if member_id is None:
        return None
    told = points.balance(db, shop_id, member_id)
    return {
        "member_id": str(member_id),
        "available": told.available,
        "pending": told.pending,
        "held": told.held,
        "debt": told.debt,
    }


def _tier(db: Connection, shop_id: int, about: str) -> dict[str, Any] | None:
    member_id = _member(db, shop_id, about)
    if member_id is None:
        return None
    told = tiers.progress(db, shop_id, member_id, clock.now())
    return {"member_id": str(member_id), "level": told.level if told else 0}


def _reward(db: Connection, shop_id: int, about: str) -> dict[str, Any] | None:
    told = reward_store.get(db, shop_id, int(about))
    if told is None:
        return None
    return {
        "member_id": str(told.member_id),
        "redemption_id": str(told.id),
        "reward_id": str(told.reward_id),
        "kind": str(told.kind),
        "state": str(told.state),
        "points": told.points,
        "worth": {"minor": told.value_minor, "currency": told.currency},
    }


def _referral(db: Connection, shop_id: int, about: str) -> dict[str, Any] | None:
    told = referral_store.get(db, shop_id, int(about))
    if told is None:
        return None
    return {
        "referral_id": str(told.id),
        "advocate_id": str(told.advocate_id),
        "friend_id": str(told.friend_id),
        "state": told.state,
    }


def _donation(db: Connection, shop_id: int, about: str) -> dict[str, Any] | None:
    rows = giving.of_order(db, shop_id, int(about), giving.OF_ORDERS)
    if not rows:
        return None
    causes = {one.id: one.key for one in giving.causes(db, shop_id)}
    return {
        "order_id": about,
        "member_id": str(rows[0].member_id) if rows[0].member_id else None,
        "donations": [
            {
                "kind": row.kind,
                "cause": causes.get(row.cause_id),
                "currency": row.currency,
                "pledged_minor": row.pledged_minor,
                "due_minor": row.due_minor,
            }
            for row in rows
        ],
    }


def _given(db: Connection, shop_id: int, about: str) -> dict[str, Any] | None:
    member_id = _member(db, shop_id, about)
    if member_id is None:
        return None
    causes = {one.id: one.key for one in giving.causes(db, shop_id)}
    return {
        "member_id": str(member_id),
        "giving": [
            {
                "cause": causes[one.cause_id],
                "kind": one.kind,
                "currency": one.currency,
                "gifts": one.gifts,
                "due_minor": one.minor,
                "campaign_id": str(one.campaign_id) if one.campaign_id else None,
            }
            for one in marks.of_members(db, shop_id, [member_id])
        ],
    }


def _campaign(db: Connection, shop_id: int, about: str) -> dict[str, Any] | None:
    try:
        one = programmes.campaign(db, shop_id, about)
    except NotFound:
        return None
    told = programmes.progress(db, shop_id, one)
    return {
        "campaign_id": about,
        "key": one.key,
        "goal": {"minor": one.goal_minor, "currency": one.currency},
        "confirmed_minor": told.confirmed_minor,
        "paid_minor": told.paid_minor,
    }


def _batch(db: Connection, shop_id: int, about: str) -> dict[str, Any] | None:
    try:
        told = remitting.batch(db, shop_id, int(about))
    except NotFound:
        return None
    return {
        "batch_id": about,
        "cause_id": str(told.cause_id),
        "state": told.state,
        "net": {"minor": told.net_minor, "currency": told.currency},
        "payee": told.payee,
        "reference": told.reference,
        "sent_on": told.sent_on,
        "receipt": told.receipt,
    }


def _nothing(_db: Connection, _shop_id: int, _about: str) -> dict[str, Any]:
    return {}


WRITERS: Mapping[str, Writer] = {
    "points.changed": _points,
    "tier.reached": _tier,
    "reward.redeemed": _reward,
    "donation.pledged": _donation,
    "donation.due": _donation,
    "member.gave": _given,
    "campaign.reached": _campaign,
    "batch.reconciled": _batch,
    "batch.approved": _batch,
    "batch.remitted": _batch,
    "batch.receipted": _batch,
    "referral.kept": _referral,
    rules.PING: _nothing,
}
