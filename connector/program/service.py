"""The programme's verbs: drafts, versions that come into force, and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connector.core.errors import BadInput, Conflict, NotFound
from connector.program import limits, rules, store
from connector.program.rules import Program, Programs
from connector.shops import service as shops
from connector.shops.service import Shop

MOST_DRAFTS = 20
NIGHT = time(0, 20)
MOST_AHEAD = timedelta(days=366)
MOST_LATE = timedelta(minutes=1)  # "now", by another clock, after its way here


def history(db: Connection, shop: Shop) -> Programs:
    """What was and is promised, and from when on."""
    known = store.versions(db, shop.id, "published", "scheduled")
    dated = [(one.starts_at, one) for one in known if one.starts_at is not None]
    return Programs(rules.beginning(shop.currency), dated)


def newest(db: Connection, shop_id: int) -> Program:
    """The programme in force."""
    return history(db, shops.get(db, shop_id)).newest


def every(db: Connection, shop_id: int) -> list[Program]:
    """All versions, drafts and withdrawn ones, too; the newest first."""
    known = store.versions(db, shop_id, *rules.STATES)
    return sorted(known, key=lambda one: -one.version)


def numbered(db: Connection, shop_id: int, version: int) -> Program:
    """One version, in whatever state; NotFound ``version_not_found``."""
    found = store.version(db, shop_id, version)
    if found is None:
        raise NotFound("version_not_found", "there is no such version")
    return found


def save_draft(
    db: Connection, shop_id: int, wanted: Program, now: datetime, version: int | None = None
) -> Program:
    """Keep a draft, new or over an older one; nobody earns by it. BadInput if it cannot be."""
    limits.check(wanted, shops.get(db, shop_id).currency)
    if version is not None:
        draft = replace(wanted, version=_draft(db, shop_id, version), state="draft")
        store.change_version(db, shop_id, replace(draft, starts_at=None), now)
    else:
        if len(store.versions(db, shop_id, "draft")) >= MOST_DRAFTS:
            raise Conflict("too_many_drafts", f"at most {MOST_DRAFTS}; discard one first")
        number = store.last_number(db, shop_id) + 1
        draft = replace(wanted, version=number, state="draft")
        store.insert_version(db, shop_id, replace(draft, starts_at=None), now)
    return numbered(db, shop_id, draft.version)


def discard_draft(db: Connection, shop_id: int, version: int) -> None:
    """Throw a draft away; Conflict ``not_a_draft`` for what was published."""
    _draft(db, shop_id, version)
    store.drop_draft(db, shop_id, version)


def publish(
    db: Connection,
    shop_id: int,
    wanted: Program,
    now: datetime,
    *,
    starts_at: datetime | None = None,
) -> Program:
    """A new version that is in force from now, or from ``starts_at`` on.

    Orders already seen keep what they are judged by. BadInput if the programme cannot be meant.
    """
    limits.check(wanted, shops.get(db, shop_id).currency)
    dated = _dated(wanted, now, starts_at)
    published = replace(dated, version=store.last_number(db, shop_id) + 1)
    store.insert_version(db, shop_id, published, now)
    store.put_night(db, shop_id, published.starts_at or now)
    return published


def publish_draft(
    db: Connection, shop_id: int, version: int, now: datetime, *, starts_at: datetime | None = None
) -> Program:
    """A draft comes into force as it stands; a version is in force in the order of starting."""
    wanted = numbered(db, shop_id, _draft(db, shop_id, version))
    limits.check(wanted, shops.get(db, shop_id).currency)
    published = _dated(wanted, now, starts_at)
    store.change_version(db, shop_id, published, now)
    store.put_night(db, shop_id, published.starts_at or now)
    return published


def withdraw(db: Connection, shop_id: int, version: int, now: datetime) -> Program:
    """Take back what is scheduled; Conflict ``already_started`` once it is in force."""
    known = numbered(db, shop_id, version)
    if known.state != "scheduled" or known.starts_at is None or known.starts_at <= now:
        raise Conflict("already_started", "only what has not started can be withdrawn")
    withdrawn = replace(known, state="withdrawn")
    store.change_version(db, shop_id, withdrawn, now)
    return withdrawn


def roll_back(
    db: Connection, shop_id: int, version: int, now: datetime, *, made_by: str = ""
) -> Program:
    """Publish a copy of an older version; history stays as it was."""
    known = numbered(db, shop_id, version) if version else _beginning(db, shop_id)
    if known.state != "published":
        raise Conflict("never_published", "only what was in force can come back")
    return publish(db, shop_id, replace(known, made_by=made_by), now)


def _beginning(db: Connection, shop_id: int) -> Program:
    """What the shop began with."""
    return rules.beginning(shops.get(db, shop_id).currency)


def shops_starting(db: Connection, now: datetime) -> list[int]:
    """Shops whose scheduled version is to start."""
    return store.shops_starting(db, now)


def start_due(db: Connection, shop_id: int, now: datetime) -> None:
    """Bring into force what was scheduled for now."""
    store.start(db, shop_id, now)


def nights_due(db: Connection, now: datetime) -> list[int]:
    """Shops whose programme has nightly work: occasions, and what lapses."""
    return store.nights_due(db, now)


def plan_night(db: Connection, shop_id: int, now: datetime) -> None:
    """The next night begins shortly after the shop's own midnight."""
    zone = ZoneInfo(shops.get(db, shop_id).timezone)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    due_at = datetime.combine(tomorrow, NIGHT, zone).astimezone(UTC)
    store.put_night(db, shop_id, due_at)


def _draft(db: Connection, shop_id: int, version: int) -> int:
    if numbered(db, shop_id, version).state != "draft":
        raise Conflict("not_a_draft", "this version was published and never changes")
    return version


def _dated(wanted: Program, now: datetime, starts_at: datetime | None) -> Program:
    if starts_at is not None and starts_at < now - MOST_LATE:
        raise BadInput("starts_past", "it would have started before now", field="starts_at")
    if starts_at is None or starts_at <= now:
        return replace(wanted, state="published", starts_at=now)
    if starts_at > now + MOST_AHEAD:
        raise BadInput("starts_range", "at most a year ahead", field="starts_at")
    return replace(wanted, state="scheduled", starts_at=starts_at)
