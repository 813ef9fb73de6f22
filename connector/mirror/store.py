"""All SQL of the mirror."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, true, update

from connector.core import outbox
from connector.core.db import upsert
from connector.mirror.models import mirror
from connector.shops import service as shops
from connector.shops import store as shop_store

KIND = "mirror"
ASKED = "asked"  # the kind of errands about what shoppers are asked to give
MEMBERS, DEFINITIONS = "members", "definitions"
MOST_FAILURES = 5  # in a row: then a member waits for the next change
_STALE = mirror.c.changes > mirror.c.seen


def begin(db: Connection, shop_id: int, now: datetime) -> None:
    """The shop is new, or back: it learns what it will be told, and what changed meanwhile."""
    outbox.send(db, shop_id, KIND, [DEFINITIONS], now)
    note_all(db, shop_id, now)


def note(db: Connection, shop_id: int, member_ids: Sequence[int], now: datetime) -> None:
    """Of these members something else is to be told."""
    if not member_ids or not has_mirror(db, shop_id):
        return
    statement = upsert(db, mirror)
    fresh = {"told": {}, "changes": 1, "seen": 0, "failures": 0}
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "member_id"], set_={"changes": mirror.c.changes + 1}
        ),
        [{"shop_id": shop_id, "member_id": one, **fresh} for one in sorted(set(member_ids))],
    )
    outbox.send(db, shop_id, KIND, [MEMBERS], now)


def note_all(db: Connection, shop_id: int, now: datetime) -> None:
    """Of everybody of whom anything was told something else is to be told."""
    _again(db, shop_id, true(), now)


def note_asked(db: Connection, shop_id: int, at: datetime, about: str = "all") -> None:
    """From ``at`` on something else is asked in the cart: the store is told then."""
    if has_mirror(db, shop_id):
        outbox.send(db, shop_id, ASKED, [about], at)


def note_gone(db: Connection, shop_id: int, member_ids: Sequence[int], now: datetime) -> None:
    """What was told of these members has to go."""
    _again(db, shop_id, mirror.c.member_id.in_(member_ids), now)


def unsettle_tag(db: Connection, shop_id: int, kept_id: int, gone_id: int) -> None:
    """Which of our tags an account has is not known when it took over those of another."""
    chosen = select(mirror.c.tag).where(
        mirror.c.shop_id == shop_id, mirror.c.member_id.in_((kept_id, gone_id))
    )
    if any(db.scalars(chosen)):
        _change(db, shop_id, kept_id, tag="")


def stale(db: Connection, shop_id: int, limit: int) -> Sequence[Row[Any]]:
    """Members of whom the shop has to be told."""
    chosen = select(mirror).where(
        mirror.c.shop_id == shop_id, _STALE, mirror.c.failures < MOST_FAILURES
    )
    return db.execute(chosen.order_by(mirror.c.member_id).limit(limit)).all()


def note_told(
    db: Connection,
    shop_id: int,
    row: Row[Any],
    customer_key: str | None,
    told: Mapping[str, str],
    tag: str | None,
) -> None:
    """The store says this of the member now."""
    _change(
        db,
        shop_id,
        row.member_id,
        customer_key=customer_key,
        told=dict(told),
        tag=tag,
        seen=row.changes,
        failures=0,
    )


def note_failures(db: Connection, shop_id: int, member_ids: Sequence[int]) -> None:
    """The store would not take it. A member it often refused is left until the next change."""
    own = (mirror.c.shop_id == shop_id) & mirror.c.member_id.in_(member_ids)
    db.execute(update(mirror).where(own).values(failures=mirror.c.failures + 1))
    tired = own & (mirror.c.failures >= MOST_FAILURES)
    db.execute(update(mirror).where(tired).values(seen=mirror.c.changes, failures=0))


def forget(db: Connection, shop_id: int, member_id: int) -> None:
    """The store says nothing of the member any more."""
    own = (mirror.c.shop_id == shop_id) & (mirror.c.member_id == member_id)
    db.execute(delete(mirror).where(own))


def has_mirror(db: Connection, shop_id: int) -> bool:
    """Whether the shop's platform keeps fields of ours."""
    return shops.get(db, shop_id).platform == "shopify"


def switch_tags(db: Connection, shop_id: int, now: datetime, *, wanted: bool) -> None:
    """Whether accounts are tagged with their level, from now on."""
    shop_store.change(db, shop_id, tags_levels=wanted)
    note_all(db, shop_id, now)


def _again(db: Connection, shop_id: int, which: ColumnElement[bool], now: datetime) -> None:
    more = update(mirror).where(mirror.c.shop_id == shop_id, which)
    if db.execute(more.values(changes=mirror.c.changes + 1, failures=0)).rowcount:
        outbox.send(db, shop_id, KIND, [MEMBERS], now)


def _change(db: Connection, shop_id: int, member_id: int, **values: object) -> None:
    own = (mirror.c.shop_id == shop_id) & (mirror.c.member_id == member_id)
    db.execute(update(mirror).where(own).values(**values))
