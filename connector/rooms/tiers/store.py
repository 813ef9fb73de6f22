"""All SQL of the tiers room."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, text, update

from connector.core.bulk import among, insert_rows, rows_of
from connector.core.db import Id, Key, Utc, upsert
from connector.core.ids import new_ids
from connector.members.models import member
from connector.orders.models import orders
from connector.rooms.tiers.models import (
    tier_days,
    tier_discount,
    tier_donation,
    tier_floor,
    tier_program,
    tier_reach,
    tier_standing,
)
from connector.rooms.tiers.rules import Floor, Parts, Program, Reach, Standing

_LIVING = member.c.state == "member"
_DOUBLES = (
    text((Path(__file__).parent / "queries" / "doubles.sql").read_text(encoding="utf-8"))
    .bindparams(bindparam("ids", expanding=True))
    .columns(id=Id, gift=Key, owner=Id, doubled_at=Utc)
)


@dataclass(slots=True)
class Kept:
    """One member's row: the standing, VIP days, and what others were told of it."""

    member_id: int
    standing: Standing
    overlay_level: int = 0
    overlay_until: datetime | None = None
    told: tuple[int, int] = (0, 100)  # level, multiplier
    tagged: list[str] = field(default_factory=list)
    due_at: datetime | None = None
    is_new: bool = False


# ---------------------------------------------------------------------------------------- program


def programs(db: Connection, shop_id: int, state: str, limit: int) -> list[Row[Any]]:
    """Program rows of this state, the newest first."""
    chosen = select(tier_program).where(
        tier_program.c.shop_id == shop_id, tier_program.c.state == state
    )
    return list(db.execute(chosen.order_by(tier_program.c.version.desc()).limit(limit)))


def drop_draft(db: Connection, shop_id: int) -> None:
    db.execute(
        delete(tier_program).where(
            tier_program.c.shop_id == shop_id, tier_program.c.state == "draft"
        )
    )


def version(db: Connection, shop_id: int, number: int) -> Program | None:
    row = db.execute(
        select(tier_program.c.body).where(
            tier_program.c.shop_id == shop_id, tier_program.c.version == number
        )
    ).one_or_none()
    return program_of(row.body) if row else None


def program_of(body: Any) -> Program:
    return msgspec.convert(body, Program, strict=False)


def put_program(db: Connection, **values: object) -> None:
    statement = upsert(db, tier_program).values(**values)
    told = {
        name: statement.excluded[name] for name in values if name not in ("shop_id", "version")
    }
    db.execute(statement.on_conflict_do_update(index_elements=["shop_id", "version"], set_=told))


def note_placed(db: Connection, shop_id: int, number: int, placed_to: int | None) -> None:
    db.execute(
        update(tier_program)
        .where(tier_program.c.shop_id == shop_id, tier_program.c.version == number)
        .values(placed_to=placed_to)
    )


def end_placing(db: Connection, shop_id: int) -> None:
    """A newer program places everybody again: the older one need not go on."""
    db.execute(
        update(tier_program)
        .where(tier_program.c.shop_id == shop_id, tier_program.c.placed_to.is_not(None))
        .values(placed_to=None)
    )


# ---------------------------------------------------------------------------------------- members


def owners(db: Connection, shop_id: int, member_ids: Collection[int]) -> dict[int, list[int]]:
    """Living members these ids are (now), each with all ids that are part of them."""
    named = select(func.coalesce(member.c.merged_into, member.c.id)).where(
        member.c.shop_id == shop_id
    )
    heads = set(db.scalars(among(db, named.add_columns(member.c.id), member.c.id, member_ids)))
    living = select(member.c.id).where(member.c.shop_id == shop_id, _LIVING)
    found = {one: [one] for one in db.scalars(among(db, living, member.c.id, heads))}
    parts = select(member.c.id, member.c.merged_into).where(
        member.c.shop_id == shop_id, member.c.state == "merged"
    )
    for part_id, owner in db.execute(among(db, parts, member.c.merged_into, list(found))):
        found[owner].append(part_id)
    return found


def guests(db: Connection, shop_id: int, member_ids: Collection[int]) -> set[int]:
    """Those of these who are guests."""
    chosen = select(member.c.id).where(member.c.shop_id == shop_id, member.c.state == "guest")
    return set(db.scalars(among(db, chosen, member.c.id, member_ids)))


def windows(db: Connection, shop_id: int, number: int) -> list[str]:
    """The windows that standings of this program were judged by."""
    chosen = select(tier_standing.c.window_from).where(
        tier_standing.c.shop_id == shop_id, tier_standing.c.version == number
    )
    return sorted(db.scalars(chosen.distinct()))


def members_after(db: Connection, shop_id: int, after: int, limit: int) -> list[int]:
    chosen = select(member.c.id).where(member.c.shop_id == shop_id, member.c.id > after, _LIVING)
    return list(db.scalars(chosen.order_by(member.c.id).limit(limit)))


def buyers(db: Connection, shop_id: int, order_ids: Sequence[int]) -> dict[int, bool]:
    """Members of these orders; whether all of theirs are from before us."""
    chosen = select(orders.c.member_id, orders.c.historic, orders.c.id).where(
        orders.c.shop_id == shop_id, orders.c.member_id.is_not(None)
    )
    found: dict[int, bool] = {}
    for row in db.execute(among(db, chosen, orders.c.id, order_ids)):
        found[row.member_id] = found.get(row.member_id, True) and row.historic
    return found


def kept(db: Connection, shop_id: int, member_ids: Collection[int]) -> dict[int, Kept]:
    chosen = select(tier_standing).where(tier_standing.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, tier_standing.c.member_id, member_ids))
    return {row.member_id: _kept(row) for row in rows}


def put_kept(db: Connection, shop_id: int, all_kept: Sequence[Kept]) -> None:
    insert_rows(db, tier_standing, [_values(shop_id, one) for one in all_kept if one.is_new])
    changed = [_values(shop_id, one) for one in all_kept if not one.is_new]
    if changed:
        statement = upsert(db, tier_standing)
        moving = [name for name in changed[0] if name not in ("shop_id", "member_id", "tagged")]
        told = {name: statement.excluded[name] for name in moving}
        db.execute(
            statement.on_conflict_do_update(index_elements=["shop_id", "member_id"], set_=told),
            changed,
        )


def standings(
    db: Connection, shop_id: int, number: int, member_ids: Collection[int]
) -> Sequence[Row[Any]]:
    """Rows of these members that this program judged last."""
    mine = tier_standing.c.shop_id == shop_id, tier_standing.c.version == number
    chosen = select(tier_standing).where(*mine)
    return db.execute(among(db, chosen, tier_standing.c.member_id, member_ids)).all()


def carry(
    db: Connection, shop_id: int, number: int, window_from: str, told: Sequence[Sequence[int]]
) -> None:
    """Members, with what they did and its amount, stand on another program as they did."""
    if not told:
        return
    columns: dict[str, type[int | str]] = dict.fromkeys(["id", *Parts._fields, "amount"], int)
    rows = [dict(zip(columns, one, strict=True)) for one in told]
    new = rows_of(db, columns, rows).c
    db.execute(
        update(tier_standing)
        .where(tier_standing.c.shop_id == shop_id, tier_standing.c.member_id == new.id)
        .values(version=number, window_from=window_from)
        .values({name: new[name] for name in columns if name != "id"})
    )


def note_tagged(db: Connection, shop_id: int, member_id: int, tags: Sequence[str]) -> None:
    db.execute(
        update(tier_standing)
        .where(tier_standing.c.shop_id == shop_id, tier_standing.c.member_id == member_id)
        .values(tagged=list(tags))
    )


def counts(db: Connection, shop_id: int) -> dict[int, int]:
    """Living members by the level they earned; who has no row stands on none."""
    mine = (tier_standing.c.shop_id == shop_id) & (tier_standing.c.member_id == member.c.id)
    level = func.coalesce(tier_standing.c.level, 0)
    rows = db.execute(
        select(level, func.count())
        .select_from(member.outerjoin(tier_standing, mine))
        .where(member.c.shop_id == shop_id, _LIVING)
        .group_by(level)
    )
    return {int(number): int(count) for number, count in rows}


def due(db: Connection, now: datetime) -> list[int]:
    """Shops where time changed something, or where everybody is being placed."""
    timely = select(tier_standing.c.shop_id).where(
        tier_standing.c.due_at.is_not(None), tier_standing.c.due_at <= now
    )
    placing = select(tier_program.c.shop_id).where(tier_program.c.placed_to.is_not(None))
    return list(db.scalars(timely.union(placing)))


def due_members(db: Connection, shop_id: int, now: datetime, limit: int) -> list[int]:
    chosen = select(tier_standing.c.member_id).where(
        tier_standing.c.shop_id == shop_id,
        tier_standing.c.due_at.is_not(None),
        tier_standing.c.due_at <= now,
    )
    return list(db.scalars(chosen.order_by(tier_standing.c.due_at).limit(limit)))


def clear_due(db: Connection, shop_id: int, member_ids: Collection[int]) -> None:
    """Nobody is due twice for the same moment, whatever becomes of them."""
    db.execute(
        update(tier_standing)
        .where(tier_standing.c.shop_id == shop_id, tier_standing.c.member_id.in_(member_ids))
        .values(due_at=None)
    )


def forget(db: Connection, shop_id: int, member_ids: Collection[int]) -> None:
    """Claims of free days stay: they are once for a mailbox, whose keyed hash names nobody."""
    for table in (tier_standing, tier_reach, tier_floor, tier_days, tier_donation):
        db.execute(
            delete(table).where(table.c.shop_id == shop_id, table.c.member_id.in_(member_ids))
        )


def hush(db: Connection, shop_id: int, member_id: int) -> None:
    """A member became part of another: nothing is due, and nobody knows of a level."""
    db.execute(
        update(tier_standing)
        .where(tier_standing.c.shop_id == shop_id, tier_standing.c.member_id == member_id)
        .values(due_at=None, told_level=0, told_percent=100, tagged=[])
    )


# --------------------------------------------------------------------------------------- reaching


def reaches(db: Connection, shop_id: int, member_ids: Collection[int]) -> list[Row[Any]]:
    """Every level these members reached, undone ones too, oldest first."""
    chosen = select(tier_reach).where(tier_reach.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, tier_reach.c.member_id, member_ids))
    return sorted(rows, key=lambda row: int(row.id))


def reach_of(row: Row[Any]) -> Reach:
    return Reach(row.id, row.level, _date(row.keeps_before))


def add_reaches(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    insert_rows(db, tier_reach, rows)


def change_reaches(db: Connection, shop_id: int, ids: Sequence[int], **values: object) -> None:
    mine = tier_reach.c.shop_id == shop_id, tier_reach.c.id.in_(ids)
    db.execute(update(tier_reach).where(*mine).values(**values))


def note_doubles(
    db: Connection, shop_id: int, member_ids: Sequence[int], now: datetime
) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """Entry gifts of these that are doubles from now on, and those that are no more."""
    rows = db.execute(_DOUBLES, {"shop_id": shop_id, "ids": list(member_ids)}).all()
    taken = [row for row in rows if row.doubled_at is None]
    back = [row for row in rows if row.doubled_at is not None]
    change_reaches(db, shop_id, [row.id for row in taken], doubled_at=now)
    change_reaches(db, shop_id, [row.id for row in back], doubled_at=None)
    return taken, back


def floors(
    db: Connection, shop_id: int, member_ids: Collection[int], program: Program
) -> dict[int, Floor]:
    """The newest level that a merchant put each of these members on."""
    chosen = select(tier_floor).where(tier_floor.c.shop_id == shop_id)
    rows = db.execute(among(db, chosen, tier_floor.c.member_id, member_ids))
    return {
        row.member_id: Floor(program.number_of(row.level_id), _date(row.until))
        for row in sorted(rows, key=lambda row: int(row.id))
    }


def add_floors(
    db: Connection, shop_id: int, levels: Mapping[int, int], until: date | None, **why: object
) -> None:
    decided = {"shop_id": shop_id, "until": until and until.isoformat(), **why}
    ids = zip(new_ids(len(levels)), levels.items(), strict=True)
    rows = [decided | {"id": one, "member_id": who, "level_id": what} for one, (who, what) in ids]
    insert_rows(db, tier_floor, rows)


def add_donation(db: Connection, **values: object) -> None:
    db.execute(upsert(db, tier_donation).values(**values).on_conflict_do_nothing())


# -------------------------------------------------------------------------------------- discounts


def discounts(db: Connection, shop_id: int) -> dict[str, str]:
    """What stands at the platform: titles by what they are about."""
    chosen = select(tier_discount).where(tier_discount.c.shop_id == shop_id)
    return {row.about: row.title for row in db.execute(chosen)}


def note_discount(
    db: Connection, shop_id: int, about: str, title: str | None, now: datetime
) -> None:
    mine = (tier_discount.c.shop_id == shop_id, tier_discount.c.about == about)
    db.execute(delete(tier_discount).where(*mine))
    if title is not None:
        db.execute(
            insert(tier_discount).values(shop_id=shop_id, about=about, title=title, put_at=now)
        )


def _kept(row: Row[Any]) -> Kept:
    standing = Standing(
        version=row.version,
        level=row.level,
        level_id=row.level_id,
        reached_at=row.reached_at,
        keeps_until=_date(row.keeps_until),
        lands_on=_date(row.lands_on),
        window_from=row.window_from,
        parts=Parts(row.points, row.spend_minor, row.orders, row.gifts),
        amount=row.amount,
        ladder_percent=row.ladder_percent,
    )
    return Kept(
        member_id=row.member_id,
        standing=standing,
        overlay_level=row.overlay_level,
        overlay_until=row.overlay_until,
        told=(row.told_level, row.told_percent),
        tagged=row.tagged,
        due_at=row.due_at,
    )


def _values(shop_id: int, one: Kept) -> dict[str, Any]:
    standing = one.standing
    return {
        "shop_id": shop_id,
        "member_id": one.member_id,
        "version": standing.version,
        "level": standing.level,
        "level_id": standing.level_id,
        "reached_at": standing.reached_at,
        "keeps_until": standing.keeps_until and standing.keeps_until.isoformat(),
        "lands_on": standing.lands_on and standing.lands_on.isoformat(),
        "window_from": standing.window_from,
        **standing.parts._asdict(),
        "amount": standing.amount,
        "ladder_percent": standing.ladder_percent,
        "overlay_level": one.overlay_level,
        "overlay_until": one.overlay_until,
        "told_level": one.told[0],
        "told_percent": one.told[1],
        "tagged": one.tagged,
        "due_at": one.due_at,
    }


def _date(told: str | None) -> date | None:
    return date.fromisoformat(told) if told else None
