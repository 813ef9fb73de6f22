"""Which members are one person, as far as accounts and e-mails tell."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from connector.core.bulk import among
from connector.members import signs
from connector.members.models import member


def by_email(db: Connection, shop_id: int, member_ids: Collection[int]) -> dict[int, set[int]]:
    """By member: everybody who has the same e-mail, the member too."""
    found = {one: {one} for one in member_ids}
    chosen = select(member.c.id, member.c.email_hash).where(
        member.c.shop_id == shop_id, member.c.email_hash.is_not(None)
    )
    mine = {int(row[0]): str(row[1]) for row in db.execute(among(db, chosen, member.c.id, found))}
    if not mine:
        return found
    same: dict[str, set[int]] = {}
    for row in db.execute(among(db, chosen, member.c.email_hash, set(mine.values()))):
        same.setdefault(row[1], set()).add(int(row[0]))
    return {one: had | same.get(mine.get(one, ""), set()) for one, had in found.items()}


def same_people(db: Connection, shop_id: int, member_id: int) -> set[int]:
    """Everybody this member is: who it became part of, who became part of it, and its e-mail's."""
    into = db.scalar(
        select(member.c.merged_into).where(member.c.shop_id == shop_id, member.c.id == member_id)
    )
    living = int(into or member_id)
    found = by_email(db, shop_id, [living])[living]
    parts = select(member.c.id).where(
        member.c.shop_id == shop_id, member.c.merged_into.in_(sorted(found))
    )
    return found | {member_id} | set(db.scalars(parts))


def same_mailbox(db: Connection, shop_id: int, member_id: int) -> set[int]:
    """The same, and everybody who reads the same mailbox under whatever alias."""
    people = same_people(db, shop_id, member_id)
    alike = people.union(*(signs.with_same(db, shop_id, one, ("mailbox",)) for one in people))
    return alike.union(*(same_people(db, shop_id, one) for one in alike - people))
