"""All SQL of members."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, insert, select, true, update

from connector.core.bulk import among, insert_rows
from connector.core.db import upsert
from connector.members.models import (
    member,
    member_block,
    member_key,
    member_merge,
    member_occasion,
    member_person,
    member_sign,
    member_word,
    preference_answer,
    privacy_request,
    tombstone,
)


def by_customer_keys(db: Connection, shop_id: int, keys: Sequence[str]) -> dict[str, Row[Any]]:
    """Member rows by platform account."""
    chosen = select(member).where(member.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, member.c.customer_key, keys))
    return {row.customer_key: row for row in rows}


def guests_by_hash(db: Connection, shop_id: int, hashes: Sequence[str]) -> dict[str, int]:
    """Guest identities by keyed e-mail hash."""
    chosen = select(member.c.email_hash, member.c.id).where(
        member.c.shop_id == shop_id, member.c.state == "guest", member.c.customer_key.is_(None)
    )
    rows = db.execute(among(db, chosen, member.c.email_hash, hashes))
    return {row.email_hash: row.id for row in rows}


def buried(db: Connection, shop_id: int, hashes: Sequence[str], now: datetime) -> set[str]:
    """Which identities were erased and must not come back yet."""
    chosen = select(tombstone.c.identity_hash).where(
        tombstone.c.shop_id == shop_id, tombstone.c.until > now
    )
    return set(db.scalars(among(db, chosen, tombstone.c.identity_hash, hashes)))


def any_buried(db: Connection, shop_id: int) -> bool:
    return (
        db.scalar(select(tombstone.c.shop_id).where(tombstone.c.shop_id == shop_id).limit(1))
        is not None
    )


def bury(db: Connection, shop_id: int, hashes: Sequence[str], until: datetime) -> None:
    """Keep these identities from coming back until then."""
    if not hashes:
        return
    statement = upsert(db, tombstone)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "identity_hash"], set_={"until": until}
        ),
        [{"shop_id": shop_id, "identity_hash": one, "until": until} for one in hashes],
    )


def insert_members(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add members; one that another transaction added meanwhile is an error: look again."""
    insert_rows(db, member, rows)


def change(db: Connection, shop_id: int, member_id: int, **values: object) -> None:
    db.execute(
        update(member)
        .where(member.c.shop_id == shop_id, member.c.id == member_id)
        .values(**values)
    )


def change_all(db: Connection, shop_id: int, news: Mapping[int, Mapping[str, Any]]) -> None:
    """Write new values of many members, which all tell the same columns."""
    if not news:
        return
    columns = next(iter(news.values()))
    statement = (
        update(member)
        .where(member.c.shop_id == shop_id, member.c.id == bindparam("of_id"))
        .values({name: bindparam(f"new_{name}") for name in columns})
    )
    db.execute(
        statement,
        [
            {"of_id": one, **{f"new_{name}": value for name, value in values.items()}}
            for one, values in sorted(news.items())
        ],
    )


def follow(db: Connection, shop_id: int, gone_id: int, kept_id: int) -> None:
    """Members that became part of ``gone_id`` earlier are part of ``kept_id`` now."""
    db.execute(
        update(member)
        .where(member.c.shop_id == shop_id, member.c.merged_into == gone_id)
        .values(merged_into=kept_id)
    )


def merged_into(db: Connection, shop_id: int, kept_id: int) -> list[Row[Any]]:
    """Members that became part of this one."""
    return list(
        db.execute(
            select(member).where(member.c.shop_id == shop_id, member.c.merged_into == kept_id)
        )
    )


def became(db: Connection, shop_id: int, member_ids: Collection[int]) -> dict[int, int]:
    """Whom those who became part of these members became: the kept one by the gone one's id."""
    chosen = select(member.c.id, member.c.merged_into).where(member.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, member.c.merged_into, member_ids))
    return {row[0]: row[1] for row in rows}


def erased(db: Connection, shop_id: int, member_ids: Collection[int]) -> set[int]:
    """Which of these members are gone."""
    chosen = select(member.c.id).where(member.c.shop_id == shop_id, member.c.state == "erased")
    return set(db.scalars(among(db, chosen, member.c.id, member_ids)))


def get(db: Connection, shop_id: int, member_id: int) -> Row[Any] | None:
    return db.execute(
        select(member).where(member.c.shop_id == shop_id, member.c.id == member_id)
    ).one_or_none()


def by_email_hash(db: Connection, shop_id: int, email_hash: str) -> list[Row[Any]]:
    """Living members and guests with this e-mail, accounts first."""
    return list(
        db.execute(
            select(member)
            .where(
                member.c.shop_id == shop_id,
                member.c.email_hash == email_hash,
                member.c.state.in_(("member", "guest")),
            )
            .order_by(member.c.state.desc(), member.c.id)
        )
    )


def by_email_hashes(db: Connection, shop_id: int, hashes: Sequence[str]) -> list[Row[Any]]:
    """Living members and guests with one of these e-mails."""
    chosen = select(member).where(
        member.c.shop_id == shop_id, member.c.state.in_(("member", "guest"))
    )
    return list(db.execute(among(db, chosen, member.c.email_hash, hashes)))


def living(db: Connection, shop_id: int, member_ids: Sequence[int]) -> list[int]:
    """Those of these accounts that are members, in the order of their ids."""
    chosen = select(member.c.id).where(member.c.shop_id == shop_id, member.c.state == "member")
    return sorted(db.scalars(among(db, chosen, member.c.id, member_ids)))


def join(db: Connection, shop_id: int, member_ids: Sequence[int], now: datetime) -> list[int]:
    """Accounts that waited are members from now on; which did."""
    waits = member.c.id.in_(member_ids) & (member.c.state == "guest")
    statement = update(member).where(
        member.c.shop_id == shop_id, waits, member.c.customer_key.is_not(None)
    )
    made = statement.values(state="member", joined_at=now).returning(member.c.id)
    return sorted(db.scalars(made))


def mailboxes_of_joined(db: Connection, shop_id: int, member_ids: Sequence[int]) -> set[str]:
    """E-mail hashes of those of these members who were known before they joined."""
    chosen = select(member.c.email_hash).where(
        member.c.shop_id == shop_id,
        member.c.email_hash.is_not(None),
        member.c.joined_at > member.c.created_at,
    )
    return set(db.scalars(among(db, chosen, member.c.id, member_ids)))


def add_people(
    db: Connection,
    keys: Sequence[Mapping[str, Any]],
    people: Sequence[Mapping[str, Any]],
    words: Sequence[Mapping[str, Any]],
) -> None:
    """Write the side rows of members who have none: key, sealed person and search words."""
    insert_rows(db, member_key, keys)
    insert_rows(db, member_person, people)
    insert_rows(db, member_word, words)


def put_people(
    db: Connection, people: Sequence[Mapping[str, Any]], words: Sequence[Mapping[str, Any]]
) -> None:
    """Replace sealed persons, and write their search words beside those they have."""
    if people:
        statement = upsert(db, member_person)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["shop_id", "member_id"],
                set_={"sealed": statement.excluded.sealed},
            ),
            list(people),
        )
    if words:
        db.execute(upsert(db, member_word).on_conflict_do_nothing(), list(words))


def drop_words(db: Connection, shop_id: int, member_ids: Sequence[int]) -> None:
    if member_ids:
        db.execute(
            delete(member_word).where(
                member_word.c.shop_id == shop_id, member_word.c.member_id.in_(member_ids)
            )
        )


def drop_person(db: Connection, shop_id: int, member_id: int) -> None:
    """Drop who somebody is: key, person and search words."""
    drop_words(db, shop_id, [member_id])
    for table in (member_key, member_person):
        db.execute(delete(table).where(table.c.shop_id == shop_id, table.c.member_id == member_id))


def erase_sides(db: Connection, shop_id: int, member_id: int) -> None:
    """Erase every side row of a member."""
    drop_person(db, shop_id, member_id)
    db.execute(
        update(member_merge)
        .where(member_merge.c.shop_id == shop_id, member_merge.c.gone_id == member_id)
        .values(gone_key=None)
    )
    for table in (member_sign, member_occasion, member_block, preference_answer):
        db.execute(delete(table).where(table.c.shop_id == shop_id, table.c.member_id == member_id))


def note_privacy(db: Connection, **values: object) -> None:
    db.execute(insert(privacy_request).values(**values))


def privacy_requests(db: Connection, shop_id: int) -> list[Row[Any]]:
    """What customers asked for, newest first."""
    return list(
        db.execute(
            select(privacy_request)
            .where(privacy_request.c.shop_id == shop_id)
            .order_by(privacy_request.c.id.desc())
        )
    )


def sealed_people(
    db: Connection, shop_id: int, member_ids: Sequence[int], state: str | None = None
) -> dict[int, tuple[bytes, bytes]]:
    """(key ciphertext, sealed person) by member: of the living, or of those in ``state``."""
    states = ("member", "guest") if state is None else (state,)
    rows = db.execute(
        select(member_person.c.member_id, member_key.c.key, member_person.c.sealed)
        .join(
            member_key,
            and_(
                member_key.c.shop_id == member_person.c.shop_id,
                member_key.c.member_id == member_person.c.member_id,
            ),
        )
        .join(
            member,
            and_(
                member.c.shop_id == member_person.c.shop_id,
                member.c.id == member_person.c.member_id,
            ),
        )
        .where(
            member_person.c.shop_id == shop_id,
            member_person.c.member_id.in_(member_ids),
            member.c.state.in_(states),
        )
    )
    return {row.member_id: (row.key, row.sealed) for row in rows}


def member_keys(db: Connection, shop_id: int, member_ids: Sequence[int]) -> dict[int, bytes]:
    """Key ciphertexts by member: who has a person row already."""
    chosen = select(member_key.c.member_id, member_key.c.key).where(
        member_key.c.shop_id == shop_id
    )
    rows = db.execute(among(db, chosen, member_key.c.member_id, member_ids))
    return {row.member_id: row.key for row in rows}


def with_words(db: Connection, shop_id: int, word_hashes: Sequence[str], limit: int) -> list[int]:
    """Members that have every one of these words."""
    chosen = select(member.c.id).where(
        member.c.shop_id == shop_id, member.c.state.in_(("member", "guest"))
    )
    for one in word_hashes:
        chosen = chosen.where(
            member.c.id.in_(
                select(member_word.c.member_id).where(
                    member_word.c.shop_id == shop_id, member_word.c.word_hash == one
                )
            )
        )
    return list(db.scalars(chosen.order_by(member.c.id.desc()).limit(limit)))


def page(db: Connection, shop_id: int, before: int | None, limit: int) -> list[Row[Any]]:
    """Living members, newest first, below the id ``before``."""
    older = member.c.id < before if before is not None else true()
    return list(
        db.execute(
            select(member)
            .where(member.c.shop_id == shop_id, member.c.state.in_(("member", "guest")), older)
            .order_by(member.c.id.desc())
            .limit(limit)
        )
    )
