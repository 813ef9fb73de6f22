"""All SQL of what hangs on a member: merges and occasions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from connector.core.bulk import among
from connector.core.db import upsert
from connector.members.models import (
    member,
    member_key,
    member_merge,
    member_occasion,
)

# ----------------------------------------------------------------------------------------- merges


def note_merge(db: Connection, **values: object) -> None:
    db.execute(insert(member_merge).values(**values))


def newest_merge(db: Connection, shop_id: int, gone_id: int) -> Row[Any] | None:
    """The last time this member became part of another."""
    return db.execute(
        select(member_merge)
        .where(member_merge.c.shop_id == shop_id, member_merge.c.gone_id == gone_id)
        .order_by(member_merge.c.merged_at.desc())
        .limit(1)
    ).one_or_none()


def note_undone(
    db: Connection, shop_id: int, merge: Row[Any], now: datetime, made_by: str
) -> None:
    db.execute(
        update(member_merge)
        .where(
            member_merge.c.shop_id == shop_id,
            member_merge.c.gone_id == merge.gone_id,
            member_merge.c.merged_at == merge.merged_at,
        )
        .values(undone_at=now, undone_by=made_by)
    )


def merges(db: Connection, shop_id: int, member_id: int) -> list[Row[Any]]:
    """Merges into this member, and of those who are part of it; with the account's key."""
    mine = or_(member_merge.c.kept_id == member_id, member.c.merged_into == member_id)
    return list(
        db.execute(
            select(member_merge, member.c.customer_key)
            .join(
                member,
                and_(
                    member.c.shop_id == member_merge.c.shop_id,
                    member.c.id == member_merge.c.gone_id,
                ),
            )
            .where(member_merge.c.shop_id == shop_id, mine)
            .order_by(member_merge.c.merged_at.desc())
        )
    )


def merged_directly(db: Connection, shop_id: int, kept_id: int) -> list[int]:
    """Who became part of exactly this member, and was not made two again."""
    return list(
        db.scalars(
            select(member_merge.c.gone_id).where(
                member_merge.c.shop_id == shop_id,
                member_merge.c.kept_id == kept_id,
                member_merge.c.undone_at.is_(None),
            )
        )
    )


def undone_merges(db: Connection, shop_id: int, gone_ids: Sequence[int]) -> set[tuple[int, int]]:
    """(kept, gone) of merges of these that somebody undid."""
    chosen = select(member_merge.c.kept_id, member_merge.c.gone_id).where(
        member_merge.c.shop_id == shop_id, member_merge.c.undone_at.is_not(None)
    )
    rows = db.execute(among(db, chosen, member_merge.c.gone_id, gone_ids))
    return {(row.kept_id, row.gone_id) for row in rows}


def merged_before(db: Connection, shop_id: int, until: datetime) -> list[int]:
    """Who became part of another before then, with the person still kept."""
    kept = exists().where(
        member_key.c.shop_id == member_merge.c.shop_id,
        member_key.c.member_id == member_merge.c.gone_id,
    )
    return list(
        db.scalars(
            select(member_merge.c.gone_id).where(
                member_merge.c.shop_id == shop_id,
                member_merge.c.merged_at <= until,
                member_merge.c.undone_at.is_(None),
                kept,
            )
        )
    )


# -------------------------------------------------------------------------------------- occasions


def occasions(db: Connection, shop_id: int, member_id: int) -> list[Row[Any]]:
    return list(
        db.execute(
            select(member_occasion)
            .where(*_occasions_of(member_occasion, shop_id, member_id))
            .order_by(member_occasion.c.name)
        )
    )


def put_occasion(db: Connection, **values: object) -> None:
    statement = upsert(db, member_occasion).values(**values)
    changed = {name: values[name] for name in ("month_day", "set_at", "counts_from")}
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "member_id", "name"], set_=changed
        )
    )


def share_occasions(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    """Give ``kept_id`` the occasions it has not, as they are."""
    rows = [
        dict(row._mapping) | {"member_id": kept_id}  # noqa: SLF001 - its public way to a dict
        for row in occasions(db, shop_id, gone_id)
    ]
    if rows:
        db.execute(upsert(db, member_occasion).on_conflict_do_nothing(), rows)


def unshare_occasions(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    """Take back what ``share_occasions`` gave, unless it was changed since."""
    for row in occasions(db, shop_id, gone_id):
        db.execute(
            delete(member_occasion).where(
                *_occasions_of(member_occasion, shop_id, kept_id),
                member_occasion.c.name == row.name,
                member_occasion.c.month_day == row.month_day,
                member_occasion.c.set_at == row.set_at,
            )
        )


def _occasions_of(table: Table, shop_id: int, member_id: int) -> list[ColumnElement[bool]]:
    return [table.c.shop_id == shop_id, table.c.member_id == member_id]
