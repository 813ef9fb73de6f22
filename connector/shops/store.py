"""All SQL of the tenant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from connector.core.db import upsert
from connector.shops.models import (
    api_key,
    business,
    credential,
    idempotent_reply,
    install_intent,
    shop,
    signin_link,
    staff,
    staff_session,
)


def get(db: Connection, shop_id: int) -> Row[Any] | None:
    return db.execute(select(shop).where(shop.c.id == shop_id)).one_or_none()


def by_key(db: Connection, platform: str, key: str) -> Row[Any] | None:
    return db.execute(
        select(shop).where(shop.c.platform == platform, shop.c.key == key)
    ).one_or_none()


def by_hook_path(db: Connection, hook_path: str) -> Row[Any] | None:
    return db.execute(select(shop).where(shop.c.hook_path == hook_path)).one_or_none()


def by_public_id(db: Connection, public_id: str) -> Row[Any] | None:
    return db.execute(select(shop).where(shop.c.public_id == public_id)).one_or_none()


def of_business(db: Connection, business_id: int) -> list[Row[Any]]:
    chosen = select(shop).where(shop.c.business_id == business_id, shop.c.state != "pending")
    return list(db.execute(chosen.order_by(shop.c.id)))


def everywhere(db: Connection) -> list[Row[Any]]:
    """All shops: for the operator's command line and the schedule, never for a merchant."""
    return list(db.execute(select(shop).order_by(shop.c.id)))


def claim_due(db: Connection, column: str, now: datetime, lease: datetime) -> list[int]:
    """Shops whose ``column`` (reconcile_due_at, nightly_due_at) has come, now ours."""
    return list(
        db.scalars(
            update(shop).where(_is_due(column, now)).values({column: lease}).returning(shop.c.id)
        )
    )


def any_due(db: Connection, column: str, now: datetime) -> bool:
    return db.scalar(select(shop.c.id).where(_is_due(column, now)).limit(1)) is not None


def _is_due(column: str, now: datetime) -> ColumnElement[bool]:
    """A shop that left is read no more, whatever a round that ended late has noted."""
    due = shop.c[column].is_not(None) & (shop.c[column] <= now)
    return due & shop.c.state.in_(("active", "unpaired")) if column == "reconcile_due_at" else due


def insert_business(db: Connection, **values: object) -> None:
    db.execute(insert(business).values(**values))


def insert_shop(db: Connection, **values: object) -> None:
    db.execute(insert(shop).values(**values))


def change(db: Connection, shop_id: int, **values: object) -> None:
    db.execute(update(shop).where(shop.c.id == shop_id).values(**values))


def drop_shop(db: Connection, shop_id: int) -> None:
    db.execute(shop.delete().where(shop.c.id == shop_id))


def note_event(db: Connection, shop_id: int, at: datetime) -> None:
    db.execute(
        update(shop)
        .where(shop.c.id == shop_id, shop.c.last_event_at.is_(None) | (shop.c.last_event_at < at))
        .values(last_event_at=at)
    )


def put_credential(
    db: Connection,
    shop_id: int,
    kind: str,
    secret: bytes,
    now: datetime,
    expires_at: datetime | None,
) -> None:
    values = {
        "secret": secret,
        "expires_at": expires_at,
        "leased_until": None,
        "updated_at": now,
    }
    statement = upsert(db, credential).values(shop_id=shop_id, kind=kind, **values)
    db.execute(statement.on_conflict_do_update(index_elements=["shop_id", "kind"], set_=values))


def credentials(db: Connection, shop_id: int) -> dict[str, bytes]:
    rows = db.execute(
        select(credential.c.kind, credential.c.secret).where(credential.c.shop_id == shop_id)
    )
    return {row.kind: row.secret for row in rows}


def live_credentials(
    db: Connection, shop_id: int, kinds: Sequence[str], now: datetime
) -> list[bytes]:
    """Those of these kinds that have not expired."""
    lives = credential.c.expires_at.is_(None) | (credential.c.expires_at > now)
    return list(
        db.scalars(
            select(credential.c.secret).where(
                credential.c.shop_id == shop_id, credential.c.kind.in_(kinds), lives
            )
        )
    )


def lease_credential(
    db: Connection, shop_id: int, kind: str, now: datetime, until: datetime
) -> bool:
    """Become the only one who renews it; False when somebody else is."""
    free = credential.c.leased_until.is_(None) | (credential.c.leased_until < now)
    done = db.execute(
        update(credential)
        .where(credential.c.shop_id == shop_id, credential.c.kind == kind, free)
        .values(leased_until=until)
    )
    return done.rowcount == 1


def end_lease(db: Connection, shop_id: int, kind: str) -> None:
    db.execute(
        update(credential)
        .where(credential.c.shop_id == shop_id, credential.c.kind == kind)
        .values(leased_until=None)
    )


def drop_credentials(db: Connection, shop_id: int, kinds: Sequence[str]) -> None:
    db.execute(
        credential.delete().where(credential.c.shop_id == shop_id, credential.c.kind.in_(kinds))
    )


def insert_intent(db: Connection, **values: object) -> None:
    db.execute(insert(install_intent).values(**values))


def intent(db: Connection, state_hash: str) -> Row[Any] | None:
    return db.execute(
        select(install_intent).where(install_intent.c.state_hash == state_hash)
    ).one_or_none()


def use_intent(db: Connection, state_hash: str, now: datetime) -> Row[Any] | None:
    """The intent, if it was unused and not expired: only one caller gets it."""
    return db.execute(
        update(install_intent)
        .where(
            install_intent.c.state_hash == state_hash,
            install_intent.c.used_at.is_(None),
            install_intent.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(install_intent)
    ).one_or_none()


def drop_intent(db: Connection, state_hash: str) -> None:
    db.execute(install_intent.delete().where(install_intent.c.state_hash == state_hash))


def business_name(db: Connection, business_id: int) -> str:
    return str(db.scalar(select(business.c.name).where(business.c.id == business_id)))


def finish_intent(db: Connection, state_hash: str, shop_id: int) -> None:
    db.execute(
        update(install_intent)
        .where(install_intent.c.state_hash == state_hash)
        .values(shop_id=shop_id)
    )


def insert_staff(db: Connection, **values: object) -> None:
    db.execute(insert(staff).values(**values))


def staff_by_platform_key(db: Connection, business_id: int, platform_key: str) -> Row[Any] | None:
    return db.execute(
        select(staff).where(
            staff.c.business_id == business_id, staff.c.platform_key == platform_key
        )
    ).one_or_none()


def staff_of(db: Connection, business_id: int) -> list[Row[Any]]:
    return list(
        db.execute(select(staff).where(staff.c.business_id == business_id).order_by(staff.c.id))
    )


def insert_session(db: Connection, **values: object) -> None:
    db.execute(insert(staff_session).values(**values))


def session_staff(db: Connection, token_hash: str, now: datetime) -> Row[Any] | None:
    return db.execute(
        select(staff)
        .join(staff_session, staff_session.c.staff_id == staff.c.id)
        .where(staff_session.c.token_hash == token_hash, staff_session.c.expires_at > now)
    ).one_or_none()


def drop_session(db: Connection, token_hash: str) -> None:
    db.execute(staff_session.delete().where(staff_session.c.token_hash == token_hash))


def insert_link(db: Connection, **values: object) -> None:
    db.execute(insert(signin_link).values(**values))


def use_link(db: Connection, token_hash: str, now: datetime) -> int | None:
    """The staff id of a sign-in link, once."""
    staff_id: int | None = db.scalar(
        update(signin_link)
        .where(
            signin_link.c.token_hash == token_hash,
            signin_link.c.used_at.is_(None),
            signin_link.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(signin_link.c.staff_id)
    )
    return staff_id


def insert_api_key(db: Connection, **values: object) -> None:
    db.execute(insert(api_key).values(**values))


def api_keys(db: Connection, shop_id: int) -> list[Row[Any]]:
    return list(
        db.execute(select(api_key).where(api_key.c.shop_id == shop_id).order_by(api_key.c.id))
    )


def by_api_key(db: Connection, token_hash: str) -> Row[Any] | None:
    """The living shop and key behind a token."""
    return db.execute(
        select(shop, api_key.c.id.label("api_key_id"))
        .join(api_key, api_key.c.shop_id == shop.c.id)
        .where(api_key.c.token_hash == token_hash, api_key.c.revoked_at.is_(None))
    ).one_or_none()


def revoke_api_key(db: Connection, shop_id: int, key_id: int, now: datetime) -> bool:
    done = db.execute(
        update(api_key)
        .where(
            api_key.c.shop_id == shop_id, api_key.c.id == key_id, api_key.c.revoked_at.is_(None)
        )
        .values(revoked_at=now)
    )
    return done.rowcount == 1


def reply(db: Connection, shop_id: int, key: str) -> Row[Any] | None:
    return db.execute(
        select(idempotent_reply).where(
            idempotent_reply.c.shop_id == shop_id, idempotent_reply.c.key == key
        )
    ).one_or_none()


def keep_reply(db: Connection, **values: object) -> None:
    db.execute(insert(idempotent_reply).values(**values))
