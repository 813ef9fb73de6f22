"""What jobs there are, on which lane each runs, and what is due now.

``live``    what a merchant or shopper waits for and no platform is asked for: deliveries, holds
``calls``   what deliveries left to be asked of their stores, one thing at a time
``slow``    what reads much: rounds of what changed, nights, imports, recommendations

A job is of one shop. A lane does one job of a shop at a time and then another shop's, so a store
that is slow or silent takes one worker of ``calls`` and one of ``slow``, never all; and it is
asked less and less often. Why three: docs/decisions/0016-lanes.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connector.core import clock, inbox, noticed, outbox
from connector.core.db import try_shop_lock
from connector.core.facts import publish
from connector.listeners import service as listeners
from connector.program import service as programs
from connector.rooms.actions import service as actions
from connector.rooms.expiry import service as expiry
from connector.rooms.giving.accounts import behaviour, closing
from connector.rooms.points import service as points
from connector.rooms.recommend import service as recommend
from connector.rooms.recommend.scoring import service as scoring
from connector.rooms.referrals import people as introducing
from connector.rooms.referrals import service as referrals
from connector.rooms.rehearsal import service as rehearsals
from connector.rooms.rewards import service as rewards
from connector.rooms.tiers import service as tiers
from connector.runtime import Runtime
from connector.shops import lapsing
from connector.shops import service as shops
from connector.worker import dispatch, drain, exchange, history, notify, purge, reconcile

EVERYWHERE = 0  # a job that is not of one shop
RELEASE_BATCH = 200
REVIEW_BATCH = 2_000  # members; on SQLite fewer, because everybody's writes wait
REVIEW_SECONDS = 5.0  # of one shop, before it is another one's turn
DRAIN_SECONDS = 2.0  # of one shop, before the next one's deliveries are taken over


@dataclass(frozen=True, slots=True)
class Job:
    """``claimed``: whoever finds it due has it to themselves, so it is asked for each time."""

    lane: str
    work: Callable[[Runtime, int], object]
    claimed: bool = False


def _drain(runtime: Runtime, shop_id: int) -> None:
    drain.drain(runtime, shop_id, DRAIN_SECONDS)


def _release(runtime: Runtime, shop_id: int) -> None:
    """Make points available whose hold has ended."""
    released = RELEASE_BATCH
    while released == RELEASE_BATCH:
        with runtime.database.write() as db:
            if not try_shop_lock(db, shop_id):
                return
            released = points.release_due(db, shop_id, clock.now(), RELEASE_BATCH)


def _sweep(runtime: Runtime, shop_id: int) -> None:
    """Rewards that time alone changes: codes that never came or are over, gifts that stay."""
    swept = RELEASE_BATCH
    while swept == RELEASE_BATCH:
        with runtime.database.write() as db:
            if not try_shop_lock(db, shop_id):
                return
            now = clock.now()
            swept, facts = rewards.sweep(db, shop_id, now, RELEASE_BATCH)
            publish(db, runtime.subscriptions, facts, now)


def _review(runtime: Runtime, shop_id: int) -> None:
    """Move members whom time, or a new program, puts on another level."""
    limit = RELEASE_BATCH if runtime.database.is_sqlite else REVIEW_BATCH
    deadline, more = time.monotonic() + REVIEW_SECONDS, True
    while more and time.monotonic() < deadline:
        with runtime.database.write() as db:
            if not try_shop_lock(db, shop_id):
                return
            now = clock.now()
            facts, more = tiers.review(db, shop_id, now, limit)
            publish(db, runtime.subscriptions, facts, now)


def _introduce(runtime: Runtime, shop_id: int) -> None:
    """Look at claims and introductions that wait: new ones, and those whose hold has ended."""
    looked = RELEASE_BATCH
    while looked >= RELEASE_BATCH:
        with runtime.database.write() as db:
            if not try_shop_lock(db, shop_id):
                return
            now = clock.now()
            looked, facts = introducing.carry_out(
                db, runtime.members, runtime.keys, shop_id, now, RELEASE_BATCH
            )
            publish(db, runtime.subscriptions, facts, now)


def _start(runtime: Runtime, shop_id: int) -> None:
    """Bring the programme into force that was scheduled for now."""
    with runtime.database.write() as db:
        if try_shop_lock(db, shop_id):
            programs.start_due(db, shop_id, clock.now())


def _close(runtime: Runtime, shop_id: int) -> None:
    """Close programmes of giving that are past their end."""
    with runtime.database.write() as db:
        if try_shop_lock(db, shop_id):
            closing.close_ended(db, shop_id, clock.now())


def _answers(runtime: Runtime, shop_id: int) -> None:
    behaviour.renew(runtime.database, shop_id, clock.now())


def _night(runtime: Runtime, shop_id: int) -> None:
    """What a programme does each night: occasions, notices, and what lapses."""
    after: str | None = ""
    limit = RELEASE_BATCH if runtime.database.is_sqlite else REVIEW_BATCH
    with runtime.database.write() as db:
        if not try_shop_lock(db, shop_id):
            return
        now = clock.now()
        publish(db, runtime.subscriptions, actions.celebrate(db, shop_id, now), now)
        terms = expiry.prepare(db, shop_id, now)
    while after is not None:
        with runtime.database.write() as db:
            if not try_shop_lock(db, shop_id):
                return
            after, facts = expiry.night(db, shop_id, terms, now, after, limit)
            publish(db, runtime.subscriptions, facts, now)
    with runtime.database.write() as db:
        programs.plan_night(db, shop_id, now)


def _rehearse(runtime: Runtime, shop_id: int) -> None:
    rehearsals.rehearse(runtime.database, shop_id, clock.now())


def _build(runtime: Runtime, shop_id: int) -> None:
    recommend.build(runtime.database, shop_id, clock.now())


def _score(runtime: Runtime, shop_id: int) -> None:
    scoring.score(runtime.database, shop_id, clock.now())


JOBS = {
    "drain": Job("live", _drain),
    "dispatch": Job("calls", dispatch.dispatch),
    "release": Job("live", _release),
    "rewards": Job("live", _sweep),
    "program": Job("live", _start),
    "giving": Job("live", _close),
    "answers": Job("slow", _answers),
    "night": Job("slow", _night),
    "tiers": Job("slow", _review),
    "referrals": Job("live", _introduce),
    "listeners": Job("calls", notify.notify),
    "reconcile": Job("slow", reconcile.reconcile, claimed=True),
    "nightly": Job("slow", reconcile.nightly, claimed=True),
    "import": Job("slow", history.step),
    "exchange": Job("slow", exchange.step),
    "build": Job("slow", _build),
    "score": Job("slow", _score),
    "rehearse": Job("slow", _rehearse),
    "purge": Job("slow", purge.purge),
}


def due(runtime: Runtime) -> Iterator[tuple[str, int]]:
    """(job, shop id) of everything that waits now."""
    now = clock.now()
    with runtime.database.read() as db:
        waiting = {
            "drain": sorted({*inbox.shops_due(db, now), *noticed.shops_due(db)}),
            "dispatch": outbox.shops_due(db, now),
            "release": points.shops_due(db, now),
            "rewards": rewards.shops_due(db, now),
            "program": programs.shops_starting(db, now),
            "giving": closing.shops_due(db, now),
            "answers": behaviour.shops_due(db, now),
            "night": programs.nights_due(db, now),
            "tiers": tiers.shops_due(db, now),
            "referrals": referrals.shops_due(db, now),
            "listeners": listeners.shops_due(db, now),
            "import": history.shops_due(db, now),
            "exchange": exchange.shops_due(db, now),
            "build": recommend.build_due(db, now),
            "score": scoring.shops_due(db, now),
            "rehearse": rehearsals.shops_due(db, now),
            "purge": [EVERYWHERE] if lapsing.any_lapsed(db, now) else [],
        }
        rounds = {
            job: shops.any_due(db, column, now)
            for job, column in (("reconcile", "reconcile_due_at"), ("nightly", "nightly_due_at"))
        }
    for job, shop_ids in waiting.items():
        yield from ((job, shop_id) for shop_id in shop_ids)
    for job, is_due in rounds.items():
        if is_due:
            with runtime.database.write() as db:
                claimed = shops.claim_due(db, f"{job}_due_at", now)
            yield from ((job, shop_id) for shop_id in claimed)
