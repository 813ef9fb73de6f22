"""All SQL of scoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, or_, select, tuple_, update

from connector.core.db import upsert
from connector.members.models import member
from connector.rooms.recommend.models import recommend_score, recommend_scoring
from connector.rooms.recommend.rules.scores import Due, Score
from connector.shops.models import shop

CHUNK = 500
_LIVE = ("active", "unpaired")
_NAMES = ("visits", "buys_permille", "yearly_thousandths", "again")


def begin(db: Connection, shop_id: int, due_at: datetime) -> None:
    """Score this shop from now on; nothing changes for one that is."""
    statement = upsert(db, recommend_scoring).values(shop_id=shop_id, due_at=due_at)
    db.execute(statement.on_conflict_do_nothing(index_elements=["shop_id"]))


def hasten(db: Connection, shop_id: int, due_at: datetime) -> None:
    """Score this shop at the next occasion."""
    statement = upsert(db, recommend_scoring).values(shop_id=shop_id, due_at=due_at)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id"], set_={"due_at": statement.excluded.due_at}
        )
    )


def due(db: Connection, now: datetime, limit: int) -> list[int]:
    """Live shops to score and not being scored, the longest due first."""
    return list(
        db.scalars(
            select(recommend_scoring.c.shop_id)
            .join(shop, shop.c.id == recommend_scoring.c.shop_id)
            .where(recommend_scoring.c.due_at <= now, _unclaimed(now), shop.c.state.in_(_LIVE))
            .order_by(recommend_scoring.c.due_at, recommend_scoring.c.shop_id)
            .limit(limit)
        )
    )


def claim(db: Connection, shop_id: int, now: datetime, until: datetime, due_at: datetime) -> bool:
    """Become the one who scores this shop; False if it is not due or somebody else does.

    due_at: of the time after this; whoever hastens it meanwhile is heard.
    """
    changed = db.execute(
        update(recommend_scoring)
        .where(
            recommend_scoring.c.shop_id == shop_id,
            recommend_scoring.c.due_at <= now,
            _unclaimed(now),
        )
        .values(claimed_until=until, due_at=due_at)
    )
    return changed.rowcount == 1


def finish(db: Connection, shop_id: int, **values: object) -> None:
    db.execute(
        update(recommend_scoring)
        .where(recommend_scoring.c.shop_id == shop_id)
        .values(claimed_until=None, **values)
    )


def newest(db: Connection, shop_id: int) -> Row[Any] | None:
    return db.execute(
        select(recommend_scoring).where(recommend_scoring.c.shop_id == shop_id)
    ).one_or_none()


def put(db: Connection, shop_id: int, told: Mapping[int, Score]) -> int:
    """Insert or replace these members' scores where they changed; how many did.

    Members stay as they are meanwhile: who is being erased gets none, and who has one loses it.
    """
    rows = db.execute(select(recommend_score).where(_of(shop_id, list(told))))
    before = {row.member_id: _score(row) for row in rows}
    changed = [one for one, score in told.items() if before.get(one) != score]
    known = db.scalars(
        select(member.c.id)
        .where(member.c.shop_id == shop_id, member.c.id.in_(changed), member.c.state != "erased")
        .order_by(member.c.id)
        .with_for_update(read=True)
    )
    values = [{"shop_id": shop_id, "member_id": one, **told[one]._asdict()} for one in known]
    if values:
        statement = upsert(db, recommend_score)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["shop_id", "member_id"],
                set_={name: statement.excluded[name] for name in _NAMES},
            ),
            values,
        )
    return len(values)


def scored(db: Connection, shop_id: int) -> set[int]:
    """Who has scores."""
    table = recommend_score.c
    return set(db.scalars(select(table.member_id).where(table.shop_id == shop_id)))


def drop(db: Connection, shop_id: int, members: Sequence[int]) -> None:
    db.execute(delete(recommend_score).where(_of(shop_id, members)))


def get(db: Connection, shop_id: int, member_id: int) -> Score | None:
    row = db.execute(select(recommend_score).where(_of(shop_id, [member_id]))).one_or_none()
    return None if row is None else _score(row)


def by_chance(
    db: Connection, shop_id: int, visits: int, after: tuple[int, int], limit: int
) -> list[tuple[int, Score]]:
    """(member, scores) of who bought on so many days, the least likely to buy first.

    after: the last (permille, member) seen.
    """
    table = recommend_score.c
    rows = db.execute(
        select(recommend_score)
        .join(member, (member.c.shop_id == table.shop_id) & (member.c.id == table.member_id))
        .where(
            table.shop_id == shop_id,
            tuple_(table.buys_permille, table.member_id) > tuple_(*after),
            table.visits >= visits,
            member.c.state.not_in(("erased", "merged")),
        )
        .order_by(table.buys_permille, table.member_id)
        .limit(limit)
    )
    return [(row.member_id, _score(row)) for row in rows]


def _score(row: Row[Any]) -> Score:
    again = [Due(*one) for one in row.again]
    return Score(row.visits, row.buys_permille, row.yearly_thousandths, again)


def _of(shop_id: int, members: Sequence[int]) -> ColumnElement[bool]:
    table = recommend_score.c
    return (table.shop_id == shop_id) & table.member_id.in_(members)


def _unclaimed(now: datetime) -> ColumnElement[bool]:
    claimed_until = recommend_scoring.c.claimed_until
    return or_(claimed_until.is_(None), claimed_until <= now)
