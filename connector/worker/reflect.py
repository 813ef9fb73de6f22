"""Tell a store what it keeps of its members, and the tags it gives them: read when it is told."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, Row, select

from adapters.shopify.client import ShopifyClient
from adapters.shopify.metafields import MOST, Fields
from connector.core import outbox
from connector.core.bulk import among
from connector.core.commerce import ShopClient
from connector.core.errors import PlatformBusy, PlatformError, PlatformMissing, PlatformRefused
from connector.core.facts import Fact
from connector.core.outbox import Errand
from connector.members.models import member
from connector.mirror import store
from connector.rooms.points import service as points
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.rules import State
from connector.rooms.tiers import programs
from connector.rooms.tiers import store as tier_store
from connector.rooms.tiers.rules import Program
from connector.shops import service as shops

_TAG = "perennial-level-"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Change:
    """What the store is to say of one member. ``values``: only what differs from before."""

    row: Row[Any]
    customer_key: str | None
    wanted: Mapping[str, str]
    tag: str | None
    values: Mapping[str, str | None]
    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The changes, and the members of those that the store refused."""

    changes: Sequence[_Change]
    refused: frozenset[int]


class MirrorErrand:
    """About definitions: what the fields are. About members: what they say, of many at once."""

    def prepare(
        self, db: Connection, shop_id: int, about: str, now: datetime
    ) -> Sequence[_Change] | None:
        if about == store.DEFINITIONS:
            return ()
        rows = store.stale(db, shop_id, MOST)
        return _changes(db, shop_id, rows, now) if rows else None

    def carry_out(self, client: ShopClient, todo: Sequence[_Change]) -> _Outcome:
        shopify = cast("ShopifyClient", client)
        if not todo:
            shopify.define_metafields()
            return _Outcome((), frozenset())
        told = [
            Fields(one.customer_key, one.values) for one in todo if one.customer_key and one.values
        ]
        refused = shopify.put_metafields(told)
        failed = {one.row.member_id for one in todo if one.customer_key in refused}
        for one in todo:
            if (one.add or one.remove) and one.customer_key and not _tag(shopify, one):
                failed.add(one.row.member_id)
        return _Outcome(todo, frozenset(failed))

    def finish(
        self, db: Connection, shop_id: int, _about: str, answer: _Outcome, now: datetime
    ) -> Sequence[Fact]:
        for one in answer.changes:
            if one.is_gone:
                store.forget(db, shop_id, one.row.member_id)
            elif one.row.member_id not in answer.refused:
                store.note_told(db, shop_id, one.row, one.customer_key, one.wanted, one.tag)
        store.note_failures(db, shop_id, sorted(answer.refused))
        left = {one.member_id for one in store.stale(db, shop_id, MOST)}
        if left - answer.refused:
            outbox.send(db, shop_id, store.KIND, [store.MEMBERS], now)
        return []

    def fail(
        self, db: Connection, shop_id: int, about: str, _code: str, _now: datetime
    ) -> Sequence[Fact]:
        """The store takes nothing of it. What is stored stays true, and goes with the next."""
        if about == store.MEMBERS:
            rows = store.stale(db, shop_id, MOST)
            store.note_failures(db, shop_id, [one.member_id for one in rows])
        return []


def _tag(client: ShopifyClient, one: _Change) -> bool:
    """Whether the account has the tags it is to have, or is no more."""
    try:
        client.tag(one.customer_key or "", one.add, one.remove)
    except (PlatformBusy, PlatformRefused):
        raise
    except PlatformMissing:
        return True
    except PlatformError:
        return False
    return True


def _changes(
    db: Connection, shop_id: int, rows: Sequence[Row[Any]], now: datetime
) -> list[_Change]:
    ids = [row.member_id for row in rows]
    chosen = select(member).where(member.c.shop_id == shop_id)
    people = {one.id: one for one in db.execute(among(db, chosen, member.c.id, ids))}
    published = programs.current(db, shop_id)
    program = published.program if published else None
    levels = _levels(db, shop_id, ids, program)
    tags_levels = shops.get(db, shop_id).tags_levels
    found = []
    for row in rows:
        person = people.get(row.member_id)
        if person is None or person.state in ("erased", "merged"):
            key, taken = row.customer_key, [row.tag] if row.tag else []
            gone = dict.fromkeys(row.told)
            found.append(_Change(row, key, {}, None, gone, remove=taken, is_gone=True))
            continue
        key = person.customer_key if person.state == "member" else None
        wanted = _wanted(db, shop_id, row, levels.get(row.member_id, ""), now) if key else {}
        level = wanted.get("level")
        tag = _tag_of(level) if level and tags_levels else None
        differences = _differences(wanted, row.told)
        add = [tag] if tag and tag != row.tag else []
        remove = [] if tag == row.tag else _others(tag, row.tag, program)
        found.append(_Change(row, key, wanted, tag, differences, add, remove))
    return found


def _wanted(
    db: Connection, shop_id: int, row: Row[Any], level: str, now: datetime
) -> dict[str, str]:
    """What is so by now. A member who never had anything is not told of."""
    available = points.balance(db, shop_id, row.member_id).available
    codes = [
        one.code
        for one in catalogue.open_of(db, shop_id, row.member_id)
        if one.code and one.state is State.ISSUED and not one.ending
        if one.expires_at is None or one.expires_at > now
    ]
    told = {"points": str(available)} if available or row.told else {}
    if level:
        told["level"] = level
    if codes:
        told["codes"] = msgspec.json.encode(codes).decode()
    return told


def _differences(wanted: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str | None]:
    changed = {key: value for key, value in wanted.items() if told.get(key) != value}
    return {**changed, **dict.fromkeys(told.keys() - wanted.keys())}


def _levels(
    db: Connection, shop_id: int, ids: Collection[int], program: Program | None
) -> dict[int, str]:
    """Names of the levels that members stand on, in the language Flow is written in."""
    if program is None:
        return {}
    kept = tier_store.kept(db, shop_id, ids)
    found = {one: program.numbered(row.told[0]) for one, row in kept.items()}
    return {one: level.name("en") for one, level in found.items() if level}


def _tag_of(level: str) -> str:
    return _TAG + "-".join(_WORD.findall(level.lower()))


def _others(tag: str | None, before: str | None, program: Program | None) -> list[str]:
    """Tags that may be there and are ours, but for this one."""
    ours = {_tag_of(one.name("en")) for one in program.levels} if program else set()
    return sorted((ours | ({before} if before else set())) - {tag})


ERRANDS: Mapping[str, Errand] = {store.KIND: MirrorErrand()}
