"""All SQL of what hangs on a member: merges, blocks, occasions, preferences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    func,
    insert,
    or_,
    select,
    update,
)

from connector.core.bulk import among, insert_rows
from connector.core.db import upsert
from connector.members.models import (
    member,
    member_block,
    member_key,
    member_merge,
    member_occasion,
    preference_answer,
    preference_question,
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
    """Merges into this member, and of those who are part of it; newest first."""
    mine = or_(member_merge.c.kept_id == member_id, member.c.merged_into == member_id)
    return list(
        db.execute(
            select(member_merge)
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
            .where(*_of(member_occasion, shop_id, member_id))
            .order_by(member_occasion.c.name)
        )
    )


def occasions_of(db: Connection, shop_id: int, member_ids: Sequence[int]) -> list[Row[Any]]:
    chosen = select(member_occasion).where(member_occasion.c.shop_id == shop_id)
    return list(db.execute(among(db, chosen, member_occasion.c.member_id, member_ids)))


def put_occasion(db: Connection, **values: object) -> None:
    statement = upsert(db, member_occasion).values(**values)
    changed = {name: values[name] for name in ("month_day", "set_at", "counts_from", "greet_at")}
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "member_id", "name"], set_=changed
        )
    )


def insert_occasions(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add occasions that these members have not."""
    insert_rows(db, member_occasion, rows)


def share_occasions(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    """Give ``kept_id`` the occasions it has not, as they are."""
    rows = [row._asdict() | {"member_id": kept_id} for row in occasions(db, shop_id, gone_id)]
    if rows:
        db.execute(upsert(db, member_occasion).on_conflict_do_nothing(), rows)


def unshare_occasions(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    """Take back what ``share_occasions`` gave, unless it was changed since."""
    for row in occasions(db, shop_id, gone_id):
        db.execute(
            delete(member_occasion).where(
                *_of(member_occasion, shop_id, kept_id),
                member_occasion.c.name == row.name,
                member_occasion.c.month_day == row.month_day,
                member_occasion.c.set_at == row.set_at,
            )
        )


def _of(table: Table, shop_id: int, member_id: int) -> list[ColumnElement[bool]]:
    return [table.c.shop_id == shop_id, table.c.member_id == member_id]


# ----------------------------------------------------------------------------------------- blocks


def note_block(db: Connection, **values: object) -> None:
    db.execute(insert(member_block).values(**values))


def end_block(db: Connection, shop_id: int, member_id: int, now: datetime, made_by: str) -> None:
    db.execute(
        update(member_block)
        .where(*_of(member_block, shop_id, member_id), member_block.c.ended_at.is_(None))
        .values(ended_at=now, ended_by=made_by)
    )


def blocks(db: Connection, shop_id: int, member_id: int) -> list[Row[Any]]:
    return list(
        db.execute(
            select(member_block)
            .where(*_of(member_block, shop_id, member_id))
            .order_by(member_block.c.blocked_at.desc())
        )
    )


def carry_block(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    """The block of who becomes part of another is that one's, too."""
    for row in blocks(db, shop_id, gone_id):
        if row.ended_at is None:
            note_block(db, **row._asdict() | {"member_id": kept_id})


# ------------------------------------------------------------------------------------ preferences


def questions(db: Connection, shop_id: int) -> list[Row[Any]]:
    return list(
        db.execute(
            select(preference_question)
            .where(preference_question.c.shop_id == shop_id)
            .order_by(preference_question.c.number)
        )
    )


def put_question(db: Connection, **values: object) -> None:
    statement = upsert(db, preference_question).values(**values)
    changed = {name: values[name] for name in ("texts", "choices", "changed_at")}
    db.execute(statement.on_conflict_do_update(index_elements=["shop_id", "number"], set_=changed))


def drop_question(db: Connection, shop_id: int, number: int) -> None:
    db.execute(
        delete(preference_question).where(
            preference_question.c.shop_id == shop_id, preference_question.c.number == number
        )
    )


def drop_answers(db: Connection, shop_id: int, number: int, kept: Sequence[int]) -> None:
    """Forget answers to a question but those that chose one of ``kept``."""
    db.execute(
        delete(preference_answer).where(
            preference_answer.c.shop_id == shop_id,
            preference_answer.c.number == number,
            preference_answer.c.choice.not_in(kept),
        )
    )


def put_answer(
    db: Connection, shop_id: int, member_id: int, number: int, choice: int | None, now: datetime
) -> None:
    if choice is None:
        db.execute(
            delete(preference_answer).where(
                *_of(preference_answer, shop_id, member_id),
                preference_answer.c.number == number,
            )
        )
        return
    statement = upsert(db, preference_answer).values(
        shop_id=shop_id, member_id=member_id, number=number, choice=choice, answered_at=now
    )
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "member_id", "number"],
            set_={"choice": choice, "answered_at": now},
        )
    )


def answers(db: Connection, shop_id: int, member_id: int) -> dict[int, int]:
    chosen = select(preference_answer.c.number, preference_answer.c.choice).where(
        *_of(preference_answer, shop_id, member_id)
    )
    return {row.number: row.choice for row in db.execute(chosen)}


def answers_of(db: Connection, shop_id: int, member_ids: Sequence[int]) -> list[Row[Any]]:
    chosen = select(preference_answer).where(preference_answer.c.shop_id == shop_id)
    return list(db.execute(among(db, chosen, preference_answer.c.member_id, member_ids)))


def answer_counts(db: Connection, shop_id: int) -> dict[tuple[int, int], int]:
    """(question, choice) -> members who gave it and are there still."""
    rows = db.execute(
        select(preference_answer.c.number, preference_answer.c.choice, func.count().label("n"))
        .join(
            member,
            and_(
                member.c.shop_id == preference_answer.c.shop_id,
                member.c.id == preference_answer.c.member_id,
            ),
        )
        .where(preference_answer.c.shop_id == shop_id, member.c.state.in_(("member", "guest")))
        .group_by(preference_answer.c.number, preference_answer.c.choice)
    )
    return {(row.number, row.choice): row.n for row in rows}
