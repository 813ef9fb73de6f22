"""What has outlived its use: intents, one-time links, sessions, replies, unfinished installs.

None of it opens anything any more; it goes so that it is not there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, exists, func, or_, select, tuple_

from connector.shops.models import (
    business,
    credential,
    idempotent_reply,
    install_intent,
    shop,
    signin_link,
    spent_token,
    staff,
    staff_session,
)

REPLY_DAYS = 30


def any_lapsed(db: Connection, now: datetime) -> bool:
    """Whether there is anything to drop or to give up."""
    gone = [exists().where(is_old) for _, is_old in _lapsed(now)]
    return bool(db.scalar(select(or_(exists().where(_is_given_up(now)), *gone))))


def drop(db: Connection, now: datetime, limit: int) -> int:
    """Delete at most ``limit`` rows of each kind; returns how many went of the largest."""
    most = 0
    for table, is_old in _lapsed(now):
        key = tuple_(*table.primary_key.columns)
        some = select(*table.primary_key.columns).where(is_old).limit(limit)
        most = max(most, db.execute(table.delete().where(key.in_(some))).rowcount)
    return most


def given_up(db: Connection, now: datetime, limit: int) -> list[int]:
    """Shops whose keys came, but which nobody can confirm any more."""
    return list(db.scalars(select(shop.c.id).where(_is_given_up(now)).limit(limit)))


def give_up(db: Connection, shop_id: int, now: datetime) -> bool:
    """Forget the keys of a shop that nobody confirmed; False when somebody just did.

    A shop that was here before keeps what it had, as uninstalled.
    """
    found = db.execute(
        shop.update()
        .where(shop.c.id == shop_id, _is_given_up(now))
        .values(
            state="uninstalled",
            uninstalled_at=func.coalesce(shop.c.uninstalled_at, now),
            reconcile_due_at=None,
            nightly_due_at=now,
        )
    )
    if not found.rowcount:
        return False
    db.execute(
        credential.delete().where(credential.c.shop_id == shop_id, credential.c.kind == "access")
    )
    return True


def drop_empty_business(db: Connection, business_id: int) -> None:
    """Delete the account that was made for an installation, unless somebody uses it."""
    people = select(staff.c.id).where(staff.c.business_id == business_id)
    used = (
        exists().where(shop.c.business_id == business_id),
        exists().where(staff_session.c.staff_id.in_(people)),
        exists().where(signin_link.c.staff_id.in_(people)),
    )
    if not db.scalar(select(or_(*used))):
        db.execute(staff.delete().where(staff.c.business_id == business_id))
        db.execute(business.delete().where(business.c.id == business_id))


def _lapsed(now: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    return [
        (install_intent, install_intent.c.expires_at <= now),
        (spent_token, spent_token.c.expires_at <= now),
        (signin_link, signin_link.c.expires_at <= now),
        (staff_session, staff_session.c.expires_at <= now),
        (idempotent_reply, idempotent_reply.c.created_at <= now - timedelta(days=REPLY_DAYS)),
    ]


def _is_given_up(now: datetime) -> ColumnElement[bool]:
    """Keyed, and its intent is over: the confirm that would activate it finds nothing."""
    living = exists().where(
        install_intent.c.shop_id == shop.c.id, install_intent.c.expires_at > now
    )
    return (shop.c.state == "pending") & ~living
